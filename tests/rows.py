"""One right row of every kind; a test says what is different about its own."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from followup.models import (
    Alert,
    ApiKey,
    Attempt,
    AuditEntry,
    Clinic,
    Clock,
    Consent,
    Enrolment,
    Heartbeat,
    Message,
    OnCall,
    Outcome,
    Patient,
    Plan,
    Receipt,
    Reply,
    Sender,
    SignIn,
    Staff,
    Step,
    Switch,
    Throttle,
    TreatmentSession,
)
from followup.terms import (
    AlertCause,
    Channel,
    Consented,
    ConsentSource,
    Label,
    Measure,
    OnQuiet,
    Origin,
    Overlap,
    Purpose,
    ReceiptKind,
    Role,
)

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
FIRST = UUID("018f0000-0000-7000-8000-000000000000")


def known(name: str) -> UUID:
    """The id of the one row of its kind that every test starts from."""
    return uuid5(FIRST, name)


def clinic(**other: Any) -> Clinic:
    return Clinic(
        **{"key": "oak", "name": "Oak", "text_name": "Oak", "phone": "1", "zone": "UTC", "country": "US"} | other
    )


def patient(**other: Any) -> Patient:
    given = {"clinic_id": known("clinic"), "external_id": "p1", "given_name": "Ana", "created_at": NOON}
    return Patient(**given | other)


def consent(**other: Any) -> Consent:
    given = {
        "patient_id": known("patient"),
        "channel": Channel.SMS,
        "purpose": Purpose.CARE,
        "says": Consented.GIVEN,
        "source": ConsentSource.DESK,
        "recorded_at": NOON,
        "recorded_by": "lee",
    }
    return Consent(**given | other)


def treatment(**other: Any) -> TreatmentSession:
    given = {
        "clinic_id": known("clinic"),
        "patient_id": known("patient"),
        "external_id": "t1",
        "content_hash": "0",
        "ended_at": NOON,
        "regions": ["neck"],
        "precautions": [],
        "recorded_at": NOON,
        "recorded_by": "lee",
    }
    return TreatmentSession(**given | other)


def plan(**other: Any) -> Plan:
    given = {"key": "needling", "version": 1, "title": "After", "overlap": Overlap.KEEP, "content_hash": "0"}
    return Plan(**given | {"loaded_at": NOON, "loaded_by": "lee"} | other)


def step(**other: Any) -> Step:
    given = {
        "plan_id": known("plan"),
        "position": 1,
        "key": "check-in",
        "purpose": Purpose.CARE,
        "day": 1,
        "on_quiet": OnQuiet.LATER,
        "expires": timedelta(days=1),
        "channels": ["sms"],
        "wording": "check-in",
        "regions": [],
        "unless": [],
    }
    return Step(**given | other)


def enrolment(**other: Any) -> Enrolment:
    given = {"treatment_id": known("treatment"), "plan_id": known("plan"), "created_at": NOON}
    return Enrolment(**given | other)


def sender(**other: Any) -> Sender:
    return Sender(**{"channel": Channel.SMS} | other)


def message(**other: Any) -> Message:
    given = {
        "once_key": "check-in of t1",
        "clinic_id": known("clinic"),
        "patient_id": known("patient"),
        "enrolment_id": known("enrolment"),
        "step_id": known("step"),
        "origin": Origin.STEP,
        "purpose": Purpose.CARE,
        "wording": "check-in",
        "channel": Channel.SMS,
        "lane": 1,
        "nominal_at": NOON,
        "due_at": NOON,
        "expires_at": NOON + timedelta(days=1),
        "why": [],
        "created_at": NOON,
    }
    return Message(**given | other)


def attempt(**other: Any) -> Attempt:
    given = {"message_id": known("message"), "number": 1, "channel": Channel.SMS, "to": "+12125550100"}
    return Attempt(**given | {"begun_at": NOON, "reference": "SM1"} | other)


def receipt(**other: Any) -> Receipt:
    given = {"channel": Channel.SMS, "reference": "SM1", "said": "delivered", "kind": ReceiptKind.DELIVERED}
    return Receipt(**given | {"message_id": known("message"), "received_at": NOON} | other)


def reply(**other: Any) -> Reply:
    given = {"channel": Channel.SMS, "reference": "SM9", "sent_from": "+12125550100", "sent_to": "+12125550199"}
    return Reply(**given | {"body": "STOP", "raw": {}, "received_at": NOON} | other)


def staff(**other: Any) -> Staff:
    given = {"email": "lee@oak.example", "phone": "+12125550111", "role": Role.DESK}
    return Staff(**given | {"added_at": NOON, "added_by": "init"} | other)


def api_key(**other: Any) -> ApiKey:
    given = {"name": "booking", "prefix": "fu_0", "hashed": "0", "created_at": NOON, "created_by": "lee"}
    return ApiKey(**given | other)


def sign_in(**other: Any) -> SignIn:
    given = {"staff_id": known("staff"), "hashed": "0", "began_at": NOON, "seen_at": NOON}
    return SignIn(**given | {"ends_at": NOON + timedelta(days=7)} | other)


def throttle(**other: Any) -> Throttle:
    return Throttle(**{"key": "0", "tries": 1, "tried_at": NOON} | other)


def switch(**other: Any) -> Switch:
    return Switch(**{"name": "sending", "off_at": NOON, "off_by": "lee"} | other)


def clock(**other: Any) -> Clock:
    return Clock(**other)


def heartbeat(**other: Any) -> Heartbeat:
    return Heartbeat(**{"task": "tick", "beat_at": NOON} | other)


def audit_entry(**other: Any) -> AuditEntry:
    given = {"did_at": NOON, "did_by": "lee", "did": "pause", "subject": "switch", "subject_id": "1", "details": {}}
    return AuditEntry(**given | other)


def on_call(**other: Any) -> OnCall:
    return OnCall(**{"clinic_id": known("clinic"), "position": 1, "staff_id": known("staff")} | other)


def alert(**other: Any) -> Alert:
    given = {
        "once_key": "reply:1",
        "clinic_id": known("clinic"),
        "patient_id": known("patient"),
        "cause": AlertCause.REPLY,
        "label": Label.NERVE,
        "raised_at": NOON,
        "answer_by": NOON + timedelta(hours=1),
    }
    return Alert(**given | other)


def outcome(**other: Any) -> Outcome:
    given = {"patient_id": known("patient"), "reply_id": known("reply"), "measure": Measure.PAIN, "value": 3}
    return Outcome(**given | {"measured_at": NOON, "measured_by": "patient"} | other)
