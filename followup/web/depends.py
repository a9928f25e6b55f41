"""What endpoints ask for: the runtime, the pages, and the body of the request."""

from typing import Annotated

from fastapi import Depends, HTTPException, Request

from followup.runtime import Runtime
from followup.web.forms import Form
from followup.web.pages import Pages

MOST_BYTES = 64 * 1024  # a text with ten pictures is under 8 kB


async def _runtime(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime


async def _pages(request: Request) -> Pages:
    pages: Pages = request.app.state.pages
    return pages


async def _form(request: Request) -> Form:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise HTTPException(413, f"The body is longer than {MOST_BYTES} bytes.")
    return Form.read(bytes(body))


TheRuntime = Annotated[Runtime, Depends(_runtime)]
ThePages = Annotated[Pages, Depends(_pages)]
TheForm = Annotated[Form, Depends(_form)]
