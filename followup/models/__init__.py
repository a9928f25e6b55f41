"""Tables and their constraints: what must not happen is impossible here."""

from followup.models.access import ApiKey, SignIn, Throttle
from followup.models.alerts import Alert, OnCall
from followup.models.care import Enrolment, Outcome, Plan, Step, TreatmentSession
from followup.models.desk import AuditEntry, Clock, Heartbeat, Staff, Switch
from followup.models.finding import FoundBy
from followup.models.people import Clinic, Consent, Patient
from followup.models.traffic import Attempt, Message, Receipt, Reply, Sender

__all__ = [
    "Alert",
    "ApiKey",
    "Attempt",
    "AuditEntry",
    "Clinic",
    "Clock",
    "Consent",
    "Enrolment",
    "FoundBy",
    "Heartbeat",
    "Message",
    "OnCall",
    "Outcome",
    "Patient",
    "Plan",
    "Receipt",
    "Reply",
    "Sender",
    "SignIn",
    "Staff",
    "Step",
    "Switch",
    "Throttle",
    "TreatmentSession",
]
