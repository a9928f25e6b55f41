from html.parser import HTMLParser

import pytest

from followup.messages.typical import typical_values
from followup.messages.wording import Composed, compose
from followup.terms import Channel

VALUES = dict(typical_values("en"))
HOSTILE = '<b onclick="x()">*x*</b> _y_ [z](http://evil.example) & `q` {{ link }}'


class Seen(HTMLParser):
    """What a reader sees, and the links and tags behind it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.language = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        found = dict(attrs)
        if tag == "a":
            self.links.append(found["href"] or "")
        if tag == "html":
            self.language = found["lang"] or ""

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


def email(key: str = "check-in", language: str = "en", **values: str) -> Composed:
    return compose(key, language=language, channel=Channel.EMAIL, values={**VALUES, **values})


def test_words_typed_by_hand_keep_their_lines_and_are_no_markup() -> None:
    typed = "Dear Ada,\n\n<b>Bring</b> *shoes*\n- and a towel"
    drawn = email("by-hand", text=typed)

    assert drawn.text.startswith(f"{typed}\n\nEmergency?")
    assert "Dear Ada,<br>\n<br>\n&lt;b&gt;Bring&lt;/b&gt; *shoes*<br>\n- and a towel</p>" in drawn.html


def test_plain_text_reads_without_marks() -> None:
    assert email("answer-emergency").text == (
        "We can't treat emergencies by email or text.\n\n"
        "Call 911 now if you:\n\n"
        "- have chest pain, or find it hard to breathe\n"
        "- have bleeding that won't stop\n"
        "- have weak legs, or lose bladder or bowel control\n"
        "- feel very ill, or feel unsafe\n\n"
        "Say you had dry needling. Not sure? Call 911. Do not wait for us.\n\n"
        "---\n"
        "Maple Clinic, 12 Maple Street, Springfield, 555-010-2000\n\n"
        "Open Mon-Fri 8-6.\n\n"
        "This inbox is not read at all times. To reach a person, call 555-010-2000. Emergency? Call 911.\n\n"
        "Choose what we send you: https://maple.example/p/7d2m1/preferences\n\n"
        "Stop these emails: https://maple.example/p/7d2m1/unsubscribe\n"
    )


def test_html_says_what_the_plain_text_says() -> None:
    seen = Seen(email("answer-emergency").html)

    assert "Call 911 now if you:" in seen.text
    assert "have chest pain, or find it hard to breathe" in seen.text
    assert "This inbox is not read at all times. To reach a person, call 555-010-2000." in seen.text
    assert seen.tags.count("li") == 4


def test_a_wording_with_line_breaks_inside_a_paragraph_keeps_its_words_apart() -> None:
    assert "a reply needs a person" in email("alarm-email").text.lower()
    assert "  " not in email("what-to-expect").text


def test_every_link_and_number_can_be_tapped() -> None:
    assert set(Seen(email().html).links) == {
        VALUES["link"],
        VALUES["preferences"],
        VALUES["unsubscribe"],
        "tel:5550102000",
        "tel:911",
    }


def test_a_link_inside_a_sentence_can_be_tapped_too() -> None:
    assert VALUES["link"] in Seen(email("answer-booking").html).links


@pytest.mark.parametrize("key", ["start-confirmation", "help", "check-in"])
def test_a_sentence_about_choices_is_the_link_itself(key: str) -> None:
    html = email(key).html
    words = "You can change this here" if key == "start-confirmation" else "Choose what we send you"

    assert f'<a href="{VALUES["preferences"]}">{words}</a>' in html
    assert f">{VALUES['preferences']}<" not in html


def test_a_long_link_shows_whose_page_it_opens() -> None:
    link = "https://followup.maple.example/p/IjAxOTlhYjNmYmY3ZDdjZjA4ZTVlZmUzNzg0/feedback"
    composed = email(link=link)

    assert "Tell us on this short page: followup.maple.example/…" in Seen(composed.html).text
    assert link in Seen(composed.html).links
    assert f"Tell us on this short page: {link}\n" in composed.text


@pytest.mark.parametrize("language", ["en", "es"])
def test_html_names_its_language(language: str) -> None:
    assert Seen(email(language=language).html).language == language


def test_html_is_ready_for_dark_screens_and_narrow_ones() -> None:
    html = email().html

    assert '<meta name="color-scheme" content="light dark"' in html
    assert "@media (prefers-color-scheme: dark)" in html
    assert 'name="viewport" content="width=device-width, initial-scale=1"' in html
    assert Seen(html).tags.count("table") >= 3


def test_html_fetches_nothing() -> None:
    html = email().html

    assert "src=" not in html
    assert "url(" not in html
    assert "<link" not in html


def test_a_name_with_markup_shows_as_it_is_written() -> None:
    composed = email(name=HOSTILE)
    seen = Seen(composed.html)

    assert f"Hi {HOSTILE}," in seen.text
    assert composed.text.startswith(f"Hi {HOSTILE},\n")
    assert "http://evil.example" not in seen.links
    assert not {"b", "em", "code"} & set(seen.tags)


@pytest.mark.parametrize("field", sorted(VALUES))
def test_no_value_can_break_out_of_its_place(field: str) -> None:
    plain, hostile = Seen(email().html), Seen(email(**{field: '"><script>alert(1)</script>'}).html)

    assert hostile.tags == plain.tags


def test_a_clinic_with_an_ampersand_is_named_as_it_is() -> None:
    composed = email(clinic="Oak & Ash <Clinic>")

    assert composed.subject == "Oak & Ash <Clinic>: how are you today?"
    assert "Oak & Ash <Clinic>" in Seen(composed.html).text


@pytest.mark.parametrize("key", ["alarm-email", "alarm-escalated", "heartbeat", "unreached"])
def test_a_notice_to_staff_has_no_footer_for_patients(key: str) -> None:
    composed = email(key)

    assert VALUES["unsubscribe"] not in composed.text
    assert Seen(composed.html).links == [VALUES["link"]]


def test_no_placeholder_is_left() -> None:
    composed = email("what-to-expect")

    assert "{{" not in composed.html + composed.text + composed.subject
    assert "[[" not in composed.html
