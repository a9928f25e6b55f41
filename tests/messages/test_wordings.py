"""Every word that patients read, judged against the rules for words."""

import re
from collections.abc import Iterator

import pytest

from followup.messages.catalogue import PLACEHOLDER, STOP_LINE, Page, Source, Variation, Wording, catalogue, catalogues
from followup.messages.plans import packaged_plans
from followup.messages.reading import reading_grade
from followup.messages.segments import is_gsm7
from followup.messages.typical import typical_values
from followup.messages.wording import TooLongError, check_length, compose, page
from followup.terms import Channel

HOURS = ("", "-out-of-hours")
SYMPTOM_ANSWERS = [
    f"answer-{label}{hours}" for label in ("emergency", "urgent", "nerve", "infection", "expected") for hours in HOURS
]
QUESTIONS = [step.wording for plan in packaged_plans() for step in plan.steps if step.question]
FORBIDDEN = {
    "en": r"normal|you'?re fine|you are fine|cure[sd]?|toxins?|ibuprofen|aspirin|acetaminophen|paracetamol|medicines?"
    r"|drugs?|ice|heat|reviews?|percent|diagnos\w+|neck|shoulders?|upper back|lower back|ribs?|hips?|gluteal|arms?"
    r"|elbows?|forearms?|hands?|thighs?|knees?|calf|calves|foot|feet|head",
    "es": r"normal|usted está bien|curas?|toxinas?|ibuprofeno|aspirina|acetaminof[eé]n|paracetamol|medicinas?"
    r"|medicamentos?|f[aá]rmacos?|hielo|calor|reseñas?|por ciento|diagn[oó]stico|cuello|hombros?|espalda|costillas?"
    r"|caderas?|gl[uú]teos?|brazos?|codos?|antebrazos?|manos?|muslos?|rodillas?|pantorrillas?|pies?|cabeza",
}
RARE = {"en": r"\brare\b", "es": r"\brar[oa]s?\b"}
SYMPTOMS = {
    "en": r"pain|sore|bruis|tingl|numb|weak|chest|breath|bleed|fever|faint|skin|symptom|needl",
    "es": r"dolor|molest|moret|hormig|adormec|debil|débil|pecho|respir|sangr|fiebre|desmay|piel|síntoma|aguja",
}
REVOKING = {"en": r"reply (yes|cancel|end|quit)\b", "es": r"(responda|mande) (sí|si|yes|cancel|end|quit)\b"}

LANGUAGES = [words.language for words in catalogues()]
each_language = pytest.mark.parametrize("language", LANGUAGES)


def said(language: str) -> Iterator[tuple[str, Wording]]:
    """Every wording that is a message of its own."""
    return ((key, each) for key, each in catalogue(language).wordings.items() if each.origin != "part")


def texted(language: str) -> Iterator[tuple[str, Wording]]:
    return ((key, wording) for key, wording in said(language) if wording.sms)


def all_words(wording: Wording) -> str:
    """Everything that a wording may say, in small letters."""
    words = [wording.sms, wording.email_subject, wording.email_body, *(v.words for v in wording.variations)]
    return "\n".join(words).lower()


def what_sources_leave(text: str, sources: tuple[Source, ...]) -> str:
    """The text without its sourced sentences, the clinic's name in front and the marks of Markdown."""
    for sentence in sorted((source.sentence for source in sources), key=len, reverse=True):
        text = text.replace(sentence, "")
    return re.sub(r"^\{\{ clinic \}\}: |^- |\*\*|\s", "", text, flags=re.MULTILINE)


def grade(text: str) -> float:
    """The reading grade without the clinic's name and the footer."""
    return reading_grade(text.split("\n---\n", maxsplit=1)[0].replace(f"{typical_values('en')['clinic']}: ", ""))


