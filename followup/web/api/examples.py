"""What the API's description shows: bodies as one may send them, and what comes back. Tests hold both to the truth."""

from typing import Any

TREATMENT: dict[str, Any] = {
    "external_id": "appt-20417",
    "clinic": "maple",
    "patient": {
        "external_id": "p-3311",
        "given_name": "Rosa",
        "family_name": "Delgado",
        "phone": "(212) 555-0123",
        "email": "rosa@mail.example",
        "language": "en",
    },
    "consent": {"sms": True, "email": True, "method": "intake form"},
    "ended_at": "2027-03-08T10:00",
    "practitioner": "K. Osei",
    "regions": ["lower_back", "gluteal"],
    "precautions": ["blood_thinner"],
    "first_treatment": True,
    "baseline_pain": 6,
    "plan": "dry-needling",
}

MOVED: dict[str, Any] = {"ended_at": "2027-03-08T10:30", "next_visit_at": "2027-03-15T09:00"}
READDRESSED: dict[str, Any] = {"patient": {"phone": "+12125550177"}}
TEXTS_WANTED: dict[str, Any] = {
    "channel": "sms",
    "purposes": ["care", "feedback"],
    "says": "given",
    "method": "spoken at the desk",
}
TEXTS_STOPPED: dict[str, Any] = {"channel": "sms", "says": "withdrawn", "method": "on the phone"}
LATER: dict[str, Any] = {"due_at": "2027-03-09T11:30"}
WENT: dict[str, Any] = {"sent": True}

TAKEN: dict[str, Any] = {"by": "Kim Osei"}
RESOLVED: dict[str, Any] = {"by": "Kim Osei", "note": "Phoned at 11:20. Foot tingles less; comes in tomorrow at 9."}

MESSAGE: dict[str, Any] = {
    "id": "0195755c-2a10-7c42-9d5e-3a0c8f5b7c11",
    "patient": "0195755c-2a0e-7b31-8f4d-1c9be0a7d2f3",
    "treatment": "0195755c-2a0f-7d20-a1c6-52e4c3b8f9a0",
    "step": "what-to-expect",
    "origin": "step",
    "purpose": "care",
    "channel": "sms",
    "status": "scheduled",
    "due_at": "2027-03-08T17:00:00Z",
    "due_local": "2027-03-08T12:00:00-05:00",
    "expires_at": "2027-03-09T11:00:00Z",
    "left_at": None,
    "blocked": None,
    "reason": None,
    "because": "",
    "why": [],
    "wording": "what-to-expect",
    "wording_version": None,
    "segments": None,
}

CONSENT: dict[str, Any] = {
    "channel": "sms",
    "purpose": "care",
    "says": "given",
    "source": "desk",
    "method": "intake form",
    "recorded_at": "2027-03-08T15:02:11Z",
    "recorded_by": "booking",
}

WHO: dict[str, Any] = {
    "id": MESSAGE["patient"],
    "external_id": "p-3311",
    "clinic": "maple",
    "given_name": "Rosa",
    "family_name": "Delgado",
    "phone": "+12125550123",
    "phone_given": "(212) 555-0123",
    "phone_failed_at": None,
    "email": "rosa@mail.example",
    "email_given": "rosa@mail.example",
    "email_failed_at": None,
    "language": "en",
    "timezone": None,
    "next_visit_at": None,
}

PATIENT: dict[str, Any] = WHO | {"consents": [CONSENT]}

SUMMARY: dict[str, Any] = {
    "id": MESSAGE["treatment"],
    "external_id": "appt-20417",
    "clinic": "maple",
    "ended_at": "2027-03-08T15:00:00Z",
    "practitioner": "K. Osei",
    "regions": ["lower_back", "gluteal"],
    "precautions": ["blood_thinner"],
    "warnings": [],
    "first_treatment": True,
    "is_high_risk": True,
    "baseline_pain": 6,
    "plan": "dry-needling",
    "plan_version": 1,
    "recorded_at": "2027-03-08T15:02:11Z",
    "recorded_by": "booking",
    "cancelled_at": None,
    "cancelled_by": None,
}

RECORDED: dict[str, Any] = SUMMARY | {"patient": WHO, "messages": [MESSAGE]}

RECEIPT: dict[str, Any] = {"said": "delivered", "kind": "delivered", "code": "", "received_at": "2027-03-08T17:00:04Z"}

