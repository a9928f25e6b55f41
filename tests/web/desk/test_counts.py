"""However much there is, a page asks the database as often as when there is little."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, event, select, text

from followup.actions import auditing, planning
from followup.db import OpenDb, new_id
from followup.models import Alert, Clinic, Patient, Plan, Reply, Staff, Step
from followup.terms import AlertCause, Channel, Consented, Label, Origin, Reason, Status
from tests import rows
from tests.builders import default_plan
from tests.conftest import on_one_database
from tests.web.conftest import NOW

from .conftest import Person
from .test_access import TABLE

FEW, MANY = 2, 12
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
IN_ANY_ORDER = {
    "sqlite": "PRAGMA defer_foreign_keys = ON",
    "postgresql": "SET LOCAL session_replication_role = replica",
}


@pytest.fixture
def grow(open_db: OpenDb, clinic: Clinic, patient: Patient) -> Callable[[range], None]:
    """For each number more of everything: about one patient, about a new one, and about nobody whom we know."""
    with open_db() as db:
        plan = planning.load(db, plan=default_plan(), now=NOW, by="test")
        step = db.scalars(select(Step).where(Step.plan_id == plan.id, Step.key == "check-in")).one()

    def grow(numbers: range) -> None:
        with open_db() as db:
            db.execute(text(IN_ANY_ORDER[db.get_bind().dialect.name]))
            for number in numbers:
                other = rows.patient(
                    id=new_id(),
                    clinic_id=clinic.id,
                    external_id=f"p{number}",
                    family_name=f"Ek {number}",
                    phone="+1212",
                )
                place = rows.clinic(id=new_id(), key=f"c{number}", name=f"Clinic {number}")
                staff = rows.staff(id=new_id(), email=f"{number}@oak.example", phone=f"+1{number}")
                db.add_all([other, place, staff, rows.api_key(id=new_id(), name=f"k{number}", hashed=f"{number}")])
                db.flush()
                db.add(rows.on_call(clinic_id=clinic.id, staff_id=staff.id, position=number))
                for whose in (patient, other):
                    db.add_all(everything(f"{number}-{whose.id}", whose, clinic, staff, plan, step))
                stranger = rows.reply(id=new_id(), reference=f"from {number}", sent_from=f"+1415{number}")
                stranger.received_at, stranger.labels = NOW - HOUR, ["question"]
                db.add(stranger)

    return grow


def everything(key: str, patient: Patient, clinic: Clinic, staff: Staff, plan: Plan, step: Step) -> Iterator[Any]:
    """A session, messages in several states with what became of them, a reply that worries, and its alert."""
    treatment = rows.treatment(
        id=new_id(), clinic_id=clinic.id, patient_id=patient.id, external_id=key, ended_at=NOW - DAY
    )
    enrolment = rows.enrolment(id=new_id(), treatment_id=treatment.id, plan_id=plan.id)
    yield from (treatment, enrolment)
    about = {"clinic_id": clinic.id, "patient_id": patient.id}
    for status in (Status.SCHEDULED, Status.UNCERTAIN, Status.UNDELIVERED, Status.FAILED, Status.DELIVERED):
        due_at = NOW + HOUR if status is Status.SCHEDULED else NOW - HOUR
        message = rows.message(id=new_id(), once_key=f"{status} {key}", status=status, due_at=due_at, **about)
        message.enrolment_id, message.step_id = enrolment.id, step.id
        attempt = rows.attempt(id=new_id(), message_id=message.id, reference=f"SM {message.once_key}")
        receipt = rows.receipt(message_id=message.id, attempt_id=attempt.id, reference=attempt.reference)
        entry = rows.audit_entry(subject="message", subject_id=str(message.id), did="cancel")
        yield from (message, attempt, receipt, entry)
    unsent = rows.message(id=new_id(), once_key=f"skipped {key}", due_at=NOW - HOUR, **about)
    unsent.status, unsent.reason = Status.SKIPPED, Reason.BAD_ADDRESS
    unsent.enrolment_id, unsent.step_id = enrolment.id, step.id
    yield unsent
    for cause in AlertCause:
        alert = rows.alert(id=new_id(), once_key=f"{cause} {key}", cause=cause, raised_at=NOW - HOUR, **about)
        notice = rows.message(id=new_id(), once_key=f"notice {cause} {key}", origin=Origin.ALARM, patient_id=None)
        notice.clinic_id, notice.enrolment_id, notice.step_id = clinic.id, None, None
        notice.staff_id, notice.alert_id, notice.status, notice.due_at = staff.id, alert.id, Status.FAILED, NOW - HOUR
        reply = rows.reply(id=new_id(), reference=f"IN {cause} {key}", patient_id=patient.id, received_at=NOW - HOUR)
        reply.labels, reply.alert_id = [Label.NERVE.value], alert.id
        calm = rows.reply(id=new_id(), reference=f"calm {cause} {key}", patient_id=patient.id, received_at=NOW - HOUR)
        calm.labels = [Label.QUESTION.value]
        outcome = rows.outcome(patient_id=patient.id, treatment_id=treatment.id, reply_id=reply.id)
        yield from (alert, notice, reply, calm, outcome)
    yield rows.consent(patient_id=patient.id, channel=Channel.SMS, says=Consented.GIVEN)
    yield rows.audit_entry(subject="patient", subject_id=str(patient.id), did="see")


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    said: list[str] = []

    def note(_c: Any, _u: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield said
    event.remove(engine, "before_cursor_execute", note)


def pages(open_db: OpenDb, patient: Patient) -> list[str]:
    """Every page that staff may look at, of whom and what there is most of, with all that its address can ask for."""
    with open_db() as db:
        stranger = db.scalars(select(Reply.id).where(Reply.patient_id.is_(None)).order_by(Reply.id).limit(1)).one()
        alert = db.scalars(select(Alert.id).where(Alert.patient_id == patient.id).order_by(Alert.id).limit(1)).one()
        staff = db.scalars(select(Staff.id).order_by(Staff.id).limit(1)).one()
    there_is: dict[str, list[UUID | str]] = {
        "{patient_id}": [patient.id],
        "{thread_id}": [patient.id, stranger],
        "{alert_id}": [alert],
        "{staff_id}": [staff],
        "{group}": ["alerts", "replies", "unreached", "uncertain"],
        "{key}": ["oak"],
    }
    asked = {"/plans/{key}": ["/plans/dry-needling"], "/plans/{key}/rehearse": ["/plans/dry-needling/rehearse"]}
    asked["/inbox"] = [f"/inbox?view={view}" for view in ("needs", "all", "mine", "unknown")]
    asked["/messages"] = ["/messages", *(f"/messages?day={NOW.date()}&status={one}" for one in ("", *Status))]
    asked["/patients"], asked["/patients/search"] = ["/patients", "/patients?q=ek"], ["/patients/search?q=ek"]
    asked["/sessions/new"] = ["/sessions/new", f"/sessions/new?patient={patient.id}"]
    asked["/settings/audit"] = ["/settings/audit", "/settings/audit?by=lee", f"/settings/audit?about={patient.id}"]
    found = []
    for (method, path), role in TABLE.items():
        if method == "GET" and role is not None and not path.startswith("/phone"):  # that is only for practice
            name = path[path.find("{") : path.find("}") + 1] if "{" in path else ""
            found += asked.get(path) or [path.replace(name, str(one)) for one in there_is.get(name, [""])]
    return found


@on_one_database
def test_no_page_asks_more_often_when_there_is_more(
    admin: Person, engine: Engine, open_db: OpenDb, patient: Patient, grow: Callable[[range], None]
) -> None:
    def counts() -> dict[str, int]:
        found = {}
        for path in pages(open_db, patient):
            admin.get(path)  # the first look is kept in the log
            with counted(engine) as said:
                assert admin.get(path).status_code in (200, 303), path
            found[path] = len(said)
        return found

    grow(range(FEW))
    with open_db() as db:  # the first look at somebody is kept in the log, and makes a difference of its own
        auditing.note(db, did="see", subject="patient", subject_id=patient.id, now=NOW, by="ines@oak.example")
    few = counts()
    grow(range(FEW, MANY))
    more = {path: (few.get(path), count) for path, count in counts().items() if count > few.get(path, 0)}

    assert more == {}
    assert len(few) > 40


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_every_page_opens_on_postgresql_too(
    admin: Person, open_db: OpenDb, patient: Patient, grow: Callable[[range], None]
) -> None:
    grow(range(FEW))
    for path in pages(open_db, patient):
        assert admin.get(path).status_code in (200, 303), path
