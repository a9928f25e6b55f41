"""Let staff sign in: passwords, sign-ins that end, how often someone failed, who left, and which replies were seen."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

INSTANT = sa.DateTime(timezone=True)
TO_STAFF = sa.text("staff_id IS NOT NULL")
UNSEEN = sa.text("seen_at IS NULL")


def upgrade() -> None:
    with op.batch_alter_table("staff") as batch:
        batch.add_column(sa.Column("password_hash", sa.String(200)))
        batch.add_column(sa.Column("left_at", INSTANT))
        batch.add_column(sa.Column("left_by", sa.String(200)))
        batch.create_check_constraint(op.f("ck_staff_left_at_with_left_by"), "(left_at IS NULL) = (left_by IS NULL)")
    with op.batch_alter_table("reply") as batch:
        batch.add_column(sa.Column("seen_at", INSTANT))
        batch.add_column(sa.Column("seen_by", sa.String(200)))
        batch.create_check_constraint(op.f("ck_reply_seen_at_with_seen_by"), "(seen_at IS NULL) = (seen_by IS NULL)")
    # Nobody could say until now that they had seen a reply; what needed a person has its alert.
    op.execute("UPDATE reply SET seen_at = read_at, seen_by = 'upgrade' WHERE read_at IS NOT NULL")
    op.create_index("ix_reply_unseen", "reply", ["received_at", "id"], postgresql_where=UNSEEN, sqlite_where=UNSEEN)
    op.create_table(
        "sign_in",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("staff_id", sa.Uuid(), sa.ForeignKey("staff.id"), nullable=False),
        sa.Column("hashed", sa.String(64), nullable=False),
        sa.Column("began_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.UniqueConstraint("hashed"),
    )
    op.create_index("ix_sign_in_staff_id", "sign_in", ["staff_id"])
    op.create_table(
        "throttle",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("tried_at", INSTANT, nullable=False),
        sa.Column("wait_until", INSTANT),
    )
    op.create_index("ix_audit_entry_did_by", "audit_entry", ["did_by", "id"])
    op.create_index(
        "ix_message_staff_id",
        "message",
        ["staff_id", "due_at"],
        postgresql_where=TO_STAFF,
        sqlite_where=TO_STAFF,
    )


def downgrade() -> None:
    op.drop_index("ix_message_staff_id", "message")
    op.drop_index("ix_audit_entry_did_by", "audit_entry")
    op.drop_index("ix_reply_unseen", "reply")
    with op.batch_alter_table("reply") as batch:
        batch.drop_constraint(op.f("ck_reply_seen_at_with_seen_by"), type_="check")
        batch.drop_column("seen_at")
        batch.drop_column("seen_by")
    op.drop_table("throttle")
    op.drop_table("sign_in")
    with op.batch_alter_table("staff") as batch:
        batch.drop_constraint(op.f("ck_staff_left_at_with_left_by"), type_="check")
        for column in ("password_hash", "left_at", "left_by"):
            batch.drop_column(column)
