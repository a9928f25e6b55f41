"""The words that carriers and the law make us obey at once, when they are the whole reply.

Sources: messaging.md §2.1 (FCC per-se words), §1.4 (Twilio's own lists), §2.3 (HELP, other languages).
"""

import unicodedata
from enum import StrEnum


class Keyword(StrEnum):
    STOP = "stop"
    START = "start"
    HELP = "help"  #: to be answered with who we are; it changes no permission


_STOP = {
    *("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"),
    *("parar", "alto", "baja", "arret", "arrete"),
}
_KEYWORDS = {
    **dict.fromkeys(_STOP, Keyword.STOP),
    **dict.fromkeys(("start", "unstop"), Keyword.START),
    **dict.fromkeys(("help", "info", "ayuda"), Keyword.HELP),
}


def read(text: str) -> Keyword | None:
    """STOP, START or HELP if that is all the text says, whatever its case, spacing, punctuation or accents."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return _KEYWORDS.get("".join(letter for letter in plain if letter.isalnum()))
