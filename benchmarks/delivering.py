"""The whole path, from what is due in the database to what Twilio took: how many a second, and how late."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event

from sqlalchemy import text

from benchmarks import bare, filling, service
from benchmarks.figures import Figure, percentile
from benchmarks.ground import FEW, MANY, Database, Ground
from benchmarks.service import Service
from followup.emulators import Receipts

BURST, LEAST_RATE = 10_000, 1_000  # messages, messages a second
STEADY, STEADY_RATE, LATEST = 3_000, 100, 1.5  # messages, messages a second, seconds
WARM_UP = 1_000  # more than one batch, so that every process of the worker has sent something
MOST_MEMORY = 10  # MB more, with a hundred times as much pending

_NO_TIME = timedelta(0)
_SETTLE = 2.0  # seconds, for what follows the last answer


@dataclass(frozen=True, slots=True)
class Run:
    """What was due when, and what Twilio took of it."""

    due: Mapping[str, datetime]
    taken: list[tuple[str, datetime]]
    worker_memory: float

    @property
    def rate(self) -> float:
        """Messages a second, counted from the instant at which all of them were due."""
        first = min(self.due.values())
        return len(self.taken) / (max(at for _, at in self.taken) - first).total_seconds()

    @property
    def lateness(self) -> list[float]:
        """Seconds from each due time to Twilio's taking it, with the time that Twilio takes to answer."""
        return [(at - self.due[message_id]).total_seconds() for message_id, at in self.taken if message_id in self.due]

    @property
    def wrong(self) -> int:
        """Messages lost, sent twice, or sent that were not due."""
        times = Counter(message_id for message_id, _ in self.taken)
        lost, twice = self.due.keys() - times.keys(), sum(count - 1 for count in times.values())
        return len(lost) + twice + len(times.keys() - self.due.keys())


def measure(ground: Ground) -> Iterator[Figure]:
    """At once and spread out, without receipts and with them; then what could change the figures."""
    many = ground.database("postgresql", MANY)
    possible = bare.rate()
    yield Figure("bare loop: the same transport, no database", possible, "messages/s")
    for receipts, name in (
        (Receipts.NONE, "without receipts"),
        (Receipts.LAST, "one receipt each"),
    ):
        with service.running(many.url, ground.folder(), receipts=receipts) as running:
            _warm_up(running, many)
            burst = _send(running, many, BURST, _NO_TIME)
            steady = _send(running, many, STEADY, timedelta(seconds=1) / STEADY_RATE)
        yield Figure(f"{BURST:,} due at once, {name}", burst.rate, "messages/s", least=LEAST_RATE)
        yield Figure("… of what the bare loop does", burst.rate / possible, "")
        yield Figure(f"{STEADY_RATE}/s, {name}: lateness, median", percentile(steady.lateness, 50), "s")
        yield Figure(f"{STEADY_RATE}/s, {name}: lateness, p99", percentile(steady.lateness, 99), "s", most=LATEST)
        yield Figure(f"lost, repeated or early, {name}", burst.wrong + steady.wrong, "messages", most=0)
    yield from _told(
        f"{BURST:,} due at once, a receipt of each status, as Twilio does",
        _burst(ground, many, Receipts.EVERY),
        least=None,
    )


def measure_size(ground: Ground) -> Iterator[Figure]:
    """The same burst beside few and many: what it does to speed and to a worker's memory."""
    memory = []
    for pending in (FEW, MANY):
        database = ground.database("postgresql", pending)
        run = _burst(ground, database)
        memory.append(run.worker_memory)
        yield from _told(f"{BURST:,} due at once, {pending:,} others", run)
        yield Figure(f"… a worker process's memory, {pending:,} others", run.worker_memory, "MB")
    yield Figure("memory: what the others add", memory[1] - memory[0], "MB", most=MOST_MEMORY)


def measure_stale(ground: Ground) -> Iterator[Figure]:
    """Statistics from before the table grew a hundredfold: the plans must stay what they are."""
    database = ground.empty("postgresql", "followup_stale")
    filling.fill(database.engine, database.seed, pending=FEW)
    database.analyse()
    with database.engine.begin() as connection:
        for table in filling.TABLES:
            connection.execute(text(f"ALTER TABLE {table} SET (autovacuum_enabled = off)"))
    filling.fill(database.engine, database.seed, pending=MANY)
    yield from _told(f"{BURST:,} due at once, {MANY:,} others, stale statistics", _burst(ground, database))


def measure_sqlite(ground: Ground) -> Iterator[Figure]:
    """The same burst on SQLite, for whom the same machine is all there is."""
    yield from _told(f"{BURST:,} due at once, sqlite", _burst(ground, ground.database("sqlite", MANY)), least=None)


def _told(name: str, run: Run, *, least: float | None = LEAST_RATE) -> Iterator[Figure]:
    yield Figure(name, run.rate, "messages/s", least=least)
    yield Figure("… lost, repeated or early", run.wrong, "messages", most=0)


def _burst(ground: Ground, database: Database, receipts: Receipts = Receipts.NONE) -> Run:
    with service.running(database.url, ground.folder(), receipts=receipts) as running:
        _warm_up(running, database)
        return _send(running, database, BURST, _NO_TIME)


def _warm_up(running: Service, database: Database) -> None:
    run = _send(running, database, WARM_UP, _NO_TIME)
    if run.wrong:
        raise RuntimeError(f"{run.wrong} of {WARM_UP} messages went wrong\n{running.logs()}")


def _send(running: Service, database: Database, count: int, apart: timedelta) -> Run:
    """Let messages fall due, wait until Twilio has them, and until the service has nothing more to do with them."""
    seen = len(running.twilio.ledger())
    # Whole seconds, and late enough: adding the rows must be over by then.
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=3 + count // 2_500)
    due = filling.owe(database.engine, database.seed, count=count, at=at, apart=apart)
    rows = running.twilio.await_texts(count, after=seen)
    Event().wait(_SETTLE)
    rows += running.twilio.ledger(seen + len(rows))
    taken = [(str(row["message_id"]), datetime.fromisoformat(row["accepted_at"])) for row in rows]
    return Run(due, taken, running.worker_memory())
