"""Text → the words that search finds. Pure: the same functions make what is stored and what is asked, so both always agree.

Two forms of a text are made. `plain` takes away case, accents, width and punctuation; it is stored, and the end of every
comparison. `words` cuts it into what an index of words can hold: runs of letters and digits; and scripts without word gaps
(Chinese, Japanese, Thai …) as overlapping pairs of signs and the last sign, so that any part of a title is found::

    words("c++ 语言程序 ps3558.e63")  →  c, +, 语言, 言程, 程序, 序, ps3558, 3558, e63, 63

Whoever changes what `plain`, `columns` or `words` give adds a migration that makes the index anew
(`hub.store.search.make_anew`); a test that knows some answers by heart says so.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple

MAX_QUERY_CHARS: Final = 200
"""The longest title that someone types or scans; the rest of a longer text is not looked at."""
MAX_TERMS: Final = 12
"""Each term is one more comparison for every candidate."""
MAX_WORD_CHARS: Final = 40
"""Longer runs of letters are cut on both sides; the comparison with the text decides what the index cannot."""
TITLE_KEY_CHARS: Final = 40
"""How much of a title is held in the index of beginnings: five words."""
KEY_CHARS: Final = 200
"""How much of a barcode or call number is held in such an index; PostgreSQL refuses entries of more than 2,700 bytes."""

_PLAIN: Final = dict.fromkeys(
    map(ord, "\t\r\n,;:!?/\\|\"'`´’‘“”()[]{}<>，。、；：！？（）【】《》「」·—–"), " "
)
_NO_GAPS: Final = (
    "\u0e00-\u0eff\u1000-\u11ff\u1780-\u17ff"  # Thai, Lao, Burmese, Korean letters, Khmer
    "\u2e80-\u2fdf\u3005-\u3007\u3040-\u318f\u31a0-\u31bf\u31f0-\u31ff"  # radicals, kana, bopomofo, Korean letters
    "\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7ff\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
_SIMPLE: Final = re.compile("[\x00-\x7f\u3001\u3002\u300a\u300b\u3400-\u4dbf\u4e00-\u9fff]*")
"""Texts of these signs are their own normal form: most Chinese titles. Saves a third of the time of an import's texts."""
_ASCII: Final = re.compile(r"[a-z0-9]+|[^\sa-z0-9.\-\x00-\x1f\x7f]")
_WORD: Final = re.compile(
    rf"(?P<signs>[{_NO_GAPS}]+)|(?P<run>(?:(?![{_NO_GAPS}_])\w)+)|[^\s\w.\-\x00-\x1f\x7f]|_"
)
"""A run without gaps, a run of letters and digits, or one other sign; dots and hyphens only part words."""
_NUMBER_BEHIND_LETTERS: Final = re.compile(r"[a-z]{1,3}([0-9]{1,4})")
_LONGEST_SUCH: Final = 7
"""In ``qa76`` the number is a word too, because people and catalogues also write ``QA 76``."""


def plain(text: str) -> str:
    """`text` without case, accents and punctuation between words; dots and hyphens stay (call numbers, ISBNs)."""
    if not text.isascii() and not _SIMPLE.fullmatch(text):
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
    """Title, author, call number, other identifiers, barcode. Every word has a space before it: ``' dune' in search`` means that a word begins
    so; and the title comes first, so that a title begins as `search` does."""
    barcode_key: str
    call_key: str
    title_key: str
    """How the title begins, as `plain`."""


def columns(
    title: str, author: str, call_number: str, barcode: str, alternative_ids: Iterable[str] = ()
) -> SearchColumns:
    """The search columns of one item."""
    call = plain(call_number)
    call_key, barcode_key = call.replace(" ", ""), key(barcode)[:KEY_CHARS]
    flat = plain(title)
    others = (plain(one)[:KEY_CHARS] for one in alternative_ids)
    texts = (flat, plain(author), call, call_key if call_key != call else "", *others, barcode_key)
    search = "".join(f" {part}" for part in texts if part)
    return SearchColumns(search, barcode_key, call_key[:KEY_CHARS], flat[:TITLE_KEY_CHARS])


def words(search: str) -> list[str]:
    """The words of a text made by `plain` or `columns`, each once, in the order in which they first occur."""
    if search.isascii():
        found = dict.fromkeys(part[:MAX_WORD_CHARS] for part in _ASCII.findall(search))
    else:
        found = {}
        for match in _WORD.finditer(search):
            part = match.group()
            if match.lastgroup == "signs":
                found |= dict.fromkeys(part[at : at + 2] for at in range(len(part)))
            else:
                found[part[:MAX_WORD_CHARS]] = None
    for word in [word for word in found if len(word) <= _LONGEST_SUCH and not word.isalpha()]:
        if number := _NUMBER_BEHIND_LETTERS.fullmatch(word):
            found[number[1]] = None
    return list(found)


def index_words(stored: SearchColumns) -> list[str]:
    """What the index holds of an item: its words, and apart from them (behind a ``=``) those of its barcode.

    Barcodes often begin alike, a million of them, so that the beginning of one must not be a word; `barcode_key` finds it.
    """
    others = stored.search[: len(stored.search) - len(stored.barcode_key)]
    return words(others) + [f"={word}" for word in words(stored.barcode_key)]


class Word(NamedTuple):
    """A word that the index is asked for."""

    text: str
    begins: bool
    """Whether longer words that begin so count too."""


class Query(NamedTuple):
    """What a person typed, ready to compare."""

    whole: str
    """As `plain`."""
    key: str
    """As `key`."""
    words: tuple[Word, ...]
    """All of them must be words of the item; none: nothing to look for."""
    terms: tuple[str, ...]
    """What was typed between blanks and has a word in it, longest first."""
    unproved: tuple[str, ...]
    """Texts that must all occur in `SearchColumns.search`, longest first, because the words alone do not prove them: ``三国演义``
    is more than its three pairs, ``c++`` more than its signs. Empty: the words are proof."""


def query(text: str) -> Query:
    """A query from untrusted text of any length."""
    return _query(text[:MAX_QUERY_CHARS])


@lru_cache(maxsize=1024)
def _query(text: str) -> Query:
    whole = plain(text.encode("utf-8", "replace").decode())
    typed = dict.fromkeys(
        term.rstrip(".") for term in whole.split()
    )  # a sentence ends with a dot, no word does
    terms = sorted((term for term in typed if _WORD.search(term)), key=len, reverse=True)[:MAX_TERMS]
    asked: dict[Word, None] = {}
    unproved: list[str] = []
    for term in terms:
        mine = list(_asked(term))
        asked |= dict.fromkeys(mine)
        if [word.text for word in mine] != [term]:
            unproved.append(term)
    return Query(whole, whole.replace(" ", ""), tuple(asked), tuple(terms), tuple(unproved))


def _asked(term: str) -> Iterator[Word]:
    """The words of one term. Only the last may be longer in the text: ``ps3558.e6`` begins what is ``ps3558.e63``."""
    for match in _WORD.finditer(term):
        part, last = match.group(), match.end() == len(term)
        if match.lastgroup == "signs":
            if len(part) == 1:
                yield Word(part, begins=True)
            yield from (Word(part[at : at + 2], begins=False) for at in range(len(part) - 1))
        elif match.lastgroup == "run":
            yield Word(part[:MAX_WORD_CHARS], begins=last or len(part) > MAX_WORD_CHARS)
        else:
            yield Word(part, begins=False)
