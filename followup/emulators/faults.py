"""Faults to order: what goes wrong, how often, and for which messages."""

from enum import Enum, StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class FaultKind(StrEnum):
    """Each member says what the sender sees."""

    BUSY = "busy"  #: 429, nothing kept
    REFUSE = "refuse"  #: the error of `code`, nothing kept
    ERROR_BEFORE_ACCEPT = "error_before_accept"  #: 500, nothing kept
    UNDELIVERED = "undelivered"  #: the carrier says no: 30003
    RECEIPT_LATE = "receipt_late"  #: the carrier waits `seconds`
    RECEIPT_TWICE = "receipt_twice"  #: each receipt comes twice
    RECEIPTS_OUT_OF_ORDER = "receipts_out_of_order"  #: the last one first
    NO_RECEIPT = "no_receipt"  #: the list knows, nobody tells
    ERROR_AFTER_ACCEPT = "error_after_accept"  #: 500, but kept
    HANG = "hang"  #: kept; no answer for `seconds` or until reset
    CUT = "cut"  #: kept; the connection dies without an answer
    SLOW = "slow"  #: kept; answered after `seconds`
    RECEIPT_BEFORE_ANSWER = "receipt_before_answer"  #: every receipt was delivered before the answer
    TEMPORARY = "temporary"  #: mail: 451 at RCPT
    PERMANENT = "permanent"  #: mail: 550 at RCPT
    CUT_AFTER_DATA = "cut_after_data"  #: mail kept; the connection dies instead of the reply to the dot
    MAIL_HANG = "mail_hang"  #: mail kept; no reply to the dot for `seconds` or until reset


class Stage(Enum):
    """Where a message can go wrong; it meets at most one fault at each."""

    DOOR = frozenset({FaultKind.BUSY, FaultKind.REFUSE, FaultKind.ERROR_BEFORE_ACCEPT})
    CARRIER = frozenset({FaultKind.UNDELIVERED})
    RECEIPTS = frozenset(
        {
            FaultKind.RECEIPT_LATE,
            FaultKind.RECEIPT_TWICE,
            FaultKind.RECEIPTS_OUT_OF_ORDER,
            FaultKind.NO_RECEIPT,
        }
    )
    ANSWER = frozenset(
        {
            FaultKind.ERROR_AFTER_ACCEPT,
            FaultKind.HANG,
            FaultKind.CUT,
            FaultKind.SLOW,
            FaultKind.RECEIPT_BEFORE_ANSWER,
        }
    )
    MAIL_DOOR = frozenset({FaultKind.TEMPORARY, FaultKind.PERMANENT})
    MAIL_ANSWER = frozenset({FaultKind.CUT_AFTER_DATA, FaultKind.MAIL_HANG})


_SECONDS = {FaultKind.HANG: 60.0, FaultKind.MAIL_HANG: 60.0, FaultKind.SLOW: 2.0, FaultKind.RECEIPT_LATE: 5.0}


class Fault(BaseModel):
    """One order: the next `count` messages whose recipient or words contain `match` go wrong like this."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: FaultKind
    count: int = Field(default=1, ge=1)
    match: str = ""
    seconds: float = Field(default=0, ge=0, allow_inf_nan=False)  #: 0 means as long as the kind usually takes
    code: int | None = None  #: refuse only: the error code
    retry_after: int | None = Field(default=None, ge=0)  #: busy only: the header, in seconds

    @model_validator(mode="after")
    def _refusing_takes_a_code(self) -> Self:
        if (self.kind is FaultKind.REFUSE) != (self.code is not None):
            raise ValueError('"code" belongs to "refuse", and only there: {"kind": "refuse", "code": 21610}')
        return self

    @property
    def wait(self) -> float:
        """In seconds."""
        return self.seconds or _SECONDS.get(self.kind, 0.0)

    def concerns(self, *words: str) -> bool:
        return any(self.match in word for word in words)


class Faults:
    """The orders that are still open, oldest first."""

    def __init__(self) -> None:
        self._open: list[Fault] = []

    def order(self, fault: Fault) -> None:
        self._open.append(fault)

    def take(self, stage: Stage, *words: str) -> Fault | None:
        """Use up one of the oldest fault of this stage that concerns a message with these words."""
        for index, fault in enumerate(self._open):
            if fault.kind in stage.value and fault.concerns(*words):
                left = fault.model_copy(update={"count": fault.count - 1})
                self._open[index : index + 1] = [left] if left.count else []
                return fault
        return None

    def listed(self, match: str | None = None) -> list[dict[str, Any]]:
        """All of them, or those whose `match` is just this."""
        return [fault.model_dump(mode="json") for fault in self._open if match in (None, fault.match)]

    def drop(self, match: str | None = None) -> None:
        """Forget all of them, or those whose `match` is just this."""
        self._open = [fault for fault in self._open if match not in (None, fault.match)]

    def clear(self) -> None:
        self._open.clear()
