"""Find things quickly: patients by the beginning of any word of their name or of their number."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from followup.rules import finding

revision = "0004"
down_revision = "0003"

AT_ONCE = 2000
BY_CODE_POINT = sa.String(200).with_variant(sa.String(200, collation="C"), "postgresql")
UNASSIGNED = sa.text("patient_id IS NULL")
PATIENTS = sa.text("SELECT id, given_name, family_name, phone, phone_given FROM patient")


def upgrade() -> None:
    found_by = op.create_table(
        "found_by",
        sa.Column("patient_id", sa.Uuid(), sa.ForeignKey("patient.id", ondelete="CASCADE"), primary_key=True),
        sa.Column(
            "kind",
            sa.Enum("name", "word", "digits", name="kept", native_enum=False, create_constraint=True, length=32),
            primary_key=True,
        ),
        sa.Column("word", BY_CODE_POINT, primary_key=True),
    )
    # What patients are found by follows from their names and numbers: what is looked for goes the same way.
    patients = op.get_bind().execute(PATIENTS.columns(id=sa.Uuid())).partitions(AT_ONCE)
    for some in patients:
        op.bulk_insert(found_by, [row for one in some for row in rows(one)])
    op.create_index("ix_found_by_word", "found_by", ["kind", "word", "patient_id"])
    op.create_index(
        "ix_reply_unassigned", "reply", ["received_at", "id"], postgresql_where=UNASSIGNED, sqlite_where=UNASSIGNED
    )


def rows(patient: sa.Row[Any]) -> list[dict[str, object]]:
    phone = patient.phone or patient.phone_given
    found = finding.kept(given_name=patient.given_name, family_name=patient.family_name, phone=phone)
    return [{"patient_id": patient.id, "kind": str(kind), "word": word} for kind, word in found]


def downgrade() -> None:
    op.drop_index("ix_reply_unassigned", "reply")
    op.drop_table("found_by")
