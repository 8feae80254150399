"""What a person types finds what the catalogue says."""

from __future__ import annotations

import pytest

from hub.store import searchtext


@pytest.mark.parametrize(
    ("typed", "means"),
    [
        ("  The  LORD\tof the Rings ", "the lord of the rings"),
        ("Émile Zola", "emile zola"),
        ("Straße", "strasse"),
        ("Ｑ１２ ７", "q12 7"),
        ("《红楼梦》，曹雪芹", "红楼梦 曹雪芹"),
        ("ガラス", "ガラス"),
        ("O'Brien, Tim", "o brien tim"),
        ("QA 76.73 .P98", "qa 76.73 .p98"),
        ("a\x00b", "a b"),
    ],
)
def test_case_accents_width_and_punctuation_do_not_count(typed: str, means: str) -> None:
    if typed == "ガラス":  # the voiced mark is a combining sign to Unicode; both sides lose it alike
        means = searchtext.plain("カラス")
    assert searchtext.plain(typed) == means


def test_a_call_number_is_the_same_with_and_without_gaps() -> None:
    assert searchtext.key("QA 76.73 .P98") == searchtext.key("qa76.73.p98")


def test_the_search_text_begins_with_the_title_and_ends_with_the_barcode() -> None:
    made = searchtext.columns("Dune", "Herbert, Frank", "PS3558 .E63", "0042")
    assert made.search == " dune herbert frank ps3558 .e63 ps3558.e63 0042"
    assert (made.barcode_key, made.call_key, made.title_key) == ("0042", "ps3558.e63", "dune")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("the sand dunes", ["the", "sand", "dunes"]),
        ("红楼梦", ["红楼", "楼梦", "梦"]),
        ("读 红楼 札记", ["读", "红楼", "楼", "札记", "记"]),
        ("c++ 语言", ["c", "+", "语言", "言"]),
        ("java语言2", ["java", "语言", "言", "2"]),
        ("qa 76.73 .p98 qa76.73.p98", ["qa", "76", "73", "p98", "qa76", "98"]),
        ("tp312ja 1-2_3", ["tp312ja", "1", "2", "_", "3"]),
        ("100% pure_chance", ["100", "%", "pure", "_", "chance"]),
        ("การ 한국어 カラス", ["กา", "าร", "ร", "한국", "국어", "어", "カラ", "ラス", "ス"]),
        ("été ♥ ελλας", ["été", "♥", "ελλας"]),
        (". - .-", []),
        ("x" * 50, ["x" * 40]),
        ("x001019384", ["x001019384"]),
    ],
)
def test_words_as_the_index_has_them(text: str, words: list[str]) -> None:
    """Whoever changes one of these adds a migration: what is in the index of a library was made by the words before."""
    assert searchtext.words(text) == words


def test_the_beginning_of_a_barcode_is_no_word_of_the_index() -> None:
    made = searchtext.columns("Dune", "", "", "X-0042")
    assert searchtext.index_words(made) == ["dune", "=x", "=0042"]


@pytest.mark.parametrize(
    ("typed", "words", "unproved"),
    [
        ("Dune", [("dune", True)], ()),
        ("红楼", [("红楼", False)], ()),
        ("梦", [("梦", True)], ()),
        ("三国演", [("三国", False), ("国演", False)], ("三国演",)),
        ("ps3558.e6", [("ps3558", False), ("e6", True)], ("ps3558.e6",)),
        (".E63", [("e63", True)], (".e63",)),
        ("C++", [("c", False), ("+", False)], ("c++",)),
        ("The end.", [("the", True), ("end", True)], ()),
        ("Dune - Messiah", [("messiah", True), ("dune", True)], ()),
        ("y" * 50, [("y" * 40, True)], ("y" * 50,)),
    ],
)
def test_what_is_asked_of_the_index_and_what_it_does_not_prove(
    typed: str, words: list[tuple[str, bool]], unproved: tuple[str, ...]
) -> None:
    asked = searchtext.query(typed)
    assert list(asked.words) == words
    assert asked.unproved == unproved


def test_a_query_is_bounded_and_its_words_come_once_longest_first() -> None:
    asked = searchtext.query("of of rings " + "x " * 1000)
    assert asked.terms == ("rings", "of", "x")
    assert len(searchtext.query("a" * 10_000).whole) == searchtext.MAX_QUERY_CHARS
    assert len(searchtext.query(" ".join(f"w{n}" for n in range(60))).terms) == searchtext.MAX_TERMS


def test_what_a_query_remembers_is_bounded_too() -> None:
    beginning = "x" * searchtext.MAX_QUERY_CHARS
    assert searchtext.query(beginning + "a" * 100_000) is searchtext.query(beginning + "b" * 100_000)


@pytest.mark.parametrize("nothing", ["", "   ", "，。", "\x00", "́", ".", "--", "..."])
def test_a_query_without_words_asks_for_nothing(nothing: str) -> None:
    assert searchtext.query(nothing).words == ()


def test_no_key_is_longer_than_an_index_can_hold() -> None:
    made = searchtext.columns("ﷺ" * 4000, "", "ﷺ" * 4000, "ﷺ" * 200)
    for key in (made.barcode_key, made.call_key, made.title_key):
        assert len(key.encode()) <= 2_000
    assert made.search.endswith(made.barcode_key)
