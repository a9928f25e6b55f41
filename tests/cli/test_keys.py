import json
from collections.abc import Callable

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from followup.cli import keys
from followup.db import OpenDb
from followup.models import ApiKey, AuditEntry
from followup.queries.keys import holder

Run = Callable[..., Result]


@pytest.fixture
def key(configure: Callable[..., None], database_url: str) -> Run:
    """`followup key …`."""
    configure(DATABASE_URL=database_url)
    return lambda *words: CliRunner().invoke(keys.app, words)


def test_a_new_key_is_printed_once_and_only_its_hash_is_kept(key: Run, open_db: OpenDb) -> None:
    result = key("add", "booking")
    made = result.stdout.strip()

    assert made.startswith("fu_")
    assert len(made) == 46  # 32 random bytes in base64
    assert "not shown again" in result.stderr
    with open_db() as db:
        row = db.scalars(select(ApiKey)).one()
        assert (row.prefix, row.hashed, row.created_by) == (made[:9], ApiKey.hash_of(made), "command line")
        assert holder(db, made)


def test_no_two_keys_are_alike(key: Run) -> None:
    assert key("add", "booking").stdout != key("add", "website").stdout


@pytest.mark.parametrize("name", ["", "Booking", "lee@oak.example", "command line", "-x-", "a" * 65, "é"])
def test_a_name_that_others_may_bear_is_refused(key: Run, name: str) -> None:
    result = key("add", "--", name)
    assert result.exit_code == 1
    assert "can't be a key's name; use small letters" in result.stderr


def test_a_name_is_never_given_twice(key: Run) -> None:
    key("add", "booking")
    key("revoke", "booking")
    result = key("add", "booking")
    assert result.exit_code == 1
    assert result.stderr.startswith("there is, or was, a key named booking")


def test_the_list_tells_keys_apart_and_shows_none(key: Run) -> None:
    made = key("add", "booking").stdout.strip()
    key("add", "website")
    key("revoke", "website")
    told = key("list").stdout
    items = json.loads(key("list", "--json").stdout)["items"]

    assert made not in told
    assert f"booking              {made[:9]}…" in told
    assert "never used" in told
    assert [item["name"] for item in items] == ["booking", "website"]
    assert [item["revoked_by"] for item in items] == [None, "command line"]
    assert "hashed" not in items[0]


def test_a_revoked_key_stays_revoked(key: Run, open_db: OpenDb) -> None:
    made = key("add", "booking").stdout.strip()
    assert key("revoke", "booking").stdout == "booking is revoked.\n"
    assert key("revoke", "booking").stdout == "booking was revoked already.\n"
    with open_db() as db:
        assert holder(db, made) is None
        lines = db.scalars(select(AuditEntry).where(AuditEntry.subject == "key").order_by(AuditEntry.id)).all()
        assert [(line.did, line.did_by) for line in lines] == [("add", "command line"), ("revoke", "command line")]


def test_a_key_that_is_not_there_cannot_be_revoked(key: Run) -> None:
    result = key("revoke", "nobody")
    assert result.exit_code == 1
    assert result.stderr == "there is no key named 'nobody'; `followup key list` shows them.\n"
