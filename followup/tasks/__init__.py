"""Celery: the broker is only a wake-up call. Flush it, and nothing is lost (docs/decisions/0002)."""

from followup.tasks.app import TICK_QUEUE, WORK_QUEUE, make_celery

__all__ = ["TICK_QUEUE", "WORK_QUEUE", "make_celery"]