STORY: dict[str, Any] = MESSAGE | {
    "status": "delivered",
    "left_at": "2027-03-08T17:00:01Z",
    "wording_version": "3f1c9a",
    "segments": 2,
    "reckoned": "2 hours after the treatment session that ended Mon 8 Mar 10:00.",
    "body": "Maple Clinic: after today's session it is common to feel sore for a day or two.",
    "attempts": [
        {
            "number": 1,
            "begun_at": "2027-03-08T17:00:01Z",
            "answered_at": "2027-03-08T17:00:02Z",
            "outcome": "accepted",
            "reference": "SM0123456789abcdef0123456789abcdef",
            "code": "",
        }
    ],
    "receipts": [RECEIPT],
    "acts": [],
}

MESSAGES: dict[str, Any] = {"items": [MESSAGE], "next_cursor": None}

ALERT: dict[str, Any] = {
    "id": "01957a9b-8c10-7d55-b0f6-4a1e2d3c5b60",
    "status": "open",
    "label": "nerve",
    "cause": "reply",
    "clinic": "maple",
    "patient": MESSAGE["patient"],
    "replies": ["01957a9b-7b64-7e0a-b5a2-9e8d1c2f3a4b"],
    "must_phone": False,
    "raised_at": "2027-03-09T15:10:45Z",
    "answer_by": "2027-03-09T16:10:45Z",
    "is_overdue": False,
    "minutes": 4,
    "told": 1,
    "next_at": "2027-03-09T16:10:45Z",
    "released_at": None,
    "taken_at": None,
    "taken_by": None,
    "resolved_at": None,
    "resolved_by": None,
    "note": None,
}

ALERTS: dict[str, Any] = {"items": [ALERT], "next_cursor": None}

REPLY: dict[str, Any] = {
    "id": ALERT["replies"][0],
    "channel": "sms",
    "received_at": "2027-03-09T15:10:44Z",
    "sent_from": WHO["phone"],
    "patient": MESSAGE["patient"],
    "body": "C, my foot is numb",
    "pictures": [],
    "read_at": "2027-03-09T15:10:45Z",
    "label": "urgent",
    "labels": ["nerve"],
    "matched": [
        {"label": "nerve", "words": "C", "start": 0, "end": 1},
        {"label": "nerve", "words": "numb", "start": 14, "end": 18},
    ],
    "answers": "0195755c-2a10-7c42-9d5e-3a0c8f5b7c12",
    "alert": ALERT["id"],
    "relabelled": "urgent",
    "relabelled_at": "2027-03-09T15:14:02Z",
    "relabelled_by": "Kim Osei",
}

REPLIES: dict[str, Any] = {"items": [REPLY], "next_cursor": None}
RELABELLED: dict[str, Any] = {"label": "urgent", "by": "Kim Osei"}
ASSIGNED: dict[str, Any] = {"patient": MESSAGE["patient"], "by": "Kim Osei"}
MISTAKEN: dict[str, Any] = ASSIGNED | {"instead_of": "0195755c-2a0e-7b31-8f4d-1c9be0a7d2f9"}

OUTCOME: dict[str, Any] = {
    "id": "0195a2f4-6e21-7b0c-8d3f-1a2b3c4d5e6f",
    "patient": MESSAGE["patient"],
    "treatment": MESSAGE["treatment"],
    "external_id": "appt-20417",
    "measure": "pain_0_10",
    "value": 3,
    "baseline": 6,
    "measured_at": "2027-03-15T14:20:31Z",
    "measured_by": "patient",
    "reply": "0195a2f4-6e20-7a9b-9c4d-0f1e2d3c4b5a",
    "ended_at": SUMMARY["ended_at"],
    "practitioner": "K. Osei",
    "regions": ["lower_back", "gluteal"],
}

OUTCOMES: dict[str, Any] = {"items": [OUTCOME], "next_cursor": None}

TIMELINE: dict[str, Any] = {
    "items": [
        {"kind": "treatment", "at": SUMMARY["ended_at"], "treatment": SUMMARY},
        {"kind": "consent", "at": CONSENT["recorded_at"], "consent": CONSENT},
        {"kind": "message", "at": MESSAGE["due_at"], "message": MESSAGE},
        {"kind": "receipt", "at": RECEIPT["received_at"], "message": MESSAGE["id"], "receipt": RECEIPT},
        {"kind": "reply", "at": REPLY["received_at"], "reply": REPLY},
        {"kind": "alert", "at": ALERT["raised_at"], "alert": ALERT},
        {"kind": "outcome", "at": OUTCOME["measured_at"], "outcome": OUTCOME},
    ],
    "next_cursor": f"20270315T142031.000000Z~{OUTCOME['id']}",
}
