"""A person corrects triage: kept, audited, and only ever for the worse."""

from datetime import datetime

import pytest
from sqlalchemy import select

from followup.actions import alerting, relabelling
from followup.models import Alert, AuditEntry, Reply
from followup.terms import Label
from tests.builders import Clinic, local

NOON = local(7, 12)


def relabel(clinic: Clinic, label: Label, *, now: datetime = NOON) -> Reply:
    with clinic.open_db() as db:
        reply = relabelling.lock(db, db.scalars(select(Reply.id)).one())
        assert reply
        relabelling.relabel(db, reply=reply, label=label, by="Kim Osei", now=now)
    return reply


def alerts(clinic: Clinic) -> list[Alert]:
    with clinic.open_db() as db:
        return list(db.scalars(select(Alert).order_by(Alert.id)))


def test_what_a_person_says_is_kept_beside_what_triage_said(clinic: Clinic) -> None:
    clinic.record()
    clinic.reply("thanks", now=NOON)
    reply = relabel(clinic, Label.EXPECTED)
    assert (reply.labels, reply.relabelled, reply.relabelled_by) == (["thanks"], Label.EXPECTED, "Kim Osei")
    assert alerts(clinic) == []
    with clinic.open_db() as db:
        note = db.scalars(select(AuditEntry).where(AuditEntry.did == "relabel")).one()
    assert (note.did_by, note.details["from"], note.details["to"]) == ("Kim Osei", "thanks", "expected-reaction")


def test_a_worse_label_raises_an_alert(clinic: Clinic) -> None:
    clinic.record()
    clinic.reply("thanks", now=NOON)
    reply = relabel(clinic, Label.NERVE)
    [alert] = alerts(clinic)
    assert (alert.label, alert.patient_id, reply.alert_id) == (Label.NERVE, reply.patient_id, alert.id)


def test_a_worse_label_makes_an_open_alert_worse(clinic: Clinic) -> None:
    clinic.record()
    clinic.reply("my foot is numb", now=NOON)
    relabel(clinic, Label.EMERGENCY)
    assert [alert.label for alert in alerts(clinic)] == [Label.EMERGENCY]


@pytest.mark.parametrize("label", [Label.UNCLEAR, Label.THANKS])
def test_a_milder_label_lowers_nothing(clinic: Clinic, label: Label) -> None:
    clinic.record()
    clinic.reply("my foot is numb", now=NOON)
    relabel(clinic, label)
    assert [alert.label for alert in alerts(clinic)] == [Label.NERVE]


@pytest.mark.parametrize("is_closed", [False, True])
def test_a_worse_label_is_news_to_who_has_the_alert(clinic: Clinic, *, is_closed: bool) -> None:
    clinic.record()
    clinic.reply("my foot is numb", now=NOON)
    with clinic.open_db() as db:
        alert = db.scalars(select(Alert)).one()
        if is_closed:
            alerting.resolve(db, alert=alert, by="K. Osei", note="Called.", now=NOON)
        else:
            alerting.take(db, alert=alert, by="K. Osei", now=NOON)
    for _ in range(2):
        relabel(clinic, Label.URGENT, now=local(7, 13))
    assert [alert.label for alert in alerts(clinic)] == [Label.NERVE, Label.URGENT]


def test_a_reply_of_a_stranger_may_be_worse_than_it_looked(clinic: Clinic) -> None:
    clinic.reply("ok", now=NOON, sent_from="+12125550177")
    relabel(clinic, Label.URGENT)
    [alert] = alerts(clinic)
    assert (alert.label, alert.patient_id, alert.clinic_id is None) == (Label.URGENT, None, False)
