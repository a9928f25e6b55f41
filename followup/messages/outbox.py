"""A gateway in memory: for unit tests, ours and a clinic's own."""

from collections import deque
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from followup.messages.gateway import STALLED, Accepted, Answer, Gateway, Parcel, Search, Sighting, Unavailable
from followup.terms import Channel, ReceiptKind


class Outbox(Gateway):
    """Accepts everything at once, unless told otherwise. `sent` holds what arrived, in order; waits are not waited."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.batch = 500 if channel is Channel.SMS else 1
        self.keeps_list = channel is Channel.SMS
        self.sent: list[Parcel] = []
        self._arrived: list[tuple[datetime, Parcel, str]] = []
        self._script: deque[tuple[Answer, bool]] = deque()

    def answer_next(self, *answers: Answer, arrives: bool = False) -> None:
        """Script the answers to the next parcels. With `arrives`, an uncertain one was taken all the same."""
        self._script.extend((answer, isinstance(answer, Accepted) or arrives) for answer in answers)

    def send(self, parcels: Sequence[Parcel]) -> Iterator[Sequence[tuple[Parcel, Answer]]]:
        """One group for each parcel."""
        for parcel in parcels:
            yield [(parcel, self._take(parcel))]

    def find(self, search: Search) -> list[Sighting] | None:
        """What arrived, each as on its way; None where a real gateway of this channel keeps no list."""
        if not self.keeps_list:
            return None
        return [
            Sighting(reference, ReceiptKind.TAKEN)
            for at, parcel, reference in self._arrived
            if (parcel.to, parcel.text) == (search.to, search.text) and at >= search.since
        ]

    def _take(self, parcel: Parcel) -> Answer:
        if parcel.is_stalled:
            return Unavailable(STALLED)
        reference = f"outbox-{len(self.sent) + 1}"
        answer, arrives = self._script.popleft() if self._script else (Accepted(reference), True)
        if arrives:
            self.sent.append(parcel)
            known = answer.reference if isinstance(answer, Accepted) else reference
            self._arrived.append((datetime.now(UTC), parcel, known))
        return answer
