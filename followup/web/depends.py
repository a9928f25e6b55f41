"""What endpoints ask for: the runtime, the pages, and the body of the request."""

from typing import Annotated

from fastapi import Depends, HTTPException, Request

from followup.actions.receiving import Told
from followup.runtime import Runtime
from followup.web.forms import Form
from followup.web.pages import Pages
from followup.web.together import Together

MOST_BYTES = 512 * 1024  # a text with ten pictures is under 8 kB; one of 100 kB in any script still fits


async def runtime_of(request: Request) -> Runtime:
    """What everything runs on."""
    runtime: Runtime = request.app.state.runtime
    return runtime


async def receipts_of(request: Request) -> Together[Told, None]:
    """Where receipts are kept together."""
    receipts: Together[Told, None] = request.app.state.receipts
    return receipts


async def _pages(request: Request) -> Pages:
    pages: Pages = request.app.state.pages
    return pages


async def body_of(request: Request, *, most: int) -> bytes:
    """The body, read only while it may still fit. Raises HTTPException 413."""
    too_long = HTTPException(413, f"The body is longer than {most} bytes.")
    announced = request.headers.get("Content-Length", "")
    if announced.isdecimal() and int(announced[:20]) > most:
        raise too_long
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise too_long
    return bytes(body)


async def form_of(request: Request) -> Form:
    """The form in the body. Raises HTTPException 413."""
    return Form.read(await body_of(request, most=MOST_BYTES))


TheRuntime = Annotated[Runtime, Depends(runtime_of)]
ThePages = Annotated[Pages, Depends(_pages)]
TheForm = Annotated[Form, Depends(form_of)]