@each_language
def test_every_sentence_has_its_source(language: str) -> None:
    left = {}
    for key, wording in catalogue(language).wordings.items():
        sourced = [(wording.sms, wording.sources), (wording.email_body, wording.sources)]
        sourced += [(variation.words, variation.sources) for variation in wording.variations]
        left[key] = "".join(what_sources_leave(text, sources) for text, sources in sourced)

    assert {key: rest for key, rest in left.items() if rest} == {}


@each_language
def test_every_text_of_a_page_has_its_source(language: str) -> None:
    pages = catalogue(language).pages
    sourced = {name: {source.sentence for source in shown.sources} for name, shown in pages.items()}

    assert sourced == {name: set(shown.texts.values()) for name, shown in pages.items()}


@each_language
def test_a_source_is_the_article_or_an_add_on_with_its_citation(language: str) -> None:
    words = catalogue(language)
    holders: list[Wording | Variation | Page] = [*words.wordings.values(), *words.pages.values()]
    holders += [variation for wording in words.wordings.values() for variation in wording.variations]
    of_staff = {source.source for w in words.wordings.values() if w.origin == "staff" for source in w.sources}
    cited = {source.source for each in holders for source in each.sources} - of_staff
    by_staff = {
        key for key, w in said(language) if w.origin != "staff" for source in w.sources if source.source == "own"
    }

    assert (of_staff, by_staff) == ({"own"}, {"by-hand"})
    assert {each for each in cited if not re.fullmatch(r"seed|add-on: (clinical|messaging)\.md §.+", each)} == set()


@each_language
def test_the_clinic_is_named_first(language: str) -> None:
    named = "{{ clinic }}: "

    assert [key for key, wording in texted(language) if not wording.sms.startswith(named)] == []
    assert [key for key, w in said(language) if w.email_body and not w.email_subject.startswith(named)] == []


@each_language
def test_a_text_needs_no_letter_outside_gsm_7(language: str) -> None:
    words = {key: [w.sms, *(v.words for v in w.variations if Channel.SMS in v.channels)] for key, w in texted(language)}

    assert [key for key, parts in words.items() if not is_gsm7(PLACEHOLDER.sub("", "".join(parts)))] == []
    assert is_gsm7(catalogue(language)[STOP_LINE].sms)


@each_language
def test_a_text_fits_two_segments_with_every_set_of_precautions(language: str) -> None:
    too_long = {}
    for key, _ in texted(language):
        try:
            check_length(key, language=language, values=typical_values(language))
        except TooLongError as error:
            too_long[key] = str(error)

    assert too_long == {}


@each_language
def test_no_emergency_number_is_lost_to_a_precaution_or_to_length(language: str) -> None:
    values = {**typical_values(language), "clinic": "A Clinic With a Name of Thirty"}
    lost = [
        (key, channel)
        for key, wording in said(language)
        for channel in Channel
        if "{{ emergency }}" in wording.words(channel)
        and values["emergency"]
        not in compose(
            key, language=language, channel=channel, values=values, precautions=wording.precautions, stop_line=True
        ).text.split("\n---\n", maxsplit=1)[0]
    ]

    assert lost == []


@each_language
def test_every_question_and_every_answer_to_symptoms_has_the_emergency_number(language: str) -> None:
    must = {*QUESTIONS, *SYMPTOM_ANSWERS, "minimal-question", "minimal-read-now", "ask-score-again"}
    words = [
        (key, text) for key, wording in said(language) if key in must for text in (wording.sms, wording.email_body)
    ]

    assert len(words) == 2 * len(must)
    assert [key for key, text in words if "{{ emergency }}" not in text] == []


@each_language
@pytest.mark.parametrize("name", ["feedback", "check-in", "still-or-gone"])
def test_every_page_with_a_question_has_the_emergency_number(language: str, name: str) -> None:
    assert "911" in page(name, language=language, values=typical_values(language))["emergency"]


