"""A text that a patient writes, as Twilio passes it on."""

import mimetypes
import secrets

from pydantic import BaseModel, ConfigDict, Field

from followup.emulators.account import TwilioAccount
from followup.emulators.sms import Sms, segments


def new_sid() -> str:
    return "SM" + secrets.token_hex(16)


class Inbound(BaseModel):
    """What the patient wrote. The same `sid` twice is how Twilio repeats itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sender: str = Field(alias="from", min_length=1)
    to: str = Field(min_length=1)
    body: str
    sid: str = Field(default_factory=new_sid)
    opt_out_type: str = ""  #: STOP, START or HELP: Twilio's Advanced Opt-Out already answered
    media: tuple[str, ...] = ()  #: addresses of pictures

    @property
    def sms(self) -> Sms:
        return Sms(to=self.to, sender=self.sender, body=self.body, media=len(self.media))

    def form(self, account: TwilioAccount) -> dict[str, str]:
        """The fields of https://www.twilio.com/docs/messaging/guides/webhook-request."""
        form = {
            "AccountSid": account.sid,
            "ApiVersion": "2010-04-01",
            "Body": self.body,
            "From": self.sender,
            "MessageSid": self.sid,
            "NumMedia": str(len(self.media)),
            "NumSegments": str(segments(self.body)),
            "SmsMessageSid": self.sid,
            "SmsSid": self.sid,
            "SmsStatus": "received",
            "To": self.to,
        }
        for end in ("From", "To"):
            form |= dict.fromkeys((f"{end}City", f"{end}State", f"{end}Zip", f"{end}Country"), "")
        for number, url in enumerate(self.media):
            form[f"MediaUrl{number}"] = url
            form[f"MediaContentType{number}"] = mimetypes.guess_type(url)[0] or "image/jpeg"
        if self.opt_out_type:
            form["OptOutType"] = self.opt_out_type
        return form
