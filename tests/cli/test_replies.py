import json
from collections.abc import Callable

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from followup.actions import relabelling
from followup.cli.commands import app
from followup.db import OpenDb
from followup.models import Reply
from followup.terms import Label
from tests.builders import MONDAY, Clinic


@pytest.fixture
def clinic(configure: Callable[..., None], open_db: OpenDb, database_url: str) -> Clinic:
    """A clinic on the database that the commands use too."""
    configure(DATABASE_URL=database_url)
    return Clinic(open_db)


def followup(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_replies_are_listed_with_their_labels_and_nothing_plays_with_the_terminal(clinic: Clinic) -> None:
    clinic.record()
    clinic.reply("my foot\nis numb \x1b[2J\u202e", now=MONDAY)
    first, second = followup("replies").stdout.splitlines()
    assert "nerve" in first
    assert second == "    my foot is numb \N{REPLACEMENT CHARACTER}[2J\N{REPLACEMENT CHARACTER}"


def test_a_reply_of_any_length_takes_two_lines(clinic: Clinic) -> None:
    clinic.reply("x" * 100_000, now=MONDAY, reference="IN1")
    assert [len(line) for line in followup("replies").stdout.splitlines()][1] == 114


def test_corrections_are_lines_that_triage_can_be_tested_with(clinic: Clinic) -> None:
    clinic.record()
    clinic.reply("thanks", now=MONDAY)
    clinic.reply("ok, gracias señor", now=MONDAY)
    with clinic.open_db() as db:
        reply = db.scalars(select(Reply).where(Reply.body == "thanks")).one()
        relabelling.relabel(db, reply=reply, label=Label.QUESTION, by="Kim Osei", now=MONDAY)
    [line] = followup("replies", "--relabelled").stdout.splitlines()
    assert json.loads(line) == {"text": "thanks", "label": "question", "note": "triage said thanks"}


def test_replies_as_json_are_the_apis_objects(clinic: Clinic) -> None:
    clinic.reply("who is this", now=MONDAY, sent_from="+12125550177")
    told = json.loads(followup("replies", "--unassigned", "--json").stdout)
    assert [item["body"] for item in told["items"]] == ["who is this"]
