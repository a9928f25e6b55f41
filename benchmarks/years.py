"""What a large practice has after two years: patients, sessions, messages in every state, replies, alerts, the audit log.

One treatment session is recorded by the service itself; PostgreSQL multiplies it and makes up what became of each
message. All is drawn from hashes, so that every run has the same rows. It is noon, a message leaves as soon as it is
due, and the clinics work every day.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Engine, select, text

from benchmarks import aftermath, filling, making
from benchmarks.making import add
from followup.actions import setting_up, staffing
from followup.actions.enrolling import record_treatment
from followup.actions.entries import TreatmentEntry
from followup.actions.fields import Place
from followup.actions.staffing import StaffEntry
from followup.db import opener
from followup.models import (
    Clinic,
    Consent,
    Enrolment,
    Message,
    Patient,
    Staff,
    TreatmentSession,
)
from followup.terms import Role

PATIENTS, SESSIONS, DAYS = 50_000, 200_000, 730
AUDITED = 400_000
_CLINICS = ("Cedar", "Birch", "Rowan", "Hazel")
_BUSIEST = 2_000  # every so many sessions, one is of the first patient

_SOMEONE = """
CREATE TEMP TABLE someone AS
SELECT n, at, pg_temp.made(at, 'patient ' || n) AS id, (CAST(:clinics AS uuid[]))[n % :clinic_count + 1] AS clinic_id,
       '+1' || (2000000000 + n) AS phone
FROM (SELECT n, :now - make_interval(days => :days + 1, secs => n) AS at FROM generate_series(1, :patients) AS n) AS each
"""
_SITTING = """
CREATE TEMP TABLE sitting AS
SELECT n, patient, days, ended_at, pg_temp.made(ended_at, 'session ' || n) AS id,
       pg_temp.made(ended_at, 'enrolment ' || n) AS enrolment_id
