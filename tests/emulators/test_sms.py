from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException

from followup.emulators import Emulators
from followup.emulators.errors import ApiError
from followup.emulators.sms import read_form, read_sms, segments

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
VALID = {"To": "+12025550100", "From": "+12025550199", "Body": "Hello"}
SERVICE = "MG" + "a" * 32
SCHEDULED = VALID | {"MessagingServiceSid": SERVICE, "ScheduleType": "fixed"}


def code_of(form: dict[str, str]) -> int:
    with pytest.raises(ApiError) as caught:
        read_sms(form.items(), now=NOW)
    return caught.value.code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"To": ""}, 21604),
        ({"From": ""}, 21603),
        ({"Body": ""}, 21602),
        ({"Body": "a" * 1601}, 21617),
        ({"To": "5550100"}, 21211),
        ({"To": "+1202555010a"}, 21211),
        ({"From": "a sender much too long"}, 21212),
        ({"From": "", "MessagingServiceSid": "MG1"}, 21701),
        ({"ValidityPeriod": "0"}, 21624),
        ({"ValidityPeriod": "36001"}, 21624),
        ({"ValidityPeriod": "soon"}, 21624),
        ({"StatusCallback": "/hooks/receipt"}, 21609),
        ({"StatusCallback": "ftp://clinic.example/receipt"}, 21609),
        ({"StatusCallback": "https://my_clinic.example/receipt"}, 21609),
        ({"StatusCallback": "https://clinic.example:port/"}, 21609),
        ({"MediaUrl": "picture.png"}, 21620),
    ],
)
def test_what_is_missing_or_wrong_has_twilios_code(change: dict[str, str], code: int) -> None:
    assert code_of(VALID | change) == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"From": "+15005550001"}, 21212),
        ({"From": "+15005550007"}, 21606),
        ({"From": "+15005550008"}, 21611),
        ({"To": "+15005550001"}, 21211),
        ({"To": "+15005550002"}, 21612),
        ({"To": "+15005550003"}, 21408),
        ({"To": "+15005550004"}, 21610),
        ({"To": "+15005550009"}, 21614),
    ],
)
def test_the_test_numbers_do_what_they_do_at_twilio(change: dict[str, str], code: int) -> None:
    assert code_of(VALID | change) == code


@pytest.mark.parametrize("sender", ["+15005550006", "24725", "Clinic 1"])
def test_numbers_short_codes_and_names_may_send(sender: str) -> None:
    assert read_sms((VALID | {"From": sender}).items(), now=NOW).sender == sender


@pytest.mark.parametrize(
    ("form", "code"),
    [
        (VALID | {"ScheduleType": "fixed", "SendAt": "2026-11-23T11:00:00Z"}, 35118),
        (SCHEDULED, 35111),
        (SCHEDULED | {"SendAt": "tomorrow"}, 35114),
        (SCHEDULED | {"SendAt": "2026-11-23T11:00:00"}, 35114),
        (SCHEDULED | {"SendAt": "2026-11-23T10:05:00Z"}, 35115),
        (SCHEDULED | {"SendAt": "2027-11-23T10:00:00Z"}, 35115),
    ],
)
def test_scheduling_needs_a_service_and_a_time_within_its_window(form: dict[str, str], code: int) -> None:
    assert code_of(form) == code


def test_a_picture_may_go_without_words() -> None:
    form = read_form(b"To=%2B12025550100&From=24725&MediaUrl=https://a.example/1.png&MediaUrl=https://a.example/2.png")
    assert read_sms(form, now=NOW).media == 2


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 152 + "€" + "a" * 152, 3),
        ("á" * 70, 1),
        ("á" * 71, 2),
        ("é" * 160, 1),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
    ],
)
def test_segments_are_counted_as_carriers_cut(body: str, count: int) -> None:
    assert segments(body) == count


def test_the_client_learns_code_and_status(send: Callable[..., Any], emulators: Emulators) -> None:
    with pytest.raises(TwilioRestException) as caught:
        send(to="+15005550004")
    assert (caught.value.status, caught.value.code) == (400, 21610)
    assert "unsubscribed" in caught.value.msg
    assert emulators.ledger() == []


def test_what_an_error_says_in_a_log_holds_no_number() -> None:
    assert "+1500" not in str(ApiError(21211, "+15005550001"))
