"""What the operator reads of a batch and of the life of workers."""

import logging
from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from celery import Task
from celery.signals import beat_init, setup_logging, worker_ready, worker_shutdown

from followup import logs
from followup.logs import about, failure
from followup.messages.gateway import Accepted, Answer, Parcel, Refused, Unavailable, Uncertain
from followup.terms import AttemptOutcome, Channel

log = logging.getLogger(__name__)

_OUTCOMES = {
    Accepted: AttemptOutcome.ACCEPTED,
    Refused: AttemptOutcome.REFUSED,
    Unavailable: AttemptOutcome.UNAVAILABLE,
    Uncertain: AttemptOutcome.UNCERTAIN,
}

# Celery's own line on how a task ended quotes the error word for word; ours takes its place.
logging.getLogger("celery.app.trace").addFilter(lambda record: not hasattr(record, "data"))


class ToldTask(Task):  # type: ignore[misc]  # Celery has no types
    """A task whose failure is told by type and place alone."""

    def on_failure(self, exc: BaseException, task_id: str, *_: object) -> None:
        """Called by Celery after any error of the task."""
        log.error("task failed", extra=about(task=self.name, task_id=task_id, **failure(exc)))


class BatchStory:
    """Tells of one batch as it goes, and counts what became of it."""

    def __init__(self, channel: Channel, token: UUID) -> None:
        self._batch: dict[str, UUID | str] = {"batch": token, "channel": channel}
        self._counts: Counter[str] = Counter()

    def begun(self, parcels: Sequence[Parcel]) -> None:
        """Attempts are durable, and are spoken now."""
        if parcels:
            log.info("attempts begun", extra=about(**self._batch, attempts=len(parcels)))

    def recorded(self, answers: Sequence[tuple[Parcel, Answer]]) -> None:
        """Answers are durable. Each that is no acceptance has a line of its own."""
        for parcel, answer in answers:
            outcome = _OUTCOMES[type(answer)]
            self._counts[outcome] += 1
            if not isinstance(answer, Accepted):
                ids = about(message=parcel.message_id, attempt=parcel.attempt_id, code=answer.code)
                log.info("attempt %s", outcome, extra=ids)

    def over(self) -> None:
        """All of it is recorded. A person is told of it only if the gateway could not be relied on."""
        went_wrong = self._counts[AttemptOutcome.UNAVAILABLE] or self._counts[AttemptOutcome.UNCERTAIN]
        level = logging.WARNING if went_wrong else logging.INFO
        log.log(level, "batch recorded", extra=about(**self._batch, **self._counts))


def leased(channel: Channel, token: UUID) -> None:
    """The tick found something due, and a worker is woken for it."""
    log.info("batch leased", extra=about(batch=token, channel=channel))


@setup_logging.connect
def _configure(**_: object) -> None:
    logs.configure()


@worker_ready.connect
def _worker_ready(sender: Any, **_: object) -> None:
    log.info("worker started", extra=about(worker=sender.hostname))


@worker_shutdown.connect
def _worker_shutdown(sender: Any, **_: object) -> None:
    log.info("worker stopped", extra=about(worker=sender.hostname))


@beat_init.connect
def _beat_ready(**_: object) -> None:
    log.info("beat started")
