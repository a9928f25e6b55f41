"""Answers that need no typing: those that suit the last question, and what one wants to see happen."""

from collections.abc import Mapping, Sequence

from followup.terms import Question

_TO: Mapping[Question, Mapping[str, Sequence[str]]] = {
    Question.CHECK_IN: {"en": ("A", "B", "C", "D")},
    Question.STILL_OR_GONE: {"en": ("STILL", "GONE"), "es": ("SIGUE", "NADA")},
    Question.PAIN_0_10: {"en": ("0", "3", "8")},
    Question.CHANGE_1_7: {"en": ("1", "4", "7")},
    Question.SATISFACTION_1_5: {"en": ("5", "3", "1")},
}
_ALWAYS = {
    "en": ("still tingling in my foot", "chest feels tight", "thank you!", "STOP"),
    "es": ("sigo con hormigueo en el pie", "me aprieta el pecho", "¡gracias!", "STOP"),
}


def suiting(question: Question | None, language: str) -> Sequence[str]:
    """What to offer."""
    fitting = _TO[question] if question else {"en": ()}
    return [*fitting.get(language, fitting["en"]), *_ALWAYS.get(language, _ALWAYS["en"])]
