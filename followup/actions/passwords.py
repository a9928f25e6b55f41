"""Staff's passwords: kept as argon2id, and as costly to check for a name that nobody here bears."""

from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 10, 200  #: characters
_FEWEST_DIFFERENT = 5

_hasher = PasswordHasher()  # RFC 9106's second choice: 64 MiB, which is why only so many run at once
_at_once = BoundedSemaphore(4)


class WeakPassword(ValueError):
    """The password is too easy to guess; the text says what would do."""


def hash_of(password: str, *, email: str) -> str:
    """The password as it may be kept. Raises WeakPassword."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise WeakPassword(f"Use {SHORTEST} to {LONGEST} characters; a few words in a row are easy to keep in mind.")
    if len(set(password)) < _FEWEST_DIFFERENT or password.casefold() in {email.casefold(), _before_at(email)}:
        raise WeakPassword("That is easy to guess; a few words in a row are better.")
    with _at_once:
        return _hasher.hash(password)


def matches(hashed: str | None, password: str) -> bool:
    """Whether it is this password; takes as long when there is none to compare with."""
    with _at_once:
        try:
            return _hasher.verify(hashed or _nobodys(), password[: LONGEST + 1]) and hashed is not None
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(hashed: str) -> bool:
    """Whether it was made when less work was thought enough."""
    return _hasher.check_needs_rehash(hashed)


def _before_at(email: str) -> str:
    return email.partition("@")[0].casefold()


@cache
def _nobodys() -> str:
    return _hasher.hash("nobody's")
