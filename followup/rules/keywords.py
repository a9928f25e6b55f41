"""The words that carriers and the law make us obey at once, when they are the whole reply.

Sources: messaging.md §2.1 (FCC per-se words), §1.4 (Twilio's own lists), §2.3 (other languages).
"""

import unicodedata
from enum import StrEnum

_STOP = {
    *("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"),
    *("parar", "alto", "baja", "arret", "arrete"),
}
_START = {"start", "unstop"}


class Keyword(StrEnum):
    STOP = "stop"
    START = "start"


def read(text: str) -> Keyword | None:
    """STOP or START if that is all the text says, whatever its case, spacing, punctuation or accents."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    word = "".join(letter for letter in plain if letter.isalnum())
    if word in _STOP:
        return Keyword.STOP
    return Keyword.START if word in _START else None
