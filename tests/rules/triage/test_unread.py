"""What no rule has read reaches a person, also beside thanks, soreness and faint praise."""

from followup.rules.triage import triage
from followup.rules.triage.judging import ALERTING
from followup.terms import Label


def assert_all_are(label: Label, *texts: str) -> None:
    assert {text: triage(text).label for text in texts} == dict.fromkeys(texts, label)


def test_an_unknown_word_beside_soreness_is_for_a_person() -> None:
    assert_all_are(
        Label.UNCLEAR, "sore and zorbly around the knee", "a bit sore with a glorping feeling", "adolorido y zarpullado"
    )
    assert_all_are(Label.EXPECTED, "a bit sore around the knee", "sore like after the gym", "adolorido nada mas")


def test_where_it_is_sore_is_no_worry() -> None:
    assert_all_are(Label.EXPECTED, "b, mainly my calf", "Sore. Mostly neck and shoulders")


def test_faint_praise_with_a_word_of_danger_is_for_a_person() -> None:
    assert_all_are(Label.UNCLEAR, "I've felt better", "the tv is gone to black", "nobody was any better")
    assert_all_are(Label.THANKS, "much better", "all gone, thanks", "feeling better every day")


def test_a_no_turns_faint_praise_round() -> None:
    assert triage("mi esposo no contesta bien").label in ALERTING
    assert triage("it isn't any better").label in ALERTING
    assert_all_are(Label.THANKS, "no pain, feeling good", "no complaints, all fine")


def test_a_clause_about_me_in_unknown_words_is_for_a_person() -> None:
    assert_all_are(Label.UNCLEAR, "no pain, but I do go glorpy on the stairs", "thanks! it popped")
    assert_all_are(Label.THANKS, "thanks, I walked the dog", "ok got it")


def test_breath_alarms_by_being_named_unless_it_is_plainly_well() -> None:
    assert_all_are(
        Label.EMERGENCY,
        "my breathing is peculiar",
        "not breathing",
        "no puedo respirar bien",
        "breathing ok if I sit still",
    )
    assert_all_are(Label.THANKS, "breathing fine", "I can breathe normally", "ya respiro bien")
    assert_all_are(Label.UNCLEAR, "breathing better now, thanks", "ya respiro un poco mejor")


def test_a_stranger_tells_nothing_of_a_patient() -> None:
    assert_all_are(Label.STOP, "this isn't Sam, wrong number", "who is this? I think you have the wrong number")


def test_what_hurts_only_in_a_posture_is_not_feared_but_there() -> None:
    assert triage("fine, but if I walk to the door my leg goes all strange").label in ALERTING
    assert_all_are(Label.QUESTION, "what should I do if I get a fever?")


def test_what_follows_a_turn_unread_is_for_a_person() -> None:
    assert_all_are(Label.UNCLEAR, "all good besides glorping at night", "sore but zorbly in the mornings")
    assert_all_are(Label.EXPECTED, "sore but easing", "achy but that's all")


def test_a_question_or_booking_hides_no_ominous_word() -> None:
    assert triage("is it ok that it drips all night").label in ALERTING
    assert triage("book me in please, thumb has stopped cooperating").label in ALERTING
    assert_all_are(Label.BOOKING, "could you squeeze me in before the weekend?", "can't make it on Monday")
    assert_all_are(Label.QUESTION, "Can I exercise today?", "who do I call if my leg goes numb later")
