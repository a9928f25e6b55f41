"""What must not happen is impossible: each row here is right but for one thing, and both databases refuse it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, StatementError

from followup.db import Base, OpenDb
from followup.models import Clinic, Enrolment, Message, Patient, Plan, Sender, Step, TreatmentSession
from followup.terms import AttemptOutcome, Channel, Consented, Label, Reason, ReceiptKind, Status

from .rows import (
    FIRST,
    NOON,
    alert,
    api_key,
    attempt,
    audit_entry,
    clinic,
    clock,
    consent,
    enrolment,
    heartbeat,
    known,
    message,
    on_call,
    outcome,
    patient,
    plan,
    receipt,
    reply,
    sender,
    sign_in,
    staff,
    step,
    switch,
    throttle,
    treatment,
)

WITH_ID = (
    *(clinic, staff, on_call, patient, consent, treatment, plan, step, enrolment, alert, message, attempt, receipt),
    *(reply, outcome, api_key, sign_in),
)
WITH_OWN_KEY = (sender, switch, throttle, clock, heartbeat)


@pytest.fixture
def world(open_db: OpenDb) -> OpenDb:
    """A database with one right row of every kind, each after those that it points at."""
    with open_db() as db:
        for make in (*WITH_OWN_KEY, *WITH_ID):
            db.add(make() if make in WITH_OWN_KEY else make(id=known(make.__name__)))
            db.flush()
        db.add(audit_entry())
    return open_db


TWICE: dict[str, tuple[Callable[[], Base], str]] = {
    "message for the same thing owed": (lambda: message(step_id=None), "once_key"),
    "receipt that says the same": (receipt, "said"),
    "reply with the same reference": (reply, "reference"),
    "attempt with the same number": (lambda: attempt(reference="SM2"), "number"),
    "attempt with the same reference": (lambda: attempt(number=2), "reference"),
    "enrolment of a treatment session": (enrolment, "treatment_id"),
    "treatment session of a booking": (treatment, "external_id"),
    "patient of a booking system": (patient, "external_id"),
    "clinic with the same key": (clinic, "key"),
    "plan of the same version": (plan, "version"),
    "step with the same key": (lambda: step(position=2), "key"),
    "step at the same place": (lambda: step(key="later"), "position"),
    "sender of a channel": (sender, "sender"),
    "switch of the same name": (switch, "switch"),
    "person with the same email address": (staff, "email"),
    "person with the same phone": (lambda: staff(email="b", phone="+12125550111"), "phone"),
    "place on the list": (lambda: on_call(staff_id=known("staff")), "on_call"),
    "alert for the same thing": (alert, "once_key"),
    "outcome of one measure in a reply": (outcome, "reply_id"),
    "sign-in with the same hash": (sign_in, "hashed"),
    "throttle of the same key": (throttle, "throttle"),
    "API key of the same name": (lambda: api_key(hashed="1"), "name"),
    "API key with the same hash": (lambda: api_key(name="other"), "hashed"),
}

BROKEN: dict[str, tuple[Callable[[], Base], str]] = {
    "a message skipped without a reason": (lambda: message(once_key="b", status=Status.SKIPPED), "skipped_has_reason"),
    "a message cancelled by no one": (lambda: message(once_key="b", cancelled_at=NOON), "cancelled_at_with"),
    "a message cancelled at no time": (lambda: message(once_key="b", cancelled_by="lee"), "cancelled_at_with"),
    "a lease without an end": (lambda: message(once_key="b", lease_token=FIRST), "lease_is_whole"),
    "a lease without a token": (lambda: message(once_key="b", leased_until=NOON), "lease_is_whole"),
    "a third lane": (lambda: message(once_key="b", lane=2), "lane"),
    "an answer without an outcome": (lambda: attempt(number=2, reference=None, answered_at=NOON), "with_outcome"),
    "an outcome without an answer": (
        lambda: attempt(number=2, reference=None, outcome=AttemptOutcome.REFUSED),
        "with_outcome",
    ),
    "a treatment session recorded by no one": (lambda: treatment(external_id="t2", recorded_by=None), "recorded_"),
    "a treatment session cancelled by no one": (lambda: treatment(external_id="t2", cancelled_at=NOON), "cancelled_at"),
    "a baseline pain of 11": (lambda: treatment(external_id="t2", baseline_pain=11), "baseline_pain_0_10"),
    "a baseline pain below none": (lambda: treatment(external_id="t2", baseline_pain=-1), "baseline_pain_0_10"),
    "a step at no time": (lambda: step(key="b", position=2, day=None), "after_or_day"),
    "a step at two times": (lambda: step(key="b", position=2, after=timedelta(hours=2)), "after_or_day"),
    "a consent recorded by no one": (lambda: consent(recorded_by=None), "recorded_"),
    "a plan loaded by no one": (lambda: plan(version=2, loaded_by=None), "loaded_"),
    "a switch turned off by no one": (lambda: switch(name="b", off_by=None), "off_"),
    "a person added by no one": (lambda: staff(email="b", phone=None, added_by=None), "added_"),
    "a person let go by no one": (lambda: staff(email="b", phone=None, left_at=NOON), "left_at_with"),
    "an API key made by no one": (lambda: api_key(name="b", hashed="b", created_by=None), "created_"),
    "an API key revoked by no one": (lambda: api_key(name="b", hashed="b", revoked_at=NOON), "revoked_at_with"),
    "a sender stopped for nothing": (lambda: sender(channel=Channel.EMAIL, stopped_at=NOON), "stopped_at_with"),
    "an alert taken by no one": (lambda: alert(once_key="b", taken_at=NOON), "taken_at_with"),
    "an alert resolved by no one": (lambda: alert(once_key="b", resolved_at=NOON, note="called"), "resolved_at_with"),
    "an alert resolved without a note": (
        lambda: alert(once_key="b", resolved_at=NOON, resolved_by="lee"),
        "resolved_at_with",
    ),
    "a notice of what is resolved": (
        lambda: alert(once_key="b", resolved_at=NOON, resolved_by="lee", note="called", next_at=NOON),
        "resolved_is_quiet",
    ),
    "a message to no one": (lambda: message(once_key="b", patient_id=None), "one_addressee"),
    "a message to two": (lambda: message(once_key="b", staff_id=known("staff")), "one_addressee"),
    "a reply relabelled by no one": (
        lambda: reply(reference="SM8", relabelled=Label.NERVE, relabelled_at=NOON),
        "relabelled_at_with",
    ),
    "a reply seen by no one": (lambda: reply(reference="SM8", seen_at=NOON), "seen_at_with"),
    "an emergency that may wait half an hour": (lambda: clinic(key="b", emergency_minutes=30), "emergency_minutes"),
    "an urgent alert that may wait two hours": (lambda: clinic(key="b", urgent_minutes=120), "urgent_minutes"),
    "a worry that may wait a day": (lambda: clinic(key="b", worry_minutes=1440), "worry_minutes"),
    "a second clock": (lambda: clock(id=2), "only_one"),
}

ORPHANED: dict[str, Callable[[], Base]] = {
    "a message to nobody": lambda: message(once_key="b", patient_id=FIRST),
    "a message in no clinic's name": lambda: message(once_key="b", clinic_id=FIRST),
    "a message without a sender": lambda: message(once_key="b", channel=Channel.EMAIL),
    "a message replaced by nothing": lambda: message(once_key="b", replaced_by=FIRST),
    "an attempt at nothing": lambda: attempt(message_id=FIRST, reference="SM2"),
    "a receipt for nothing": lambda: receipt(message_id=FIRST, reference="SM2"),
    "a consent of nobody": lambda: consent(patient_id=FIRST),
    "a patient of no clinic": lambda: patient(external_id="p2", clinic_id=FIRST),
    "a step of no plan": lambda: step(plan_id=FIRST),
}

WORDS = [
    (table.name, column.name)
    for table in Base.metadata.sorted_tables
    for column in table.columns
    if hasattr(column.type, "enums")
]


def test_a_right_row_of_every_kind_is_kept(world: OpenDb) -> None:
    with world() as db:
        kinds = {mapper.class_ for mapper in Base.registry.mappers}
        assert {kind for kind in kinds if db.scalars(select(kind)).first()} == kinds


@pytest.mark.parametrize(("make", "names"), TWICE.values(), ids=TWICE)
def test_there_is_no_second(world: OpenDb, make: Callable[[], Base], names: str) -> None:
    with pytest.raises(IntegrityError, match=names), world() as db:
        db.add(make())


@pytest.mark.parametrize(("make", "names"), BROKEN.values(), ids=BROKEN)
def test_there_is_no_such_thing_as(world: OpenDb, make: Callable[[], Base], names: str) -> None:
    with pytest.raises(IntegrityError, match=names), world() as db:
        db.add(make())


@pytest.mark.parametrize("make", ORPHANED.values(), ids=ORPHANED)
def test_nothing_refers_to_what_is_not_there_like(world: OpenDb, make: Callable[[], Base]) -> None:
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"), world() as db:
        db.add(make())


@pytest.mark.parametrize("kind", [Clinic, Patient, TreatmentSession, Plan, Step, Enrolment, Message, Sender])
def test_what_others_refer_to_cannot_go_first(world: OpenDb, kind: type[Base]) -> None:
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"), world() as db:
        db.delete(db.scalars(select(kind)).one())


@pytest.mark.parametrize(("table", "column"), WORDS)
def test_a_word_that_nobody_knows_is_refused(world: OpenDb, table: str, column: str) -> None:
    with pytest.raises(IntegrityError), world() as db:
        db.execute(text(f'UPDATE "{table}" SET "{column}" = \'fax\''))


def test_an_instant_without_a_zone_is_refused(world: OpenDb) -> None:
    with pytest.raises(StatementError, match="every instant needs its zone"), world() as db:
        db.add(message(once_key="b", due_at=NOON.replace(tzinfo=None)))


def test_one_thing_may_be_said_in_many_ways(world: OpenDb) -> None:
    """What looks like a repetition and is none."""
    with world() as db:
        db.add_all(
            [
                message(once_key="warning-signs of t1"),
                message(once_key="late of t1", status=Status.SKIPPED, reason=Reason.TOO_LATE),
                receipt(said="sent", kind=ReceiptKind.TAKEN),
                reply(reference="SM10"),
                attempt(number=2, reference=None),
                attempt(number=3, reference=None),
                consent(says=Consented.WITHDRAWN),
                patient(external_id=None),
                patient(external_id=None),
                plan(version=2),
            ]
        )
    with world() as db:
        assert len(db.scalars(select(Message)).all()) == 3
