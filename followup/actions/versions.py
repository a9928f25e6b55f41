"""Two people who change the same thing at once: the second is told, and nothing is overwritten."""

import json
from collections.abc import Mapping
from hashlib import sha256


class ChangedMeanwhile(Exception):
    """What someone was shown is not what there is any more. `shown` is what there is now, by field."""

    def __init__(self, shown: Mapping[str, str]) -> None:
        super().__init__("it was changed meanwhile")
        self.shown = shown


def version_of(shown: Mapping[str, str]) -> str:
    """What a form remembers of what it showed."""
    return sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()[:16]


def check(shown: Mapping[str, str], version: str) -> None:
    """Raise ChangedMeanwhile unless this is what the form showed."""
    if version_of(shown) != version:
        raise ChangedMeanwhile(shown)
