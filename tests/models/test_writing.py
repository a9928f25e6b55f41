from datetime import timedelta

from sqlalchemy import Engine, event, select

from followup.db import OpenDb, new_id
from followup.models import Message, Reply
from followup.models.writing import insert_new, write_changes
from followup.terms import Channel, Reason, Status
from tests.builders import PHONE, Clinic, local

NOON = local(7, 12)


def updates(engine: Engine) -> list[str]:
    said = list[str]()
    event.listen(engine, "before_cursor_execute", lambda *args: said.append(args[2]))
    return said


def test_rows_that_changed_alike_are_written_with_one_statement(clinic: Clinic, engine: Engine) -> None:
    clinic.record()
    said = updates(engine)
    with clinic.open_db() as db:
        messages = db.scalars(select(Message).order_by(Message.id)).all()
        for message in messages:
            message.status, message.reason, message.why = Status.SKIPPED, Reason.TOO_LATE, [{"rule": message.wording}]
            message.due_at += timedelta(hours=1)
            message.lease_token = None
        write_changes(db, messages)
        expected = {message.id: (message.wording, message.due_at) for message in messages}
    assert len([each for each in said if each.startswith("UPDATE")]) == 1
    with clinic.open_db() as db:
        written = db.scalars(select(Message)).all()
    assert {message.id: (message.why[0]["rule"], message.due_at) for message in written} == expected
    assert {(message.status, message.reason, message.lease_token) for message in written} == {
        (Status.SKIPPED, Reason.TOO_LATE, None)
    }


def test_only_what_changed_is_written(clinic: Clinic) -> None:
    clinic.record()
    with clinic.open_db() as db:
        first, second, *others = db.scalars(select(Message).order_by(Message.id)).all()
        before = [(message.id, message.due_at) for message in others]
        first.tries, second.body = 3, "said"
        write_changes(db, [first, second, *others])
        second.body = "said again"
    with clinic.open_db() as db:
        rows = db.scalars(select(Message).order_by(Message.id)).all()
        assert [(message.tries, message.body) for message in rows[:2]] == [(3, None), (0, "said again")]
        assert [(message.id, message.due_at) for message in rows[2:]] == before


def test_what_is_there_already_is_not_inserted_again(open_db: OpenDb) -> None:
    def row(reference: str) -> dict[str, object]:
        known = {"id": new_id(), "channel": Channel.SMS, "reference": reference, "sent_from": PHONE, "sent_to": PHONE}
        return {**known, "body": "7", "raw": {"Body": "7", "Media": []}, "received_at": NOON}

    with open_db() as db:
        assert insert_new(db, Reply, [row("a"), row("a")], "channel", "reference") == {(Channel.SMS, "a")}
    with open_db() as db:
        assert insert_new(db, Reply, [row("a"), row("b")], "channel", "reference") == {(Channel.SMS, "b")}
        assert insert_new(db, Reply, [], "channel", "reference") == set()
        assert [reply.raw["Media"] for reply in db.scalars(select(Reply))] == [[], []]
