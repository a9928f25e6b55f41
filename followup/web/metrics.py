"""`/metrics`, as Prometheus reads it. Every process gives the same figures, because all of them are the database's."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from math import ceil, inf

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from starlette.responses import Response

from followup.models.desk import RECONCILE, TICK
from followup.models.traffic import PRIORITY_LANE
from followup.queries import metrics
from followup.queries.metrics import Metrics
from followup.terms import AttemptOutcome, Channel, Label, ReceiptKind, Status
from followup.web.depends import TheRuntime

router = APIRouter(include_in_schema=False)

QUANTILES = 0.5, 0.99


@router.api_route("/metrics", methods=["GET", "HEAD"])
def scrape(runtime: TheRuntime) -> Response:
    """What the database says at this moment."""
    with runtime.read_db() as db:
        found = metrics.measure(db, now=runtime.now())
    return Response(generate_latest(_Collected(found)), headers={"Content-Type": CONTENT_TYPE_LATEST})


class _Collected:
    """One scrape, in the shape that the vendor's writer asks."""

    def __init__(self, found: Metrics) -> None:
        self._found = found

    def collect(self) -> Iterator[Metric]:
        """Every family. What may be alerted on is there from the first scrape on, as zero."""
        yield from _queues(self._found)
        yield from _traffic(self._found)
        yield from _alerts(self._found)
        yield from _engine(self._found)


def _queues(found: Metrics) -> Iterator[Metric]:
    due = _gauge("messages_due", "Due and free to go, up to 10000.", "channel", "lane")
    waits = _gauge("oldest_due_wait_seconds", "How long the oldest of these has been free to go.", "channel", "lane")
    for queue in found.queues:
        labels = queue.channel, "priority" if queue.lane == PRIORITY_LANE else "ordinary"
        due.add_metric(labels, queue.due)
        waits.add_metric(labels, queue.waited.total_seconds())
    yield from (due, waits)
    late = _gauge("lateness_seconds", "From due to left, of what left in the last 5 minutes.", "channel", "quantile")
    for channel, waited in found.lateness.items():
        for quantile in QUANTILES:
            late.add_metric([channel, str(quantile)], at_quantile(quantile, waited).total_seconds())
    yield late


def _traffic(found: Metrics) -> Iterator[Metric]:
    statuses = _gauge("messages_last_day", "By status, of what became due in the last day.", "status")
    for status in Status:
        statuses.add_metric([status], found.statuses.get(status, 0))
    attempts = _gauge("attempts_last_hour", "By what the gateway answered.", "channel", "outcome")
    receipts = _gauge("receipts_last_hour", "By what the gateway said later.", "kind")
    replies = _gauge("replies_last_hour", "What patients wrote back.", "channel")
    for channel in Channel:
        replies.add_metric([channel], found.replies.get(channel, 0))
        for outcome in (*AttemptOutcome, None):
            attempts.add_metric([channel, outcome or "none_yet"], found.attempts.get((channel, outcome), 0))
    unread = _gauge("replies_unread", "Kept and not understood yet, up to 10000.", value=found.unread)
    waits = _gauge(
        "oldest_unread_reply_wait_seconds",
        "How long the oldest of these waits.",
        value=found.unread_for.total_seconds(),
    )
    for kind in ReceiptKind:
        receipts.add_metric([kind], found.receipts.get(kind, 0))
    yield from (statuses, attempts, receipts, replies, unread, waits)
    yield _gauge("messages_uncertain", "May have gone; some of them wait for a person.", value=found.uncertain)


def _alerts(found: Metrics) -> Iterator[Metric]:
    alerts = _gauge("alerts_open", "Not resolved, by label.", "label")
    for label in Label:
        alerts.add_metric([label], found.alerts.get(label, 0))
    yield alerts
    yield _gauge("alerts_overdue", "Nobody took them in time.", value=found.overdue)
    waited = found.untaken_for.total_seconds()
    yield _gauge("oldest_untaken_alert_seconds", "How long the oldest has waited for somebody.", value=waited)


def _engine(found: Metrics) -> Iterator[Metric]:
    silent = _gauge("last_run_age_seconds", "Since a task last did its work, give or take 10 s.", "task")
    for task in (TICK, RECONCILE):
        since = found.silent_for.get(task)
        silent.add_metric([task], inf if since is None else since.total_seconds())
    yield silent
    stopped = _gauge("sender_stopped", "1 while nothing leaves here until a person resumes.", "channel")
    for channel, is_stopped in found.stopped.items():
        stopped.add_metric([channel], is_stopped)
    yield stopped
    yield _gauge("paused", "1 while everything but alarms is paused.", value=found.paused)


def _gauge(name: str, told: str, *labels: str, value: float | None = None) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"followup_{name}", told, value=value, labels=None if value is not None else labels)


def at_quantile(quantile: float, waits: Sequence[timedelta]) -> timedelta:
    """The wait that this share of them does not exceed. They are sorted, and not none."""
    return waits[ceil(quantile * len(waits)) - 1]
