from followup.messages.catalogue import languages
from followup.messages.citing import Piece, cite, filled
from followup.messages.plans import packaged_plans
from followup.messages.proofs import Cited, prove, shared_words
from followup.messages.typical import typical_values

VALUES = {"phone": "555", "name": "Ada"}


def test_each_sentence_is_a_piece_with_its_source_and_what_joins_them_has_none() -> None:
    sources = [Cited("Hi {{ name }}.", "own"), Cited("Call {{ phone }}.", "seed")]
    assert cite("Clinic: Hi Ada. Call 555.", sources, VALUES) == [
        Piece("Clinic: "),
        Piece("Hi Ada.", "own"),
        Piece(" "),
        Piece("Call 555.", "seed"),
    ]


def test_the_longer_of_two_sentences_that_begin_alike_is_meant() -> None:
    sources = [Cited("Call us", "a"), Cited("Call us: {{ phone }}", "b")]
    assert cite("Call us: 555", sources, VALUES) == [Piece("Call us: 555", "b")]


def test_a_text_without_sources_is_whole() -> None:
    assert cite("Hello", [], VALUES) == [Piece("Hello")]


def test_a_sentence_that_two_variations_share_is_listed_once() -> None:
    assert filled([Cited("Call {{ phone }}.", "seed")] * 2, VALUES) == [Piece("Call 555.", "seed")]


def test_of_the_packaged_plans_no_sentence_is_without_a_source() -> None:
    [plan] = packaged_plans()
    joins = set()
    for language in languages():
        values = typical_values(language)
        for key in {step.wording for step in plan.steps}:
            proved = prove(key, language=language)
            for proof in proved.proofs:
                pieces = cite(proof.text, proved.sources, values)
                assert "".join(piece.text for piece in pieces) == proof.text
                joins |= {piece.text.strip() for piece in pieces if not piece.source}
    stop_lines = {shared_words(language)[0] for language in languages()}
    assert {join for join in joins if any(map(str.isalpha, join))} == {"Maple Clinic:", *stop_lines}
