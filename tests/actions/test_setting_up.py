from sqlalchemy import select

from followup.actions import planning, setting_up
from followup.db import OpenDb
from followup.models import Clinic, Plan, Sender, Staff
from followup.models.duty import on_duty
from followup.terms import Channel, Role
from tests.builders import MONDAY


def rates(open_db: OpenDb, *, live: bool) -> dict[Channel, float | None]:
    with open_db() as db:
        setting_up.ensure_senders(db, live=live)
    with open_db() as db:
        return {sender.channel: sender.segments_per_second for sender in db.scalars(select(Sender))}


def test_a_first_start_makes_a_sender_for_each_channel_and_paces_none_while_practising(open_db: OpenDb) -> None:
    assert rates(open_db, live=False) == {Channel.SMS: None, Channel.EMAIL: None}


def test_the_first_live_start_paces_texts_like_a_long_code(open_db: OpenDb) -> None:
    rates(open_db, live=False)
    assert rates(open_db, live=True) == {Channel.SMS: 1.0, Channel.EMAIL: None}


def test_a_rate_that_was_set_by_hand_stays(open_db: OpenDb) -> None:
    rates(open_db, live=True)
    with open_db() as db:
        db.get_one(Sender, Channel.SMS).segments_per_second = 3
    assert rates(open_db, live=True)[Channel.SMS] == 3


def test_the_packaged_plans_are_loaded_once_and_a_clinics_own_version_stays(open_db: OpenDb) -> None:
    for _ in range(2):
        with open_db() as db:
            setting_up.ensure_plans(db, now=MONDAY, by="test")
    with open_db() as db:
        plans = db.scalars(select(Plan)).all()
        assert planning.newest(db, "dry-needling").version == 1
    assert [plan.key for plan in plans] == ["dry-needling"]


def test_the_sample_comes_only_where_there_is_no_clinic(open_db: OpenDb) -> None:
    made = []
    for _ in range(2):
        with open_db() as db:
            made.append(setting_up.ensure_sample(db, now=MONDAY))
    with open_db() as db:
        [clinic] = db.scalars(select(Clinic)).all()
    assert made == [True, False]
    assert (clinic.key, clinic.text_name, clinic.emergency) == ("maple", "Maple Clinic", "911")


def test_an_administrator_is_added_once(open_db: OpenDb) -> None:
    for _ in range(2):
        with open_db() as db:
            setting_up.ensure_admin(db, email="boss@clinic.example", now=MONDAY, by="test")
    with open_db() as db:
        [staff] = db.scalars(select(Staff)).all()
    assert (staff.email, staff.role) == ("boss@clinic.example", Role.ADMIN)


def test_the_sample_clinic_has_an_administrator_and_a_front_desk_on_call(open_db: OpenDb) -> None:
    with open_db() as db:
        setting_up.ensure_sample(db, now=MONDAY)
        setting_up.staff_sample(db, now=MONDAY)
        [duty] = on_duty(db, clinic_id=None)
        roles = db.execute(select(Staff.email, Staff.role).order_by(Staff.email)).all()
    assert (duty.staff.email, duty.staff.phone, duty.hours) == ("desk@maple.example", "+12125550150", "")
    assert [tuple(row) for row in roles] == [("admin@maple.example", Role.ADMIN), ("desk@maple.example", Role.DESK)]
