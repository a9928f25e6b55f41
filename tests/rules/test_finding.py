import pytest

from followup.rules.finding import Kept, kept, sought


def found(typed: str, *, given: str = "Zsófi", family: str = "Nagy-O'Brien", phone: str = "+12125550102") -> bool:
    """Whether what is typed finds this patient, as a database would look."""
    words = kept(given_name=given, family_name=family, phone=phone)
    wanted = sought(typed)
    return bool(wanted) and all(
        any(kind is each.kind and word.startswith(each.beginnings) for kind, word in words) for each in wanted
    )


@pytest.mark.parametrize(
    "typed",
    ["z", "zsofi", "ZSÓF", "nagy", "obrien", "o'b", "O\u2019Brien", "nagy zs", "zs nagy-o", "  zsofi   n "],
)
def test_a_name_is_found_by_the_beginning_of_any_of_its_words(typed: str) -> None:
    assert found(typed)


@pytest.mark.parametrize("typed", ["sofi", "zsofie", "zs xavier", "zsofi 99", "brien"])
def test_what_someone_is_not_called_does_not_find_them(typed: str) -> None:
    assert not found(typed)


@pytest.mark.parametrize(
    "typed",
    ["0102", "02", "212", "(212) 555", "212-555-0102", "+1 212", "1212555", "001 212 555", "5550102", "zs 0102"],
)
def test_a_number_is_found_from_its_beginning_and_from_its_end(typed: str) -> None:
    assert found(typed)


def test_the_zero_that_is_dialled_within_a_country_is_no_part_of_the_number() -> None:
    assert found("07700 900", phone="+447700900123")
    assert found("0044 7700", phone="+447700900123")


def test_a_number_that_cannot_get_texts_is_found_as_it_was_written() -> None:
    assert found("0301", phone="030 1234")
    assert found("1234", phone="030 1234")


@pytest.mark.parametrize("typed", ["", " ", "7", "--", "'", "\x00"])
def test_too_little_finds_nobody(typed: str) -> None:
    assert sought(typed) == []


def test_the_longest_word_is_looked_for_first_and_a_number_before_it() -> None:
    assert [each.kind for each in sought("a rosalind 0102")] == [Kept.DIGITS, Kept.WORD, Kept.WORD]
    assert sought("a rosalind")[0].beginnings == ("rosalind",)


def test_names_of_every_script_and_length_are_kept() -> None:
    words = kept(given_name="عبد الرحمن", family_name="\N{MATHEMATICAL SCRIPT CAPITAL X}" * 200, phone="")
    assert found("عبد", given="عبد الرحمن")
    assert found("李", given="李", family="")
    assert max(len(word) for _, word in words) <= 200


def test_a_name_without_a_letter_still_has_its_place_in_the_list() -> None:
    assert kept(given_name="—", family_name="", phone="") == {(Kept.NAME, "")}


def test_the_list_goes_by_family_name() -> None:
    assert (Kept.NAME, "lind ada may") in kept(given_name="Ada May", family_name="Lind", phone="")
