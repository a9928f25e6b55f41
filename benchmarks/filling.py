"""Messages that are owed, by the million: one real treatment session, recorded by the service and multiplied in SQL.

Each copy is a patient of its own, with consent, session, enrolment and all messages of the plan. Only ids, addresses
and times differ, so the rows are as wide, and as spread over the indexes, as those of real clinics.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    FromClause,
    String,
    Table,
    Uuid,
    and_,
    case,
    cast,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    type_coerce,
)

from followup.actions import setting_up
from followup.actions.enrolling import record_treatment
from followup.actions.entries import TreatmentEntry
from followup.actions.fields import Place
from followup.db import Base, UtcDateTime, opener
from followup.models import Clinic, Consent, Enrolment, FoundBy, Message, Patient, TreatmentSession
from followup.models.inserting import insert_all
from followup.rules import finding

#: What falls due, in turn: with and without a question, care and what the frequency limit judges.
DUE_WORDINGS = ("what-to-expect", "check-in", "warning-signs", "pain-score")
GOOD_FOR = timedelta(days=1)

_SPREAD = timedelta(days=28)
_COPIED: tuple[type[Base], ...] = (Patient, Consent, TreatmentSession, Enrolment, Message)
_COPIED_IDS = {f"{model.__tablename__}.id" for model in _COPIED}
_AT_ONCE = 5_000  # patients
_FIRST_NUMBER = 2_000_000_000  # of a patient's phone, behind +1

#: Of copies: every given name meets every family name, which is a beginning and an end.
NAMES = {
    "given": (
        *("Ana", "Ben", "Carla", "David", "Elif", "Farid", "Grace", "Hugo", "Ines", "Jonas", "Kofi", "Lea", "Mateo"),
        *(
            "Nora",
            "Omar",
            "Priya",
            "Quinn",
            "Rosa",
            "Samir",
            "Tess",
            "Uma",
            "Viktor",
            "Wei",
            "Ximena",
            "Yara",
            "Zoltan",
        ),
        *("Alba", "Bruno", "Chloe", "Dario", "Emma", "Felix", "Gita", "Hana", "Ivan", "Julia", "Karim", "Lucia"),
        *("Maria", "Nils"),
    ),
    "beginnings": (
        *("Ander", "Bach", "Castel", "Dor", "Ellen", "Fern", "Gold", "Hart", "Iver", "Jacob", "Kell", "Lind", "Mar"),
        *("Nor", "Oster", "Peter", "Quint", "Ros", "Sand", "Thor", "Ulm", "Vander", "Win", "Xav", "Yates", "Zim"),
        *("Alder", "Berg", "Cor", "Del", "Eber", "Falk", "Gar", "Holm", "Jan", "Kor", "Lam", "Mont", "Rich", "Stein"),
    ),
    "ends": (
        *("berg", "son", "mann", "ley", "ton", "ová", "ez", "ini", "sen", "er", "man", "field", "ström", "wood", "ham"),
        *("ski", "lund", "dahl", "er-Díaz", "ford", "well", "land", "stad", "brook", "worth", "ling", "bury", "gate"),
        *("ridge", "more", "dale", "beck", "hurst", "stone", "kirk", "vik", "quist", "mark", "burg", "stead"),
    ),
}

TABLES = tuple(model.__tablename__ for model in _COPIED)

Expression = ColumnElement[Any]


@dataclass(slots=True)
class Seed:
    """The one session that was really recorded, and how often it was copied."""

    patient_id: UUID
    enrolment_id: UUID
    messages: int
    copies: int = 0


@dataclass(frozen=True, slots=True)
class Times:
    """Copy number n has its messages `apart` * n later than the seed; or one of them is due at `due_at` + that."""

    apart: timedelta
    due_at: datetime | None = None


def plant(engine: Engine, *, now: datetime) -> Seed:
    """Set up a clinic where it is noon, unpaced senders and the packaged plans, and record one session."""
    with opener(engine)() as db:
        setting_up.ensure_senders(db, live=False)
        setting_up.ensure_plans(db, now=now, by="benchmark")
        setting_up.ensure_sample(db, now=now)
        clinic = db.scalars(select(Clinic)).one()
        clinic.zone = f"Etc/GMT{now.hour - 12:+}"  # POSIX counts the other way round
        data = {
            "external_id": "session",
            "clinic": clinic.key,
            "patient": {"given_name": "Ana", "family_name": "Sample", "phone": "+12125550142"},
            "consent": {"sms": True, "method": "paper form"},
            "ended_at": now,
            "regions": ["lower_back"],
        }
        entry = TreatmentEntry.model_validate(data, context=Place(clinic.zone, clinic.country))
        recorded = record_treatment(db, entry=entry, now=now, by="benchmark")
        enrolment_id = recorded.messages[0].enrolment_id
        assert enrolment_id is not None
        return Seed(recorded.treatment.patient_id, enrolment_id, len(recorded.messages))


def fill(engine: Engine, seed: Seed, *, pending: int) -> None:
    """Add sessions until at least so many messages are owed, over four weeks."""
    sessions = -(-pending // seed.messages)
    _copy(engine, seed, sessions - 1 - seed.copies, Times(_SPREAD / sessions))


def find_by_names(engine: Engine) -> None:
    """What a patient is found by follows from the name and number: whoever lacks it gets it, as every new patient does."""
    lacks_it = ~exists().where(FoundBy.patient_id == Patient.id)
    told = select(Patient.id, Patient.given_name, Patient.family_name, Patient.phone).where(lacks_it)
    with opener(engine)() as db:
        patients = db.execute(told).all()
        for first in range(0, len(patients), _AT_ONCE):
            some = patients[first : first + _AT_ONCE]
            insert_all(db, FoundBy, [row for one in some for row in _found_by(one)])


def _found_by(patient: Any) -> Iterator[dict[str, object]]:
    kept = finding.kept(given_name=patient.given_name, family_name=patient.family_name, phone=patient.phone)
    for kind, word in kept:
        yield {"patient_id": patient.id, "kind": kind, "word": word}


def owe(engine: Engine, seed: Seed, *, count: int, at: datetime, apart: timedelta) -> dict[str, datetime]:
    """Add sessions of which one message each is due, the first at `at`. Returns due times by message id."""
    _copy(engine, seed, count, Times(apart, due_at=at))
    with engine.begin() as connection:
        is_due = (Message.due_at >= at, Message.due_at < at + max(count * apart, timedelta(seconds=1)))
        rows = connection.execute(select(Message.id, Message.due_at).where(*is_due, Message.tries == 0))
        return {str(message_id): due_at for message_id, due_at in rows}


def _copy(engine: Engine, seed: Seed, count: int, times: Times) -> None:
    if count <= 0:
        return
    first = seed.copies + 1
    number = select(literal(first).label("n")).cte("numbers", recursive=True)
    number = number.union_all(select(number.c.n + 1).where(number.c.n < first + count - 1))
    with engine.connect() as connection, _trusting(connection):
        for model in _COPIED:
            _copy_table(connection, model, seed, number, _Copied(engine.dialect.name, number.c.n, first, times))
    find_by_names(engine)
    seed.copies += count


@contextmanager
def _trusting(connection: Connection) -> Iterator[None]:
    """A transaction that looks up no foreign key. The connection is not used again."""
    connection.detach()
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        yield
        connection.commit()
    else:
        assert connection.connection.dbapi_connection
        connection.connection.dbapi_connection.cursor().execute("PRAGMA foreign_keys = OFF")  # before BEGIN
        with connection.begin():
            yield


def _copy_table(connection: Connection, model: type[Base], seed: Seed, numbers: FromClause, copied: "_Copied") -> None:
    table = model.__table__
    assert isinstance(table, Table)
    rows = select(*map(copied.value, table.columns)).select_from(table).join(numbers, literal(True))
    if "enrolment_id" in table.columns:
        rows = rows.where(table.c.enrolment_id == seed.enrolment_id)
    elif "patient_id" in table.columns:
        rows = rows.where(table.c.patient_id == seed.patient_id)
    elif model is Patient:
        rows = rows.where(table.c.id == seed.patient_id)
    else:
        rows = rows.where(table.c.id == seed.enrolment_id)
    connection.execute(insert(table).from_select([column.name for column in table.columns], rows))


class _Copied:
    """What stands in each column of copy number n."""

    def __init__(self, dialect: str, number: Expression, first: int, times: Times) -> None:
        self._is_postgresql = dialect == "postgresql"
        self._number, self._first, self._times = number, first, times

    def value(self, column: Expression) -> Expression:
        name = f"{column.table.name}.{column.name}"
        points_at = {key.target_fullname for key in column.foreign_keys}
        if name in _COPIED_IDS or points_at & _COPIED_IDS:
            return self._id(column)
        match name:
            case "patient.phone" | "patient.phone_given":
                return literal("+1") + cast(self._number + _FIRST_NUMBER, String)
            case "patient.given_name" | "patient.family_name":
                return self._name(column)
            case "treatment_session.external_id" | "message.once_key":
                return column + literal("/") + cast(self._number, String)
            case "message.nominal_at" | "message.due_at" | "message.expires_at":
                return self._time(column, GOOD_FOR if column is Message.__table__.c.expires_at else timedelta(0))
            case _:
                return column

    def _id(self, column: Expression) -> Expression:
        """Time-ordered like the original: the number takes the place of the time."""
        if self._is_postgresql:
            digits = func.replace(cast(column, String), "-", "")
            return cast(_text(func.lpad(func.to_hex(self._number), 12, "0")) + _text(func.substr(digits, 13)), Uuid)
        return _text(func.printf("%012x", self._number)) + _text(func.substr(type_coerce(column, String), 13))

    def _name(self, column: Expression) -> Expression:
        given, beginnings, ends = NAMES.values()
        if column.name == "given_name":
            return _one_of(given, self._number)
        turn = self._number // len(given)
        return _one_of(beginnings, turn) + _one_of(ends, turn // len(beginnings))

    def _time(self, column: Expression, later_by: timedelta) -> Expression:
        seconds = self._times.apart.total_seconds()
        shifted = self._later(column, self._number * seconds)
        if self._times.due_at is None:
            return shifted
        is_its_turn = or_(
            *(
                and_(self._number % len(DUE_WORDINGS) == turn, Message.wording == wording)
                for turn, wording in enumerate(DUE_WORDINGS)
            )
        )
        at = literal(self._times.due_at + later_by, UtcDateTime)
        return case((is_its_turn, self._later(at, (self._number - self._first) * seconds)), else_=shifted)

    def _later(self, moment: Expression, seconds: Expression) -> Expression:
        if self._is_postgresql:
            return moment + func.make_interval(0, 0, 0, 0, 0, 0, seconds)
        # As SQLAlchemy writes it: to the microsecond, without an offset.
        return func.strftime("%Y-%m-%d %H:%M:%f000", moment, func.printf("%+.3f seconds", seconds))


def _text(expression: Expression) -> Expression:
    return type_coerce(expression, String)


def _one_of(words: tuple[str, ...], number: Expression) -> Expression:
    return case(dict(enumerate(words)), value=number % len(words))
