"""Each line of a table is one reply; what is not in a table is held by the properties at the end."""

import re
import sys
import tomllib
from importlib import resources

import pytest
from hypothesis import given, strategies as st

from followup.rules.answers import Answer, CheckIn, Chosen, NoAnswer, Score, StillOrGone, Unreadable
from followup.rules.scoring import SCALES, is_high, read_answer
from followup.terms import Question

PAIN, CHANGE, SATISFACTION = SCALES
NUMBERS = [(question, value) for question, scale in SCALES.items() for value in range(scale.low, scale.high + 1)]
KEYCAP = "{}\N{VARIATION SELECTOR-16}\N{COMBINING ENCLOSING KEYCAP}"


def read(text: str, question: Question = PAIN) -> Answer:
    return read_answer(text, question)


def score(value: int, question: Question = PAIN) -> Score:
    return Score(SCALES[question].measure, value)


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        (
            0,
            ["0", "0!", "zero", "cero", "zero pain", "0 pain", "0 no pain", "No pain!", "no pain, thanks", "sin dolor"],
        ),
        (1, ["1", "one", "One.", "uno", "1/10"]),
        (3, ["a 3", "3 🙂", "(3)", "“3”", "#3", "*3*", "hi\n3\nthanks", "3 but my foot is dragging", "3, foot numb"]),
        (3, ["3️⃣", "③", "\N{FULLWIDTH DIGIT THREE}", "\N{ARABIC-INDIC DIGIT THREE}", "3\N{ZERO WIDTH SPACE}"]),
        (
            4,
            ["about 4", "4ish", "~4", "I think 4", "maybe a 4", "I'd say 4", "I\N{RIGHT SINGLE QUOTATION MARK}d say 4"],
        ),
        (
            4,
            [
                "creo que 4",
                "como un 4",
                "mas o menos 4",
                "más o menos 4",
                "tal vez 4",
                "diría 4",
                "Hola, 4",
                "un cuatro",
            ],
        ),
        (
            6,
            [
                "it's a 6 today",
                "Its 6",
                "still 6",
                "6 still",
                "6 right now",
                "hi - 6",
                "Slept badly. 6",
                "I give it a 6",
                "avg 6",
                "6 or so",
                "6 again",
                "6 I guess",
                "6 because I ran",
            ],
        ),
        (6, ["pain 6", "Pain: 6", "pain=6", "Pain - 6", "pain-6", "pain6", "my pain is at 6", "score is 6", "dolor 6"]),
        (7, ["7/10", "7 / 10", "7 out of 10", "7 out 10", "7 of 10", "7 de 10", "siete de diez", "seven out of ten"]),
        (7, ["seven", "Siete", "un 7 de dolor", "nivel de dolor 7", "pain 7/10 today", "7/10 thanks"]),
        (10, ["10", "10 cant walk", "ten", "Diez", "10/10", "🔟", "1️⃣0️⃣", "worst pain you can imagine"]),
    ],
)
def test_one_number_where_an_answer_stands_is_the_pain_score(value: int, texts: list[str]) -> None:
    assert {text: read(text) for text in texts} == dict.fromkeys(texts, score(value))


@pytest.mark.parametrize(
    "text",
    [
        *("8 to a 3", "8 to 3", "from 8 to 3", "from an 8 to a 3", "8 down to 3", "went from 8 to 3", "8/10 to 3/10"),
        *("de 8 a 3", "de un 8 a un 3", "bajó de 8 a 3", "8 → 3", "8 -> 3", "8 ==> 3", "8 ➡️ 3", "eight to three"),
        *("was 8 now 3", "was an 8, now it's a 3", "used to be 8, now 3", "8 last week, now 3", "8 before and 3 now"),
        *("era 8 ahora 3", "antes 8, ahora 3", "it was 8 but now 3 and tingling"),
    ],
)
def test_of_a_change_the_last_number_is_how_it_is_now(text: str) -> None:
    assert read(text) == score(3)


