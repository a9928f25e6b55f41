"""Sets everything up, and lives through the week."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from time import monotonic

from sqlalchemy import Engine, update

from benchmarks.servers import free_port, postgresql
from followup.db import connect, opener, reader
from followup.models import Clinic
from followup.terms import Channel, Status
from proofs import apart, children, needs, relay, service, texts, told, week
from proofs.relay import Relay
from proofs.service import Service, Twilio
from proofs.told import Told

RELAY_OPENS_AFTER = 60.0  # seconds
AT_MOST = 330.0  # seconds, from the import to the last message
_SOON = timedelta(minutes=10)  #: what is due later is of another day


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that was started."""

    service: Service
    twilio: Twilio
    relay: Relay
    engine: Engine

    def told(self) -> list[Told]:
        with reader(self.engine)() as db:
            return told.read(db)


def set_up(stack: ExitStack, home: Path) -> Stage:
    """Peers run, and the service is ready to be started; the stack ends all of it."""
    database_url = stack.enter_context(postgresql())
    engine = connect(database_url)
    stack.callback(engine.dispose)
    broker, web, twilio = free_port(), free_port(), free_port()
    options = ("--port", str(broker), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
    redis = [needs.program("redis-server"), *options]
    stack.enter_context(children.started("redis", redis, home=home, environment={}, port=broker))
    post = stack.enter_context(relay.running(home / "relay", free_port()))
    broker_url = f"redis://127.0.0.1:{broker}/0"
    ours = service.live(home, database_url=database_url, broker_url=broker_url, post=post, ports=(web, twilio))
    ours.must("init", *service.CLINIC)
    ours.must("plan", "load", str(week.PLAN))
    with opener(engine)() as db:
        db.execute(update(Clinic).values(quiet_from=time(0), quiet_until=time(0)))  # none, whatever time it is
    return Stage(ours, stack.enter_context(ours.emulated_twilio(twilio)), post, engine)


def live_through(stage: Stage) -> None:
    """One patient writes STOP, the relay opens a door after a minute, and all that is due goes its way."""
    began = monotonic()
    children.wait_for("a text to who stops", lambda: texts.STOPS in _texted(stage), within=AT_MOST)
    stage.twilio.receive(texts.STOPS, "STOP")
    children.wait_for("a minute to pass", lambda: monotonic() - began > RELAY_OPENS_AFTER, within=AT_MOST)
    stage.relay.let_in()
    rest = AT_MOST - (monotonic() - began)
    children.wait_for("the last message", lambda: not _open(stage.told()), within=rest)
    children.wait_for("the relay's queues to empty", stage.relay.is_idle, within=children.PATIENCE)


def _texted(stage: Stage) -> set[str]:
    return {row["to"] for row in stage.twilio.ledger()}


def _open(everything: Sequence[Told]) -> list[Told]:
    """What is still owed today, and texts whose last receipt is not here yet."""
    soon = datetime.now(UTC) + _SOON
    waiting = (each for each in everything if each.message.status in (Status.SCHEDULED, Status.SENDING))
    owed = [each for each in waiting if each.message.due_at < soon and not apart.is_held(each)]
    sms = (each for each in everything if each.message.channel is Channel.SMS)
    return owed + [each for each in sms if each.message.status is Status.SENT]
