"""Look into the log by what it is about, whatever kind of thing that is, and newest first."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.drop_index("ix_audit_entry_subject", "audit_entry")
    op.create_index("ix_audit_entry_subject_id", "audit_entry", ["subject_id", "id"])


def downgrade() -> None:
    op.drop_index("ix_audit_entry_subject_id", "audit_entry")
    op.create_index("ix_audit_entry_subject", "audit_entry", ["subject", "subject_id"])
