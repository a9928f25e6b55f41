"""Whether a process that was started answers yet."""

import asyncio
import socket

SILENCE = 2.0  #: seconds after which nobody is there


def reachable(host: str) -> str:
    """Where to reach what listens on this address: what listens everywhere is reached on this machine."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104 - nothing is bound


async def listens(host: str, port: int) -> bool:
    """Whether somebody takes connections there."""
    return await _ask(host, port, b"") is not None


async def is_healthy(host: str, port: int) -> bool:
    """Whether the web process answers `/healthz` with 200."""
    answer = await _ask(host, port, b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
    return answer is not None and b" 200 " in answer


async def _ask(host: str, port: int, question: bytes) -> bytes | None:
    try:
        async with asyncio.timeout(SILENCE):
            reader, writer = await asyncio.open_connection(reachable(host), port, family=socket.AF_UNSPEC)
            try:
                writer.write(question)
                return await reader.readline() if question else b""
            finally:
                writer.close()
    except OSError:
        return None