def test_a_rise_counts_only_if_it_can_be_no_range() -> None:
    texts = {text: read(text) for text in ("went from 3 to 7", "was 3 now 7", "3 → 7", "subió de 3 a 7")}
    assert texts == dict.fromkeys(texts, score(7))
    assert [read("from 3 to 7"), read("de 3 a 7"), read("3 to 7")] == [Unreadable()] * 3


@pytest.mark.parametrize(
    "text",
    [
        *(
            "5-6",
            "5 - 6",
            "5\N{EN DASH}6",
            "5 or 6",
            "5 o 6",
            "5 ó 6",
            "5 to 6",
            "5 a 6",
            "5/6",
            "between 5 and 6",
            "a 3 or 4",
        ),
        *("2 days sore, now 8", "two days sore, now 8", "3 at rest, 7 moving", "8 now, 3 before", "3 at 10:30", "8 3"),
        *(
            "11",
            "15",
            "45",
            "99",
            "3.5",
            "3,5",
            "3½",
            "7½",
            "7²",
            "½",
            "3 1/2",
            "3 and a half",
            "nueve y medio",
            "00",
            "07",
        ),
        *("-2", "+2", "\N{MINUS SIGN}2", "\N{EN DASH}2", "\N{EM DASH}2", "5+", ">5", "<4", "more than 5", "mas de 5"),
        *("up to 8", "not 3", "7/7", "3/5", "at 3", "call me at 3", "3 kids at home", "3 of my toes", "I work 9 to 5"),
    ],
)
def test_a_number_that_may_not_be_the_answer_is_asked_for_again(text: str) -> None:
    assert read(text) == Unreadable()


@pytest.mark.parametrize(
    "text",
    [
        *(
            "10:30",
            "3pm",
            "3 p.m.",
            "at 3 o'clock",
            "101",
            "911",
            "2 days",
            "two days",
            "3-4 weeks",
            "2 more days",
            "2 días",
        ),
        *("day 2", "12/03", "12/03/27", "2027-03-12", "24/7", "+1 212 555 0100", "(212) 555-0100", "555-0123", "38.5"),
        *(
            "38 °C",
            "2 degrees",
            "45 years old",
            "$20",
            "50%",
            "L5 hurts",
            "2x",
            "3rd",
            "thanks <3",
            "</3",
            "3 times worse",
        ),
        *("", " ", "?", "👍", "ok", "no one called me", "one of my legs is numb", "uno se cansa", "once", "often"),
        *("I have no pain when I sit", "better", "sin dolor de cabeza", "el dolor sigue"),
    ],
)
def test_words_and_numbers_that_are_no_scores_are_no_answer(text: str) -> None:
    assert read(text) == NoAnswer()


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_words_of_the_change_scale_are_read_as_its_wording_numbers_them(language: str) -> None:
    wordings = resources.files("followup.messages") / "wordings" / f"{language}.toml"
    asked = tomllib.loads(wordings.read_text(encoding="utf-8"))["change-score"]["sms"]
    labels = {label: int(value) for value, label in re.findall(r"(\d) = ([^.]+)\.", asked)}
    assert sorted(labels.values()) == [1, 2, 3, 4, 5, 6, 7]
    assert {label: read(label.title() + "!", CHANGE) for label in labels} == {
        label: score(value, CHANGE) for label, value in labels.items()
    }
    assert {label: read(f"{value} = {label}", CHANGE) for label, value in labels.items()} == {
        label: score(value, CHANGE) for label, value in labels.items()
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2", score(2, CHANGE)),
        ("two", score(2, CHANGE)),
        ("2/7", score(2, CHANGE)),
        ("5 de 7", score(5, CHANGE)),
        ("the same, thanks", score(4, CHANGE)),
        ("6, worse", score(6, CHANGE)),
        ("0", Unreadable()),
        ("8", Unreadable()),
        ("7/10", Unreadable()),
        ("-2", Unreadable()),
        ("+2", Unreadable()),
        ("\N{MINUS SIGN}2", Unreadable()),
        ("\N{EN DASH}2", Unreadable()),
        ("pain - 2", Unreadable()),
        ("7 much better", Unreadable()),
        ("1 mucho peor", Unreadable()),
        ("much better than before", NoAnswer()),
        ("not the same", NoAnswer()),
    ],
)
def test_a_change_is_read_without_a_sign_and_only_if_its_words_agree(text: str, expected: Answer) -> None:
    assert read(text, CHANGE) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5", score(5, SATISFACTION)),
        ("4/5", score(4, SATISFACTION)),
        ("cinco", score(5, SATISFACTION)),
        ("0", Unreadable()),
        ("6", Unreadable()),
        ("4/10", Unreadable()),
        ("very", NoAnswer()),
    ],
)
def test_satisfaction_is_read_from_one_to_five(text: str, expected: Answer) -> None:
    assert read(text, SATISFACTION) == expected


