"""Many messages due at once, and two of everything that sends them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from followup.models import Message

from .service import WENT, Service, service_on

MANY = 300


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


def went(service: Service) -> int:
    with service.open_db() as db:
        return db.scalars(select(func.count()).select_from(Message).where(Message.status.in_(WENT))).one()
