"""What Twilio's error codes mean for us, as data: https://www.twilio.com/docs/api/errors.

Codes up to 29999 answer a request; those from 30001 come later, with a receipt. Only codes that a plain text can
meet are listed. A code that is not here is shown to a person and never repeated.
"""

from dataclasses import dataclass
from enum import StrEnum

from followup.messages.gateway import Refusal


class Cause(StrEnum):
    """Where the trouble lies, and so what becomes of the message and of the ones behind it."""

    ADDRESS = "address"  #: this number cannot get texts
    OPTED_OUT = "opted_out"  #: the recipient is on Twilio's block list
    CONTENT = "content"  #: the text itself is not accepted
    ACCOUNT = "account"  #: the account, the sender or a setting: nothing will leave until a person mends it
    ROUTE = "route"  #: this account does not reach that number; others are not affected, a person decides
    BUSY = "busy"  #: too much at once; surely not taken
    CARRIER = "carrier"  #: the carrier or the phone did not take it this time


@dataclass(frozen=True, slots=True)
class Code:
    cause: Cause
    sentence: str  #: for staff: what happened and the mend


CODES: dict[str, Code] = {
    "20003": Code(Cause.ACCOUNT, "Twilio does not know these credentials; check the account SID and the key."),
    "20005": Code(Cause.ACCOUNT, "The Twilio account is not active; see the Twilio console."),
    "20404": Code(Cause.ACCOUNT, "Twilio does not find this account; check the account SID and the API address."),
    "20429": Code(Cause.BUSY, "Twilio asked us to slow down."),
    "21211": Code(Cause.ADDRESS, "This is not a valid phone number."),
    "21212": Code(Cause.ACCOUNT, "The sender is not a valid number; check TWILIO_FROM."),
    "21214": Code(Cause.ADDRESS, "This number cannot be reached."),
    "21401": Code(Cause.ADDRESS, "This is not a valid phone number."),
    "21408": Code(Cause.ROUTE, "Texts to this country are switched off; see Geo permissions in the Twilio console."),
    "21421": Code(Cause.ADDRESS, "This is not a valid phone number."),
    "21602": Code(Cause.CONTENT, "The text is empty."),
    "21603": Code(Cause.ACCOUNT, "No sender is set; set TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID."),
    "21604": Code(Cause.ADDRESS, "There is no number to send to."),
    "21605": Code(Cause.CONTENT, "The text is too long."),
    "21606": Code(Cause.ACCOUNT, "The sender is not a Twilio number of this account that can text; check TWILIO_FROM."),
    "21607": Code(Cause.ACCOUNT, "A trial account cannot use this sender; upgrade the Twilio account."),
    "21608": Code(Cause.ROUTE, "A trial account only texts numbers that Twilio has verified; upgrade the account."),
    "21609": Code(Cause.ACCOUNT, "Twilio cannot use our receipt address; check PUBLIC_URL."),
    "21610": Code(Cause.OPTED_OUT, "The patient blocked texts from this sender by replying STOP."),
    "21611": Code(Cause.BUSY, "Twilio's queue for this sender is full."),
    "21612": Code(Cause.ROUTE, "This sender cannot text this number; use another sender or email."),
    "21614": Code(Cause.ADDRESS, "This is not a mobile number."),
    "21617": Code(Cause.CONTENT, "The text is longer than 1,600 characters."),
    "21618": Code(Cause.CONTENT, "Twilio does not send this text."),
    "21619": Code(Cause.CONTENT, "The text is empty."),
    "21624": Code(Cause.CONTENT, "Twilio does not accept the validity period."),
    "21635": Code(Cause.ADDRESS, "This is a landline."),
    "21660": Code(Cause.ACCOUNT, "The sender belongs to another Twilio account; check TWILIO_FROM."),
    "21663": Code(Cause.ACCOUNT, "The sender belongs to another Twilio region; check TWILIO_API_BASE_URL."),
    "21701": Code(Cause.ACCOUNT, "The Messaging Service does not exist; check TWILIO_MESSAGING_SERVICE_SID."),
    "21703": Code(Cause.ACCOUNT, "The Messaging Service has no sender; add one in the Twilio console."),
    "21704": Code(Cause.ACCOUNT, "The Messaging Service has no sender that can text; add one in the Twilio console."),
    "21705": Code(Cause.ACCOUNT, "The Messaging Service is not valid; check TWILIO_MESSAGING_SERVICE_SID."),
    "30001": Code(Cause.BUSY, "Twilio's queue overflowed; lower the sender's rate."),
    "30002": Code(Cause.ACCOUNT, "The Twilio account is suspended; see the Twilio console."),
    "30003": Code(Cause.CARRIER, "The phone was off or out of reach."),
    "30004": Code(Cause.CARRIER, "The recipient or the carrier blocks texts from this sender."),
    "30005": Code(Cause.ADDRESS, "The carrier does not know this number."),
    "30006": Code(Cause.ADDRESS, "This is a landline, or its carrier takes no texts."),
    "30007": Code(Cause.CARRIER, "A filter took this text for unwanted; change the wording if it happens often."),
    "30008": Code(Cause.CARRIER, "The carrier gave no reason."),
    "30010": Code(Cause.ACCOUNT, "The text costs more than the account allows."),
    "30017": Code(Cause.CARRIER, "The carrier's network was congested."),
    "30018": Code(Cause.ACCOUNT, "The carrier wants the sender registered first; see the Twilio console."),
    "30022": Code(Cause.BUSY, "Too many texts at once for this sender; lower its rate."),
    "30023": Code(Cause.BUSY, "The sender has reached its limit for today."),
    "30024": Code(Cause.ACCOUNT, "The carrier has not set up this sender yet; see the Twilio console."),
    "30027": Code(Cause.BUSY, "The sender has reached T-Mobile's limit for today."),
    "30032": Code(Cause.ACCOUNT, "The toll-free number is not verified; verify it in the Twilio console."),
    "30033": Code(Cause.ACCOUNT, "The A2P campaign is suspended; see the Twilio console."),
    "30034": Code(Cause.ACCOUNT, "The number is not registered for A2P 10DLC; register it in the Twilio console."),
    "30035": Code(Cause.ACCOUNT, "The number's A2P 10DLC registration is not complete; see the Twilio console."),
    "30036": Code(Cause.CARRIER, "The text could not leave before its time had passed."),
    "30410": Code(Cause.CARRIER, "The carrier did not answer in time."),
    "30450": Code(Cause.CARRIER, "Twilio blocked this text as suspected fraud; see the Twilio console."),
    "30500": Code(Cause.CARRIER, "Twilio or the carrier failed."),
    "30610": Code(Cause.CARRIER, "Twilio's own quiet hours stopped this text."),
}

_REFUSALS = {
    Cause.ADDRESS: Refusal.BAD_ADDRESS,
    Cause.OPTED_OUT: Refusal.OPTED_OUT,
    Cause.CONTENT: Refusal.CONTENT,
}


def cause_of(code: str) -> Cause | None:
    """Where the trouble lies, or None for a code that we do not know."""
    known = CODES.get(code)
    return known.cause if known else None


def refusal_of(code: str) -> Refusal | None:
    """Why this recipient or this text never will do, or None when the code says something else or nothing."""
    cause = cause_of(code)
    return _REFUSALS.get(cause) if cause else None
