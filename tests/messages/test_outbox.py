from datetime import UTC, datetime, timedelta
from uuid import uuid4

from followup.messages.gateway import Accepted, Answer, Parcel, Refusal, Refused, Search, Sighting, Uncertain
from followup.messages.outbox import Outbox
from followup.terms import Channel, ReceiptKind

BEFORE = datetime(2026, 1, 1, tzinfo=UTC)


def parcel(text: str) -> Parcel:
    return Parcel(message_id=uuid4(), attempt_id=uuid4(), to="+15005550123", text=text)


def send(outbox: Outbox, *parcels: Parcel) -> list[Answer]:
    return [answer for group in outbox.send(parcels) for _, answer in group]


def test_an_outbox_takes_everything() -> None:
    outbox, parcels = Outbox(Channel.SMS), [parcel("one"), parcel("two")]
    assert send(outbox, *parcels) == [Accepted("outbox-1"), Accepted("outbox-2")]
    assert outbox.sent == parcels


def test_an_outbox_follows_its_script_and_then_takes_again() -> None:
    outbox, parcels = Outbox(Channel.SMS), [parcel("one"), parcel("two"), parcel("three")]
    outbox.answer_next(Refused(Refusal.CONTENT), Accepted("SM7"))
    assert send(outbox, *parcels) == [Refused(Refusal.CONTENT), Accepted("SM7"), Accepted("outbox-2")]
    assert outbox.sent == parcels[1:]


def test_an_uncertain_text_can_be_found_if_it_arrived() -> None:
    outbox, lost, arrived = Outbox(Channel.SMS), parcel("lost"), parcel("arrived")
    outbox.answer_next(Uncertain("read timeout"))
    outbox.answer_next(Uncertain("read timeout"), arrives=True)
    assert send(outbox, lost, arrived) == [Uncertain("read timeout")] * 2
    assert outbox.find(Search(lost.to, lost.text, BEFORE)) == []
    assert outbox.find(Search(arrived.to, arrived.text, BEFORE)) == [Sighting("outbox-1", ReceiptKind.TAKEN)]
    assert outbox.find(Search(arrived.to, arrived.text, datetime.now(UTC) + timedelta(minutes=1))) == []


def test_email_keeps_no_list() -> None:
    outbox = Outbox(Channel.EMAIL)
    assert not outbox.keeps_list
    assert outbox.find(Search("ana@patient.example", "text", BEFORE)) is None
    assert outbox.batch == 1