@each_language
def test_nothing_says_what_we_must_never_say(language: str) -> None:
    words = {key: all_words(wording) for key, wording in said(language)}
    words |= {f"page.{name}": "\n".join(p.texts.values()).lower() for name, p in catalogue(language).pages.items()}
    never = re.compile(rf"\b(?:{FORBIDDEN[language]})\b|%|{REVOKING[language]}")

    assert {key: found for key, text in words.items() if (found := never.findall(text))} == {}


@each_language
def test_no_answer_calls_a_symptom_rare(language: str) -> None:
    answers = {key: all_words(wording) for key, wording in said(language) if key.startswith("answer-")}

    assert [key for key, text in answers.items() if re.search(RARE[language], text)] == []


@each_language
def test_no_subject_line_has_a_symptom(language: str) -> None:
    subjects = {key: wording.email_subject.lower() for key, wording in said(language)}

    assert [key for key, subject in subjects.items() if re.search(SYMPTOMS[language], subject)] == []


@each_language
@pytest.mark.parametrize("key", ["book-next", "answer-booking", "answer-score-thanks-booking"])
def test_booking_and_symptoms_never_share_a_message(language: str, key: str) -> None:
    assert re.findall(SYMPTOMS[language], all_words(catalogue(language)[key])) == []


@each_language
def test_an_answer_out_of_hours_promises_nothing_for_today(language: str) -> None:
    answers = {key: all_words(wording) for key, wording in said(language) if key.endswith("-out-of-hours")}

    assert [key for key, text in answers.items() if re.search(r"\b(today|hoy)\b", text)] == []


def test_english_reads_at_grade_six_or_below() -> None:
    values = typical_values("en")
    grades: dict[tuple[str, ...], float] = {
        (key, channel, chosen): grade(
            compose(key, language="en", channel=channel, values=values, precautions=filter(None, [chosen])).text
        )
        for key, wording in said("en")
        for channel in Channel
        if wording.words(channel)
        for chosen in ("", *wording.precautions)
    }
    grades |= {("page", name, ""): grade("\n".join(p.texts.values())) for name, p in catalogue("en").pages.items()}

    assert {each: found for each, found in grades.items() if found > 6} == {}


def shape(wording: Wording) -> dict[str, object]:
    """Everything of a wording but its words."""
    texts = {"sms": wording.sms, "subject": wording.email_subject, "body": wording.email_body}
    return {
        "fields": wording.model_fields_set,
        "rules": (wording.origin, wording.purpose, wording.send, wording.minimal, wording.out_of_hours),
        "placeholders": {name: sorted(PLACEHOLDER.findall(text)) for name, text in texts.items()},
        "may drop": len(wording.may_drop),
        "variations": [(v.precautions, v.channels, v.before is None, bool(v.words)) for v in wording.variations],
    }


@each_language
def test_every_language_has_the_same_wordings_with_the_same_parts(language: str) -> None:
    shapes = {key: shape(wording) for key, wording in catalogue(language).wordings.items()}

    assert shapes == {key: shape(wording) for key, wording in catalogue("en").wordings.items()}


@each_language
def test_every_language_has_the_same_pages_with_the_same_texts(language: str) -> None:
    fields = {name: list(shown.texts) for name, shown in catalogue(language).pages.items()}

    assert fields == {name: list(shown.texts) for name, shown in catalogue("en").pages.items()}


@each_language
def test_every_language_says_that_a_clinician_must_approve_it(language: str) -> None:
    assert "to be approved by" in catalogue(language).status


@each_language
def test_no_variation_brings_in_a_sentence_that_another_one_changes(language: str) -> None:
    clashes = [
        (key, other.anchor)
        for key, wording in said(language)
        for one in wording.variations
        for other in wording.variations
        if one.channels & other.channels and other.anchor in one.words
    ]

    assert clashes == []


@each_language
def test_every_sentence_that_may_go_stands_in_the_text_or_in_a_variation(language: str) -> None:
    strangers = [
        (key, sentence)
        for key, wording in texted(language)
        for sentence in wording.may_drop
        if not any(sentence in text for text in (wording.sms, *(v.words for v in wording.variations)))
    ]

    assert strangers == []