@pytest.mark.parametrize(
    ("letters", "texts"),
    [
        (
            "A",
            [
                "A",
                "a",
                "a)",
                "A.",
                "A = fine",
                "A fine",
                "A, thanks",
                "A 👍",
                "🅰️",
                "\N{FULLWIDTH LATIN SMALL LETTER A}",
            ],
        ),
        (
            "B",
            ["(b)", "B - a bit sore", "B a bit sore", "it's a B", "my answer is b", "Hi, B", "B algo de dolor", "“b”"],
        ),
        ("C", ["Option C", "opción C", "C tingling in my foot", "C my foot is numb", "c, numb toes", "C: hormigueo"]),
        ("D", ["D", "d please", "D. call me", "D que me llamen"]),
        ("AB", ["A and B", "a b", "A y B", "a/b"]),
        ("BC", ["b, c", "B or C", "b o c", "B+C", "both b and c"]),
        ("BD", ["B and D", "b & d", "B\nD"]),
    ],
)
def test_every_letter_that_was_chosen_is_kept(letters: str, texts: list[str]) -> None:
    expected = Chosen(frozenset(CheckIn(letter) for letter in letters))
    assert {text: read(text, Question.CHECK_IN) for text in texts} == dict.fromkeys(texts, expected)


@pytest.mark.parametrize(
    "text",
    [
        *("a bit sore", "A bit sore", "I'm a bit sore", "fine, a bit tired", "a mí me duele", "a veces", "10 a.m."),
        *("a fine tremor in my hand", "a good deal of pain", "vitamin c helps", "not C", "", "fine", "👍", "ABBA"),
    ],
)
def test_a_letter_amid_prose_is_no_choice(text: str) -> None:
    assert read(text, Question.CHECK_IN) == NoAnswer()


@pytest.mark.parametrize("text", ["E", "3", "c u tomorrow", "C left foot", "A, no wait C", "B, hmm maybe not a C"])
def test_a_letter_that_may_be_meant_otherwise_is_asked_for_again(text: str) -> None:
    assert read(text, Question.CHECK_IN) == Unreadable()


@pytest.mark.parametrize(
    ("expected", "texts"),
    [
        (
            StillOrGone.STILL,
            ["STILL", "still.", "Still there", "still tingling", "yes, still", "No, still there", "yes"],
        ),
        (
            StillOrGone.STILL,
            ["not gone", "NOT GONE!", "isn't gone", "still not gone", "not all gone yet", "almost gone"],
        ),
        (StillOrGone.STILL, ["SIGUE", "sigue igual", "Sí, sigue.", "sí", "siguen las dos"]),
        (
            StillOrGone.GONE,
            ["GONE", "gone!", "gone now", "all gone", "it's gone", "No, gone", "It has gone away, thanks"],
        ),
        (StillOrGone.GONE, ["the tingling is gone", "All gone, feeling great", "NADA", "No, nada.", "nada, gracias"]),
        (
            StillOrGone.GONE,
            ["ya nada", "nada de nada", "nada de hormigueo ni debilidad", "nada de hormigueo, ni debilidad"],
        ),
        (
            Unreadable(),
            ["still gone", "gone in the foot, still in the hand", "gone but it came back", "gone?", "no gone"],
        ),
        (
            Unreadable(),
            ["my leg has gone numb", "gone numb", "still no feeling", "still fine", "not still", "no", "none"],
        ),
        (Unreadable(), ["no siento nada", "nada ha cambiado", "no sigue", "nada sigue", "nada más que hormigueo"]),
        (NoAnswer(), ["", "hello", "won't go away", "thanks", "distill", "5", "👍"]),
    ],
)
def test_still_is_heard_readily_and_gone_only_if_nothing_else_is_said(expected: Answer, texts: list[str]) -> None:
    assert {text: read(text, Question.STILL_OR_GONE) for text in texts} == dict.fromkeys(texts, expected)


