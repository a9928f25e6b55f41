"""What a step of a plan depends on, in sentences for staff."""

from collections.abc import Iterable, Iterator

from followup.terms import Condition, Unless

_CONDITIONS = {
    Condition.WORRY_OR_SILENT_RISK: "Only if the check-in is answered C, or not at all by a patient at high risk.",
}
_UNLESS = {
    Unless.NEXT_VISIT: "Not if the next visit is booked.",
    Unless.OPEN_ALERT: "Waits while an alert of the patient is open.",
}


def conditions(*, reminds: str | None, when: Condition | None, unless: Iterable[str]) -> Iterator[str]:
    """What keeps a step from going, or lets it go, one sentence each. `reminds` is what its question is called."""
    if reminds:
        yield f"Only if {reminds} left and is not answered."
    if when:
        yield _CONDITIONS[when]
    yield from (_UNLESS[Unless(reason)] for reason in unless)
