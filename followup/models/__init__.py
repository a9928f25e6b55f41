"""Tables and their constraints: what must not happen is impossible here."""

from followup.models.care import Enrolment, Plan, Step, TreatmentSession
from followup.models.desk import AuditEntry, Clock, Staff, Switch
from followup.models.people import Clinic, Consent, Patient
from followup.models.traffic import Attempt, Message, Receipt, Reply, Sender

__all__ = [
    "Attempt",
    "AuditEntry",
    "Clinic",
    "Clock",
    "Consent",
    "Enrolment",
    "Message",
    "Patient",
    "Plan",
    "Receipt",
    "Reply",
    "Sender",
    "Staff",
    "Step",
    "Switch",
    "TreatmentSession",
]
