import pytest

from followup.actions.addresses import Email, Phone, read_email, read_phone


@pytest.mark.parametrize(
    ("given", "country", "e164"),
    [
        ("(212) 555-0123", "US", "+12125550123"),
        ("212.555.0123", "US", "+12125550123"),
        ("+1 206 555 0123", "GB", "+12065550123"),
        ("+61 491 570 156", "US", "+61491570156"),
        ("0491 570 156", "AU", "+61491570156"),
        ("+44 7700 900123", "US", "+447700900123"),
        ("07700 900123", "GB", "+447700900123"),
        ("+49 171 3920012", "US", "+491713920012"),
        ("\u202a+1 212 555 0123\u202c", "US", "+12125550123"),
    ],
)
def test_a_number_is_read_however_it_is_written(given: str, country: str, e164: str) -> None:
    phone = read_phone(given, country)

    assert (phone.e164, phone.why) == (e164, "")


@pytest.mark.parametrize("last", range(10))
def test_the_magic_numbers_of_twilio_are_taken(last: int) -> None:
    assert read_phone(f"+1500555000{last}", "US").e164 == f"+1500555000{last}"


@pytest.mark.parametrize(
    ("given", "country", "why"),
    [
        ("020 7946 0123", "GB", "landline"),
        ("+61 2 5550 1234", "US", "landline"),
        ("+49 30 23125012", "US", "landline"),
        ("800 555 0199", "US", "toll-free"),
        ("900 555 0199", "US", "premium-rate"),
        ("212-555-0123 ext 5", "US", "extension"),
        ("555-0123", "US", "no such number"),
        ("07700 900123", "US", "no such number"),
        ("+44 7700 90012", "US", "no such number"),
        ("ask at the desk", "US", "not a phone number"),
        ("07700 900123", None, "country code is missing"),
    ],
)
def test_a_number_that_cannot_get_texts_is_kept_with_the_reason(given: str, country: str | None, why: str) -> None:
    phone = read_phone(given, country)

    assert phone.e164 is None
    assert phone.given == given
    assert why in phone.why


def test_no_number_is_no_number() -> None:
    assert read_phone(" \t", "US") == Phone() == Phone(None, "", "no number was given")


def test_a_long_note_in_place_of_a_number_is_cut_to_what_is_kept() -> None:
    assert len(read_phone("call her daughter " * 100, "US").given) == 60
    assert len(read_email("see the paper file " * 100).given) == 300


def test_invisible_characters_never_reach_the_database() -> None:
    assert read_phone("n\0one\u202e", "US").given == "none"
    assert read_email("a\0na@example.com").address == "ana@example.com"


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("Ana.Silva+clinic@Example.COM", "Ana.Silva+clinic@example.com"),
        (" ana@example.org ", "ana@example.org"),
        ("o'brien@mail.example.net", "o'brien@mail.example.net"),
        ("ana@bücher.example", "ana@xn--bcher-kva.example"),
        ("ana@पुस्तक.example", "ana@xn--11b3ar0d1b5d.example"),
    ],
)
def test_an_address_is_read_with_its_domain_in_one_form(given: str, address: str) -> None:
    assert read_email(given) == Email(address, given.strip(), "")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("ana.example.com", "no @"),
        ("@example.com", "before the @"),
        ("ana@", "after the @"),
        ("ana@localhost", "after the @"),
        ("ana@127.0.0.1", "after the @"),
        ("ana@example..com", "after the @"),
        ("ana@-example.com", "after the @"),
        ("ana@faß.example", "after the @"),
        ("ana silva@example.com", "before the @"),
        ("ana@bo@example.com", "before the @"),
        ("Ana <ana@example.com>", "before the @"),
        (".ana@example.com", "before the @"),
        ("anä@example.com", "before the @"),
        ("a" * 65 + "@example.com", "before the @"),
        ("ana@example.com\r\nBcc: all@example.com", "before the @"),
        ("ana@" + "long." * 60 + "com", "longer than 254"),
    ],
)
def test_an_address_that_cannot_get_email_is_kept_with_the_reason(given: str, why: str) -> None:
    email = read_email(given)

    assert email.address is None
    assert email.given != ""
    assert why in email.why


def test_no_address_is_no_address() -> None:
    assert read_email("") == Email() == Email(None, "", "no address was given")
