"""What is possible at all: the vendor's library over our connections, in a loop, and nothing else."""

import asyncio
import multiprocessing
from datetime import datetime

from twilio.rest import Client

from benchmarks.service import emulated_twilio
from followup.cli.parts import WORKER_PROCESSES
from followup.emulators import DEFAULT_ACCOUNT
from followup.messages.http import KeptAliveClient
from followup.messages.twilio import BATCH

TEXTS = 10_000
BODY = "Maple Clinic: Hi Ana, it is common to be sore for a day or two. Call 212-555-0100 if you are worried."


def rate() -> float:
    """Messages a second, from the first that the emulator took to the last."""
    with emulated_twilio() as twilio:
        context = multiprocessing.get_context("spawn")
        share = TEXTS // WORKER_PROCESSES
        loops = [context.Process(target=_loop, args=(twilio.url, share)) for _ in range(WORKER_PROCESSES)]
        for loop in loops:
            loop.start()
        rows = twilio.await_texts(share * WORKER_PROCESSES)
        for loop in loops:
            loop.join()
    taken = [datetime.fromisoformat(row["accepted_at"]) for row in rows]
    return len(rows) / (max(taken) - min(taken)).total_seconds()


def _loop(url: str, count: int) -> None:
    http = KeptAliveClient(connections=BATCH)
    client = Client(DEFAULT_ACCOUNT.sid, DEFAULT_ACCOUNT.auth_token, http_client=http)
    client.api.base_url = url
    http.submit(_send(client, count)).result()
    http.close()


async def _send(client: Client, count: int) -> None:
    numbers = iter(range(count))

    async def one_after_the_other() -> None:
        for number in numbers:
            to = f"+1{2_000_000_000 + number}"
            await client.messages.create_async(to=to, from_="+15005550006", body=BODY, validity_period=3600)

    await asyncio.gather(*(one_after_the_other() for _ in range(BATCH)))
