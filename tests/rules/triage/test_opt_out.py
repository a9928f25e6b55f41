import pytest

from followup.rules.triage import triage
from followup.terms import Label


@pytest.mark.parametrize(
    "text",
    [
        *("STOP", "stop!!", "Please stop", "sotp", "unsubscribe", "END", "quit", "ALTO", "baja", "Stop."),
        *("don't text me any more", "take me off your list", "no more texts pls", "remove my number", "leave me alone"),
        *("wrong number", "quit texting me", "I don't want these messages", "how do I stop these texts?", "opt me out"),
        *("you have to stop texting me", "why don't you stop texting me", "please do not contact me again"),
        *("no me manden más mensajes", "bórrenme", "número equivocado", "dejen de escribirme", "ya no quiero mensajes"),
    ],
)
def test_an_opt_out_in_any_words_is_one_and_nothing_else(text: str) -> None:
    reading = triage(text)
    assert reading.opts_out
    assert reading.label is Label.STOP


@pytest.mark.parametrize(
    "text",
    [
        *("when will the tingling stop?", "it won't stop bleeding", "make it stop", "cancel my appointment", "stop by"),
        *("end of the week is fine", "should I stop exercising", "I quit smoking", "can I stop taking ibuprofen?"),
        *("please don't stop the texts, they help", "I had to stop texting because my thumb is numb", "the end"),
        *("don't text me at night, I work", "take me off the schedule for Friday", "I haven't been to the gym"),
        *("this isn't that bad", "can I remove the bandage", "get me out of pain", "the bruises don't bother me"),
        *("cancelar mi cita", "no para de sangrar", "me duele la espalda baja", "no me llegó el mensaje"),
        *("when will my hip stop bothering me", "this pain will not leave me alone", "take me off the waitlist"),
    ],
)
def test_what_only_says_stop_end_or_cancel_is_no_opt_out(text: str) -> None:
    assert not triage(text).opts_out


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("stop, and my leg is still numb", Label.NERVE),
        ("Please stop my foot is still numb", Label.NERVE),
        ("STOP texting me I can't breathe", Label.EMERGENCY),
        ("unsubscribe. the spot is oozing pus", Label.INFECTION),
    ],
)
def test_an_opt_out_with_a_worry_is_both(text: str, label: Label) -> None:
    reading = triage(text)
    assert reading.label is label
    assert reading.opts_out
