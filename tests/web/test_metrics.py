import re
from datetime import timedelta
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from followup.db import OpenDb, real_time
from followup.models import Heartbeat
from followup.terms import AttemptOutcome, Channel, ReceiptKind, Status
from followup.web.metrics import at_quantile

from .conftest import NOW, AddMessage, Browser

Series = tuple[str, frozenset[tuple[str, str]]]


def scrape(browser: Browser) -> dict[Series, float]:
    answer = browser.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def series(name: str, **labels: str) -> Series:
    return f"followup_{name}", frozenset(labels.items())


def test_a_backlog_shows_its_size_and_its_oldest_wait(browser: Browser, add_message: AddMessage) -> None:
    add_message(due_at=NOW - timedelta(seconds=90))
    add_message(due_at=NOW - timedelta(seconds=30))
    figures = scrape(browser)

    assert figures[series("messages_due", channel="sms", lane="ordinary")] == 2
    assert figures[series("oldest_due_wait_seconds", channel="sms", lane="ordinary")] == 90
    assert figures[series("messages_due", channel="email", lane="priority")] == 0


def test_what_may_be_alerted_on_is_there_from_the_start(browser: Browser, add_message: AddMessage) -> None:
    add_message(due_at=NOW + timedelta(days=1))
    figures = scrape(browser)

    expected = {
        *(series("messages_last_day", status=status) for status in Status),
        *(series("receipts_last_hour", kind=kind) for kind in ReceiptKind),
        *(series("replies_last_hour", channel=channel) for channel in Channel),
        *(series("sender_stopped", channel=channel) for channel in Channel),
        *(series("attempts_last_hour", channel=each, outcome=how) for each in Channel for how in AttemptOutcome),
        series("messages_uncertain"),
        series("replies_unread"),
        series("oldest_unread_reply_wait_seconds"),
        series("paused"),
    }
    assert {figures[one] for one in expected} == {0}


def test_a_tick_that_never_ran_is_infinitely_old(browser: Browser, open_db: OpenDb) -> None:
    assert scrape(browser)[series("last_run_age_seconds", task="tick")] == float("inf")

    with open_db() as db:
        db.add(Heartbeat(task="tick", beat_at=real_time(db) - timedelta(seconds=40)))
    assert 40 <= scrape(browser)[series("last_run_age_seconds", task="tick")] < 100


def test_lateness_is_told_by_its_middle_and_its_slowest_hundredth() -> None:
    waits = [timedelta(seconds=second) for second in range(1, 201)]
    assert at_quantile(0.5, waits) == timedelta(seconds=100)
    assert at_quantile(0.99, waits) == timedelta(seconds=198)
    assert at_quantile(0.99, waits[:1]) == timedelta(seconds=1)


def test_no_label_names_one_of_anything(browser: Browser, add_message: AddMessage) -> None:
    message = add_message()
    text = browser.get("/metrics").text

    assert str(message.id) not in text
    assert not re.search(r"[0-9a-f]{8}-", text)


def test_every_figure_is_documented(browser: Browser) -> None:
    told = (Path(__file__).parents[2] / "docs/operating.md").read_text(encoding="utf-8")
    names = {family.name for family in text_string_to_metric_families(browser.get("/metrics").text)}
    assert [name for name in sorted(names) if f"`{name}" not in told] == []


def test_alerts_are_there_from_the_first_scrape_on(browser: Browser) -> None:
    figures = scrape(browser)
    assert figures[series("alerts_open", label="emergency")] == 0
    assert figures[series("alerts_overdue")] == 0
    assert figures[series("oldest_untaken_alert_seconds")] == 0
