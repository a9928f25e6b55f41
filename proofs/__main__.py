"""`python -m proofs`: a week of sessions, live, beside real peers; ends with 1 if anything disagrees."""

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import redis
from sqlalchemy import text

from followup.db import reader
from proofs import apart, children, mails, needs, stage, texts, told, week
from proofs.certificates import authority
from proofs.checks import Check, show
from proofs.stage import Stage


def main() -> int:
    if missing := needs.missing():
        print(missing, file=sys.stderr)
        return 1
    began, checks = monotonic(), list[Check]()
    with TemporaryDirectory(prefix="followup-live-", dir="/tmp") as name:  # Postfix's sockets want a short path
        home = Path(name)
        home.chmod(0o711)  # it gives up its rights, and must find its files
        try:
            with ExitStack() as stack:
                for check in _prove(stage.set_up(stack, home)):
                    checks.append(check)
                    show(check)
        except Exception as why:  # noqa: BLE001 - shown with what led to it
            print(f"{type(why).__name__}: {why}", file=sys.stderr)
            checks.append(Check("it came to its end", "", [str(why)]))
        wrong = sum(bool(check.faults) for check in checks)
        if wrong:
            print(children.last_words(home), file=sys.stderr)
    print(f"{len(checks) - wrong} of {len(checks)} hold, after {monotonic() - began:.0f} s")
    return 1 if wrong else 0


def _prove(scene: Stage) -> Iterator[Check]:
    yield _peers(scene)
    with scene.service.run():
        yield from _doctor(scene)
        yield from _import(scene)
        stage.live_through(scene)
        yield Check("no process ended by itself", f"{len(scene.service.processes)} run", scene.service.dead())
    everything = scene.told()
    yield from told.life(everything)
    with reader(scene.engine)() as db:
        yield from texts.agree(db, everything, scene.twilio.ledger())
    yield from mails.agree(everything, scene.relay)
    yield from apart.told_apart(everything)
    yield _work(scene)
    yield from told.lateness(everything)


def _peers(scene: Stage) -> Check:
    with scene.engine.connect() as connection:
        database = str(connection.execute(text("SHOW server_version")).scalar_one()).split()[0]
    with redis.Redis.from_url(scene.service.environment["REDIS_URL"]) as client:
        broker = str(client.info("server")["redis_version"])
    oldest = {"PostgreSQL": (database, needs.OLDEST_POSTGRESQL), "Redis": (broker, needs.OLDEST_REDIS)}
    old = [f"{name} is too old" for name, (found, least) in oldest.items() if int(found.split(".")[0]) < least]
    return Check("the peers are real", f"PostgreSQL {database}, Redis {broker}, Postfix {scene.relay.version()}", old)


def _doctor(scene: Stage) -> Iterator[Check]:
    faults = scene.service.stops()
    yield Check("doctor finds nothing that stops messages", f"{len(faults)} stops", faults)
    stranger = str(authority(scene.service.home, "stranger").certificate)
    faults = scene.service.stops(SMTP_CA_FILE=stranger)
    is_told = len(faults) == 1 and "certificate is not trusted" in faults[0]
    yield Check(
        "nothing is said to a relay whose certificate is not trusted", " ".join(faults), [] if is_told else faults
    )


def _import(scene: Stage) -> Iterator[Check]:
    file = scene.service.home / "week.csv"
    file.write_text(week.ending_at(datetime.now(UTC)), encoding="utf-8")
    expected = {
        "the week is recorded": (week.TAKEN, week.KNOWN),
        "recorded again, it changes nothing": (0, week.TAKEN + week.KNOWN),
    }
    for what, (taken, known) in expected.items():
        report = json.loads(scene.service.command("import", str(file), "--json").stdout)
        is_right = (report["taken"], report["known"], report["refused"]) == (taken, known, week.REFUSED)
        seen = ", ".join(f"{report[name]} {name}" for name in ("taken", "known", "refused"))
        yield Check(what, seen, [] if is_right else list(map(str, report["items"])))


def _work(scene: Stage) -> Check:
    events = {name: scene.service.log(name) for name in scene.service.processes if name != "web"}
    done = {"tick": "batch leased", "worker": "batch recorded"}
    counts = {
        name: sum(event["event"] == done[part] for event in said)
        for name, said in events.items()
        if (part := name.partition("-")[0]) in done
    }
    faults = [f"{name} did nothing" for name, count in counts.items() if not count]
    faults += [
        f"{name}: {event['event']}" for name, said in events.items() for event in said if event["level"] == "error"
    ]
    return Check("both machines did the work, without an error", f"batches: {told.counted(counts)}", faults)


if __name__ == "__main__":
    sys.exit(main())
