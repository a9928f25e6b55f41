"""What every gateway promises, held against each of them: the outboxes, Twilio and a mail relay."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from followup.emulators import Emulators, Receipts
from followup.messages.gateway import (
    STALLED,
    Accepted,
    Answer,
    Gateway,
    Parcel,
    Refusal,
    Refused,
    Search,
    Sighting,
    Unavailable,
    Uncertain,
)
from followup.messages.outbox import Outbox
from followup.messages.smtp import SmtpAccount, SmtpGateway
from followup.messages.twilio import TwilioAccount, TwilioGateway
from followup.terms import Channel, ReceiptKind


class World(ABC):
    """A gateway and its other side. The orders hold for the next parcel."""

    gateway: Gateway

    @abstractmethod
    def arrived(self) -> list[UUID]:
        """The messages that the other side has taken."""

    @abstractmethod
    def refuse(self) -> None: ...

    @abstractmethod
    def be_unavailable(self) -> None: ...

    @abstractmethod
    def take_without_an_answer(self) -> None: ...

    def parcel(self, text: str = "How are you?") -> Parcel:
        to = "+15005550123" if self.gateway.channel is Channel.SMS else "ana@patient.example"
        return Parcel(message_id=uuid4(), attempt_id=uuid4(), to=to, text=text, subject="After your visit")


class OutboxWorld(World):
    def __init__(self, channel: Channel) -> None:
        self.gateway = self._outbox = Outbox(channel)

    def arrived(self) -> list[UUID]:
        return [parcel.message_id for parcel in self._outbox.sent]

    def refuse(self) -> None:
        self._outbox.answer_next(Refused(Refusal.BAD_ADDRESS))

    def be_unavailable(self) -> None:
        self._outbox.answer_next(Unavailable())

    def take_without_an_answer(self) -> None:
        self._outbox.answer_next(Uncertain(), arrives=True)


class TwilioWorld(World):
    def __init__(self, emulators: Emulators) -> None:
        self._emulators = emulators
        account = TwilioAccount(
            emulators.account.sid,
            auth_token=emulators.account.auth_token,
            sender="+15005550006",
            base_url=emulators.twilio_url,
        )
        self.gateway = TwilioGateway(account, receipt_url="http://127.0.0.1:9/receipt")

    def arrived(self) -> list[UUID]:
        return [UUID(row["message_id"]) for row in self._emulators.ledger()]

    def refuse(self) -> None:
        self._emulators.fault("refuse", code=21211)

    def be_unavailable(self) -> None:
        self._emulators.fault("busy")

    def take_without_an_answer(self) -> None:
        self._emulators.fault("cut")


class SmtpWorld(World):
    def __init__(self, emulators: Emulators) -> None:
        self._emulators = emulators
        self.gateway = SmtpGateway(SmtpAccount.from_url(emulators.smtp_url, sender="Clinic <care@clinic.example>"))

    def arrived(self) -> list[UUID]:
        return [UUID(row["message_id"].strip("<>").partition("@")[0]) for row in self._emulators.mailbox()]

    def refuse(self) -> None:
        self._emulators.fault("permanent")

    def be_unavailable(self) -> None:
        self._emulators.fault("temporary")

    def take_without_an_answer(self) -> None:
        self._emulators.fault("cut_after_data")


@pytest.fixture(scope="module")
def running_emulators() -> Iterator[Emulators]:
    with Emulators(receipts=Receipts.NONE) as emulators:
        yield emulators


@pytest.fixture
def emulators(running_emulators: Emulators) -> Emulators:
    running_emulators.reset()
    return running_emulators


WORLDS: dict[str, Callable[[Emulators], World]] = {
    "outbox-sms": lambda _: OutboxWorld(Channel.SMS),
    "outbox-email": lambda _: OutboxWorld(Channel.EMAIL),
    "twilio": TwilioWorld,
    "smtp": SmtpWorld,
}


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest, emulators: Emulators) -> Iterator[World]:
    world = WORLDS[request.param](emulators)
    yield world
    world.gateway.close()


def send(world: World, parcels: Sequence[Parcel]) -> dict[UUID, Answer]:
    answered = [each for group in world.gateway.send(parcels) for each in group]
    assert len(answered) == len(parcels)
    return {parcel.message_id: answer for parcel, answer in answered}


def search(parcel: Parcel, since: timedelta = timedelta(minutes=-2)) -> Search:
    return Search(parcel.to, parcel.text, datetime.now(UTC) + since)


def test_every_parcel_is_answered_once_and_arrives_once(world: World) -> None:
    parcels = [world.parcel() for _ in range(12)]
    answers = send(world, parcels)
    assert answers.keys() == {parcel.message_id for parcel in parcels}
    references = [answer.reference for answer in answers.values() if isinstance(answer, Accepted)]
    assert len(set(references)) == len(parcels)
    assert sorted(world.arrived()) == sorted(parcel.message_id for parcel in parcels)


def test_batch_follows_batch(world: World) -> None:
    parcels = [world.parcel() for _ in range(3)]
    for parcel in parcels:
        assert isinstance(send(world, [parcel])[parcel.message_id], Accepted)
    assert world.arrived() == [parcel.message_id for parcel in parcels]


def test_nothing_to_send_gives_nothing(world: World) -> None:
    assert send(world, []) == {}
    assert world.arrived() == []


def test_a_refused_parcel_never_arrives_and_harms_no_other(world: World) -> None:
    refused, fine = world.parcel(), world.parcel()
    world.refuse()
    answer = send(world, [refused])[refused.message_id]
    assert isinstance(answer, Refused)
    assert answer.why is Refusal.BAD_ADDRESS
    assert isinstance(send(world, [fine])[fine.message_id], Accepted)
    assert world.arrived() == [fine.message_id]


def test_an_unavailable_gateway_took_nothing_and_may_be_asked_again(world: World) -> None:
    first = world.parcel()
    world.be_unavailable()
    answer = send(world, [first])[first.message_id]
    assert isinstance(answer, Unavailable)
    assert not answer.stops_sender
    assert world.arrived() == []
    again = replace(first, attempt_id=uuid4())
    assert isinstance(send(world, [again])[first.message_id], Accepted)
    assert world.arrived() == [first.message_id]


def test_a_parcel_that_others_may_believe_absent_is_not_spoken(world: World) -> None:
    late, fine = replace(world.parcel(), speak_by=datetime.now(UTC) - timedelta(seconds=1)), world.parcel()
    in_time = replace(fine, speak_by=datetime.now(UTC) + timedelta(minutes=1))
    assert send(world, [late])[late.message_id] == Unavailable(STALLED)
    assert isinstance(send(world, [in_time])[fine.message_id], Accepted)
    assert world.arrived() == [fine.message_id]


def test_a_parcel_taken_without_an_answer_is_uncertain_and_not_repeated(world: World) -> None:
    parcel = world.parcel()
    world.take_without_an_answer()
    assert isinstance(send(world, [parcel])[parcel.message_id], Uncertain)
    assert world.arrived() == [parcel.message_id]


def test_trouble_with_one_parcel_leaves_the_rest_of_its_batch_alone(world: World) -> None:
    parcels = [world.parcel() for _ in range(6)]
    world.take_without_an_answer()
    answers = list(send(world, parcels).values())
    assert [type(answer) for answer in answers].count(Uncertain) == 1
    assert [type(answer) for answer in answers].count(Accepted) == 5
    assert sorted(world.arrived()) == sorted(parcel.message_id for parcel in parcels)


def test_a_list_tells_what_was_taken_or_says_that_there_is_none(world: World) -> None:
    uncertain, never = world.parcel("It may have gone."), world.parcel("It never went.")
    world.take_without_an_answer()
    send(world, [uncertain])
    if not world.gateway.keeps_list:
        assert world.gateway.find(search(uncertain)) is None
        return
    assert world.gateway.find(search(never)) == []
    assert world.gateway.find(search(uncertain, since=timedelta(minutes=2))) == []
    found = world.gateway.find(search(uncertain))
    assert found
    [sighting] = found
    assert sighting == Sighting(sighting.reference, ReceiptKind.TAKEN)


def test_who_stops_asking_leaves_a_gateway_that_still_works(world: World) -> None:
    groups: Any = world.gateway.send([world.parcel() for _ in range(3)])
    next(groups)
    groups.close()
    last = world.parcel()
    assert isinstance(send(world, [last])[last.message_id], Accepted)


def test_a_closed_gateway_can_be_used_again(world: World) -> None:
    for _ in range(2):
        parcel = world.parcel()
        assert isinstance(send(world, [parcel])[parcel.message_id], Accepted)
        world.gateway.close()
    assert len(world.arrived()) == 2


def test_the_batch_says_how_many_are_made_durable_together(world: World) -> None:
    assert world.gateway.batch == (500 if world.gateway.channel is Channel.SMS else 1)
