"""The Celery app: which tasks there are, when beat wakes them, and how the broker is kept honest."""

import gc
from datetime import timedelta
from uuid import UUID

from celery import Celery
from celery.signals import worker_process_init, worker_process_shutdown

from followup.actions import alarms, beating, sending, settling, silence
from followup.actions.apart import held_apart
from followup.models.desk import RECONCILE, TICK
from followup.runtime import Runtime, die_with_parent
from followup.tasks import reading, telling
from followup.tasks.telling import BatchStory, ToldTask
from followup.terms import Channel

TICK_QUEUE, WORK_QUEUE = "tick", "followup"
_TICK, _RECONCILE = timedelta(seconds=1), timedelta(seconds=15)

_BROKER_ANSWERS_WITHIN = timedelta(seconds=5)  # without it, a publish to a half-open connection waits for ever
_REDELIVER_AFTER = timedelta(seconds=120)  # longer than a lease: what comes back then finds its lease taken
_LAST_WORDS = timedelta(seconds=40)  # longer than a gateway may take to answer


def make_celery(runtime: Runtime) -> Celery:
    """The app of `celery -A worker`, with its tasks bound to one runtime."""
    app = Celery("followup", broker=runtime.settings.redis_url, set_as_current=False, task_cls=ToldTask)
    app.conf.update(
        task_default_queue=WORK_QUEUE,
        task_ignore_result=True,
        task_routes={"tick": {"queue": TICK_QUEUE}},
        worker_prefetch_multiplier=1,  # a batch waits in the broker, where any worker may take it
        worker_soft_shutdown_timeout=_LAST_WORDS.total_seconds(),
        broker_connection_retry_on_startup=True,
        broker_transport_options={
            "socket_timeout": _BROKER_ANSWERS_WITHIN.total_seconds(),
            "socket_connect_timeout": _BROKER_ANSWERS_WITHIN.total_seconds(),
            "socket_keepalive": True,
            "health_check_interval": 10,
            "visibility_timeout": _REDELIVER_AFTER.total_seconds(),
            "unacked_restore_interval": 10,
            "unacked_restore_throttle": 1,
        },
        # An old wake-up is worth nothing: each is dropped when the next one is due.
        beat_schedule={
            "tick": {
                "task": "tick",
                "schedule": _TICK,
                "options": {"queue": TICK_QUEUE, "expires": _TICK.total_seconds()},
            },
            "reconcile": {
                "task": "reconcile",
                "schedule": _RECONCILE,
                "options": {"queue": WORK_QUEUE, "expires": _RECONCILE.total_seconds()},
            },
        },
    )
    _add_tasks(app, runtime)
    worker_process_init.connect(lambda **_: _start_child(runtime), weak=False)
    worker_process_shutdown.connect(lambda **_: runtime.close(), weak=False)
    return app


def _add_tasks(app: Celery, runtime: Runtime) -> None:
    open_db, patience, links = runtime.open_db, runtime.patience, runtime.links

    # Not shared: another app in this process is bound to another runtime, and must not get these.
    @app.task(name=TICK, shared=False)
    def tick() -> None:
        now = runtime.now()
        with held_apart("replies"):
            reading.read_replies(open_db, now=now)
        with held_apart("silence"), open_db() as db:
            silence.watch(db, now=now)
        with held_apart("alarms"), open_db() as db:
            alarms.escalate(db, now=now)
        with held_apart("daily tests of alarms"), open_db() as db:
            alarms.prove(db, now=now)
        with open_db() as db:
            batches = sending.lease(db, now=now, patience=patience)
            beating.beat(db, task=TICK)
        for channel, token in batches:
            telling.leased(channel, token)
            send_batch.apply_async((channel, token.hex), expires=patience.lease.total_seconds())

    @app.task(name="send_batch", shared=False)
    def send_batch(channel: str, token: str) -> None:
        gateway, story = runtime.gateways[Channel(channel)], BatchStory(Channel(channel), UUID(token))
        while True:
            now = runtime.now()
            with open_db() as db:
                parcels = sending.begin(
                    db, token=UUID(token), most=gateway.batch, now=now, patience=patience, links=links
                )
            if parcels is None:
                break
            story.begun(parcels)
            for answers in gateway.send(parcels):
                with open_db() as db:
                    sending.record(db, answers=answers, now=now, patience=patience)
                story.recorded(answers)
        story.over()

    @app.task(name=RECONCILE, shared=False)
    def reconcile() -> None:
        for gateway in runtime.gateways.values():
            with open_db() as db:
                searches = settling.open_attempts(
                    db, channel=gateway.channel, keeps_list=gateway.keeps_list, patience=patience
                )
            for attempt_id, search in searches:
                sightings = gateway.find(search)
                with open_db() as db:
                    settling.settle(
                        db, attempt_id=attempt_id, sightings=sightings, now=runtime.now(), patience=patience
                    )
        with open_db() as db:
            beating.beat(db, task=RECONCILE)


def _start_child(runtime: Runtime) -> None:
    die_with_parent()
    runtime.after_fork()
    gc.freeze()  # what is there by now stays; else it is searched for waste again with every few batches
