"""What a living database holds survives the way to the newest version and back to the first."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import Engine, MetaData, select
from sqlalchemy.orm import Session

import migrations
from followup.db import Base, connect, opener
from followup.models import Clinic, Consent, Message, Patient, Reply, Staff
from followup.terms import ConsentSource, Origin, StopScope
from tests import rows
from tests.rows import NOON, known

T = TypeVar("T", bound=Base)
FIRST_VERSION = """
INSERT INTO clinic (id, key, name, text_name, phone, after_hours, emergency, address, hours, booking_url, zone, country,
  quiet_from, quiet_until)
VALUES ('{clinic}', 'oak', 'Oak', 'Oak', '1', '', '911', '', '', '', 'UTC', 'US', '20:00:00', '09:00:00'),
  ('{other}', 'elm', 'Elm', 'Elm', '2', '', '911', '', 'Sat 9-1', '', 'UTC', 'US', '20:00:00', '09:00:00');
INSERT INTO staff (id, email, role, added_at, added_by) VALUES ('{staff}', 'lee@oak.example', 'desk', '{noon}', 'init');
INSERT INTO patient (id, clinic_id, given_name, family_name, phone, phone_given, email_given, language, created_at)
VALUES ('{patient}', '{clinic}', 'Ana', '', '+12125550100', '', '', 'en', '{noon}');
INSERT INTO consent (id, patient_id, channel, purpose, says, source, evidence, recorded_at, recorded_by)
VALUES ('{consent}', '{patient}', 'sms', 'care', 'given', 'desk', '', '{noon}', 'lee');
INSERT INTO sender (channel) VALUES ('sms');
INSERT INTO message (id, once_key, clinic_id, patient_id, origin, wording, channel, lane, status, nominal_at, due_at,
  expires_at, why, tries, created_at)
VALUES ('{message}', '1', '{clinic}', '{patient}', 'by_hand', 'hello', 'sms', 1, 'sent', '{noon}', '{noon}',
  '{noon}', '[]', 1, '{noon}');
INSERT INTO attempt (id, message_id, number, channel, "to", begun_at, code)
VALUES ('{attempt}', '{message}', 1, 'sms', '+12125550100', '{noon}', '');
INSERT INTO reply (id, channel, reference, sent_from, sent_to, body, raw, received_at)
VALUES ('{reply}', 'sms', 'SM9', '+12125550100', '+12125550199', 'numb', '{{"From": "1"}}', '{noon}');
"""
IDS = ("clinic", "other", "staff", "patient", "consent", "message", "attempt", "reply")


def test_what_the_first_version_holds_is_whole_in_the_newest(blank_database_url: str) -> None:
    with first_version(blank_database_url) as engine:
        migrations.upgrade(engine)
        with opener(engine)() as db:
            clinics = {clinic.key: clinic for clinic in db.scalars(select(Clinic))}
            staff, patient, consent = the_one(db, Staff), the_one(db, Patient), the_one(db, Consent)
            message, reply = the_one(db, Message), the_one(db, Reply)
    # No clinic may be without: an alert needs the end of a working day.
    assert {key: clinic.hours for key, clinic in clinics.items()} == {"oak": "Mon-Fri 9-5", "elm": "Sat 9-1"}
    for clinic in clinics.values():
        assert clinic.stop_scope is StopScope.CHANNEL
        assert (clinic.emergency_minutes, clinic.urgent_minutes, clinic.worry_minutes) == (5, 15, 60)
    assert (staff.name, staff.language, staff.phone, staff.left_at) == ("", "en", None, None)
    assert (patient.given_name, patient.minimal, consent.wording_version) == ("Ana", False, "")
    assert (message.patient_id, message.staff_id, message.values) == (patient.id, None, {})
    assert (reply.body, reply.raw) == ("numb", {"From": "1"})
    # People have read it: nothing is made of it now.
    assert (reply.read_at, reply.labels, reply.matched, reply.alert_id) == (NOON, [], [], None)
    assert (reply.seen_at, reply.seen_by) == (NOON, "upgrade")


def test_what_the_first_version_holds_is_there_again_on_the_way_back(blank_database_url: str) -> None:
    with first_version(blank_database_url) as engine:
        before = everything(engine)
        migrations.upgrade(engine)
        with opener(engine)() as db:
            add_what_only_the_newest_knows(db)
        migrations.downgrade(engine, "0001")
        after = everything(engine)
    assert [clinic.pop("hours") for clinic in before["clinic"]] == ["Sat 9-1", ""]
    assert [clinic.pop("hours") for clinic in after["clinic"]] == ["Sat 9-1", "Mon-Fri 9-5"]
    [withdrawn] = [line for line in after["consent"] if line["says"] == "withdrawn"]
    after["consent"].remove(withdrawn)
    assert withdrawn["source"] == "unsubscribe"  # as near as its words come
    assert after == before


@contextmanager
def first_version(url: str) -> Iterator[Engine]:
    """A database of the first version with a row of most kinds."""
    engine = connect(url)
    migrations.upgrade(engine, "0001")
    with engine.begin() as connection:
        values = {name: known(name).hex for name in IDS}
        for statement in FIRST_VERSION.format(**values, noon=NOON).split(";\n")[:-1]:
            connection.exec_driver_sql(statement)
    yield engine
    engine.dispose()


def add_what_only_the_newest_knows(db: Session) -> None:
    """An alert of the reply, its notice to staff with an attempt, an outcome, and a choice made on the page."""
    alert, notice = known("alert"), known("notice")
    db.add(rows.alert(id=alert))
    db.add(rows.on_call())
    db.flush()
    to_staff = {"staff_id": known("staff"), "patient_id": None, "enrolment_id": None, "step_id": None}
    db.add(rows.message(id=notice, origin=Origin.ALARM, alert_id=alert, purpose=None, **to_staff))
    db.flush()
    db.add(rows.attempt(message_id=notice))
    db.add(rows.receipt(message_id=notice))
    db.add(rows.outcome())
    later = NOON + timedelta(days=1)
    db.add(rows.consent(says="withdrawn", source=ConsentSource.PREFERENCES, recorded_at=later))
    db.get_one(Reply, known("reply")).alert_id = alert


def the_one(db: Session, table: type[T]) -> T:
    return db.scalars(select(table)).one()


def everything(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, in an order that two looks have in common."""
    metadata = MetaData()
    metadata.reflect(engine)
    with engine.connect() as connection:
        return {
            table.name: sorted((dict(row._mapping) for row in connection.execute(select(table))), key=str)
            for table in metadata.sorted_tables
            if table.name != "alembic_version"
        }
