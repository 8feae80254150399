"""Whatever a title is made of: each of its words, and each part of a text without gaps, finds it."""

from __future__ import annotations

from helpers.searching import finds
from hypothesis import given
from hypothesis import strategies as st

from hub.store import searchtext

SIGNS = st.text("红楼梦三国演义西游记水浒传かなカナ한국ไทย", min_size=1, max_size=12)
MIXED = st.text("aZé1 9.-_%+&红楼梦カ\u0301한ไ'《》Ａß", max_size=40)


@given(st.text(max_size=80) | MIXED, st.text(max_size=80) | MIXED)
def test_every_word_of_an_item_finds_it(title: str, author: str) -> None:
    made = searchtext.columns(title, author, "", "1")
    for word in (*title.split(), *author.split()):
        if searchtext.query(word).words:
            assert finds(searchtext.query(word), made)


@given(MIXED, st.integers(0, 40))
def test_the_beginning_of_every_word_finds_it(title: str, length: int) -> None:
    made = searchtext.columns(title, "", "", "1")
    for word in searchtext.plain(title).split():
        if searchtext.query(word[:length]).words:
            assert finds(searchtext.query(word[:length]), made)


@given(SIGNS, SIGNS, st.data())
def test_every_part_of_a_text_without_gaps_finds_it(title: str, author: str, data: st.DataObject) -> None:
    made = searchtext.columns(title, author, "", "1")
    flat = searchtext.plain(title)
    start = data.draw(st.integers(0, len(flat) - 1))
    end = data.draw(st.integers(start + 1, len(flat)))
    assert finds(searchtext.query(flat[start:end]), made)


@given(st.text(max_size=200))
def test_plain_is_plain_again(text: str) -> None:
    once = searchtext.plain(text)
    assert searchtext.plain(once) == once


@given(st.text(max_size=200) | MIXED)
def test_no_word_has_a_sign_that_a_database_would_read_as_more_than_a_word(text: str) -> None:
    asked = searchtext.query(text)
    for word in (
        *searchtext.index_words(searchtext.columns(text, text, text, text)),
        *[w.text for w in asked.words],
    ):
        assert word
        assert not set(word) & set("\"'\\ \t\n|()<>:,;!?")
        assert all(sign > "\x7f" or sign.isalnum() or sign in "#$%&*+=@^_~" for sign in word)
