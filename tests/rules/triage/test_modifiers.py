"""What the rest of a clause makes of a symptom, as sentences that patients write."""

import pytest

from followup.rules.triage import triage
from followup.terms import Label


def labels(*texts: str) -> dict[str, Label]:
    return {text: triage(text).label for text in texts}


def assert_all_are(label: Label, *texts: str) -> None:
    found = labels(*texts)
    assert found == dict.fromkeys(texts, label)


def test_a_plain_no_denies_a_symptom_and_the_list_behind_it() -> None:
    assert_all_are(
        Label.THANKS,
        "no numbness",
        "No tingling or weakness",
        "no fever, chills or pus",
        "I don't have any numbness",
        "not numb",
        "numbness: none",
        "tingling - no",
        "no tengo hormigueo",
        "sin fiebre ni hormigueo",
        "no chest pain",
    )


def test_a_no_that_denies_nothing_leaves_the_symptom_present() -> None:
    assert_all_are(
        Label.NERVE,
        "can't feel my foot",
        "the tingling isn't gone",
        "numbness no better",
        "not sure if it's numb",
        "not only sore but numb",
        "no idea why my toes are numb",
        "not that numb",
        "I've never had tingling like this before",
        "no sleep and numb toes",
        "no se me quita el hormigueo",
        "no siento el pie",
    )


def test_a_no_does_not_cross_but() -> None:
    assert_all_are(Label.NERVE, "no pain but numb", "not sore tho my hand tingles", "no me duele pero tengo hormigueo")
    assert_all_are(Label.EMERGENCY, "no numbness but I can't breathe", "no tengo fiebre, pero me duele el pecho")


def test_not_this_just_that_denies_this_alone() -> None:
    assert_all_are(Label.NERVE, "not painful just numb")
    assert_all_are(Label.EXPECTED, "not numb just sore")


def test_what_is_gone_is_an_expected_reaction() -> None:
    assert_all_are(
        Label.EXPECTED,
        "had tingling last night but it's gone now",
        "My hand was numb. Back to normal now",
        "the numbness went away after an hour",
        "ya se me quitó el hormigueo",
    )


def test_what_came_back_or_is_not_all_gone_is_present() -> None:
    assert_all_are(
        Label.NERVE,
        "tingling went away but it came back",
        "the tingling comes and goes",
        "mostly gone, a little numb",
        "numbness has not gone away",
        "tingling gone in the arm but my thumb is numb",
        "se me quitó el hormigueo pero volvió",
    )


def test_gone_is_about_what_it_is_said_of() -> None:
    assert_all_are(Label.NERVE, "my foot is numb but the soreness is gone")


def test_what_was_felt_in_the_session_alone_is_an_expected_reaction() -> None:
    assert_all_are(Label.EXPECTED, "it tingled when the needle went in", "my leg tingled during the session")
    assert_all_are(
        Label.NERVE, "it tingled when the needle went in and still does", "tingling since you put the needle in"
    )


def test_what_is_only_feared_is_a_question() -> None:
    assert_all_are(
        Label.QUESTION, "what if I get tingling?", "should I call if I notice numbness?", "qué hago si me da fiebre"
    )
    assert_all_are(Label.NERVE, "I don't know if the numbness is normal", "it feels as if my foot is asleep")


def test_what_another_person_has_is_not_the_patients() -> None:
    assert_all_are(Label.QUESTION, "my mum has tingling in her feet, do you treat that?")
    assert_all_are(Label.NERVE, "my wife says my foot is numb")


def test_words_that_play_it_down_lower_nothing() -> None:
    assert_all_are(
        Label.NERVE, "just a bit of tingling, prob nothing lol", "only slightly numb", "un poquito de hormigueo"
    )
    assert_all_are(Label.EMERGENCY, "kinda short of breath, no big deal")


@pytest.mark.parametrize(
    "text",
    [
        "had chest pain but it's gone now",
        "what if my chest pain gets worse?",
        "my husband has chest pain",
        "chest pain when you put the needle in",
        "not sure if it's chest pain",
    ],
)
def test_nothing_but_a_plain_no_lowers_an_emergency(text: str) -> None:
    assert triage(text).label is Label.EMERGENCY


def test_idioms_are_no_symptoms() -> None:
    assert_all_are(
        Label.THANKS,
        "you took my breath away, great session",
        "10/10 would recommend",
        "heart attack when I saw the bill lol, feeling good",
    )


def test_misspelt_words_are_read_and_everyday_words_are_not_mended() -> None:
    assert_all_are(Label.NERVE, "tignling in my hand", "numbbbb", "numness", "hormigeo en el pie")
    assert_all_are(Label.EMERGENCY, "shortnes of breth", "CHEAST PAIN")
    assert_all_are(Label.UNCLEAR, "my dumb thumb", "a week of chess")


def test_signs_that_mean_more_together_raise_the_reply() -> None:
    assert_all_are(
        Label.URGENT, "the numbness is spreading up my arm", "bruise on my leg and I take warfarin", "sore for 5 days"
    )
    assert_all_are(Label.EMERGENCY, "fever and shaking", "fever and very confused")


def test_a_friendly_text_does_not_hide_what_it_says_in_passing() -> None:
    reading = triage("Thank you so much, slept like a baby! Shoulder is great. My pinky is a bit tingly though 😊")
    assert reading.label is Label.NERVE
    assert Label.THANKS in reading.labels


def test_what_no_rule_explains_goes_to_a_person() -> None:
    assert_all_are(
        Label.UNCLEAR,
        *("", " ", "?", "…", "asdfgh", "🤕", "my hand feels weird", "thank you my hand feels like a balloon"),
        *("ok danke mein arm ist taub", "mon bras est engourdi", "not great", "yes"),
    )


def test_being_fine_besides_is_not_being_over_it() -> None:
    assert_all_are(
        Label.NERVE,
        *("my thumb is numb but I'm fine", "slept great, foot numb, all good", "numb hand. weather is good now"),
        *("toe is numb. Thanks, feeling better now", "my foot goes numb for a few minutes every hour"),
        *("no issues other than a numb toe", "no complaints except tingling", "nothing but numb toes"),
    )


def test_a_question_about_what_is_there_is_no_mere_fear() -> None:
    assert_all_are(Label.NERVE, "is it bad if my foot is numb?", "if my foot keeps tingling should I come in?")
    assert_all_are(Label.INFECTION, "how do I know if this redness is infected?")
