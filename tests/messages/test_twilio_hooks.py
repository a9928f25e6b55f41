"""What Twilio sends us: its words, its signature and its codes."""

import pytest
from twilio.request_validator import RequestValidator

from followup.messages.twilio import receipt_kind, signature_is_valid
from followup.messages.twilio_codes import CODES
from followup.terms import ReceiptKind

from .conftest import PATIENT

HOOK = "https://clinic.example/hooks/twilio/reply?m=1&a=2"
FORM = [("Body", ""), ("From", PATIENT), ("To", "+15005550006")]


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("accepted", ReceiptKind.TAKEN),
        ("sent", ReceiptKind.TAKEN),
        ("delivered", ReceiptKind.DELIVERED),
        ("read", ReceiptKind.DELIVERED),
        ("undelivered", ReceiptKind.UNDELIVERED),
        ("failed", ReceiptKind.FAILED),
        ("canceled", ReceiptKind.FAILED),
        ("received", None),
        ("", None),
    ],
)
def test_twilios_words_are_put_into_ours(word: str, kind: ReceiptKind | None) -> None:
    assert receipt_kind(word) is kind


def sign(token: str, url: str = HOOK) -> str:
    return str(RequestValidator(token).compute_signature(url, dict(FORM)))


def test_a_signature_of_either_token_is_valid() -> None:
    for token in ("old", "new"):
        assert signature_is_valid(HOOK, FORM, sign(token), ("new", "old"))


@pytest.mark.parametrize(
    ("url", "form", "signature", "tokens"),
    [
        (HOOK, FORM, sign("other"), ["token"]),
        (HOOK, FORM[1:], sign("token"), ["token"]),
        (HOOK, [*FORM, ("Body", "STOP")], sign("token"), ["token"]),
        (HOOK.replace("m=1", "m=2"), FORM, sign("token"), ["token"]),
        (HOOK.replace("https", "http"), FORM, sign("token"), ["token"]),
        (HOOK, FORM, None, ["token"]),
        (HOOK, FORM, "", ["token"]),
        (HOOK, FORM, "ünïcode\x00", ["token"]),
        (HOOK, FORM, sign(""), ["", ""]),
        (HOOK, FORM, sign("token"), []),
    ],
    ids=["token", "blank-dropped", "value-added", "query", "scheme", "missing", "blank", "odd", "no-token", "none"],
)
def test_any_other_signature_is_not(
    url: str, form: list[tuple[str, str]], signature: str | None, tokens: list[str]
) -> None:
    assert not signature_is_valid(url, form, signature, tokens)


def test_a_name_that_comes_twice_is_signed_with_both_values() -> None:
    # Twilio sorts the values of one name: Media=a, Media=b.
    twice = [("Media", "b"), ("Media", "a")]
    signature = RequestValidator("token").compute_signature(HOOK + "Media" + "aMediab", {})
    assert signature_is_valid(HOOK, twice, str(signature), ["token"])


def test_every_code_says_in_a_sentence_what_to_do() -> None:
    for code, known in CODES.items():
        assert code.isdigit()
        assert len(code) == 5
        assert known.sentence.endswith(".")
