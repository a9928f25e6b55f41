"""How a message's status moves. Receipts come late, twice, out of order: any order ends the same."""

from followup.terms import ReceiptKind, Status

# A receipt can only move a message up this ladder. Delivered stands above the carrier's "no": the patient has it.
_RANK = {
    Status.SCHEDULED: 0,
    Status.SKIPPED: 0,
    Status.CANCELLED: 0,
    Status.SENDING: 1,
    Status.UNCERTAIN: 2,
    Status.SENT: 3,
    Status.FAILED: 4,
    Status.UNDELIVERED: 5,
    Status.DELIVERED: 6,
}

_TOLD = {
    ReceiptKind.TAKEN: Status.SENT,
    ReceiptKind.DELIVERED: Status.DELIVERED,
    ReceiptKind.UNDELIVERED: Status.UNDELIVERED,
    ReceiptKind.FAILED: Status.FAILED,
}

#: Nobody knows yet whether the gateway took it.
OPEN = frozenset({Status.SENDING, Status.UNCERTAIN})

#: The patient has it, or may have it: it counts towards caps and is never sent again.
GONE = frozenset({Status.SENDING, Status.UNCERTAIN, Status.SENT, Status.DELIVERED, Status.UNDELIVERED})


def after_receipt(status: Status, kind: ReceiptKind) -> Status:
    """Where a message stands once a gateway has said `kind` of it, whatever was heard before."""
    return max(status, _TOLD[kind], key=_RANK.__getitem__)
