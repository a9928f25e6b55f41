from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st

from followup.rules.permission import Facts, Go, Hold, Move, Skip, Verdict, judge
from followup.terms import Consented, Origin, Reason, ShiftRule

NOW = datetime(2027, 6, 7, 14, tzinfo=UTC)
HOUR = timedelta(hours=1)
PRIORITY = [Origin.REPLY, Origin.CONFIRMATION]

FREE: dict[str, Any] = {
    "origin": Origin.STEP,
    "expires_at": NOW + HOUR,
    "clinic_ready": True,
    "has_address": True,
    "consent": Consented.GIVEN,
}


def verdict(**changes: Any) -> Verdict:
    return judge(Facts(**FREE | changes), now=NOW)


def test_what_nothing_stands_against_may_go() -> None:
    assert verdict() == Go()


# In the order in which they decide: whatever comes further down changes nothing.
BLOCKS: list[tuple[dict[str, Any], Verdict]] = [
    ({"clinic_ready": False}, Skip(Reason.CLINIC_NOT_READY)),
    ({"replaced": True}, Skip(Reason.REPLACED)),
    ({"answered": True}, Skip(Reason.ALREADY_ANSWERED)),
    ({"question_waits": True}, Hold(Reason.CONDITION_NOT_MET)),
    ({"condition_met": False}, Skip(Reason.CONDITION_NOT_MET)),
    ({"booked": True}, Skip(Reason.ALREADY_BOOKED)),
    ({"expires_at": NOW}, Skip(Reason.TOO_LATE)),
    ({"has_address": False}, Skip(Reason.BAD_ADDRESS)),
    ({"consent": None}, Skip(Reason.NO_CONSENT)),
    ({"open_alert": True}, Hold(Reason.OPEN_ALERT)),
    ({"calm_at": NOW + HOUR / 2}, Move(NOW + HOUR / 2, ShiftRule.RECENT_WORRY)),
    ({"next_free": NOW + HOUR / 2}, Move(NOW + HOUR / 2, ShiftRule.FREQUENCY)),
    ({"quiet_until": NOW + HOUR / 2}, Move(NOW + HOUR / 2, ShiftRule.QUIET_HOURS)),
]


@pytest.mark.parametrize("place", range(len(BLOCKS)), ids=[str(next(iter(block))) for block, _ in BLOCKS])
def test_the_first_rule_that_applies_decides(place: int) -> None:
    changes, expected = BLOCKS[place]
    assert verdict(**changes) == expected
    below: dict[str, Any] = {}
    for block, _ in BLOCKS[place:]:
        below = block | below
    assert verdict(**below) == expected


@pytest.mark.parametrize(
    ("consent", "reason"),
    [(Consented.WITHDRAWN, Reason.OPTED_OUT), (Consented.REFUSED, Reason.NO_CONSENT), (None, Reason.NO_CONSENT)],
)
def test_only_a_yes_permits(consent: Consented | None, reason: Reason) -> None:
    assert verdict(consent=consent) == Skip(reason)


def test_a_text_too_many_that_would_expire_before_the_next_free_day_is_skipped() -> None:
    assert verdict(next_free=NOW + HOUR) == Skip(Reason.FREQUENCY_LIMIT)


def test_an_open_alert_holds_only_until_the_message_expires() -> None:
    assert verdict(open_alert=True, expires_at=NOW) == Skip(Reason.TOO_LATE)


@pytest.mark.parametrize("origin", PRIORITY)
def test_an_answer_needs_no_consent_and_no_open_hours(origin: Origin) -> None:
    stands_against = {"consent": None, "quiet_until": NOW + HOUR, "next_free": NOW + HOUR, "open_alert": True}
    assert verdict(origin=origin, **stands_against) == Go()


@pytest.mark.parametrize("origin", PRIORITY)
def test_an_answer_names_the_emergency_number_or_does_not_leave(origin: Origin) -> None:
    assert verdict(origin=origin, clinic_ready=False) == Skip(Reason.CLINIC_NOT_READY)


@given(
    st.fixed_dictionaries(
        {
            **{name: st.booleans() for name in ("clinic_ready", "replaced", "answered", "booked", "open_alert")},
            "consent": st.none() | st.sampled_from(Consented),
            "quiet_until": st.none() | st.just(NOW + HOUR),
            "next_free": st.none() | st.just(NOW + HOUR),
        }
    )
)
def test_nothing_but_time_and_a_missing_address_stops_an_alarm(facts: dict[str, Any]) -> None:
    assert verdict(origin=Origin.ALARM, **facts) == Go()
    assert verdict(origin=Origin.ALARM, **facts | {"expires_at": NOW}) == Skip(Reason.TOO_LATE)
    assert verdict(origin=Origin.ALARM, **facts | {"has_address": False}) == Skip(Reason.BAD_ADDRESS)


@given(
    st.fixed_dictionaries(
        {
            **{
                name: st.booleans()
                for name in (
                    "clinic_ready",
                    "has_address",
                    "replaced",
                    "answered",
                    "condition_met",
                    "booked",
                    "open_alert",
                )
            },
            "consent": st.none() | st.sampled_from(Consented),
            "expires_at": st.sampled_from([NOW - HOUR, NOW, NOW + HOUR]),
            "calm_at": st.none() | st.just(NOW + HOUR / 2),
            "quiet_until": st.none() | st.just(NOW + HOUR / 2),
            "next_free": st.none() | st.sampled_from([NOW + HOUR / 2, NOW + 2 * HOUR]),
        }
    )
)
def test_a_step_goes_only_when_every_fact_is_for_it(facts: dict[str, Any]) -> None:
    may_go = (
        facts["clinic_ready"]
        and facts["has_address"]
        and facts["condition_met"]
        and not any(
            facts[name]
            for name in ("replaced", "answered", "booked", "open_alert", "calm_at", "quiet_until", "next_free")
        )
        and facts["consent"] is Consented.GIVEN
        and facts["expires_at"] > NOW
    )
    assert (verdict(**facts) == Go()) == may_go


def test_every_fact_is_weighed_here() -> None:
    weighed = {name for block, _ in BLOCKS for name in block} | {"origin"}
    assert weighed == {field.name for field in fields(Facts)}
