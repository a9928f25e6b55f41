"""Stories: what patients and staff read, as a transcript, on the real engine before emulated Twilio and mail."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from textwrap import dedent, shorten
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from followup.actions import alerting, staffing
from followup.actions.enrolling import Recorded
from followup.actions.staffing import StaffEntry
from followup.emulators.background import Emulators
from followup.models import Alert, Clinic, Message
from followup.runtime import Runtime
from followup.terms import Role
from followup.testing.clock import StandingClock
from followup.testing.waiting import until

NEW_YORK = ZoneInfo("America/New_York")
OUR_NUMBER = "+15005550006"
_LONGEST = 64  # letters of a message: enough to tell which it is
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAILY = ("Daily test", "daily test")


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """One thing that happened, in the order in which it really did."""

    happened_at: datetime
    at: datetime = field(compare=False)
    words: str = field(compare=False)

    def __str__(self) -> str:
        return f"{self.at.astimezone(NEW_YORK):%a %-d %H:%M} {self.words}"


class Story:
    """Lives through a follow-up. Begins on Monday, 1 March 2027, 10:00 at the sample clinic in New York.

    In its transcript `Ana < …` is a text to Ana, `Ana @ …` the subject of an email to her, `Ana > …` what she texts.
    """

    def __init__(
        self,
        runtime: Runtime,
        clock: StandingClock,
        emulators: Emulators,
        record: Callable[..., Recorded],
        run: Callable[..., None],
    ) -> None:
        self.runtime, self.clock, self.emulators = runtime, clock, emulators
        self._record, self._run = record, run
        self._names: dict[str, str] = {}
        self._acts: list[Line] = []

    def puts_on_call(self, *names: str, hours: str = "") -> None:
        """These people are on the clinic's list, in this order, each with a phone: `phone_of`."""
        with self.runtime.open_db() as db:
            clinic = db.scalars(select(Clinic)).one()
            for name in names:
                phone = phone_of(name)
                entry = StaffEntry(email=f"{name.lower()}@maple.example", name=name, phone=phone, role=Role.CLINICIAN)
                staff = staffing.put_staff(db, entry=entry, country="US", now=self.clock(), by="test")
                staffing.put_on_call(db, clinic=clinic, staff=staff, hours=hours, now=self.clock(), by="test")
                self.knows(phone, name)
                self.knows(staff.email, name)

    def resolves(self, name: str, note: str) -> None:
        """This person closes every alert that is open."""
        with self.runtime.open_db() as db:
            for alert in db.scalars(select(Alert).where(Alert.resolved_at.is_(None)).order_by(Alert.id)):
                alerting.resolve(db, alert=alert, by=name, note=note, now=self.clock())
        self.notes(f"{name} resolves: {note}")
        self._run()

    def alerts(self) -> list[str]:
        """Every alert, with who has it."""
        with self.runtime.read_db() as db:
            return [
                " ".join(
                    filter(
                        None,
                        [
                            alert.label,
                            f"taken by {alert.taken_by}" if alert.taken_by else "",
                            "must phone" if alert.must_phone else "",
                        ],
                    )
                )
                for alert in db.scalars(select(Alert).order_by(Alert.raised_at, Alert.id))
            ]

    def treat(self, name: str, *, phone: str = "+12125550142", **fields: Any) -> Recorded:
        """A session of this patient has just ended, and is recorded."""
        email = f"{name.lower()}@patients.example"
        self.knows(phone, " & ".join(filter(None, [self._names.get(phone), name])))
        self.knows(email, name)
        patient = {"given_name": name, "phone": phone, "email": email} | fields.pop("patient", {})
        recorded = self._record(patient=patient, **fields)
        self._run()
        return recorded

    def knows(self, address: str, name: str) -> None:
        """Who reads at this phone number or email address."""
        self._names[address] = name

    def until(self, when: str) -> None:
        """Live on to the next such local time, such as `Tue 10:20`."""
        day, _, clock = when.partition(" ")
        hour, minute = map(int, clock.split(":"))
        here = self.clock().astimezone(NEW_YORK)
        days = (_DAYS.index(day) - here.weekday()) % 7
        there = (here + timedelta(days=days)).replace(hour=hour, minute=minute, second=0, microsecond=0)
        there += timedelta(days=7 if there < here else 0)
        self._run(there.astimezone(UTC) - here.astimezone(UTC))

    def lives(self, **time: float) -> None:
        """Live on for so long: `days=14`, `minutes=5`."""
        self._run(timedelta(**time))

    def says(self, phone: str, body: str, *, sid: str = "", media: tuple[str, ...] = (), then: bool = True) -> None:
        """Somebody texts us from this number; `then` lets the engine act on it."""
        answer = self.emulators.inbound(from_=phone, to=OUR_NUMBER, body=body, sid=sid, media=media)
        assert answer["status_code"] == 200
        self.notes(f"{self._names.get(phone, phone)} > {body}")
        if then:
            self._run()

    def waits_for_text(self, words: str) -> None:
        """Wait, in real time, until Twilio has taken such a text."""
        until(lambda: any(words in row["body"] for row in self.emulators.ledger()))

    def status(self, wording: str) -> str:
        """Where the message with these words is in its life."""
        with self.runtime.read_db() as db:
            return db.scalars(select(Message.status).where(Message.wording == wording)).one()

    def notes(self, words: str) -> None:
        """Something that somebody did."""
        self._acts.append(Line(datetime.now(UTC), self.clock(), words))

    def transcript(self, *, daily_test: bool = False) -> str:
        """Everything that was said, a line each; the daily test of alarms only when asked for."""
        lines = [line for line in [*self._acts, *self._left()] if daily_test or not any(map(line.words.count, _DAILY))]
        return "\n".join(map(str, sorted(lines)))

    def assert_told(self, expected: str, **options: Any) -> None:
        """The transcript reads like this; what leaves in the same minute overtakes each other."""
        told, wanted = self.transcript(**options).splitlines(), dedent(expected).strip().splitlines()
        assert _by_minutes(told) == _by_minutes(wanted), "\n".join(told)

    def _left(self) -> list[Line]:
        texts = [(row, "<", row["body"]) for row in self.emulators.ledger()]
        mails = [(row, "@", row["subject"]) for row in self.emulators.mailbox()]
        return [
            Line(
                datetime.fromisoformat(row["accepted_at"]),
                datetime.fromisoformat(row["business_at"]),
                f"{self._names.get(row['to'], row['to'])} {sign} {_short(words)}",
            )
            for row, sign, words in texts + mails
        ]


def phone_of(name: str) -> str:
    """The phone of a member of staff in these stories."""
    return f"+12125550{len(name):03}"


def _by_minutes(lines: list[str]) -> list[list[str]]:
    """What stands together: what we sent in one minute, or one thing that was said to us."""
    return [sorted(those) for _, those in groupby(lines, lambda line: (*line.split()[:3], " > " in line))]


def _short(words: str) -> str:
    return shorten(words.removeprefix("Maple Clinic: "), _LONGEST, placeholder=" …")


@pytest.fixture
def story(
    followup_runtime: Runtime,
    followup_clock: StandingClock,
    followup_emulators: Emulators,
    followup_record: Callable[..., Recorded],
    followup_run: Callable[..., None],
    followup_web: str,
) -> Story:
    """A clinic, its patients, and a web that hears receipts and replies."""
    assert followup_web
    return Story(followup_runtime, followup_clock, followup_emulators, followup_record, followup_run)
