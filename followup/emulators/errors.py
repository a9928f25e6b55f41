"""What Twilio says when it refuses a request (https://www.twilio.com/docs/api/errors)."""

from typing import Any

_ERRORS: dict[int, tuple[int, str]] = {
    20001: (400, "Invalid parameter: {}."),
    20003: (401, "Authenticate"),
    20404: (404, "The requested resource {} was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "An internal server error has occurred"),
    21211: (400, "The 'To' number {} is not a valid phone number."),
    21212: (400, "The 'From' number {} is not a valid phone number, shortcode, or alphanumeric sender ID."),
    21408: (400, "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: {}."),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' phone number is required."),
    21604: (400, "A 'To' phone number is required."),
    21606: (400, "The 'From' phone number provided ({}) is not a valid message-capable Twilio phone number."),
    21609: (400, "The 'StatusCallback' URL {} is not a valid URL."),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21611: (400, "This 'From' number has exceeded the maximum number of queued messages."),
    21612: (400, "The 'To' phone number {} is not currently reachable via SMS."),
    21614: (400, "'To' number {} is not a valid mobile number"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit."),
    21620: (400, "Invalid media URL(s)"),
    21624: (400, "The ValidityPeriod {} is not between 1 and 36000 seconds."),
    21701: (400, "The Messaging Service resource {} does not exist."),
    30409: (400, "This message cannot be canceled"),
    35111: (400, "SendAt timestamp is missing"),
    35114: (400, "SendAt time must be a timestamp in ISO 8601 format"),
    35115: (400, "SendAt time must be more than 300 seconds and at most 35 days in the future"),
    35118: (400, "MessagingServiceSid is required to schedule a message"),
}

#: Twilio's test numbers (https://www.twilio.com/docs/iam/test-credentials)
MAGIC_SENDERS = {"+15005550001": 21212, "+15005550007": 21606, "+15005550008": 21611}
MAGIC_RECIPIENTS = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}


class ApiError(Exception):
    """A refusal with Twilio's code; `subject` is what its sentence is about."""

    def __init__(self, code: int, subject: str = "", *, retry_after: int | None = None) -> None:
        self.code = code
        self.status, sentence = _ERRORS.get(code, (400, "The request was refused."))
        self.message = sentence.format(subject)
        self.retry_after = retry_after
        super().__init__(f"{code}: HTTP {self.status}")  # the message may name a phone number: keep it out of logs

    @property
    def body(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "message": self.message,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }

    @property
    def headers(self) -> dict[str, str]:
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
