"""Cuts a reply into plain words and pauses, each with its place in the raw text."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

HARD, ASK, SOFT = "|", "?", ","
PAUSES = frozenset({HARD, ASK, SOFT})

# Marks that join: accents, apostrophes of all kinds, soft hyphens, zero-width and direction marks, emoji variants.
_JOINERS = "\u0300-\u036f'\u2018\u2019\u02bc\u00b4`\u00ad\u200b-\u200f\u2060-\u2064\u202a-\u202e\ufeff\ufe0e\ufe0f"
_TOKEN = re.compile(
    rf"""
    (?P<phone> \+? \d (?:[ .()-]{{0,2}}\d){{6,14}} (?!\d) )
    | (?P<short> (?<!\w) (?:w/o|w/|a&e|p&n|n/a|2day|2nite|2moro|2morrow|2mrw|4get) (?!\w) )
    | (?P<number> (?:(?<![\w)])[-\u2212\u2013](?=\d))? \d+ (?: \s?[/:.,\u2013-]\s? \d+ | / \d+ )* )
    | (?P<word> [^\W\d_] [^\W_{_JOINERS}]* (?: [{_JOINERS}]+ [^\W_]+ )* )
    | (?P<and> [&+] )
    | (?P<heart> <3 | [:;]-?[)D] )
    | (?P<sad> [:;]'?-?[(/|] )
    | (?P<ask> \?[?!.]* )
    | (?P<hard> [.!;\n\r\u2026\u3002]+ )
    | (?P<soft> [,:()\[\]\u2014\u2013\u00bf\u00a1"\u201c\u201d] | (?<=\s)-+(?=\s) | (?<=\w)-+\s )
    | (?P<symbol> [\u2190-\u2bff\U0001f000-\U0001faff] )
    | (?P<percent> % )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_PAUSE_OF = {"ask": ASK, "hard": HARD, "soft": SOFT}
_FIXED = {"and": "and", "heart": "okemoji", "sad": "sademoji", "phone": "phonenumber", "percent": "percent"}
_IS = re.compile("(.+)['\u2019]s", re.IGNORECASE)
_WILL = re.compile("(.+)['\u2019]ll", re.IGNORECASE)
_PRONOUNS = frozenset({"it", "that", "what", "there", "he", "she", "let", "who", "where", "how", "here", "when"})
_NOT_LETTERS = re.compile(f"[{_JOINERS}]")


@dataclass(frozen=True, slots=True)
class Token:
    """A plain word or a pause; `start` and `end` are offsets in the raw text."""

    word: str
    start: int
    end: int


def cut(text: str) -> Iterator[Token]:
    """Every word, number, emoji and pause, in order; all else is left out."""
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup or ""
        start, end = found.span()
        if kind in _PAUSE_OF:
            yield Token(_PAUSE_OF[kind], start, end)
        elif kind in _FIXED:
            yield Token(_FIXED[kind], start, end)
        elif kind == "number":
            yield Token(_number(found[0]), start, end)
        elif kind == "symbol":
            yield Token(found[0], start, end)
        elif (named := _IS.fullmatch(found[0])) and (plain := plain_word(named[1])) not in _PRONOUNS:
            yield from (Token(plain, start, end), Token("is", start, end))  # "my leg's numb" is about one leg
        elif will := _WILL.fullmatch(found[0]):
            yield from (Token(plain_word(will[1]), start, end), Token("will", start, end))  # "I'll" is not "ill"
        elif plain := plain_word(found[0]):
            yield Token(plain, start, end)


def plain_word(raw: str) -> str:
    """Small letters without accents, apostrophes and invisible marks; forms of the same letter become one."""
    if raw.isascii():
        return raw.lower().replace("'", "").replace("`", "")
    letters = unicodedata.normalize("NFKD", _NOT_LETTERS.sub("", raw)).lower()
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).replace(" ", "")


def _number(raw: str) -> str:
    plain = unicodedata.normalize("NFKC", re.sub(r"\s", "", raw)).replace("\u2212", "-").replace("\u2013", "-")
    return re.sub(r"(?<=\d),(?=\d{1,2}$)", ".", plain)
