"""How a plan meets numbers that take no texts and patients who do not answer, on the real engine and its emulators."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from followup.models import Alert, Message, Step
from followup.runtime import Runtime
from followup.terms import AlertCause, Channel, Status

pytest_plugins = ["followup.testing.plugin"]

LANDLINE, BLOCKED = "+15005550009", "+15005550004"
DAYS = timedelta(days=1)


def went(runtime: Runtime) -> list[tuple[str, Channel]]:
    """The steps that left, and how."""
    with runtime.read_db() as db:
        rows = db.execute(
            select(Step.key, Message.channel)
            .join(Step, Message.step_id == Step.id)
            .where(Message.status == Status.SENT)
            .order_by(Message.left_at)
        )
        return [(key, channel) for key, channel in rows]


def raised(runtime: Runtime) -> list[AlertCause]:
    with runtime.read_db() as db:
        return list(db.scalars(select(Alert.cause).order_by(Alert.id)))


@pytest.mark.parametrize("number", [LANDLINE, BLOCKED], ids=["a landline", "on the block list"])
def test_who_can_get_no_texts_gets_the_whole_plan_by_email(
    number: str,
    followup_record: Callable[..., object],
    followup_run: Callable[..., None],
    followup_runtime: Runtime,
) -> None:
    patient = {"given_name": "Ada", "phone": number, "email": "ada@mail.example"}
    followup_record(patient=patient, consent={"sms": True, "email": True, "method": "spoken"})
    followup_run(3 * DAYS)

    assert went(followup_runtime)[0] == ("what-to-expect", Channel.EMAIL)
    assert {channel for _, channel in went(followup_runtime)} == {Channel.EMAIL}
    assert raised(followup_runtime) == []


def test_who_can_be_reached_in_no_way_is_for_a_person(
    followup_record: Callable[..., object], followup_run: Callable[..., None], followup_runtime: Runtime
) -> None:
    patient = {"given_name": "Ada", "phone": LANDLINE, "email": ""}
    followup_record(patient=patient, consent={"sms": True, "email": False, "method": "spoken"})
    followup_run(3 * DAYS)

    assert went(followup_runtime) == []
    assert raised(followup_runtime) == [AlertCause.UNREACHED]


def test_the_silence_of_a_patient_at_high_risk_is_for_a_person(
    followup_record: Callable[..., object], followup_run: Callable[..., None], followup_runtime: Runtime
) -> None:
    followup_record(regions=["upper_back"])
    followup_run(2 * DAYS)
    assert raised(followup_runtime) == []
    followup_run(DAYS)
    assert raised(followup_runtime) == [AlertCause.SILENCE]
