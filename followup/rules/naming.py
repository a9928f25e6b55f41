"""Which of several people a reply names, when we have asked whom it is about. Never a guess."""

import re
from collections.abc import Sequence

from followup.rules.folding import fold, vocabulary

_CLAUSES = re.compile(r"[^\w ]+| and | y ")
_LEADS = vocabulary("""
    hi hello hey sorry yes for its it is this im i am me from about my name the patient one and
    hola perdon si para soy es de sobre la el mi nombre paciente
""")
_TRAILS = vocabulary("here please thanks thank you ok aqui gracias por favor")


def named(text: str, names: Sequence[str]) -> int | None:
    """The place of the one name that has a clause of its own, as in "for Sam" or "Sam, still numb"; None if unsure.

    A first word is enough ("Mary" for Mary Ann) where no other name begins with it.
    """
    clauses = {_bare(clause) for clause in _CLAUSES.split(f" {fold(text)} ")} - {""}
    folded = [" ".join(re.findall(r"\w+", fold(name))) for name in names]
    exact = [at for at, name in enumerate(folded) if name in clauses]
    found = exact or [at for at, name in enumerate(folded) if name.partition(" ")[0] in clauses]
    return found[0] if len(found) == 1 else None


def is_only_a_name(text: str) -> bool:
    """Whether a reply that names someone says nothing else, but for please and thanks."""
    return len({_bare(clause) for clause in _CLAUSES.split(f" {fold(text)} ")} - {""}) == 1


def can_tell(names: Sequence[str]) -> bool:
    """Whether a first name tells these people apart at all."""
    folded = [fold(name) for name in names]
    return len(set(folded)) == len(folded) and all(folded)


def _bare(clause: str) -> str:
    words = clause.split()
    while words and words[0] in _LEADS:
        words.pop(0)
    while words and words[-1] in _TRAILS:
        words.pop()
    return " ".join(words)
