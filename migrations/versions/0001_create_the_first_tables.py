"""Create the first tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None


def words(name: str, *allowed: str) -> sa.Enum:
    return sa.Enum(*allowed, name=name, native_enum=False, create_constraint=True, length=32)


def where(condition: str) -> dict[str, Any]:
    return {"postgresql_where": sa.text(condition), "sqlite_where": sa.text(condition)}


INSTANT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(JSONB(), "postgresql")
OVERLAP = words("overlap", "supersede", "keep")
CHANNEL = words("channel", "sms", "email")
ROLE = words("role", "admin", "clinician", "desk")
PURPOSE = words("purpose", "care", "feedback", "booking")
ONQUIET = words("onquiet", "later", "earlier", "immediate")
QUESTION = words("question", "check_in", "still_or_gone", "pain_0_10", "change_1_7")
CONDITION = words("condition", "worry_or_silent_risk")
CONSENTED = words("consented", "given", "refused", "withdrawn")
CONSENTSOURCE = words("consentsource", "desk", "reply", "unsubscribe", "carrier")
ORIGIN = words("origin", "step", "reply", "confirmation", "alarm", "by_hand")
STATUS = words(
    "status", "scheduled", "sending", "sent", "delivered", "undelivered", "failed", "uncertain", "skipped", "cancelled"
)
REASON = words(
    "reason",
    "no_consent",
    "opted_out",
    "too_late",
    "open_alert",
    "already_booked",
    "already_answered",
    "condition_not_met",
    "replaced",
    "frequency_limit",
    "bad_address",
    "clinic_not_ready",
)
ATTEMPTOUTCOME = words("attemptoutcome", "accepted", "refused", "unavailable", "uncertain", "absent")
RECEIPTKIND = words("receiptkind", "taken", "delivered", "undelivered", "failed")


def upgrade() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("prefix", sa.String(12), nullable=False),
        sa.Column("hashed", sa.String(64), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("last_used_at", INSTANT),
        sa.Column("revoked_at", INSTANT),
        sa.Column("revoked_by", sa.String(200)),
        sa.UniqueConstraint("name"),
        sa.UniqueConstraint("hashed"),
        sa.CheckConstraint("(created_at IS NULL) = (created_by IS NULL)", name="created_at_with_created_by"),
        sa.CheckConstraint("(revoked_at IS NULL) = (revoked_by IS NULL)", name="revoked_at_with_revoked_by"),
    )
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("did_at", INSTANT, nullable=False),
        sa.Column("did_by", sa.String(200), nullable=False),
        sa.Column("did", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(40), nullable=False),
        sa.Column("subject_id", sa.String(64), nullable=False),
        sa.Column("details", JSON, nullable=False),
    )
    op.create_index("ix_audit_entry_subject", "audit_entry", ["subject", "subject_id"])
    op.create_table(
        "clinic",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("text_name", sa.String(40), nullable=False),
        sa.Column("phone", sa.String(40), nullable=False),
        sa.Column("after_hours", sa.String(40), nullable=False),
        sa.Column("emergency", sa.String(20), nullable=False),
        sa.Column("address", sa.String(300), nullable=False),
        sa.Column("hours", sa.String(100), nullable=False),
        sa.Column("booking_url", sa.String(500), nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("country", sa.String(2), nullable=False),
        sa.Column("quiet_from", sa.Time(), nullable=False),
        sa.Column("quiet_until", sa.Time(), nullable=False),
        sa.UniqueConstraint("key"),
    )
    op.create_table(
        "clock",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("ahead", sa.Interval(), nullable=False),
        sa.Column("moved_at", INSTANT),
        sa.CheckConstraint("id = 1", name="only_one"),
    )
    op.create_table(
        "heartbeat",
        sa.Column("task", sa.String(40), primary_key=True),
        sa.Column("beat_at", INSTANT, nullable=False),
    )
    op.create_table(
        "plan",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("overlap", OVERLAP, nullable=False),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("loaded_at", INSTANT, nullable=False),
        sa.Column("loaded_by", sa.String(200), nullable=False),
        sa.UniqueConstraint("key", "version"),
        sa.CheckConstraint("(loaded_at IS NULL) = (loaded_by IS NULL)", name="loaded_at_with_loaded_by"),
    )
    op.create_table(
        "reply",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("channel", CHANNEL, nullable=False),
        sa.Column("reference", sa.String(320), nullable=False),
        sa.Column("sent_from", sa.String(254), nullable=False),
        sa.Column("sent_to", sa.String(254), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("raw", JSON, nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.UniqueConstraint("channel", "reference"),
    )
    op.create_index("ix_reply_sent_from", "reply", ["sent_from"])
    op.create_table(
        "sender",
        sa.Column("channel", CHANNEL, primary_key=True),
        sa.Column("segments_per_second", sa.Double()),
        sa.Column("free_at", INSTANT),
        sa.Column("stopped_at", INSTANT),
        sa.Column("stopped_because", sa.String(200)),
        sa.CheckConstraint("(stopped_at IS NULL) = (stopped_because IS NULL)", name="stopped_at_with_stopped_because"),
    )
    op.create_table(
        "staff",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("role", ROLE, nullable=False),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.Column("added_by", sa.String(200), nullable=False),
        sa.UniqueConstraint("email"),
        sa.CheckConstraint("(added_at IS NULL) = (added_by IS NULL)", name="added_at_with_added_by"),
    )
    op.create_table(
        "switch",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("off_at", INSTANT, nullable=False),
        sa.Column("off_by", sa.String(200), nullable=False),
        sa.Column("why", sa.String(300), nullable=False),
        sa.CheckConstraint("(off_at IS NULL) = (off_by IS NULL)", name="off_at_with_off_by"),
    )
    op.create_table(
        "patient",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("clinic_id", sa.Uuid(), sa.ForeignKey("clinic.id"), nullable=False),
        sa.Column("external_id", sa.String(200)),
        sa.Column("given_name", sa.String(200), nullable=False),
        sa.Column("family_name", sa.String(200), nullable=False),
        sa.Column("phone", sa.String(20)),
        sa.Column("phone_given", sa.String(60), nullable=False),
        sa.Column("phone_failed_at", INSTANT),
        sa.Column("email", sa.String(254)),
        sa.Column("email_given", sa.String(300), nullable=False),
        sa.Column("email_failed_at", INSTANT),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("zone", sa.String(64)),
        sa.Column("next_visit_at", INSTANT),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.UniqueConstraint("clinic_id", "external_id"),
    )
    op.create_index("ix_patient_email", "patient", ["email"])
    op.create_index("ix_patient_phone", "patient", ["phone"])
    op.create_table(
        "step",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("plan_id", sa.Uuid(), sa.ForeignKey("plan.id"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("purpose", PURPOSE, nullable=False),
        sa.Column("after", sa.Interval()),
        sa.Column("day", sa.Integer()),
        sa.Column("at", sa.Time(), nullable=False),
        sa.Column("on_quiet", ONQUIET, nullable=False),
        sa.Column("expires", sa.Interval(), nullable=False),
        sa.Column("channels", JSON, nullable=False),
        sa.Column("wording", sa.String(64), nullable=False),
        sa.Column("regions", JSON, nullable=False),
        sa.Column("question", QUESTION),
        sa.Column("when", CONDITION),
        sa.Column("unless", JSON, nullable=False),
        sa.Column("reminds", sa.String(64)),
        sa.UniqueConstraint("plan_id", "key"),
        sa.UniqueConstraint("plan_id", "position"),
        sa.CheckConstraint("(after IS NULL) <> (day IS NULL)", name="after_or_day"),
    )
    op.create_table(
        "consent",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("patient_id", sa.Uuid(), sa.ForeignKey("patient.id"), nullable=False),
        sa.Column("channel", CHANNEL, nullable=False),
        sa.Column("purpose", PURPOSE, nullable=False),
        sa.Column("says", CONSENTED, nullable=False),
        sa.Column("source", CONSENTSOURCE, nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("recorded_by", sa.String(200), nullable=False),
        sa.CheckConstraint("(recorded_at IS NULL) = (recorded_by IS NULL)", name="recorded_at_with_recorded_by"),
    )
    op.create_index("ix_consent_patient_id", "consent", ["patient_id", "channel", "purpose", "id"])
    op.create_table(
        "treatment_session",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("clinic_id", sa.Uuid(), sa.ForeignKey("clinic.id"), nullable=False),
        sa.Column("patient_id", sa.Uuid(), sa.ForeignKey("patient.id"), nullable=False),
        sa.Column("external_id", sa.String(200), nullable=False),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("ended_at", INSTANT, nullable=False),
        sa.Column("practitioner", sa.String(200), nullable=False),
        sa.Column("regions", JSON, nullable=False),
        sa.Column("precautions", JSON, nullable=False),
        sa.Column("first_treatment", sa.Boolean(), nullable=False),
        sa.Column("baseline_pain", sa.Integer()),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("recorded_by", sa.String(200), nullable=False),
        sa.Column("cancelled_at", INSTANT),
        sa.Column("cancelled_by", sa.String(200)),
        sa.UniqueConstraint("clinic_id", "external_id"),
        sa.CheckConstraint("(recorded_at IS NULL) = (recorded_by IS NULL)", name="recorded_at_with_recorded_by"),
        sa.CheckConstraint("(cancelled_at IS NULL) = (cancelled_by IS NULL)", name="cancelled_at_with_cancelled_by"),
        sa.CheckConstraint("baseline_pain BETWEEN 0 AND 10", name="baseline_pain_0_10"),
    )
    op.create_index("ix_treatment_session_patient_id", "treatment_session", ["patient_id", "ended_at"])
    op.create_table(
        "enrolment",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("treatment_id", sa.Uuid(), sa.ForeignKey("treatment_session.id"), nullable=False),
        sa.Column("plan_id", sa.Uuid(), sa.ForeignKey("plan.id"), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.UniqueConstraint("treatment_id"),
    )
    op.create_table(
        "message",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("once_key", sa.String(200), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), sa.ForeignKey("clinic.id"), nullable=False),
        sa.Column("patient_id", sa.Uuid(), sa.ForeignKey("patient.id"), nullable=False),
        sa.Column("enrolment_id", sa.Uuid(), sa.ForeignKey("enrolment.id")),
        sa.Column("step_id", sa.Uuid(), sa.ForeignKey("step.id")),
        sa.Column("origin", ORIGIN, nullable=False),
        sa.Column("purpose", PURPOSE),
        sa.Column("wording", sa.String(64), nullable=False),
        sa.Column("channel", sa.String(32), sa.ForeignKey("sender.channel"), nullable=False),
        sa.Column("lane", sa.Integer(), nullable=False),
        sa.Column("status", STATUS, nullable=False),
        sa.Column("reason", REASON),
        sa.Column("nominal_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("why", JSON, nullable=False),
        sa.Column("replaced_by", sa.Uuid(), sa.ForeignKey("treatment_session.id")),
        sa.Column("lease_token", sa.Uuid()),
        sa.Column("leased_until", INSTANT),
        sa.Column("next_try_at", INSTANT),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("check_at", INSTANT),
        sa.Column("body", sa.Text()),
        sa.Column("wording_version", sa.String(32)),
        sa.Column("segments", sa.Integer()),
        sa.Column("left_at", INSTANT),
        sa.Column("cancelled_at", INSTANT),
        sa.Column("cancelled_by", sa.String(200)),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.UniqueConstraint("once_key"),
        sa.CheckConstraint("status <> 'skipped' OR reason IS NOT NULL", name="skipped_has_reason"),
        sa.CheckConstraint("(lease_token IS NULL) = (leased_until IS NULL)", name="lease_is_whole"),
        sa.CheckConstraint("lane IN (0, 1)", name="lane"),
        sa.CheckConstraint("(cancelled_at IS NULL) = (cancelled_by IS NULL)", name="cancelled_at_with_cancelled_by"),
    )
    op.create_index("ix_message_check_at", "message", ["check_at"], **where("check_at IS NOT NULL"))
    op.create_index("ix_message_due_at", "message", ["due_at", "id"])
    op.create_index("ix_message_enrolment_id", "message", ["enrolment_id"])
    op.create_index("ix_message_lease_token", "message", ["lease_token"], **where("lease_token IS NOT NULL"))
    op.create_index("ix_message_owed", "message", ["channel", "lane", "due_at", "id"], **where("status = 'scheduled'"))
    op.create_index("ix_message_patient_id", "message", ["patient_id", "due_at"])
    op.create_index("ix_message_uncertain", "message", ["due_at", "id"], **where("status = 'uncertain'"))
    # Every message is updated several times in its first minute, and what is owed is read every second.
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "ALTER TABLE message SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, vacuum_index_cleanup = on)"
        )
    op.create_table(
        "attempt",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("message_id", sa.Uuid(), sa.ForeignKey("message.id"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("channel", CHANNEL, nullable=False),
        sa.Column("to", sa.String(254), nullable=False),
        sa.Column("begun_at", INSTANT, nullable=False),
        sa.Column("answered_at", INSTANT),
        sa.Column("outcome", ATTEMPTOUTCOME),
        sa.Column("reference", sa.String(320)),
        sa.Column("code", sa.String(100), nullable=False),
        sa.Column("missing_since", INSTANT),
        sa.UniqueConstraint("message_id", "number"),
        sa.UniqueConstraint("channel", "reference"),
        sa.CheckConstraint("(answered_at IS NULL) = (outcome IS NULL)", name="answered_at_with_outcome"),
    )
    op.create_table(
        "receipt",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("channel", CHANNEL, nullable=False),
        sa.Column("reference", sa.String(320), nullable=False),
        sa.Column("said", sa.String(40), nullable=False),
        sa.Column("kind", RECEIPTKIND, nullable=False),
        sa.Column("code", sa.String(100), nullable=False),
        sa.Column("message_id", sa.Uuid(), sa.ForeignKey("message.id"), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), sa.ForeignKey("attempt.id")),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.UniqueConstraint("channel", "reference", "said"),
    )
    op.create_index("ix_receipt_message_id", "receipt", ["message_id"])


def downgrade() -> None:
    for table in (
        "receipt",
        "attempt",
        "message",
        "enrolment",
        "treatment_session",
        "consent",
        "step",
        "patient",
        "switch",
        "staff",
        "sender",
        "reply",
        "plan",
        "heartbeat",
        "clock",
        "clinic",
        "audit_entry",
        "api_key",
    ):
        op.drop_table(table)
