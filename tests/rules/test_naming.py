import pytest

from followup.rules.naming import can_tell, is_only_a_name, named

FAMILY = ["Sam", "Álex", "Mary Ann", "O'Neil"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sam", 0),
        ("SAM!", 0),
        ("  sam  ", 0),
        ("for Sam", 0),
        ("it's Sam", 0),
        ("It\N{RIGHT SINGLE QUOTATION MARK}s for Sam, thanks", 0),
        ("this is about Sam please", 0),
        ("para Sam", 0),
        ("Alex", 1),
        ("ALEX here", 1),
        ("soy Álex", 1),
        ("mary", 2),
        ("Mary Ann", 2),
        ("oneil", 3),
        ("Sam, my foot is still numb", 0),
        ("still numb. it's for sam", 0),
    ],
)
def test_a_name_with_a_clause_of_its_own_tells_who_it_is(text: str, expected: int) -> None:
    assert named(text, FAMILY) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "2",
        "yes",
        "Robin",
        "Sam or Alex",
        "Sam, Alex",
        "Sam and Alex",
        "sample",
        "tell sam to stop",
        "not sam",
        "🙂",
        "\u202e",
    ],
)
def test_whatever_else_is_said_names_nobody(text: str) -> None:
    assert named(text, FAMILY) is None


def test_a_first_word_that_two_names_share_names_nobody() -> None:
    assert named("Mary", ["Mary Ann", "Mary Lou"]) is None
    assert named("mary lou", ["Mary Ann", "Mary Lou"]) == 1


def test_people_of_one_name_cannot_be_told_apart_by_it() -> None:
    assert can_tell(["Sam", "Alex"])
    assert not can_tell(["Sam", "sam"])
    assert not can_tell(["José", "Jose"])


@pytest.mark.parametrize("text", ["Sam", "It's SAM!", "for sam please", "hi, it is Sam, thanks"])
def test_a_name_by_itself_says_nothing_else(text: str) -> None:
    assert is_only_a_name(text)


@pytest.mark.parametrize("text", ["sam. he is not ok", "Sam, still numb", "for Sam: it is worse", "Sam and Alex"])
def test_a_name_with_more_is_read_on(text: str) -> None:
    assert not is_only_a_name(text)
