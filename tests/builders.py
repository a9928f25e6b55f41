"""One clinic and its engine without a broker, so that a test of the engine is a few lines."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Table, exists, insert, or_, select
from sqlalchemy.orm import Session

from followup.actions import planning, receiving, sending, setting_up, settling
from followup.actions.enrolling import Recorded, record_treatment
from followup.actions.entries import TreatmentEntry, parse_entry
from followup.actions.fields import Place
from followup.actions.patience import Patience
from followup.actions.receiving import Told
from followup.db import Base, OpenDb, new_id
from followup.messages.gateway import Parcel
from followup.messages.links import Links
from followup.messages.outbox import Outbox
from followup.messages.plans import PlanFile, packaged_plans, parse_plan
from followup.models import Attempt, Message, Patient, Sender, Step
from followup.models.owed import Owed, load
from followup.models.traffic import ORDINARY_LANE, PRIORITY_LANE
from followup.queries import messages
from followup.queries.messages import MessageView
from followup.tasks import reading
from followup.terms import Channel, Origin, Purpose, ReceiptKind, Status

NEW_YORK = ZoneInfo("America/New_York")
PHONE, EMAIL = "+12125550123", "ada@mail.example"
LINKS = Links("https://followup.example", "a key for tests")
PATIENCE = Patience()
AT_ONCE = Patience(lease=timedelta(0), first_look=timedelta(0), surely_listed=timedelta(0), between_lists=timedelta(0))
"""Every lease runs out at once, and every list counts at once."""


def local(day: int, hour: int, minute: int = 0) -> datetime:
    """A time in New York in June 2027; the 7th is a Monday."""
    return datetime(2027, 6, day, hour, minute, tzinfo=NEW_YORK).astimezone(UTC)


MONDAY = local(7, 10)  #: when a treatment session ends unless a test says otherwise


def entry(external_id: str = "T1", **changes: Any) -> TreatmentEntry:
    """A treatment session of one patient with both consents; `patient` and `consent` are merged field by field."""
    patient = {"given_name": "Ada", "family_name": "Lind", "phone": PHONE, "email": EMAIL} | changes.pop("patient", {})
    consent = {"sms": True, "email": True, "method": "form"} | changes.pop("consent", {})
    data = {"external_id": external_id, "clinic": "maple", "patient": patient, "consent": consent}
    ended_at = changes.pop("ended_at", MONDAY).isoformat()
    return parse_entry(data | {"ended_at": ended_at} | changes, place_of=lambda _: Place("America/New_York", "US"))


@cache
def default_plan() -> PlanFile:
    """The packaged plan, read once: judging its wordings takes longer than most tests."""
    [plan] = packaged_plans()
    return plan


class Clinic:
    """The sample clinic, both outboxes, and the engine one step at a time."""

    def __init__(self, open_db: OpenDb, *, patience: Patience = PATIENCE) -> None:
        self.open_db, self.patience = open_db, patience
        self.sms, self.email = Outbox(Channel.SMS), Outbox(Channel.EMAIL)
        with open_db() as db:
            if _BEGINNING and not _has_begun(db):
                for table, rows in _BEGINNING.items():
                    db.execute(insert(table), rows)
            else:
                self._begin(db)

    @staticmethod
    def _begin(db: Session) -> None:
        """What every test begins with: made by the actions once, and then copied, which takes a third of the time."""
        is_empty = not any(_rows(db).values())
        setting_up.ensure_senders(db, live=False)
        planning.load(db, plan=default_plan(), now=MONDAY, by="test")
        setting_up.ensure_sample(db, now=MONDAY)
        if is_empty:
            _BEGINNING.update({table: rows for table, rows in _rows(db).items() if rows})

    def add_clinic(self, key: str) -> None:
        """One more clinic, like the sample but for its key."""
        with self.open_db() as db:
            setting_up.put_clinic(db, entry=replace(setting_up.SAMPLE, key=key), now=MONDAY, by="test")

    def load_plan(self, *steps: str, key: str = "own", overlap: str = "supersede") -> None:
        """A plan of these steps, each the inside of a `[[step]]`."""
        tables = "".join(f"\n[[step]]\n{step}\n" for step in steps)
        with self.open_db() as db:
            plan = parse_plan(f'key = "{key}"\ntitle = "Own"\noverlap = "{overlap}"\n{tables}', "test")
            planning.load(db, plan=plan, now=MONDAY, by="test")

    def record(self, external_id: str = "T1", *, now: datetime | None = None, **changes: Any) -> Recorded:
        """Record a treatment session, as soon as it has ended."""
        session = entry(external_id, **changes)
        with self.open_db() as db:
            return record_treatment(db, entry=session, now=now or session.ended_at, by="test")

    def owe(self, patient_id: UUID, *, due_at: datetime, **changes: Any) -> UUID:
        """One more message to a patient, outside every plan; an answer unless `changes` say otherwise."""
        message_id = new_id()
        with self.open_db() as db:
            clinic_id = db.scalars(select(Message.clinic_id).where(Message.patient_id == patient_id)).first()
            fields: dict[str, Any] = {
                "origin": Origin.REPLY,
                "purpose": None,
                "wording": "answer-thanks",
                "channel": Channel.SMS,
                "expires_at": due_at + timedelta(hours=1),
            } | changes
            lane = PRIORITY_LANE if fields["origin"].is_priority else ORDINARY_LANE
            about = {"id": message_id, "once_key": str(message_id), "clinic_id": clinic_id, "patient_id": patient_id}
            db.add(Message(**about, lane=lane, nominal_at=due_at, due_at=due_at, why=[], created_at=due_at, **fields))
        return message_id

    def lease(self, now: datetime) -> list[tuple[Channel, UUID]]:
        with self.open_db() as db:
            return sending.lease(db, now=now, patience=self.patience)

    def begin(self, token: UUID, now: datetime, *, most: int = 500) -> list[Parcel] | None:
        with self.open_db() as db:
            return sending.begin(db, token=token, most=most, now=now, patience=self.patience, links=LINKS)

    def speak(self, parcels: Sequence[Parcel], now: datetime, channel: Channel = Channel.SMS) -> None:
        """Hand parcels to the outbox and keep what it answers."""
        for answers in self._outbox(channel).send(parcels):
            with self.open_db() as db:
                sending.record(db, answers=answers, now=now, patience=self.patience)

    def tick(self, now: datetime) -> None:
        """Everything that is read and leaves at `now`, through to the outboxes' answers."""
        self.read(now)
        for channel, token in self.lease(now):
            while (parcels := self.begin(token, now, most=self._outbox(channel).batch)) is not None:
                self.speak(parcels, now, channel)

    def run_to(self, end: datetime) -> None:
        """Tick at every due time until `end`; once more there, if one tick leaves something to the next."""
        ticks = Counter[datetime]()
        while (moment := self._next_due(end)) is not None:
            ticks[moment] += 1
            if ticks[moment] > 2:
                raise AssertionError(f"something is due at {moment} and does not move")
            self.tick(moment)

    def reconcile(self) -> None:
        """Look once for everything that is uncertain."""
        for outbox in (self.sms, self.email):
            with self.open_db() as db:
                searches = settling.open_attempts(
                    db, channel=outbox.channel, keeps_list=outbox.keeps_list, patience=self.patience
                )
            for attempt_id, search in searches:
                with self.open_db() as db:
                    settling.settle(
                        db, attempt_id=attempt_id, sightings=outbox.find(search), now=MONDAY, patience=self.patience
                    )

    def receipt(self, parcel: Parcel, kind: ReceiptKind, *, now: datetime, reference: str = "", code: str = "") -> bool:
        """What a gateway says later about a parcel."""
        with self.open_db() as db:
            told = Told(
                channel=Channel.SMS,
                reference=reference or f"SM-{parcel.attempt_id}",
                said=kind.value,
                kind=kind,
                code=code,
                message_id=parcel.message_id,
                attempt_id=parcel.attempt_id,
            )
            return receiving.keep_receipts(db, told=[told], now=now) == [told]

    def reply(self, body: str, *, now: datetime, sent_from: str = PHONE, reference: str = "", **raw: str) -> bool:
        """What a patient writes back, kept and then read."""
        kept = self.keep(body, now=now, sent_from=sent_from, reference=reference, **raw)
        self.read(now)
        return kept

    def read(self, now: datetime) -> None:
        """Read what is unread, as every tick does."""
        reading.read_replies(self.open_db, now=now)

    def keep(self, body: str, *, now: datetime, sent_from: str = PHONE, reference: str = "", **raw: str) -> bool:
        """What a patient writes back, kept as the hook keeps it, and not read yet."""
        with self.open_db() as db:
            return receiving.keep_reply(
                db,
                channel=Channel.SMS,
                reference=reference or f"IN-{body}-{now.isoformat()}",
                sent_from=sent_from,
                sent_to="+15005550006",
                body=body,
                raw=raw,
                now=now,
            )

    def owed(self, step: str, external_id: str = "T1") -> Owed:
        """One step's message of a treatment session, with all that it is about."""
        with self.open_db() as db:
            found = load(db, Message.step_id.in_(select(Step.id).where(Step.key == step)))
        return next(each for each in found if each.treatment and each.treatment.external_id == external_id)

    def patient(self, external_id: str = "T1") -> Patient:
        """Whose treatment session this is."""
        patient = self.owed("check-in", external_id).patient
        assert patient
        return patient

    def message(self, step: str, external_id: str = "T1") -> Message:
        return self.owed(step, external_id).message

    def get(self, message_id: UUID) -> Message:
        with self.open_db() as db:
            return db.get_one(Message, message_id)

    def view(self, message_id: UUID, now: datetime) -> MessageView:
        """How staff see one message at `now`."""
        with self.open_db() as db:
            story = messages.story(db, message_id=message_id, now=now)
        assert story
        return story

    def attempts(self, message_id: UUID) -> list[Attempt]:
        with self.open_db() as db:
            return list(db.scalars(select(Attempt).where(Attempt.message_id == message_id).order_by(Attempt.number)))

    def change(self, row: Any, **fields: Any) -> None:
        """Write other values into one row, as a person with the database's own tools might."""
        with self.open_db() as db:
            for name, value in fields.items():
                setattr(_again(db, row), name, value)

    def pace(self, segments_per_second: float) -> None:
        with self.open_db() as db:
            db.get_one(Sender, Channel.SMS).segments_per_second = segments_per_second

    def _outbox(self, channel: Channel) -> Outbox:
        return self.sms if channel is Channel.SMS else self.email

    def _next_due(self, end: datetime) -> datetime | None:
        with self.open_db() as db:
            return db.scalar(
                select(Message.due_at)
                .where(Message.status == Status.SCHEDULED, Message.next_try_at.is_(None), Message.due_at <= end)
                .order_by(Message.due_at)
                .limit(1)
            )


_BEGINNING: dict[Table, list[dict[str, Any]]] = {}


def _has_begun(db: Session) -> bool:
    return bool(db.scalar(select(or_(*(exists().select_from(table) for table in _BEGINNING)))))


def _rows(db: Session) -> dict[Table, list[dict[str, Any]]]:
    """Every row, without the numbers that the database itself gives."""
    return {
        table: [
            {name: value for name, value in row.items() if table.c[name] is not table.autoincrement_column}
            for row in db.execute(select(table)).mappings()
        ]
        for table in Base.metadata.sorted_tables
    }


def _again(db: Session, row: Any) -> Any:
    return db.get_one(type(row), row.channel if isinstance(row, Sender) else row.id)


__all__ = ["AT_ONCE", "EMAIL", "MONDAY", "PATIENCE", "PHONE", "Clinic", "Purpose", "entry", "local"]
