import pytest

from followup.rules.keywords import Keyword, read


@pytest.mark.parametrize(
    "text",
    [
        *("STOP", "stop", " Stop. ", "STOP!!!", "Stop\n", "“STOP”", "stop 🛑", "STOP ALL", "stopall", "Unsubscribe"),
        *("cancel", "END", "quit", "revoke", "opt out", "OPT-OUT", "ARRÊT", "arrete", "Alto", "baja", "parar"),
        "\N{FULLWIDTH LATIN CAPITAL LETTER S}top",
    ],
)
def test_these_words_stop_when_they_are_all_the_text_says(text: str) -> None:
    assert read(text) is Keyword.STOP


@pytest.mark.parametrize("text", ["START", "start.", "Unstop"])
def test_these_words_start_again(text: str) -> None:
    assert read(text) is Keyword.START


@pytest.mark.parametrize("text", ["HELP", "help!", "Info", "ayuda", "¡Ayuda!"])
def test_these_words_ask_who_we_are(text: str) -> None:
    assert read(text) is Keyword.HELP


@pytest.mark.parametrize(
    "text",
    [
        *("", "…", "7", "please stop", "stop it hurts", "stopped tingling", "it won't stop", "nonstop", "the end"),
        *("can I cancel my visit?", "start tomorrow?", "yes", "help me", "no info"),
    ],
)
def test_what_says_more_or_something_else_is_for_a_person(text: str) -> None:
    assert read(text) is None