@pytest.mark.parametrize(
    ("value", "baseline", "high"),
    [(8, None, True), (7, None, False), (8, 8, True), (7, 4, True), (6, 4, False), (3, 0, True), (2, 0, False)],
)
def test_pain_is_high_from_eight_or_three_above_the_baseline(value: int, baseline: int | None, high: bool) -> None:
    assert is_high(value, baseline=baseline) is high


@given(st.sampled_from(NUMBERS), st.sampled_from(["{}", " {}\n", "{}!", "a {}", KEYCAP]))
def test_every_number_of_a_scale_reads_as_itself(number: tuple[Question, int], form: str) -> None:
    question, value = number
    assert read(form.format(value), question) == score(value, question)


SCRAPS = st.sampled_from(
    [
        *(
            "0",
            "1",
            "3",
            "5",
            "7",
            "8",
            "10",
            "11",
            "101",
            "07",
            "1/10",
            "½",
            "③",
            "🔟",
            "one",
            "uno",
            "\N{MINUS SIGN}",
        ),
        *("out", "of", "to", "a", "de", "from", "was", "now", "ahora", "or", "-", ".", ",", "/", ":", "'", "\n", "?"),
        *("days", "pm", "pain", "better", "worse", "same", "A", "B", "c", "d", "and", "not", "\ud800"),
        *("still", "sigue", "gone", "nada", "numb"),
    ]
)
REPLIES = st.text() | st.lists(SCRAPS).map(" ".join) | st.lists(SCRAPS).map("".join)


@given(REPLIES, st.sampled_from(Question))
def test_any_text_gets_an_answer_that_fits_its_question(text: str, question: Question) -> None:
    answer = read(text, question)
    match answer:
        case Score(measure, value):
            assert measure is SCALES[question].measure
            assert SCALES[question].low <= value <= SCALES[question].high
        case Chosen(letters):
            assert question is Question.CHECK_IN
            assert letters
        case StillOrGone():
            assert question is Question.STILL_OR_GONE
        case _:
            assert answer in (Unreadable(), NoAnswer())


def test_a_digit_of_any_script_is_read_or_left_alone() -> None:
    digits = [letter for letter in map(chr, range(sys.maxunicode + 1)) if letter.isdigit()]
    answers = {digit: read(digit) for digit in digits}
    assert all(answers[digit] == score(int(digit)) for digit in digits if digit.isdecimal())
    assert all(isinstance(answer, Score | NoAnswer | Unreadable) for answer in answers.values())


@given(st.integers(), st.sampled_from(sorted(SCALES)))
def test_no_number_beyond_a_scale_is_a_score(number: int, question: Question) -> None:
    scale = SCALES[question]
    answer = read(str(number), question)
    assert answer == (score(number, question) if scale.low <= number <= scale.high else answer)
    assert isinstance(answer, Score) == (scale.low <= number <= scale.high)


@pytest.mark.parametrize(
    "scrap", ["-", "a ", "9", "1 ", "½", "? gone ", "nada de hormigueo , ", "one ", "not all ", "b "]
)
@pytest.mark.parametrize("question", Question)
def test_a_body_of_a_hundred_kilobytes_is_read_too(scrap: str, question: Question) -> None:
    assert isinstance(read(scrap * (100_000 // len(scrap)) + "x", question), Answer)
