"""What a message says: the words of a key, varied for the patient, filled in, and short enough.

The order is fixed. Out of hours, then minimal privacy, choose the key; the patient's precautions choose its sentences;
values go in; an SMS of more than two segments loses the patient's name, then the sentences that may go, until it fits.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, combinations

from followup.messages import email
from followup.messages.catalogue import (
    EMAIL_FOOTER,
    NO_AFTER_HOURS,
    PRECAUTIONS,
    STOP_LINE,
    Wording,
    WordingError,
    catalogue,
)
from followup.messages.filling import Cleaned, Value, fill, without_name, without_unknown
from followup.messages.segments import count_segments, is_gsm7
from followup.messages.variation import drop, vary
from followup.terms import Channel, Purpose

MAX_SEGMENTS = 2


class TooLongError(WordingError):
    """An SMS is longer than two segments even without what may go. `code` is for machines."""

    code = "too_long"


@dataclass(frozen=True, slots=True)
class Composed:
    """A message as it will be read. An SMS has no subject and no HTML; an email has no segments."""

    text: str
    version: str  #: language and version of the wordings, such as `en.1`
    subject: str = ""
    html: str = ""
    segments: int = 0


def compose(
    key: str,
    *,
    language: str,
    channel: Channel,
    values: Mapping[str, Value],
    precautions: Iterable[str] = (),
    stop_line: bool = False,
    minimal: bool = False,
    closed: bool = False,
) -> Composed:
    """The words of `key` for one patient and channel.

    `values` needs every placeholder of the words used; an empty `after_hours` means that the clinic has no such number,
    an empty `name` that we do not use it. Booking texts always carry the STOP line. `closed` takes the out-of-hours
    words, `minimal` those that say nothing; either changes nothing where a wording has none.
    Raises `WordingError` for an unknown key or precaution, a channel without words, or a missing value. Never for
    length: what is owed must leave, so a text that cannot be made to fit goes in its shortest form. `check_length`
    finds such a wording beforehand.
    """
    words = catalogue(language)
    asked = _asked(key, language, closed=closed)
    wording = words[asked.minimal] if minimal and asked.minimal else asked
    if not wording.words(channel):
        raise WordingError(f"wording {wording.key!r} has no words for {channel} in {words.language}.toml")
    cleaned = Cleaned(values)
    chosen = _relevant(wording, precautions, cleaned)
    if channel is Channel.EMAIL:
        return _email(wording, words.language, cleaned, chosen)
    stop_due = stop_line or asked.purpose is Purpose.BOOKING
    return _sms(wording.key, words.language, cleaned, chosen, stop_line=stop_due)


def note(
    key: str, *, language: str, values: Mapping[str, Value], precautions: Iterable[str] = (), closed: bool = False
) -> str:
    """The full email body of `key` as an HTML fragment: the page that a minimal message links to. Raises as `compose`."""
    wording = _asked(key, language, closed=closed)
    cleaned = Cleaned(values)
    body = _body(catalogue(language).language, wording.key, _relevant(wording, precautions, cleaned))
    return email.note(body if cleaned.get("name") != "" else without_name(body), cleaned)


def heading(key: str, *, language: str) -> str:
    """The title of a page that shows the words of `key`: their subject without the clinic in front. Raises as `compose`."""
    subject = catalogue(language)[key].email_subject.removeprefix("{{ clinic }}: ")
    return subject[:1].upper() + subject[1:]


def page(name: str, *, language: str, values: Mapping[str, str]) -> dict[str, str]:
    """The short texts of one page for patients, by field, as plain text. Raises as `compose`."""
    words = catalogue(language)
    if name not in words.pages:
        raise WordingError(f"there is no page {name!r} in {words.language}.toml; see its tables page.*")
    cleaned = Cleaned(values)
    return {field: fill(text, cleaned) for field, text in words.pages[name].texts.items()}


def check_length(key: str, *, language: str, values: Mapping[str, str]) -> None:
    """Raise `TooLongError` if the SMS of `key` or its stand-in breaks the limit for any set of precautions.

    Steps are judged with the STOP line, because any of them may be the first text that really leaves.
    """
    wording = catalogue(language)[key]
    for chosen in _subsets(wording.precautions):
        for minimal in {False, wording.minimal is not None}:
            composed = compose(
                key,
                language=language,
                channel=Channel.SMS,
                values=values,
                precautions=chosen,
                stop_line=wording.origin == "step",
                minimal=minimal,
            )
            if composed.segments > MAX_SEGMENTS:
                why = f" with {' and '.join(chosen)}" if chosen else ""
                raise TooLongError(
                    f"the SMS of {key!r} takes {composed.segments} segments in {language}{why}, and {MAX_SEGMENTS} is "
                    "the limit; shorten the wording or the clinic's name, without accents"
                )


def _asked(key: str, language: str, *, closed: bool) -> Wording:
    words = catalogue(language)
    wording = words[key]
    return words[wording.out_of_hours] if closed and wording.out_of_hours else wording


def _relevant(wording: Wording, precautions: Iterable[str], values: Mapping[str, str]) -> frozenset[str]:
    """The precautions that change this wording."""
    given = frozenset(precautions)
    if unknown := given - PRECAUTIONS:
        raise WordingError(f"unknown precaution {min(unknown)!r}; use one of {', '.join(sorted(PRECAUTIONS))}")
    clinic = {NO_AFTER_HOURS} if values.get("after_hours") == "" else set()
    return (given | clinic) & wording.precautions


def _email(wording: Wording, language: str, values: Mapping[str, str], precautions: frozenset[str]) -> Composed:
    words = catalogue(language)
    body = _body(language, wording.key, precautions)
    footer = "" if wording.origin in {"alarm", "staff"} else without_unknown(words[EMAIL_FOOTER].email_body, values)
    subject = fill(wording.email_subject, values)
    drawn = email.render(
        body if values.get("name") != "" else without_name(body),
        footer,
        language=language,
        subject=subject,
        values=values,
    )
    return Composed(drawn.text, words.tag, subject=subject, html=drawn.html)


def _sms(
    key: str, language: str, values: Mapping[str, str], precautions: frozenset[str], *, stop_line: bool
) -> Composed:
    with_name, *without = _sms_drafts(language, key, precautions, stop_line=stop_line)
    name = values.get("name")
    unusable = name is not None and not (name and is_gsm7(name))
    for draft in without if unusable else (with_name, *without):
        text = fill(draft, values)
        segments = count_segments(text)
        if segments <= MAX_SEGMENTS:
            break
    return Composed(text, catalogue(language).tag, segments=segments)


@lru_cache(maxsize=1024)
def _body(language: str, key: str, precautions: frozenset[str]) -> str:
    wording = catalogue(language)[key]
    return vary(wording, Channel.EMAIL, precautions)


@lru_cache(maxsize=1024)
def _sms_drafts(language: str, key: str, precautions: frozenset[str], *, stop_line: bool) -> tuple[str, ...]:
    """The SMS with its placeholders: as it should be, without the name, then shorter and shorter."""
    wording = catalogue(language)[key]
    end = f" {catalogue(language)[STOP_LINE].sms}" if stop_line else ""
    whole = vary(wording, Channel.SMS, precautions)
    drafts = [whole, without_name(whole)]
    for sentence in wording.may_drop:
        drafts.append(drop(drafts[-1], without_name(sentence)))
    return tuple(draft + end for draft in drafts)


def _subsets(precautions: frozenset[str]) -> Iterable[tuple[str, ...]]:
    names = sorted(precautions)
    return chain.from_iterable(combinations(names, size) for size in range(len(names) + 1))
