"""Where patients answer by form: how they feel, whether it is gone, how bad it is. Each link is that of one message."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property

from fastapi import APIRouter
from markupsafe import Markup
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse

from followup.actions import composing, forms
from followup.actions.forms import Asked, Door, Heard
from followup.messages import wording
from followup.messages.catalogue import languages
from followup.models import Message
from followup.models.owed import load
from followup.rules import forms as rules
from followup.rules.answers import CheckIn, Chosen, Score, StillOrGone
from followup.rules.forms import Filled
from followup.runtime import Runtime
from followup.terms import Label, Measure
from followup.web import sheets
from followup.web.depends import TheForm, ThePages, TheRuntime
from followup.web.pages import Pages
from followup.web.sheets import Act
from followup.web.visitors import PAGE, Visitor, visitor

router = APIRouter(prefix="/p/{token}", include_in_schema=False)

#: What the wordings call the question of each measure.
_QUESTION_OF = {
    Measure.PAIN: "pain_question",
    Measure.CHANGE_SIGNED: "change_question",
    Measure.SATISFACTION: "satisfaction_question",
}
#: What a page says that takes no answer any more.
_SHUT = {Door.ANSWERED: ("already_answered", 200), Door.EXPIRED: ("expired", 410)}
_TOO_MANY = 429


@dataclass(frozen=True)
class _Page:
    """The page of one message in one language."""

    pages: Pages
    who: Visitor
    asked: Asked
    language: str

    @property
    def name(self) -> str:
        return composing.page_of(self.asked.asks)

    @cached_property
    def texts(self) -> dict[str, str]:
        common, own = (
            sheets.texts(name, language=self.language, clinic=self.who.clinic) for name in ("feedback", self.name)
        )
        return common | own

    @cached_property
    def frame(self) -> dict[str, object]:
        """What is on it whatever happens: the emergency number, the phone, the other languages."""
        ways = sheets.texts("preferences", language=self.language, clinic=self.who.clinic)
        return {
            **sheets.frame(self.who.clinic, self.language, self.texts["title"]),
            "emergency": self.line("emergency"),
            "help": sheets.line(ways["help"], self.who.clinic),
            "choose": Act("preferences", ways["title"]),
            "languages": {tag: sheets.LANGUAGES.get(tag, tag) for tag in languages()},
            "language_word": ways["language"],
        }

    def line(self, field: str) -> Markup:
        return sheets.line(self.texts[field], self.who.clinic)

    def form(self, *, wrong: str = "", ticked: Collection[tuple[str, str]] = (), words: str = "") -> HTMLResponse:
        """The form, empty or as it came; `wrong` names the text that says why it did not go."""
        question = self.asked.asks
        return self.pages.draw(
            "telling.html",
            status=422 if wrong else 200,
            **self.frame,
            texts=self.texts,
            action=self.name,
            question=question,
            measures=[scale.measure for scale in rules.SCALES.get(question, ())] if question else [],
            wrong=self.line(wrong) if wrong else "",
            ticked=ticked,
            words=words,
            most=rules.MOST_WORDS,
        )

    def state(self, field: str, status: int = 200) -> HTMLResponse:
        """What there is to know when there is nothing to fill in: its first sentence is the heading."""
        first, _, rest = self.texts[field].partition(". ")
        return self.say(f"{first}.", Markup("<p>{}</p>").format(sheets.line(rest, self.who.clinic)), status)

    @property
    def stop_line(self) -> Markup:
        """What an opt-out ends, below the answer to something worse."""
        return Markup("<p>{}</p>").format(self.texts["stopped"].partition(". ")[0] + ".")

    def stopped(self) -> HTMLResponse:
        """What has stopped, and once more the question whether that was meant."""
        first, _, rest = self.texts["stopped"].partition(". ")
        words = Markup("<p>{}</p>").format(sheets.line(rest, self.who.clinic))
        way = Act("preferences", self.who.read("unsubscribe")["choose"])
        return self.say(f"{first}.", words, way=way)

    def say(self, heading: str, words: Markup, status: int = 200, *, way: Act | None = None) -> HTMLResponse:
        return self.pages.draw("told.html", status=status, **{**self.frame, "title": heading}, words=words, way=way)


@router.api_route("/check-in", methods=PAGE)
@router.api_route("/still-or-gone", methods=PAGE)
@router.api_route("/feedback", methods=PAGE)
def ask(token: str, runtime: TheRuntime, pages: ThePages, language: str = "") -> HTMLResponse:
    """What this message asks, or that it is answered or over. Opening the page changes nothing."""
    with runtime.read_db() as db:
        who = visitor(db, runtime, token)
        if who.message is None:
            return _by_phone(pages, who)
        page = _page(db, runtime, pages, who, who.message, language)
    return page.form() if page.asked.door is Door.OPEN else page.state(*_SHUT[page.asked.door])


@router.post("/check-in")
@router.post("/still-or-gone")
@router.post("/feedback")
def tell(token: str, runtime: TheRuntime, pages: ThePages, form: TheForm) -> HTMLResponse:
    """Keep what was filled in, and say at once what is to be done; staff hear of it with the next tick."""
    with runtime.open_db() as db:
        who = visitor(db, runtime, token, lock=True)
        if who.message is None:
            return _by_phone(pages, who)
        page = _page(db, runtime, pages, who, who.message, form.first("language"))
        raw = rules.known_fields(form.as_json())
        filled = rules.read(raw, page.asked.asks)
        wrong = "nothing_chosen" if filled.is_empty else "too_long" if len(filled.words) > rules.MOST_WORDS else ""
        if wrong:
            return page.form(wrong=wrong, ticked=set(form.pairs), words=filled.words)
        heard = forms.keep(
            db,
            asked=page.asked,
            patient=who.patient,
            filled=filled,
            body=_in_words(filled, page.texts),
            page=page.name,
            raw=raw,
            now=runtime.now(),
        )
        return _told(db, runtime, page, heard)


def _page(db: Session, runtime: Runtime, pages: Pages, who: Visitor, message: Message, language: str) -> _Page:
    asked = forms.asked(db, message=message, now=runtime.now())
    return _Page(pages, who, asked, language if language in languages() else who.patient.language)


def _told(db: Session, runtime: Runtime, page: _Page, heard: Heard) -> HTMLResponse:
    """The fixed words that fit, worries first; what changes an answer, or comes too late, is for the phone."""
    if not heard.is_kept:
        return page.state("already_answered", _TOO_MANY)
    stops = Label.STOP in heard.meaning.labels  # obeyed whenever it comes
    if stops and heard.wording is None:
        return page.stopped()
    if heard.door is not Door.OPEN and not heard.meaning.is_worry:
        return page.state(*_SHUT[heard.door])
    if heard.wording is None:
        return page.state("thank_you")
    [each] = load(db, Message.id == page.asked.message.id)
    words = composing.answer(
        each, wording=heard.wording, language=page.language, links=runtime.links, now=runtime.now()
    )
    # Its values are escaped there.
    said = Markup(words)  # noqa: S704
    heading = wording.heading(heard.wording, language=page.language)
    return page.say(heading, said + page.stop_line if stops else said)


def _by_phone(pages: Pages, who: Visitor) -> HTMLResponse:
    """A link that asks nothing: a person answers the phone."""
    title, help_line = who.read("feedback")["title"], who.read("preferences")["help"]
    if who.has_stopped:
        return sheets.draw(
            pages, who.sheet(title, help_line, button=Act("resubscribe", who.read("unsubscribe")["undo"]))
        )
    return sheets.draw(pages, who.sheet(title, help_line, link=Act("preferences", who.read("unsubscribe")["choose"])))


def _in_words(filled: Filled, texts: dict[str, str]) -> str:
    """What was ticked, in the words of the page, and below it the patient's own."""
    lines = [line for answer in filled.answers for line in _lines(answer, texts)]
    return "\n\n".join(filter(None, ["\n".join(lines), filled.words]))


def _lines(answer: Chosen | StillOrGone | Score, texts: dict[str, str]) -> Iterator[str]:
    match answer:
        case Chosen(letters):
            yield from (texts[letter.value.lower()] for letter in CheckIn if letter in letters)
        case StillOrGone():
            yield f"{texts['question']} {texts[answer.value]}"
        case Score(measure, value):
            shown = f"{value:+}" if measure is Measure.CHANGE_SIGNED and value else str(value)
            yield f"{texts[_QUESTION_OF[measure]]} {shown}"
