"""Many messages due and many replies unread at once, and two of everything that sends and reads them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select

from followup.models import Message
from followup.terms import Channel

from .hearing import staff, until_over
from .service import WENT, Service, service_on

MANY, TALKATIVE = 80, 20  # a batch for each of four processes


@pytest.fixture
def crowded(postgresql_url: str, broker_url: str, tmp_path: Path) -> Iterator[Service]:
    with service_on(postgresql_url, broker_url, tmp_path, groups=2) as service:
        yield service


def test_two_workers_and_two_beats_send_each_of_many_texts_once(crowded: Service) -> None:
    texts = {str(crowded.owe().id) for _ in range(MANY)}
    crowded.kill_at("answered")
    with crowded.processes:
        crowded.until(lambda: went(crowded) == MANY)
        assert crowded.has_killed_at("answered")
    assert crowded.twice() == []
    assert {row["message_id"] for row in crowded.emulators.ledger()} == texts


def test_two_ticks_hear_each_of_many_patients_once(crowded: Service) -> None:
    first, _ = staff(crowded)
    patients = [crowded.ask() for _ in range(TALKATIVE)]
    with crowded.processes:
        # Both look for unread replies at the same moment, and find all of them.
        with crowded.held_at("before unread", processes=2), ThreadPoolExecutor() as texting:
            # Whichever of two texts is read first answers the question, and raises the alert that the other joins.
            list(texting.map(crowded.write, [*patients, *patients], ["8"] * TALKATIVE + ["9"] * TALKATIVE))
        stories = [until_over(crowded, asked) for asked in patients]
    assert crowded.twice() == []
    for heard in stories:
        assert len(heard.replies) == 2
        assert [len(heard.alerts), len(heard.outcomes), len(heard.answers)] == [1, 1, 1]
        assert heard.told == {(first, channel): 1 for channel in Channel}


def went(service: Service) -> int:
    with service.open_db() as db:
        return db.scalars(select(func.count()).select_from(Message).where(Message.status.in_(WENT))).one()
