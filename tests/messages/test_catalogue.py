import pytest

from followup.messages.catalogue import WordingError, catalogue, languages, parse_catalogue

PARTS = """
language = "en"
status = "to be approved"
version = 3
[stop-line]
origin = "part"
sms = "Reply STOP."
sources = []
[email-footer]
origin = "part"
email_body = "{{ clinic }}"
sources = []
"""
NOTE = """
[note]
origin = "step"
sms = "{{ clinic }}: One. Two."
sources = []
"""
VARIATION = '[[note.variation]]\nfor = ["pregnancy"]\nin = ["sms"]\nwith = "Other."\nsources = []\n'


def test_a_language_is_found_by_its_tag() -> None:
    assert [catalogue(tag).language for tag in ("es", "es-MX", "ES_us", " en-GB ")] == ["es", "es", "es", "en"]


@pytest.mark.parametrize("tag", ["", "de", "zh-Hant", "../es", "?"])
def test_an_unknown_language_is_english(tag: str) -> None:
    assert catalogue(tag).language == "en"


def test_english_is_the_first_language() -> None:
    assert languages() == ("en", "es")


def test_a_catalogue_is_read_once() -> None:
    assert catalogue("en") is catalogue("en-US")


def test_an_unknown_key_names_itself_and_the_file() -> None:
    with pytest.raises(WordingError, match=r"no wording 'chek-in' in es\.toml"):
        catalogue("es")["chek-in"]


def test_a_catalogue_knows_its_version_and_its_pages() -> None:
    words = parse_catalogue(PARTS + NOTE + '[page.help]\ntitle = "Help"\nsources = []\n', "en.toml")

    assert words.tag == "en.3"
    assert words.pages["help"].texts == {"title": "Help"}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("language = ", "en.toml: not valid TOML: Invalid value"),
        (PARTS.replace("version = 3", ""), "en.toml: version: Field required"),
        (PARTS.replace("[stop-line]", "[stop]"), "en.toml: Value error, the part 'stop-line' is missing"),
        (PARTS + NOTE.replace("step", "whim"), "en.toml: wordings.note.origin: Input should be 'step'"),
        (
            PARTS + NOTE.replace("{{ clinic }}", "{{ klinik }}"),
            "wordings.note: Value error, unknown placeholder 'klinik'",
        ),
        (PARTS + NOTE + 'minimal = "less"', "wording 'note' names 'less', which does not exist"),
        (PARTS + NOTE + 'colour = "red"', "en.toml: wordings.note.colour: Extra inputs are not permitted"),
        (PARTS + NOTE + VARIATION, "give either `before` or `replace`"),
        (PARTS + NOTE + VARIATION + 'before = "Three."', "sms must hold this sentence of a variation once: 'Three.'"),
        (
            PARTS + NOTE + VARIATION.replace("pregnancy", "gout") + 'before = "Two."',
            "wordings.note.variation.0: Value error, unknown precaution 'gout'",
        ),
        (
            PARTS + NOTE + 2 * (VARIATION + 'replace = "Two."\n'),
            "wordings.note: Value error, two variations replace the same sentence",
        ),
    ],
)
def test_a_wrong_catalogue_is_refused_by_name(text: str, complaint: str) -> None:
    with pytest.raises(WordingError) as refused:
        parse_catalogue(text, "en.toml")

    assert complaint in str(refused.value)
