import re

import pytest

from followup.rules.triage.lexicon import lexicon
from followup.rules.triage.passage import read
from followup.rules.triage.phrases import Phrasebook, PhraseError
from followup.rules.triage.signs import apart, signs
from followup.rules.triage.spelling import Speller
from followup.terms import Label


def found(phrase: str, text: str) -> list[str]:
    book = Phrasebook()
    book.add_group("limb", ["arm", "left arm"])
    made = signs(book, {"kind": {"sign": [phrase]}})
    passage = read(text, Speller({}, known=text.split(), targets=()))
    return [
        " ".join(token.word for token in passage.tokens[slice(*span)]) for _, span in apart(made.find(passage)["kind"])
    ]


@pytest.mark.parametrize(
    ("phrase", "text", "finds"),
    [
        ("numb", "numb number", ["numb"]),
        ("{limb} * numb", "my left arm is so numb", ["left arm is so numb"]),
        ("arm * numb", "arm. numb", []),
        ("arm * numb", "arm one two three four five numb", []),
        ("(so|very much)? numb", "very much numb", ["very much numb"]),
        ("(so)* numb", "so so so numb", ["so so so numb"]),
        ("# days", "3 days", ["3 days"]),
        ("^still$", "well, still, sore", ["still"]),
        ("^^still$$", "well, still", []),
        ("^^still$$", "Still!", ["still"]),
        ("gone !(numb)", "gone numb, gone now", ["gone"]),
    ],
)
def test_a_phrase_finds_what_it_says(phrase: str, text: str, finds: list[str]) -> None:
    assert found(phrase, text) == finds


@pytest.mark.parametrize("phrase", ["numb)", "(numb", "{nothing}", "* numb", "numb?", "? numb", "numb!"])
def test_a_phrase_that_can_not_be_read_is_named(phrase: str) -> None:
    with pytest.raises(PhraseError, match=re.escape(repr(phrase))):
        Phrasebook().read(phrase)


def test_the_packaged_words_are_plain_as_a_normalised_reply_is() -> None:
    speller = lexicon().speller
    odd = [word for word in speller.targets if re.search(r"[^a-z0-9./&-]", word)]
    assert not odd


def test_every_rule_of_signs_together_names_signs_that_there_are() -> None:
    words = lexicon()
    entries = [entry for listed in words.signs.by_first.values() for entry in listed]
    known = {name for kind, name, _ in entries if kind == "cues"} | set(Label) | {"over-48h", "over-72h"}
    assert not [sign for rule in words.together for sign in rule.signs - known]
