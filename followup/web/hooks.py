"""What Twilio tells us: receipts and replies. Believed only with its signature, kept once, answered at once.

Neither hook does any work: it keeps a row, and the tick does the rest. https://www.twilio.com/docs/usage/webhooks
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from followup.actions import receiving
from followup.actions.receiving import Told
from followup.messages import twilio
from followup.terms import Channel
from followup.web.depends import TheRuntime, form_of, receipts_of, runtime_of
from followup.web.forms import Form
from settings import TwilioAccess

router = APIRouter(prefix="/hooks/twilio", include_in_schema=False)

SAYS_NOTHING = "<Response/>"  # our answers leave as messages, with consent and audit like any other


async def _signed(request: Request) -> Form:
    """The form, if Twilio signed it for this address. No stranger learns more than that it is refused."""
    settings, form = (await runtime_of(request)).settings, await form_of(request)
    signature = request.headers.get("X-Twilio-Signature")
    address = _public_address(request, settings.public_url)
    if not twilio.signature_is_valid(address, form.pairs, signature, _tokens(settings.twilio)):
        raise HTTPException(403, "The signature is not Twilio's for this address and these parameters.")
    return form


SignedForm = Annotated[Form, Depends(_signed)]


async def receipt(request: Request) -> Response:
    """Keep what became of a text. What is not about a message of ours is taken and forgotten."""
    form = await _signed(request)
    said, reference = form.first("MessageStatus"), form.first("MessageSid", most=320)
    kind, about = twilio.receipt_kind(said), _ids(request)
    if kind is not None and about is not None and reference:
        code = form.first("ErrorCode", most=100)
        receipts = await receipts_of(request)
        await receipts.do(Told(Channel.SMS, reference, said, kind, code, *about))
    return Response(status_code=204)


# Nothing comes as often as receipts, and FastAPI takes longer to resolve what an endpoint asks for than all this takes.
router.add_route(f"{router.prefix}/receipt", receipt, methods=["POST"], include_in_schema=False)


@router.post("/reply")
def reply(runtime: TheRuntime, form: SignedForm) -> Response:
    """Keep what a patient wrote, whole and raw, before anything is made of it."""
    if not (reference := form.first("MessageSid", most=320)):
        raise HTTPException(400, "MessageSid is missing, so this reply can't be told from another.")
    now = runtime.now()
    with runtime.open_db() as db:
        receiving.keep_reply(
            db,
            channel=Channel.SMS,
            reference=reference,
            sent_from=form.first("From", most=254),
            sent_to=form.first("To", most=254),
            body=form.first("Body"),
            raw=form.as_json(),
            now=now,
        )
    return Response(SAYS_NOTHING, media_type="text/xml")


def _public_address(request: Request, public_url: str) -> str:
    """What Twilio called and signed. Behind a proxy the request itself knows another scheme and host."""
    path: bytes = request.scope["raw_path"]
    query: bytes = request.scope["query_string"]
    return public_url + path.decode("latin-1") + (f"?{query.decode('latin-1')}" if query else "")


def _tokens(access: TwilioAccess) -> list[str]:
    """Both, because Twilio signs with either while tokens are being changed."""
    return [token.get_secret_value() for token in (access.auth_token, access.auth_token_secondary) if token]


def _ids(request: Request) -> tuple[UUID, UUID] | None:
    """The message and the attempt that we put into the receipt's address."""
    try:
        return UUID(request.query_params["m"]), UUID(request.query_params["a"])
    except (KeyError, ValueError):
        return None
