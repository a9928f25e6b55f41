"""What a step of a plan depends on, in sentences for staff."""

from collections.abc import Collection, Iterator

from followup.terms import Condition, Purpose, Unless

_CONDITIONS = {
    Condition.WORRY_OR_SILENT_RISK: "Only if the check-in is answered C, or not at all by a patient at high risk.",
}
_BOOKED = "Not if the next visit is booked."
_HELD = "Waits while an alert of the patient is open."


def conditions(
    *, purpose: Purpose, reminds: str | None, when: Condition | None, unless: Collection[str]
) -> Iterator[str]:
    """What keeps a step from going, or lets it go, one sentence each. `reminds` is what its question is called.

    Whatever a plan says, an open alert holds all but care.
    """
    if reminds:
        yield f"Only if {reminds} left and is not answered."
    if when:
        yield _CONDITIONS[when]
    if Unless.NEXT_VISIT in unless:
        yield _BOOKED
    if purpose is not Purpose.CARE:
        yield _HELD
