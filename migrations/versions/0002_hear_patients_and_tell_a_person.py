"""Hear patients and tell a person: what replies say, alerts, who is on call, outcomes."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"


def words(name: str, *allowed: str) -> sa.Enum:
    return sa.Enum(*allowed, name=name, native_enum=False, create_constraint=True, length=32)


def one_of(column: str, *allowed: str) -> str:
    return f"{column} IN ({', '.join(repr(word) for word in allowed)})"


def where(condition: str) -> dict[str, Any]:
    return {"postgresql_where": sa.text(condition), "sqlite_where": sa.text(condition)}


INSTANT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(JSONB(), "postgresql")
LABELS = (
    "emergency",
    "urgent",
    "infection",
    "nerve",
    "unclear",
    "score",
    "booking",
    "question",
    "expected-reaction",
    "stop",
    "thanks",
)
ALERTCAUSE = words("alertcause", "reply", "unreached", "silence")
MEASURE = words("measure", "pain_0_10", "change_1_7", "change_-5_5", "satisfaction_1_5")
STOPSCOPE = ("channel", "purpose")
QUESTIONS = ("check_in", "still_or_gone", "pain_0_10", "change_1_7")
SOURCES = ("desk", "reply", "unsubscribe", "carrier")


def add(table: str, column: str, kind: Any, value: str) -> None:
    """Add a column that every row has. What old rows get is no default of new ones."""
    with op.batch_alter_table(table) as batch:
        batch.add_column(sa.Column(column, kind, nullable=False, server_default=value))
    with op.batch_alter_table(table) as batch:
        batch.alter_column(column, existing_type=kind, server_default=None)


def check(table: str, name: str, condition: str, *, replace: bool = False) -> None:
    full = op.f(f"ck_{table}_{name}")
    with op.batch_alter_table(table) as batch:
        if replace:
            batch.drop_constraint(full, type_="check")
        batch.create_check_constraint(full, condition)


def uncheck(table: str, *names: str) -> None:
    with op.batch_alter_table(table) as batch:
        for name in names:
            batch.drop_constraint(op.f(f"ck_{table}_{name}"), type_="check")


def upgrade() -> None:
    _people()
    _alerts()
    _traffic()
    op.create_table(
        "outcome",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("patient_id", sa.Uuid(), sa.ForeignKey("patient.id"), nullable=False),
        sa.Column("treatment_id", sa.Uuid(), sa.ForeignKey("treatment_session.id")),
        sa.Column("reply_id", sa.Uuid(), sa.ForeignKey("reply.id")),
        sa.Column("measure", MEASURE, nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("measured_at", INSTANT, nullable=False),
        sa.Column("measured_by", sa.String(200), nullable=False),
        sa.UniqueConstraint("reply_id", "measure"),
        sa.CheckConstraint("(measured_at IS NULL) = (measured_by IS NULL)", name="measured_at_with_measured_by"),
    )
    op.create_index("ix_outcome_measured_at", "outcome", ["measured_at", "id"])
    op.create_index("ix_outcome_patient_id", "outcome", ["patient_id", "measured_at"])


def _people() -> None:
    op.execute("UPDATE clinic SET hours = 'Mon-Fri 9-5' WHERE hours = ''")
    add("clinic", "stop_scope", sa.String(32), "channel")
    check("clinic", "stopscope", one_of("stop_scope", *STOPSCOPE))
    for column, minutes, most in (("emergency", 5, 15), ("urgent", 15, 60), ("worry", 60, 240)):
        add("clinic", f"{column}_minutes", sa.Integer(), str(minutes))
        check("clinic", f"{column}_minutes", f"{column}_minutes BETWEEN 1 AND {most}")
    add("patient", "minimal", sa.Boolean(), "0" if op.get_bind().dialect.name == "sqlite" else "false")
    add("consent", "wording_version", sa.String(32), "")
    check(
        "consent",
        "consentsource",
        one_of("source", "desk", "reply", "unsubscribe", "preferences", "carrier"),
        replace=True,
    )
    check("step", "question", one_of("question", *QUESTIONS, "satisfaction_1_5"), replace=True)
    add("staff", "name", sa.String(200), "")
    add("staff", "language", sa.String(8), "en")
    with op.batch_alter_table("staff") as batch:
        batch.add_column(sa.Column("phone", sa.String(20)))
        batch.create_unique_constraint(op.f("uq_staff_phone"), ["phone"])
    with op.batch_alter_table("enrolment") as batch:
        batch.add_column(sa.Column("answer_by", INSTANT))
    op.create_index("ix_enrolment_answer_by", "enrolment", ["answer_by"], **where("answer_by IS NOT NULL"))


def _alerts() -> None:
    op.create_table(
        "on_call",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("clinic_id", sa.Uuid(), sa.ForeignKey("clinic.id"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), sa.ForeignKey("staff.id"), nullable=False),
        sa.Column("hours", sa.String(100), nullable=False),
        sa.UniqueConstraint("clinic_id", "position"),
        sa.UniqueConstraint("clinic_id", "staff_id"),
    )
    op.create_table(
        "alert",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("once_key", sa.String(200), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), sa.ForeignKey("clinic.id")),
        sa.Column("patient_id", sa.Uuid(), sa.ForeignKey("patient.id")),
        sa.Column("cause", ALERTCAUSE, nullable=False),
        sa.Column("label", words("label", *LABELS), nullable=False),
        sa.Column("must_phone", sa.Boolean(), nullable=False),
        sa.Column("raised_at", INSTANT, nullable=False),
        sa.Column("answer_by", INSTANT, nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("next_at", INSTANT),
        sa.Column("released_at", INSTANT),
        sa.Column("taken_at", INSTANT),
        sa.Column("taken_by", sa.String(200)),
        sa.Column("resolved_at", INSTANT),
        sa.Column("resolved_by", sa.String(200)),
        sa.Column("note", sa.Text()),
        sa.UniqueConstraint("once_key"),
        sa.CheckConstraint("(taken_at IS NULL) = (taken_by IS NULL)", name="taken_at_with_taken_by"),
        sa.CheckConstraint(
            "(resolved_at IS NULL) = (resolved_by IS NULL) AND (resolved_at IS NULL) = (note IS NULL)",
            name="resolved_at_with_resolved_by_with_note",
        ),
        sa.CheckConstraint("resolved_at IS NULL OR next_at IS NULL", name="resolved_is_quiet"),
    )
    op.create_index("ix_alert_next_at", "alert", ["next_at"], **where("next_at IS NOT NULL"))
    op.create_index("ix_alert_open", "alert", ["patient_id"], **where("resolved_at IS NULL"))
    op.create_index("ix_alert_patient_id", "alert", ["patient_id", "raised_at"])
    op.create_index("ix_alert_raised_at", "alert", ["raised_at", "id"])


def _traffic() -> None:
    with op.batch_alter_table("message") as batch:
        batch.alter_column("patient_id", existing_type=sa.Uuid(), nullable=True)
        batch.add_column(
            sa.Column("staff_id", sa.Uuid(), sa.ForeignKey("staff.id", name=op.f("fk_message_staff_id_staff")))
        )
        batch.add_column(
            sa.Column("alert_id", sa.Uuid(), sa.ForeignKey("alert.id", name=op.f("fk_message_alert_id_alert")))
        )
    add("message", "values", JSON, "{}")
    check("message", "one_addressee", "(patient_id IS NULL) <> (staff_id IS NULL)")
    op.create_index("ix_message_alert_id", "message", ["alert_id"], **where("alert_id IS NOT NULL"))
    op.drop_index("ix_reply_sent_from", "reply")
    add("reply", "labels", JSON, "[]")
    add("reply", "matched", JSON, "[]")
    with op.batch_alter_table("reply") as batch:
        for column in ("read_at", "relabelled_at"):
            batch.add_column(sa.Column(column, INSTANT))
        for column, parent in (("patient_id", "patient"), ("answers_id", "message"), ("alert_id", "alert")):
            key = sa.ForeignKey(f"{parent}.id", name=op.f(f"fk_reply_{column}_{parent}"))
            batch.add_column(sa.Column(column, sa.Uuid(), key))
        batch.add_column(sa.Column("relabelled", sa.String(32)))
        batch.add_column(sa.Column("relabelled_by", sa.String(200)))
    check("reply", "label", one_of("relabelled", *LABELS))
    check(
        "reply",
        "relabelled_at_with_relabelled_by_with_relabelled",
        "(relabelled_at IS NULL) = (relabelled_by IS NULL) AND (relabelled_at IS NULL) = (relabelled IS NULL)",
    )
    op.execute("UPDATE reply SET read_at = received_at")  # what came before was read by people
    op.create_index("ix_reply_alert_id", "reply", ["alert_id"], **where("alert_id IS NOT NULL"))
    op.create_index("ix_reply_patient_id", "reply", ["patient_id", "received_at"])
    op.create_index("ix_reply_received_at", "reply", ["received_at", "id"])
    op.create_index("ix_reply_sent_from", "reply", ["sent_from", "received_at"])
    op.create_index("ix_reply_unread", "reply", ["received_at", "id"], **where("read_at IS NULL"))


def downgrade() -> None:
    op.drop_table("outcome")
    for index in ("alert_id", "patient_id", "received_at", "sent_from", "unread"):
        op.drop_index(f"ix_reply_{index}", "reply")
    uncheck("reply", "label", "relabelled_at_with_relabelled_by_with_relabelled")
    with op.batch_alter_table("reply") as batch:
        for column in ("read_at", "patient_id", "labels", "matched", "answers_id", "alert_id"):
            batch.drop_column(column)
        for column in ("relabelled", "relabelled_at", "relabelled_by"):
            batch.drop_column(column)
    op.create_index("ix_reply_sent_from", "reply", ["sent_from"])
    op.drop_index("ix_message_alert_id", "message")
    op.execute("DELETE FROM attempt WHERE message_id IN (SELECT id FROM message WHERE patient_id IS NULL)")
    op.execute("DELETE FROM receipt WHERE message_id IN (SELECT id FROM message WHERE patient_id IS NULL)")
    op.execute("DELETE FROM message WHERE patient_id IS NULL")
    uncheck("message", "one_addressee")
    with op.batch_alter_table("message") as batch:
        batch.alter_column("patient_id", existing_type=sa.Uuid(), nullable=False)
        for column in ("staff_id", "alert_id", "values"):
            batch.drop_column(column)
    op.drop_table("alert")
    op.drop_table("on_call")
    op.drop_index("ix_enrolment_answer_by", "enrolment")
    with op.batch_alter_table("enrolment") as batch:
        batch.drop_column("answer_by")
    with op.batch_alter_table("staff") as batch:
        batch.drop_constraint(op.f("uq_staff_phone"), type_="unique")
        for column in ("name", "phone", "language"):
            batch.drop_column(column)
    op.execute("UPDATE consent SET source = 'unsubscribe' WHERE source = 'preferences'")
    check("consent", "consentsource", one_of("source", *SOURCES), replace=True)
    check("step", "question", one_of("question", *QUESTIONS), replace=True)
    with op.batch_alter_table("consent") as batch:
        batch.drop_column("wording_version")
    with op.batch_alter_table("patient") as batch:
        batch.drop_column("minimal")
    uncheck("clinic", "stopscope", "emergency_minutes", "urgent_minutes", "worry_minutes")
    with op.batch_alter_table("clinic") as batch:
        for column in ("stop_scope", "emergency_minutes", "urgent_minutes", "worry_minutes"):
            batch.drop_column(column)
