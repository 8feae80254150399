"""Text → the form that search compares: no case, no accents, one space between words. Pure.

The same function makes what is stored and what is asked, so both sides always agree. Chinese stays as it is (NFKC makes
full-width letters and digits plain); it has no word gaps, so search looks for a part of the text anywhere.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final, NamedTuple

MAX_QUERY_CHARS: Final = 200
"""The longest title that someone types or scans; the rest of a longer text is not looked at."""
MAX_TERMS: Final = 12
"""Each term is one more comparison for every item."""

_PLAIN: Final = dict.fromkeys(
    map(ord, "\t\r\n,;:!?/\\|\"'`´’‘“”()[]{}<>，。、；：！？（）【】《》「」·—–"), " "
)


def plain(text: str) -> str:
    """`text` without case, accents and punctuation between words; dots and hyphens stay (call numbers, ISBNs)."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        parts = unicodedata.normalize("NFD", text)
        text = unicodedata.normalize("NFC", "".join(c for c in parts if unicodedata.category(c) != "Mn"))
    return " ".join(text.casefold().translate(_PLAIN).replace("\x00", " ").split())


def key(text: str) -> str:
    """`plain` without any gap: ``QA 76.73 .P98`` and ``qa76.73.p98`` are the same call number to a person."""
    return plain(text).replace(" ", "")


class SearchColumns(NamedTuple):
    """What is stored beside an item so that it can be found."""

    search: str
    """Title, author, call number, barcode. Every word has a space before it: ``' dune' in search`` means that a word begins
    so; and the title comes first, so that a title begins as `search` does."""
    barcode_key: str
    call_key: str


def columns(title: str, author: str, call_number: str, barcode: str) -> SearchColumns:
    """The search columns of one item."""
    call = plain(call_number)
    call_key, barcode_key = call.replace(" ", ""), key(barcode)
    words = (plain(title), plain(author), call, call_key if call_key != call else "", barcode_key)
    return SearchColumns("".join(f" {part}" for part in words if part), barcode_key, call_key)


class Query(NamedTuple):
    """What a person typed, ready to compare."""

    whole: str
    """As `plain`."""
    key: str
    """As `key`."""
    terms: tuple[str, ...]
    """Texts that must all occur in `SearchColumns.search`, longest first: the rarest soonest ends the comparison of a row. A single
    ASCII letter must begin a word, or the first key that someone presses would find everything."""


@lru_cache(maxsize=1024)
def query(text: str) -> Query:
    """A query from untrusted text of any length."""
    whole = plain(text[:MAX_QUERY_CHARS].encode("utf-8", "replace").decode())
    words = sorted(dict.fromkeys(whole.split()), key=len, reverse=True)[:MAX_TERMS]
    terms = tuple(
        f" {word}" if len(word) == 1 and word.isascii() and word.isalnum() else word for word in words
    )
    return Query(whole, whole.replace(" ", ""), terms)
