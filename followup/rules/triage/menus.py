"""Answers to our own menus by themselves: the check-in's A to D. STILL and GONE are phrases of the lexicon."""

from collections.abc import Iterator

from followup.rules.triage.data import word_list
from followup.rules.triage.passage import Passage
from followup.rules.triage.tokens import PAUSES
from followup.terms import Label

CHECK_IN = {"a": Label.THANKS, "b": Label.EXPECTED, "c": Label.NERVE, "d": Label.URGENT}

_JOINTS = frozenset(
    {"and", "or", "y", "o", "maybe", "both", "also", "plus", "option", "opcion", "letter", "answer", "reply"}
)
_LEADS = frozenset(
    {"option", "opcion", "letter", "letra", "answer", "respuesta", "reply", "its", "say", "choose", "pick", "number"}
)
_SMALL_TALK = word_list("small-talk")
# "C in my left hand" is an answer, "C you" and "B there soon" are not.
_GOES_ON = frozenset(
    (
        *(
            "please",
            "in",
            "my",
            "left",
            "right",
            "both",
            "for",
            "since",
            "is",
            "pls",
            "thanks",
            "en",
            "el",
            "la",
            "por",
        ),
        *(
            "and",
            "y",
            "with",
            "con",
            "plus",
            "also",
            "mostly",
            "mainly",
            "only",
            "just",
            "still",
            "again",
            "but",
            "pero",
        ),
        *("especially", "mas", "solo", "un", "una", "todavia", "kinda", "really", "definitely", "today", "hoy"),
    )
)


def answers(passage: Passage) -> Iterator[tuple[Label, int, int]]:
    """Each letter that is an answer, with its token from and to."""
    words = passage.words
    letters = [place for place, word in enumerate(words) if word in CHECK_IN]
    alone = all(
        word in CHECK_IN or word in PAUSES or word in _JOINTS | _LEADS or word in _SMALL_TALK for word in words
    ) and not ("a" in words and "i" in words)
    for place in letters:
        if alone or _is_answer(words, place):
            yield CHECK_IN[words[place]], place, place + 1


def _is_answer(words: list[str], place: int) -> bool:
    word, before, after = words[place], words[place - 1], words[place + 1]
    begins = all(
        other in PAUSES or other in ("hi", "hello", "hola", "sorry", "ok", "but", "pero") for other in words[:place]
    )
    if before in _LEADS and word != "a":
        return after in PAUSES
    if not begins:
        return False
    return after in PAUSES or (word != "a" and after in _GOES_ON)
