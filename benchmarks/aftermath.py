"""What became of messages once they had left, as far as it can be drawn: receipts, replies, alerts, and the audit log."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from benchmarks.making import add
from followup.models import Alert, Attempt, AuditEntry, Message, Outcome, Receipt, Reply

_LABEL = """
SELECT CASE WHEN step.question <> 'check_in' THEN 'score' WHEN draw < 0.1 THEN 'expected-reaction' WHEN draw < 0.2 THEN 'thanks'
  WHEN draw < 0.24 THEN 'question' WHEN draw < 0.26 THEN 'booking' WHEN draw < 0.28 THEN 'unclear'
  WHEN draw < 0.29 THEN 'nerve' ELSE 'thanks' END AS label"""
_WORDS = """
CASE label WHEN 'score' THEN (message.due_at::date - date '2020-01-01') % 11 || ''
  WHEN 'nerve' THEN 'Still tingling in my left foot' WHEN 'question' THEN 'Can I go swimming tomorrow?'
  WHEN 'booking' THEN 'Please book me again next week' ELSE 'All well, thank you' END"""
_UNREAD_FOR, _OPEN_FOR = "7 days", "4 days"


def carry_out(connection: Connection) -> None:
    """The attempt of each message that left or was refused, and what the carrier said of texts."""
    connection.execute(text("ANALYZE patient, message"))
    add(
        connection,
        Attempt,
        "message JOIN patient ON patient.id = message.patient_id WHERE tries = 1",
        id="pg_temp.made(due_at + interval '1 second', 'attempt ' || message.id)",
        message_id="message.id",
        number="1",
        channel="channel",
        to="CASE channel WHEN 'sms' THEN phone ELSE email END",
        begun_at="due_at + interval '1 second'",
        answered_at="due_at + interval '1.1 seconds'",
        outcome="CASE status WHEN 'failed' THEN 'refused' WHEN 'uncertain' THEN 'uncertain' ELSE 'accepted' END",
        reference="CASE WHEN status NOT IN ('failed', 'uncertain') THEN 'SM' || md5(message.id::text) END",
        code="CASE status WHEN 'failed' THEN '30006' ELSE '' END",
    )
    add(
        connection,
        Receipt,
        """attempt JOIN message ON message.id = attempt.message_id
        JOIN (VALUES ('sent', 'taken'), ('delivered', 'delivered'), ('undelivered', 'undelivered')) AS one (said, kind)
          ON one.said IN ('sent', message.status)
        WHERE attempt.channel = 'sms' AND attempt.outcome = 'accepted'""",
        id="pg_temp.made(begun_at + interval '2 seconds', one.said || attempt.id)",
        channel="attempt.channel",
        reference="reference",
        said="one.said",
        kind="one.kind",
        code="CASE one.said WHEN 'undelivered' THEN '30003' ELSE '' END",
        message_id="message.id",
        attempt_id="attempt.id",
        received_at="begun_at + interval '2 seconds'",
    )


def answer(connection: Connection, *, now: datetime) -> None:
    """Replies to three tenths of the questions that were asked by text, some of unknown numbers, and the scores in them."""
    _add_replies(connection, now)
    _add_strangers(connection, now)
    _add_outcomes(connection)


def _add_replies(connection: Connection, now: datetime) -> None:
    to_be_read = f"label IN ('question', 'booking', 'unclear', 'nerve') AND came_at < :now - interval '{_UNREAD_FOR}'"
    seen = f"{to_be_read} OR label = 'score' AND draw < 0.05"
    add(
        connection,
        Reply,
        f"""message JOIN step ON step.id = message.step_id AND step.question IS NOT NULL
        JOIN patient ON patient.id = message.patient_id
        CROSS JOIN LATERAL (SELECT pg_temp.luck('reply' || message.id) AS draw, left_at + interval '40 minutes' AS came_at) AS a
        CROSS JOIN LATERAL ({_LABEL}) AS b
        WHERE left_at < :now - interval '1 hour' AND channel = 'sms' AND draw < 0.3""",
        {"now": now},
        id="pg_temp.made(came_at, 'reply ' || message.id)",
        channel="'sms'",
        reference="'IN' || md5(message.id::text)",
        sent_from="phone",
        sent_to="'+15005550006'",
        body=_WORDS,
        raw="'{}'",
        received_at="came_at",
        read_at="came_at + interval '1 second'",
        patient_id="patient.id",
        labels="jsonb_build_array(label)",
        matched="'[]'",
        answers_id="message.id",
        alert_id="CASE label WHEN 'nerve' THEN pg_temp.made(came_at, 'alert ' || message.id) END",
        seen_at=f"CASE WHEN {seen} THEN came_at + interval '1 hour' END",
        seen_by=f"CASE WHEN {seen} THEN 'benchmark' END",
    )


def _add_strangers(connection: Connection, now: datetime) -> None:
    add(
        connection,
        Reply,
        "generate_series(1, 400) AS n CROSS JOIN LATERAL (SELECT :now - make_interval(hours => n * 40) AS came_at) AS a",
        {"now": now},
        id="pg_temp.made(came_at, 'stranger ' || n)",
        channel="'sms'",
        reference="'INstranger' || n",
        sent_from="'+1415555' || 1000 + n % 300",
        sent_to="'+15005550006'",
        body="'Who is this please?'",
        raw="'{}'",
        received_at="came_at",
        read_at="came_at + interval '1 second'",
        labels="""'["question"]'""",
        matched="'[]'",
        seen_at="CASE WHEN n > 3 THEN came_at + interval '1 hour' END",
        seen_by="CASE WHEN n > 3 THEN 'benchmark' END",
    )


def _add_outcomes(connection: Connection) -> None:
    add(
        connection,
        Outcome,
        """reply JOIN message ON message.id = answers_id JOIN enrolment ON enrolment.id = message.enrolment_id
        WHERE labels ->> 0 = 'score'""",
        id="pg_temp.made(received_at, 'outcome ' || reply.id)",
        patient_id="reply.patient_id",
        treatment_id="treatment_id",
        reply_id="reply.id",
        measure="'pain_0_10'",
        value="floor(11 * pg_temp.luck('pain' || reply.id))",
        measured_at="received_at",
        measured_by="'patient'",
    )


def worry(connection: Connection, *, now: datetime) -> None:
    """Alerts of worrying replies and of patients who were not reached; the latest are open, and some have been taken."""
    for cause, rows, alert_id, at, label in (
        (
            "reply",
            "reply JOIN patient ON patient.id = patient_id WHERE alert_id IS NOT NULL",
            "alert_id",
            "received_at",
            "nerve",
        ),
        (
            "unreached",
            """message JOIN patient ON patient.id = patient_id
            WHERE status = 'undelivered' AND pg_temp.luck('unreached' || message.id) < 0.06""",
            "pg_temp.made(due_at, 'unreached ' || message.id)",
            "due_at",
            "unclear",
        ),
    ):
        taken = f"({at} < :now - interval '2 days' OR pg_temp.luck('taken' || patient.id) < 0.3)"
        resolved = f"{at} < :now - interval '{_OPEN_FOR}'"
        add(
            connection,
            Alert,
            rows,
            {"now": now},
            id=alert_id,
            once_key=f"'{cause}:' || {alert_id}",
            clinic_id="patient.clinic_id",
            patient_id="patient.id",
            cause=f"'{cause}'",
            label=f"'{label}'",
            must_phone="false",
            raised_at=at,
            answer_by=f"{at} + interval '1 hour'",
            told="1",
            taken_at=f"CASE WHEN {taken} THEN {at} + interval '20 minutes' END",
            taken_by=f"CASE WHEN {taken} THEN 'person-1@maple.example' END",
            resolved_at=f"CASE WHEN {resolved} THEN {at} + interval '3 hours' END",
            resolved_by=f"CASE WHEN {resolved} THEN 'person-1@maple.example' END",
            note=f"CASE WHEN {resolved} THEN 'Phoned; it is better.' END",
        )


def tell(connection: Connection, *, staff: Sequence[UUID]) -> None:
    """Notices to staff, by text and by email, of every alert."""
    add(
        connection,
        Message,
        "alert CROSS JOIN (VALUES ('sms'), ('email')) AS way (channel)",
        {"staff": [str(one) for one in staff], "staff_count": len(staff)},
        id="pg_temp.made(raised_at, way.channel || alert.id)",
        once_key="'alarm:' || way.channel || alert.id",
        clinic_id="clinic_id",
        staff_id="(CAST(:staff AS uuid[]))[floor(:staff_count * pg_temp.luck('told' || alert.id))::int + 1]",
        alert_id="alert.id",
        origin="'alarm'",
        wording="'alarm'",
        values="'{}'",
        channel="way.channel",
        lane="0",
        status="'delivered'",
        nominal_at="raised_at",
        due_at="raised_at",
        expires_at="raised_at + interval '1 day'",
        why="'[]'",
        tries="1",
        body="'A patient needs a person.'",
        segments="1",
        left_at="raised_at + interval '1 second'",
        created_at="raised_at",
    )


def keep_log(connection: Connection, *, entries: int, patients: int, now: datetime) -> None:
    """Who looked at whom."""
    add(
        connection,
        AuditEntry,
        """(SELECT n, :now - make_interval(secs => (:audited - n) * 158.0) AS at FROM generate_series(1, :audited) AS n) AS a
        JOIN someone ON someone.n = 1 + a.n % :patients""",
        {"now": now, "audited": entries, "patients": patients},
        id="pg_temp.made(a.at, 'entry ' || a.n)",
        did_at="a.at",
        did_by="'person-' || a.n % 10 || '@maple.example'",
        did="CASE WHEN a.n % 5 = 0 THEN 'change' ELSE 'see' END",
        subject="'patient'",
        subject_id="someone.id::text",
        details="'{}'",
    )
