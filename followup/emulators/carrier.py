"""The way of a text after it was accepted: one status after the other, each with its receipt."""

import asyncio
from collections.abc import Container, Coroutine, Iterable
from datetime import timedelta
from enum import StrEnum

from followup.emulators.account import TwilioAccount
from followup.emulators.clock import Clock
from followup.emulators.faults import Fault, FaultKind
from followup.emulators.log import Record, TextStatus
from followup.emulators.webhooks import Webhooks

_STEP = timedelta(milliseconds=20)
_LINES = 256  # receipts under way at once; the others wait here, where no time-out runs

Receipt = dict[str, str]


class Receipts(StrEnum):
    """Of which statuses of a text anybody is told."""

    EVERY = "every"  #: as Twilio does
    LAST = "last"  #: of the one that it ends with
    NONE = "none"  #: a text stays where it was accepted, and costs nothing more


class Carrier:
    """Carries every text in the background."""

    def __init__(self, account: TwilioAccount, webhooks: Webhooks, clock: Clock, receipts: Receipts) -> None:
        self._account = account
        self._webhooks = webhooks
        self._clock = clock
        self._told = slice(-1, None) if receipts is Receipts.LAST else slice(None)
        self._lines = asyncio.Semaphore(_LINES)
        self._journeys: dict[str, asyncio.Task[None]] = {}

    def start(self, record: Record, *, undelivered: bool, fault: Fault | None) -> asyncio.Task[None]:
        """Set a text on its way; the task ends when its last receipt was heard."""
        last = TextStatus.UNDELIVERED if undelivered else TextStatus.DELIVERED
        return self._set_out(record.sid, self._carry(record, last, fault))

    def cancel(self, record: Record) -> None:
        """Stop a text that was scheduled for later."""
        self._journeys[record.sid].cancel()
        record.move(TextStatus.CANCELED, now=self._clock.now())
        if record.sms.status_callback:
            self._set_out(record.sid, self._tell(record, self._receipt(record)))

    def stop(self) -> None:
        """Forget every text that is on its way."""
        for journey in self._journeys.values():
            journey.cancel()
        self._journeys.clear()

    def _set_out(self, sid: str, way: Coroutine[None, None, None]) -> asyncio.Task[None]:
        def forget(task: asyncio.Task[None]) -> None:
            if self._journeys.get(sid) is task:
                del self._journeys[sid]

        journey = self._journeys[sid] = asyncio.create_task(way)
        journey.add_done_callback(forget)
        return journey

    async def _carry(self, record: Record, last: TextStatus, fault: Fault | None) -> None:
        kind = fault.kind if fault else None
        if record.sms.send_at is not None:
            await asyncio.sleep((record.sms.send_at - self._clock.now()).total_seconds())
        if fault and kind is FaultKind.RECEIPT_LATE:
            await asyncio.sleep(fault.wait)
        # Nobody is told of the first status: the answer said it.
        ahead = [TextStatus.SENT, last]
        if record.status is not TextStatus.QUEUED:
            ahead.insert(0, TextStatus.QUEUED)
        told, receipts = ahead[self._told], asyncio.Queue[Receipt]()
        moving = self._move(record, ahead, told, receipts)
        if kind is FaultKind.NO_RECEIPT or not record.sms.status_callback:
            await moving
            return
        times = 2 if kind is FaultKind.RECEIPT_TWICE else 1
        if kind is FaultKind.RECEIPTS_OUT_OF_ORDER or len(told) == 1:
            await moving
            for receipt in reversed([receipts.get_nowait() for _ in told]):
                await self._tell(record, receipt, times)
        else:
            # Side by side: a text goes on, however long a receipt takes.
            await asyncio.gather(moving, self._tell_in_order(record, receipts, len(told), times))

    async def _move(
        self,
        record: Record,
        ahead: Iterable[TextStatus],
        told: Container[TextStatus],
        receipts: asyncio.Queue[Receipt],
    ) -> None:
        for status in ahead:
            await asyncio.sleep(_STEP.total_seconds())
            record.move(status, now=self._clock.now())
            if status in told:
                receipts.put_nowait(self._receipt(record))

    async def _tell_in_order(self, record: Record, receipts: asyncio.Queue[Receipt], count: int, times: int) -> None:
        for _ in range(count):
            await self._tell(record, await receipts.get(), times)

    async def _tell(self, record: Record, receipt: Receipt, times: int = 1) -> None:
        for _ in range(times):
            async with self._lines:
                await self._webhooks.post(record.sms.status_callback, receipt)

    def _receipt(self, record: Record) -> Receipt:
        receipt = {
            "AccountSid": self._account.sid,
            "ApiVersion": "2010-04-01",
            "From": record.sender or "",
            "MessageSid": record.sid,
            "MessageStatus": record.status,
            "SmsSid": record.sid,
            "SmsStatus": record.status,
            "To": record.sms.to,
        }
        if record.sms.service_sid:
            receipt["MessagingServiceSid"] = record.sms.service_sid
        if record.status in (TextStatus.DELIVERED, TextStatus.UNDELIVERED):
            receipt["RawDlrDoneDate"] = record.updated_at.strftime("%y%m%d%H%M")
        if record.error_code is not None:
            receipt["ErrorCode"] = str(record.error_code)
            receipt["ErrorMessage"] = record.error_message or ""
        return receipt
