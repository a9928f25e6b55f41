"""The one number that a folded text answers with, if it is plain which one that is.

A wrong score is worse than one more question. So a number counts only where an answer stands: at the start of a clause,
or after words that lead to a score, and before nothing that makes it a count of something. Source: clinical.md §3
note 3, §4.4.
"""

import re
from collections.abc import Sequence

from followup.rules.answers import NoAnswer, Unreadable
from followup.rules.folding import tokens, vocabulary

_WORDS = {
    word: str(value)
    for value, names in enumerate(
        [
            *("zero cero", "", "two dos", "three tres", "four cuatro", "five cinco"),
            *("six seis", "seven siete", "eight ocho", "nine nueve", "ten diez"),
        ]
    )
    for word in names.split()
}
_ONE = frozenset({"one", "uno"})  # a number only where an answer stands: "no one called", "uno se cansa"
_NUMBER_WORD = re.compile(rf"\b(?:{'|'.join(_WORDS)})\b")

_PHRASES = {
    "mas o menos": "about",
    "i think": "about",
    "creo que": "about",
    "tal vez": "about",
    "on average": "overall",
    "en promedio": "overall",
    "right now": "now",
    "or so": "about",
    "de dolor": "dolor",
}
_PHRASE = re.compile(rf"\b(?:{'|'.join(_PHRASES)})\b")
_ISH = re.compile(r"(?<=\d) ?ish\b")
_AFTER_NAME = re.compile(r"\b(pain|dolor|score|level|nivel|hi|hello|hola) ?-? ?(?=\d)")

_UNIT = (
    r"(?:seconds?|minutes?|mins?|hours?|hrs?|days?|nights?|weeks?|wks?|months?|years?|yrs?|times?|oclock|degrees?|mg"
    r"|miles?|[ap]\.?m|segundos?|minutos?|horas?|dias?|noches?|semanas?|mes(?:es)?|anos?|vez|veces|grados?)\b"
)
_NOT_A_SCORE = re.compile(
    "|".join(
        [
            r"</?3+(?!\d)",  # a heart
            r"\+?\d(?:[ ().-]{0,2}\d){6,}",  # a phone number
            r"\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}",  # a date
            r"\b(?!(?:10|\d)/(?:10|\d)\b)\d{1,2}/\d{1,2}\b",  # 12/03; but 7/8 may be a range or another scale
            r"\d{1,2}:\d\d",
            r"[$€£] ?\d[\d.,]*",
            r"\d+(?:[.,]\d+)? ?[%°€£]",
            rf"\b(?:\d+|one|un[oa]?)(?: ?(?:-|to|or|and|o|a|y) ?\d+)?(?: (?:more|full|a|per|mas|al|por))? {_UNIT}",
            r"\b(?:day|week|dia|semana) \d+",
            r"\b[^\W\d_]+\d\w*",  # L5
            r"\d+[^\W\d_]\w*",  # 3pm
            r"\d{3,}(?:[.,]\d+)?",
            r"\b(?:1[1-9]|[2-9]\d)[.,]\d+",  # a temperature
        ]
    )
)
_SPOILT = re.compile(r"[-+<>/\u2044] ?\d|\d ?[+/]|\d[.,]\d|\b0\d|\d (?:and a |y )?(?:half|medi[oa])\b")

_LEADS = vocabulary("""
    hi hello hey ok okay sorry well yes i im id ive say give meant rate it its is was like my a an at of to down dropped back
    about around approximately roughly maybe probably still just only overall average avg today now currently
    pain level score number answer
    hola pues ya me duele un es era fue esta estoy tengo seria diria doy le como unos quiza quizas mi de en
    todavia sigue hoy ahora dolor nivel numero
""")
_ANCHORS = vocabulary("pain level score number answer say rate now dolor nivel numero diria ahora")
_PREPOSITIONS = vocabulary("of at to de en")  # "at 3" by itself is a time
_LINKS = frozenset(":=~")
_JOINS = vocabulary("but and so though pero y aunque")  # a clause begins after them
_FOLLOWERS = _JOINS | vocabulary("""
    although because cause cuz with thanks thank thx ty please today now currently overall average
    points pain hurts cant again much better worse worst same a very really pretty still down no not only just maybe probably about
    my i im its it the feeling feel
    puntos porque con gracias hoy ahora dolor mucho mejor peor igual un poco bastante todavia sigo sigue siento tengo sin mi me
""")

