"""Phone numbers and email addresses as people write them, and whether a message can reach them.

What cannot be used is no error: the text is kept as given, with the reason, so that staff see what to mend.
"""

import re
import unicodedata
from dataclasses import dataclass

import phonenumbers
from phonenumbers import PhoneNumberType

PHONE_GIVEN_LENGTH, EMAIL_GIVEN_LENGTH = 60, 300  # what `Patient` keeps
EMAIL_LENGTH, LOCAL_LENGTH = 254, 64  # RFC 5321 §4.5.3.1

# Ofcom keeps these mobile numbers for drama and trials; the numbering plan's metadata leaves them out.
# https://www.ofcom.org.uk/phones-and-broadband/phone-numbers/numbers-for-drama
UK_TRIAL_NUMBER = re.compile(r"\+447700900[0-9]{3}")

# A kind of line that is not here may get texts; the gateway tells. Twilio's magic numbers (+1500555…) are such.
CANNOT_GET_TEXTS = {
    PhoneNumberType.UNKNOWN: "no such number can exist; look for a missing digit or country code",
    PhoneNumberType.FIXED_LINE: "it is a landline, which cannot get texts",
    PhoneNumberType.TOLL_FREE: "it is a toll-free number, which cannot get texts",
    PhoneNumberType.PREMIUM_RATE: "it is a premium-rate number, which cannot get texts",
    PhoneNumberType.SHARED_COST: "it is a shared-cost number, which cannot get texts",
    PhoneNumberType.PAGER: "it is a pager, which we do not write to",
    PhoneNumberType.UAN: "it is a company's switchboard, which cannot get texts",
    PhoneNumberType.VOICEMAIL: "it is a voicemail box, which cannot get texts",
}

LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
DOMAIN_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
# Python's IDNA codec follows the rules of 2003, which turn these letters into others: another domain, another reader.
AMBIGUOUS_IN_DOMAINS = frozenset("ßς")


@dataclass(frozen=True, slots=True)
class Phone:
    """A number as given; `e164` is None when it cannot get texts, and `why` says the reason."""

    e164: str | None = None
    given: str = ""
    why: str = "no number was given"


@dataclass(frozen=True, slots=True)
class Email:
    """An address as given; `address` is None when no email can reach it, and `why` says the reason."""

    address: str | None = None
    given: str = ""
    why: str = "no address was given"


def read_phone(given: str, country: str | None) -> Phone:
    """Read a number; one without a country code is read as of `country` (ISO 3166, such as US)."""
    given = _visible(given)[:PHONE_GIVEN_LENGTH]
    if not given:
        return Phone()
    try:
        number = phonenumbers.parse(given, country)
    except phonenumbers.NumberParseException:
        return Phone(None, given, "it is not a phone number, or its country code is missing")
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if number.extension:
        return Phone(None, given, "it has an extension, which cannot get texts")
    if UK_TRIAL_NUMBER.fullmatch(e164):
        return Phone(e164, given, "")
    why = CANNOT_GET_TEXTS.get(phonenumbers.number_type(number), "")
    return Phone(None if why else e164, given, why)


def read_email(given: str) -> Email:
    """Read an address; its domain becomes lower case, and `xn--` where it is not ASCII (RFC 5890)."""
    given = _visible(given)[:EMAIL_GIVEN_LENGTH]
    if not given:
        return Email()
    local, at, domain = given.rpartition("@")
    if not at:
        return Email(None, given, "it has no @")
    if len(local) > LOCAL_LENGTH or not LOCAL_PART.fullmatch(local):
        return Email(None, given, "the part before the @ is not one that mail servers take")
    ascii_domain = _ascii_domain(domain)
    if ascii_domain is None:
        return Email(None, given, "the part after the @ is not the name of a mail domain")
    address = f"{local}@{ascii_domain}"
    if len(address) > EMAIL_LENGTH:
        return Email(None, given, f"it is longer than {EMAIL_LENGTH} characters")
    return Email(address, given, "")


def _ascii_domain(domain: str) -> str | None:
    if AMBIGUOUS_IN_DOMAINS & set(domain):
        return None
    try:
        labels = domain.lower().encode("idna").decode("ascii").split(".")
    except UnicodeError:
        return None
    has_words = len(labels) > 1 and not labels[-1].isdigit()
    return ".".join(labels) if has_words and all(map(DOMAIN_LABEL.fullmatch, labels)) else None


def _visible(text: str) -> str:
    """Without control and formatting marks, which address books like to leave around a number."""
    return "".join(letter for letter in text if unicodedata.category(letter) not in {"Cc", "Cf", "Cs"}).strip()
