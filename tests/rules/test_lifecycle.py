from itertools import permutations

import pytest
from hypothesis import given, strategies as st

from followup.rules import lifecycle
from followup.rules.lifecycle import after_receipt
from followup.terms import ReceiptKind, Status

TAKEN, DELIVERED, UNDELIVERED, FAILED = ReceiptKind
STATUSES, KINDS = st.sampled_from(Status), st.sampled_from(ReceiptKind)


def after_all(status: Status, kinds: list[ReceiptKind]) -> Status:
    for kind in kinds:
        status = after_receipt(status, kind)
    return status


@given(STATUSES, st.lists(KINDS), st.randoms())
def test_receipts_in_any_order_and_as_often_as_they_like_end_the_same(
    status: Status, kinds: list[ReceiptKind], random: st.DataObject
) -> None:
    again = [*kinds, *kinds]
    random.shuffle(again)  # type: ignore[attr-defined]  # Hypothesis hands in its own Random
    assert after_all(status, again) == after_all(status, kinds)


@given(STATUSES, st.lists(KINDS), KINDS)
def test_no_receipt_undoes_what_others_said(status: Status, kinds: list[ReceiptKind], one: ReceiptKind) -> None:
    before = after_all(status, kinds)
    after = after_receipt(before, one)
    assert after_all(after, kinds) == after
    assert after_receipt(after, one) == after


def test_whatever_else_a_carrier_said_a_delivered_message_was_delivered() -> None:
    for order in permutations(ReceiptKind):
        assert after_all(Status.SENDING, list(order)) is Status.DELIVERED


@pytest.mark.parametrize("status", [Status.SCHEDULED, Status.SKIPPED, Status.CANCELLED, *sorted(lifecycle.OPEN)])
def test_a_receipt_shows_that_a_message_went_whatever_we_thought(status: Status) -> None:
    assert after_receipt(status, TAKEN) is Status.SENT


def test_the_carriers_no_stands_against_a_late_word_that_it_was_taken() -> None:
    assert after_all(Status.SENDING, [UNDELIVERED, TAKEN]) is Status.UNDELIVERED
    assert after_all(Status.SENDING, [FAILED, TAKEN]) is Status.FAILED


def test_what_may_have_gone_counts_as_gone() -> None:
    assert lifecycle.OPEN < lifecycle.GONE
    assert not lifecycle.GONE & {Status.SCHEDULED, Status.SKIPPED, Status.CANCELLED, Status.FAILED}
