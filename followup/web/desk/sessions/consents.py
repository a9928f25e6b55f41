"""What a patient has agreed to so far, in one sentence for each channel."""

from collections.abc import Sequence

from followup.queries.patients import ConsentView, PatientView
from followup.terms import Channel, Consented, ConsentSource

_BY = {
    ConsentSource.DESK: "at the clinic",
    ConsentSource.REPLY: "by text",
    ConsentSource.UNSUBSCRIBE: "by a link in an email",
    ConsentSource.PREFERENCES: "on their own page",
    ConsentSource.CARRIER: "at the phone company",
}


def so_far(patient: PatientView | None) -> dict[str, str]:
    """By channel; empty for somebody new."""
    if patient is None:
        return {}
    return {
        channel.value: _sentence([line for line in patient.consents if line.channel is channel]) for channel in Channel
    }


def _sentence(lines: Sequence[ConsentView]) -> str:
    if not lines:
        return "Never asked."
    last = max(lines, key=lambda line: line.recorded_at)
    when = f"on {last.recorded_at.day} {last.recorded_at:%b %Y}, {_BY[last.source]}"
    said = {line.says for line in lines}
    if said == {Consented.GIVEN}:
        return f"Agreed {when}."
    if Consented.WITHDRAWN in said:
        return f"Stopped by the patient {when}. Only the patient can allow it again."
    if said == {Consented.REFUSED}:
        return f"Said no {when}."
    some = ", ".join(line.purpose for line in lines if line.says is Consented.GIVEN)
    return f"Agreed to {some} only, {when}."
