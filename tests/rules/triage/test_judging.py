import pytest

from followup.rules.triage import Reading
from followup.rules.triage.judging import Expectation, Verdict, rule_of_three
from followup.terms import Label


def verdict(*pairs: tuple[Expectation, tuple[Label, ...]]) -> Verdict:
    made = Verdict()
    for expected, labels in pairs:
        made.add("text", expected, Reading(labels, ()))
    return made


def test_a_note_says_what_else_is_right_and_what_must_be_found_too() -> None:
    expected = Expectation.parse("nerve", "in passing [ok:urgent] [also:stop] [also:expected-reaction]")
    assert expected == Expectation(Label.NERVE, frozenset({Label.URGENT}), frozenset({Label.STOP, Label.EXPECTED}))


@pytest.mark.parametrize(("label", "note"), [("numb", ""), ("nerve", "[ok:numb]")])
def test_a_label_that_there_is_not_is_refused(label: str, note: str) -> None:
    with pytest.raises(ValueError, match="numb"):
        Expectation.parse(label, note)


def test_a_worry_that_reaches_nobody_is_missed_and_one_that_a_person_reads_is_not() -> None:
    worry = Expectation(Label.NERVE)
    assert verdict((worry, (Label.THANKS,)), (worry, (Label.STOP,))).missed == ["text", "text"]
    assert not verdict((worry, (Label.UNCLEAR,)), (worry, (Label.EMERGENCY,))).missed


def test_a_false_alarm_is_a_worry_where_there_is_none() -> None:
    sore = Expectation(Label.EXPECTED)
    made = verdict((sore, (Label.NERVE,)), (sore, (Label.UNCLEAR,)), (Expectation(Label.UNCLEAR), (Label.NERVE,)))
    assert (made.over_triage.hits, made.over_triage.of) == (1, 2)


def test_opt_outs_count_both_ways() -> None:
    both = Expectation(Label.NERVE, also=frozenset({Label.STOP}))
    made = verdict(
        (both, (Label.NERVE,)), (Expectation(Label.THANKS), (Label.STOP,)), (Expectation(Label.STOP), (Label.STOP,))
    )
    assert (made.opt_out_recall.hits, made.opt_out_recall.of) == (1, 2)
    assert (made.opt_out_precision.hits, made.opt_out_precision.of) == (1, 2)
    assert (made.also_found.hits, made.also_found.of) == (0, 1)


def test_none_of_a_hundred_may_still_be_three_in_a_hundred() -> None:
    assert rule_of_three(100) == "none of 100: the true rate may still be up to 3.0 %"
    assert rule_of_three(2).endswith("100.0 %")


def test_the_summary_names_each_miss_and_never_says_that_all_is_safe() -> None:
    lines = "\n".join(verdict((Expectation(Label.NERVE), (Label.THANKS,))).lines())
    assert "missed, and nobody would be told: 'text'" in lines
    assert "recall, nerve: 0 of 1 (0.0 %)" in lines
    assert "safe" not in lines