_NOW = vocabulary("now ahora")
_PAST = vocabulary("was era fue")
_RISING = vocabulary("went gone up increased jumped subio paso")
_ORIGIN = vocabulary("from de")
_TO = re.compile(r"(?:down )?to(?: an?)?|a(?: un)?")


def read_number(folded: str, *, high: int) -> int | Unreadable | NoAnswer:
    """The number that is the answer on a scale that ends at `high`; it may lie outside the scale."""
    text = _marked(folded, high)
    found = tokens(text)
    numbers = [at for at, token in enumerate(found) if token.isdecimal() or (token in _ONE and _stands(found, at))]
    if not numbers:
        return NoAnswer()
    if "#" in found or _SPOILT.search(text):
        return Unreadable()
    last = numbers[-1]
    plain = _stands(found, last) if len(numbers) == 1 else len(numbers) == 2 and _is_now(found, *numbers)
    return _value(found[last]) if plain else Unreadable()


def _marked(folded: str, high: int) -> str:
    """Words as digits, "7 out of 10" as 7, and "#" for each number that is no score whatever the question."""
    text = _NUMBER_WORD.sub(lambda word: _WORDS[word[0]], folded)
    text = _PHRASE.sub(lambda phrase: _PHRASES[phrase[0]], text)
    text = _AFTER_NAME.sub(r"\1 ", _ISH.sub("", text))
    text = _NOT_A_SCORE.sub(" # ", text)
    return re.sub(rf"\b(\d+|one|uno) ?(?:/|out(?: of)?|of|de|sobre) ?{high}\b(?!/)", r"\1", text)


def _value(token: str) -> int:
    return 1 if token in _ONE else int(token)


def _stands(found: Sequence[str], at: int) -> bool:
    """Whether an answer stands there: what leads to it is known, and what follows does not make it a count."""
    words, opens = _lead(found, at, _LEADS)
    leads = not _ANCHORS.isdisjoint(words) or (opens and not (words and words[-1] in _PREPOSITIONS))
    return leads and _ends(found, at)


def _ends(found: Sequence[str], at: int) -> bool:
    return all(not token.isalnum() or token in _FOLLOWERS for token in found[at + 1 : at + 2])


def _lead(found: Sequence[str], at: int, leads: frozenset[str]) -> tuple[list[str], bool]:
    """The words of `leads` right before a token, nearest first, and whether they open the clause."""
    words: list[str] = []
    for place in range(at - 1, -1, -1):
        token = found[place]
        if token in _JOINS or not (token.isalnum() or token in _LINKS):
            break
        if token.isalnum() and token not in leads:
            return words, False
        words += [token] if token.isalnum() else []
    return words, True


def _is_now(found: Sequence[str], first: int, last: int) -> bool:
    """Whether two numbers are one change, as "8 to a 3" or "was 8 now 3", so that the last is how it is now."""
    if not _ends(found, last):
        return False
    between = found[first + 1 : last]
    if between == ["→"]:
        return True
    words, _ = _lead(found, last, _LEADS)
    if not _NOW.isdisjoint([*words, *found[last + 1 : last + 2]]):
        return _PAST.isdisjoint(words) and _stands(found, last)
    if not _TO.fullmatch(" ".join(between)):
        return False
    words, opens = _lead(found, first, _LEADS | _ORIGIN | _RISING | {"bajo"})
    # "5 to 6" is a range; a range is named upwards.
    falls = _value(found[last]) < _value(found[first])
    return (opens or not _ORIGIN.isdisjoint(words)) and (falls or not _RISING.isdisjoint(words))
