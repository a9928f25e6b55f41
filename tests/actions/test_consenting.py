from collections.abc import Collection

from sqlalchemy import select

from followup.actions import consenting
from followup.actions.rows import Rows
from followup.models import Consent, Patient
from followup.models.facts import Held, latest_consents
from followup.terms import Channel, Consented, ConsentSource, Purpose
from tests.builders import MONDAY, Clinic

GIVEN, REFUSED, WITHDRAWN = Consented
ALL = tuple(Purpose)


def patient_of(clinic: Clinic) -> Patient:
    """Someone who was never asked."""
    clinic.record(consent={"sms": None, "email": None})
    return clinic.patient()


def desk(clinic: Clinic, patient: Patient, *, permitted: bool) -> list[Purpose]:
    with clinic.open_db() as db:
        rows, held = Rows(db), latest_consents(db, [patient.id])
        changed = consenting.state_at_desk(
            rows,
            held=held,
            patient=patient,
            channel=Channel.SMS,
            says=GIVEN if permitted else REFUSED,
            evidence="form",
            now=MONDAY,
            by="desk",
        )
        rows.write()
    assert held == latest(clinic, patient)
    return changed


def refuse(clinic: Clinic, patient: Patient, purposes: Collection[Purpose]) -> None:
    with clinic.open_db() as db:
        consenting.state(
            db,
            patient=patient,
            channel=Channel.SMS,
            says=REFUSED,
            source=ConsentSource.DESK,
            evidence="form",
            now=MONDAY,
            by="desk",
            purposes=purposes,
        )


def stop(clinic: Clinic, patient: Patient) -> None:
    with clinic.open_db() as db:
        consenting.withdraw(
            db, patient=patient, channel=Channel.SMS, source=ConsentSource.REPLY, evidence="", now=MONDAY, by="patient"
        )


def start(clinic: Clinic, patient: Patient) -> None:
    with clinic.open_db() as db:
        consenting.restore(
            db, patient=patient, channel=Channel.SMS, source=ConsentSource.REPLY, evidence="", now=MONDAY, by="patient"
        )


def latest(clinic: Clinic, patient: Patient) -> Held:
    with clinic.open_db() as db:
        return latest_consents(db, [patient.id])


def held(clinic: Clinic, patient: Patient, channel: Channel = Channel.SMS) -> list[Consented | None]:
    return [latest(clinic, patient).get((patient.id, channel, purpose)) for purpose in ALL]


def test_a_yes_at_the_desk_is_for_every_purpose_and_that_channel(clinic: Clinic) -> None:
    patient = patient_of(clinic)
    assert desk(clinic, patient, permitted=True) == list(ALL)
    assert held(clinic, patient) == [GIVEN] * 3
    assert held(clinic, patient, Channel.EMAIL) == [None] * 3


def test_what_holds_already_gets_no_new_line(clinic: Clinic) -> None:
    patient = patient_of(clinic)
    desk(clinic, patient, permitted=True)
    assert desk(clinic, patient, permitted=True) == []
    with clinic.open_db() as db:
        assert len(db.scalars(select(Consent)).all()) == 3


def test_a_no_at_the_desk_takes_a_yes_back(clinic: Clinic) -> None:
    patient = patient_of(clinic)
    desk(clinic, patient, permitted=True)
    desk(clinic, patient, permitted=False)
    assert held(clinic, patient) == [REFUSED] * 3


def test_a_stop_holds_also_where_nothing_was_ever_permitted(clinic: Clinic) -> None:
    patient = patient_of(clinic)
    stop(clinic, patient)
    assert held(clinic, patient) == [WITHDRAWN] * 3


def test_nothing_said_at_the_desk_undoes_a_stop(clinic: Clinic) -> None:
    patient = patient_of(clinic)
    stop(clinic, patient)
    desk(clinic, patient, permitted=False)
    desk(clinic, patient, permitted=True)
    assert held(clinic, patient) == [WITHDRAWN] * 3


def test_a_start_undoes_a_stop(clinic: Clinic) -> None:
    patient = patient_of(clinic)
    desk(clinic, patient, permitted=True)
    stop(clinic, patient)
    start(clinic, patient)
    assert held(clinic, patient) == [GIVEN] * 3


def test_what_was_refused_before_a_stop_stays_refused_after_a_start(clinic: Clinic) -> None:
    patient = patient_of(clinic)
    desk(clinic, patient, permitted=True)
    refuse(clinic, patient, [Purpose.BOOKING])
    stop(clinic, patient)
    start(clinic, patient)
    assert held(clinic, patient) == [GIVEN, GIVEN, WITHDRAWN]


def test_a_start_without_a_stop_permits_nothing(clinic: Clinic) -> None:
    patient = patient_of(clinic)
    refuse(clinic, patient, [Purpose.CARE])
    start(clinic, patient)
    assert held(clinic, patient) == [REFUSED, None, None]