FROM (
  SELECT n, (:sessions - n) * :days / :sessions AS days,
         :now - make_interval(days => (:sessions - n) * :days / :sessions, mins => n % 300) AS ended_at,
         CASE WHEN n <= :patients THEN n WHEN n % :busiest = 0 THEN 1
              ELSE 1 + floor(:patients * power(pg_temp.luck('whose' || n), 1.3))::int END AS patient
  FROM generate_series(1, :sessions) AS n
) AS each
"""

_OF_SOMEONE = "sitting JOIN someone ON someone.n = sitting.patient"
_LEFT = "('sending', 'sent', 'delivered', 'undelivered', 'uncertain')"
_BECAME = """
SELECT CASE
  WHEN drawn.due_at > :now THEN CASE WHEN luck < 0.02 THEN 'cancelled' ELSE 'scheduled' END
  WHEN seed.wording IN ('still-or-gone', 'pain-score-reminder') AND luck < 0.6 THEN 'skipped'
  WHEN luck < 0.86 THEN CASE seed.channel WHEN 'sms' THEN 'delivered' ELSE 'sent' END
  WHEN luck < 0.92 THEN 'sent'
  WHEN luck < 0.97 THEN 'skipped'
  WHEN luck < 0.985 THEN 'undelivered'
  WHEN luck < 0.99 THEN 'failed'
  WHEN luck < 0.9925 AND drawn.due_at > :now - interval '3 days' THEN 'uncertain'
  ELSE 'cancelled' END AS status"""
_REASON = """
CASE WHEN became.status <> 'skipped' THEN NULL WHEN luck < 0.6 THEN 'condition_not_met'
  ELSE (ARRAY['already_booked', 'opted_out', 'replaced', 'too_late'])[sitting.n % 4 + 1] END"""
_BODY = "'Maple Clinic: what we have to say after your treatment session, in the words of ' || seed.wording || '.'"


@dataclass(frozen=True, slots=True)
class Like:
    """The session that was really recorded."""

    patient_id: UUID
    treatment_id: UUID
    enrolment_id: UUID
    staff_ids: list[UUID]


def pass_by(engine: Engine, *, now: datetime) -> None:
    """Fill a database that is set up, and let the planner know."""
    like = _record(engine, now)
    with making.bulk(engine) as connection:
        _draw(connection, now)
        _add_people(connection, like, now)
        _add_sessions(connection, like)
        _add_messages(connection, like, now)
        aftermath.carry_out(connection)
        aftermath.answer(connection, now=now)
        aftermath.worry(connection, now=now)
        aftermath.tell(connection, staff=like.staff_ids)
        aftermath.keep_log(connection, entries=AUDITED, patients=PATIENTS, now=now)
    filling.find_by_names(engine)
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("VACUUM ANALYZE"))  # as autovacuum would have done long ago


def _record(engine: Engine, now: datetime) -> Like:
    with opener(engine)() as db:
        first = db.scalars(select(Clinic)).one()
        setting_up.staff_sample(db, now=now)
        for name in _CLINICS:
            entry = replace(setting_up.SAMPLE, key=name.lower(), name=f"{name} Clinic", zone=first.zone)
            setting_up.put_clinic(db, entry=entry, now=now, by="benchmark")
        for number in range(10):
            role = Role.CLINICIAN if number % 2 else Role.DESK
            person = StaffEntry(email=f"person-{number}@maple.example", name=f"Person {number}", role=role)
            staffing.put_staff(db, entry=person, country=first.country, now=now, by="benchmark")
        session = {"external_id": "like", "clinic": first.key, "ended_at": now, "regions": ["lower_back"]}
        patient = {"given_name": "Ana", "family_name": "Like", "phone": "+12125550143", "email": "ana@patients.example"}
        consent = {"sms": True, "email": True, "method": "paper form"}
        data = session | {"patient": patient, "consent": consent, "practitioner": "B. Lee", "baseline_pain": 6}
        treated = TreatmentEntry.model_validate(data, context=Place(first.zone, first.country))
        recorded = record_treatment(db, entry=treated, now=now, by="benchmark")
        enrolment_id = recorded.messages[0].enrolment_id
        assert enrolment_id is not None
        staff_ids = list(db.scalars(select(Staff.id).order_by(Staff.id)))
        return Like(recorded.treatment.patient_id, recorded.treatment.id, enrolment_id, staff_ids)


def _draw(connection: Connection, now: datetime) -> None:
    """Who there is, and who sat there when."""
    clinics = [str(one) for one in connection.scalars(select(Clinic.id).order_by(Clinic.key))]
    drawn = {"now": now, "days": DAYS, "patients": PATIENTS}
    connection.execute(text(_SOMEONE), drawn | {"clinics": clinics, "clinic_count": len(clinics)})
    connection.execute(text(_SITTING), drawn | {"sessions": SESSIONS, "busiest": _BUSIEST})
    connection.execute(text("ANALYZE someone, sitting"))


def _add_people(connection: Connection, like: Like, now: datetime) -> None:
    """Patients, each with consents."""
    add(
        connection,
        Patient,
        "someone CROSS JOIN patient AS seed WHERE seed.id = :patient",
        {"patient": like.patient_id, "now": now} | {kind: list(names) for kind, names in filling.NAMES.items()},
        id="someone.id",
        clinic_id="someone.clinic_id",
        given_name=_nth(":given", "n"),
        family_name=f"{_nth(':beginnings', 'n / 40')} || {_nth(':ends', 'n / 1600')}",
        phone="someone.phone",
        phone_given="someone.phone",
        email="'patient-' || n || '@patients.example'",
        email_given="'patient-' || n || '@patients.example'",
        next_visit_at="CASE WHEN n % 10 = 0 THEN :now + make_interval(hours => n % 300) END",
        created_at="at",
    )
    add(
        connection,
        Consent,
        "someone CROSS JOIN consent AS seed WHERE seed.patient_id = :patient",
        {"patient": like.patient_id},
        id="pg_temp.made(at, 'consent ' || n || seed.channel || seed.purpose)",
        patient_id="someone.id",
        recorded_at="at",
    )


def _add_sessions(connection: Connection, like: Like) -> None:
    add(
        connection,
        TreatmentSession,
        f"{_OF_SOMEONE} CROSS JOIN treatment_session AS seed WHERE seed.id = :treatment",
        {"treatment": like.treatment_id},
        id="sitting.id",
        clinic_id="someone.clinic_id",
        patient_id="someone.id",
        external_id="'year-' || sitting.n",
        ended_at="sitting.ended_at",
        recorded_at="sitting.ended_at",
    )
    add(
        connection,
        Enrolment,
        "sitting CROSS JOIN enrolment AS seed WHERE seed.id = :enrolment",
        {"enrolment": like.enrolment_id},
        id="sitting.enrolment_id",
        treatment_id="sitting.id",
        created_at="ended_at",
        answer_by="NULL",
    )


def _add_messages(connection: Connection, like: Like, now: datetime) -> None:
    """Each in the state that its time and its luck gave it."""
    add(
        connection,
        Message,
        f"""{_OF_SOMEONE} JOIN message AS seed ON seed.enrolment_id = :enrolment
        CROSS JOIN LATERAL (
          SELECT pg_temp.luck(seed.wording || sitting.n) AS luck,
                 CASE seed.wording WHEN 'what-to-expect' THEN ended_at + interval '2 hours'
                      ELSE seed.due_at - make_interval(days => sitting.days) END AS due_at
        ) AS drawn CROSS JOIN LATERAL ({_BECAME}) AS became""",
        {"enrolment": like.enrolment_id, "now": now},
        id="pg_temp.made(ended_at, seed.wording || sitting.n)",
        once_key="seed.once_key || '/' || sitting.n",
        clinic_id="someone.clinic_id",
        patient_id="someone.id",
        enrolment_id="sitting.enrolment_id",
        status="became.status",
        reason=_REASON,
        nominal_at="drawn.due_at",
        due_at="drawn.due_at",
        expires_at="drawn.due_at + (seed.expires_at - seed.due_at)",
        left_at=f"CASE WHEN became.status IN {_LEFT} THEN drawn.due_at + interval '1 second' END",
        tries=f"CASE WHEN became.status IN {_LEFT} OR became.status = 'failed' THEN 1 ELSE 0 END",
        body=f"CASE WHEN became.status IN {_LEFT} THEN {_BODY} END",
        wording_version=f"CASE WHEN became.status IN {_LEFT} THEN '1' END",
        segments=f"CASE WHEN became.status IN {_LEFT} THEN 2 END",
        cancelled_at="CASE WHEN became.status = 'cancelled' THEN ended_at END",
        cancelled_by="CASE WHEN became.status = 'cancelled' THEN 'benchmark' END",
        created_at="ended_at",
    )


def _nth(words: str, number: str) -> str:
    return f"(CAST({words} AS text[]))[{number} % array_length(CAST({words} AS text[]), 1) + 1]"
