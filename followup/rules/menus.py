"""Answers by letter (the check-in) and by STILL or GONE, in English and Spanish, from a folded text."""

import re
from collections.abc import Sequence

from followup.rules.answers import CheckIn, Chosen, NoAnswer, StillOrGone, Unreadable
from followup.rules.folding import tokens, vocabulary

_LETTERS = {letter.value.casefold(): letter for letter in CheckIn}
_LEADS = vocabulary("""
    hi hello hey ok okay yes so i im id am say choose pick would going with my its it is the option answer letter reply
    both mostly mainly probably maybe definitely just more like feel feeling today
    hola si es la el opcion respuesta letra hoy
""")
_JOINS = vocabulary("and or but because y o e pero porque")
_BESIDE = _JOINS.union(_LETTERS)  # an answer may begin after them and end before them
_FINE = vocabulary("fine ok okay good great well bien")
# "a" is a word of both languages, so hardly anything may follow it: "a fine tremor", "a mi me duele".
_AFTER_A = vocabulary("thanks thank ty please gracias im i")
_AFTER_OTHERS = _AFTER_A | vocabulary("""
    my ive its still today some a bit slight slightly little sore bruised tingling numb numbness weak weakness call
    me mi tengo siento algo un poco dolor moretones hormigueo adormecimiento debilidad que llamen llamame llamenme por hoy
""")


def read_letters(folded: str) -> Chosen | Unreadable | NoAnswer:
    """Every letter that stands by itself where an answer stands; a letter amid prose is no choice."""
    found = tokens(folded)
    letters = [at for at, word in enumerate(found) if word in _LETTERS and not _is_article(found, at)]
    clear = {at for at in letters if _opens(found, at) and _ends(found, at)}
    amid = [at for at in letters if at not in clear and found[at] != "a"]
    if clear and not amid:
        return Chosen(frozenset(_LETTERS[found[at]] for at in clear))
    words = [word for word in found if word.isalnum()]
    is_another_sign = len(words) == 1 and (len(words[0]) == 1 or words[0].isdecimal())
    is_like_an_answer = clear or is_another_sign or any(_opens(found, at) for at in amid)
    return Unreadable() if is_like_an_answer else NoAnswer()


def _is_article(found: Sequence[str], at: int) -> bool:
    """Whether this "a" belongs to the letter after it, as in "it's a C"."""
    if found[at] != "a" or at == 0 or found[at + 1 : at + 2] == [] or found[at + 1] not in _LETTERS:
        return False
    return found[at - 1].isalnum() and found[at - 1] not in _BESIDE


def _opens(found: Sequence[str], at: int) -> bool:
    """Whether only words that lead to an answer stand between it and the start of its clause, or another letter."""
    for place in range(at - 1, -1, -1):
        word = found[place]
        if _is_article(found, place):
            continue
        if not word.isalnum() or word in _BESIDE:
            return True
        if word not in _LEADS:
            return False
    return True


def _ends(found: Sequence[str], at: int) -> bool:
    following = found[at + 1 : at + 3]
    if not following or not following[0].isalnum() or following[0] in _BESIDE:
        return True
    if found[at] != "a":
        return following[0] in _AFTER_OTHERS
    return following[0] in _AFTER_A or (following[0] in _FINE and not (following[1:] and following[1].isalnum()))


_STAYING = r"(?:still|sigue|siguen|sigo)"
_STAYS = re.compile(rf"\b{_STAYING}\b|^(?:yes|yeah|yep|si)$")
_NOT_GONE = re.compile(
    r"\b(?:not|isnt|hasnt|havent|arent|aint|wasnt|never|almost|nearly|mostly|half|partly|wont be)"
    r"(?: (?:all|quite|completely|fully|totally|entirely|really|yet|been))* gone\b"
)
_UNSURE = re.compile(
    rf"\b{_STAYING} (?:no|not|nothing|none|fine|ok|okay|good|great|well|nada|sin|bien)\b"
    rf"|\b(?:no|not|isnt|arent|nothing|dont|doesnt|never|nada) {_STAYING}\b"
    r"|^(?:no|nope|none)$"
)
_NAMES_GONE = re.compile(r"\b(?:gone|nada)\b")
_SYMPTOMS = "tingling|numbness|weakness|hormigueo|adormecimiento|debilidad"
_GONE = re.compile(
    r"(?:no [.,!] |no (?=nada\b|its\b|it is\b))?"
    rf"(?:(?:yes|ya|its|it|is|has|have|are|all|completely|totally|now|the|my|and|{_SYMPTOMS}|[.,!]) )*"
    r"(?:gone|nada(?: de nada| de (?:hormigueo|adormecimiento|debilidad)"
    r"(?: (?:, )?(?:o|ni|de|hormigueo|adormecimiento|debilidad))*)?)"
    r"(?: (?:away|now|today|completely|totally|ya|hoy|im|i|am|feel|feeling|so|much|better|all|fine|ok|okay|good|great|well"
    r"|and|happy|thanks|thank|ty|you|gracias|y|estoy|me|siento|bien|mejor|[.,!]))*"
)


def read_still_or_gone(folded: str) -> StillOrGone | Unreadable | NoAnswer:
    """STILL, SIGUE and "not gone", or GONE and NADA; gone only if nothing else is said, for "gone numb" is not gone."""
    text = " ".join(token for token in tokens(folded) if token.isalnum() or token in {".", ",", "!", "?"}).strip(".,! ")
    rest, not_gone = _NOT_GONE.subn("", text)
    stays = bool(not_gone or _STAYS.search(rest))
    if _UNSURE.search(rest) or (stays and _NAMES_GONE.search(rest)):
        return Unreadable()
    if stays:
        return StillOrGone.STILL
    if _GONE.fullmatch(text):  # "gone?" does not match: it asks
        return StillOrGone.GONE
    return Unreadable() if _NAMES_GONE.search(text) else NoAnswer()
