"""What every gateway promises: three ways to answer, and one way to be asked again.

Answer
├── Accepted      the gateway took it; `reference` is its id (Twilio's SID, our Message-ID)
├── Refused       it never will; say why, and do not ask again
├── Unavailable   surely not taken: ask again later
└── Uncertain     it may have been taken: never blindly repeat (docs/decisions/0004)
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from followup.terms import Channel, ReceiptKind

STALLED = "stalled"  #: code of an answer given without a word spoken


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message, ready to be handed over. `to` is E.164 or an email address."""

    message_id: UUID
    attempt_id: UUID
    to: str
    text: str
    subject: str = ""
    html: str = ""
    valid_for: timedelta | None = None  #: the carrier must give up after this long
    unsubscribe_url: str = ""  #: email only: RFC 8058 one-click
    is_answer: bool = False  #: answers what the patient wrote (Auto-Submitted: auto-replied)
    wait: timedelta = timedelta(0)  #: pacing: speak this long after `send` begins
    speak_by: datetime | None = None  #: real time after which others may believe that it never went

    @property
    def is_stalled(self) -> bool:
        """Whether it must no longer be spoken: this process slept, say, while another one looked into the list."""
        return self.speak_by is not None and datetime.now(UTC) > self.speak_by


class Refusal(StrEnum):
    """Why a gateway never will take a message; each has its consequence in `actions.sending`."""

    BAD_ADDRESS = "bad_address"  #: the number or mailbox cannot get messages
    OPTED_OUT = "opted_out"  #: the recipient is on the gateway's own block list
    CONTENT = "content"  #: the text itself is not accepted
    UNKNOWN = "unknown"  #: a code that we do not know; a person should look


@dataclass(frozen=True, slots=True)
class Accepted:
    reference: str


@dataclass(frozen=True, slots=True)
class Refused:
    why: Refusal
    code: str = ""


@dataclass(frozen=True, slots=True)
class Unavailable:
    code: str = ""
    retry_after: timedelta | None = None
    stops_sender: bool = False  #: nothing will leave until a person mends the account or its settings


@dataclass(frozen=True, slots=True)
class Uncertain:
    code: str = ""


Answer = Accepted | Refused | Unavailable | Uncertain


@dataclass(frozen=True, slots=True)
class Sighting:
    """A message found in the gateway's own list."""

    reference: str
    kind: ReceiptKind
    code: str = ""


@dataclass(frozen=True, slots=True)
class Search:
    """What we look for in the gateway's list: the recipient, the words, and the earliest real time."""

    to: str
    text: str
    since: datetime


class Gateway(ABC):
    """A way out. One instance serves one process; it keeps its connections open between calls."""

    channel: Channel
    batch: int  #: how many attempts are made durable together before they are spoken
    keeps_list: bool  #: whether `find` can tell what was taken; without it an uncertain message waits for a person

    @abstractmethod
    def send(self, parcels: Sequence[Parcel]) -> Iterator[Sequence[tuple[Parcel, Answer]]]:
        """Hand over each parcel once, yielding answers in groups as they become known.

        Never raises for what a gateway or the network does; every parcel is answered exactly once.
        """

    @abstractmethod
    def find(self, search: Search) -> list[Sighting] | None:
        """Everything in the gateway's list that matches, or None when the list could not be read whole."""

    def close(self) -> None:  # noqa: B027 - a gateway without connections has nothing to let go of
        """Let go of open connections."""
