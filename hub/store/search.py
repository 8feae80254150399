"""The questions of search: items that hold all words of what a person typed, best first, in a bounded time.

Four lists of candidates are drawn, each from an index and each of at most `MAX_FOUND` items: barcodes that begin so, call
numbers that begin so, titles that begin so, and items that hold all the words. Only these are compared and ranked.
So a question that half of the catalogue answers costs as little as one that ten books answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    literal_column,
    select,
    text,
    union,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from hub.store.search_index import INDEX, SITE_STEP, site_base
from hub.store.searchtext import TITLE_KEY_CHARS, Query, Word
from hub.store.tables import item_texts

MAX_FOUND: Final = 500
"""More are never found: a person adds a word long before the twentieth page. As a total it means: so many, or more. Comparing
and ranking takes some 10 µs of each candidate, and there may be four times as many."""

MAX_LOOKED_AT: Final = 10_000
"""Items that hold all words and whose text is compared with what was typed: some hundredths of a second. It is met only by
signs that often stand in one title and hardly ever beside each other."""

_LAST: Final = "\U0010ffff"
"""No text goes on with it: what begins with x lies between x and x followed by this."""

_COMMON: Final = frozenset(
    [
        "a", "an", "and", "as", "at", "au", "aux", "av", "by", "da", "das", "de", "del", "dem", "den", "der",
        "des", "di", "die", "do", "du", "e", "ein", "eine", "el", "em", "en", "et", "for", "from", "für", "i",
        "il", "im", "in", "into", "la", "las", "le", "les", "lo", "los", "mit", "o", "of", "on", "or", "os",
        "the", "to", "u", "un", "una", "und", "une", "v", "von", "with", "y", "z", "za", "zu",
    ]
)  # fmt: skip
"""Words so common that PostgreSQL does better to compare them than to look them up. For speed alone: they are asked all the same."""


def prepare(connection: Connection) -> None:
    """Before a search: PostgreSQL is to plan for these very words, and to meet rows in the same order each time."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            "SELECT set_config('plan_cache_mode', 'force_custom_plan', true), "
            "set_config('synchronize_seqscans', 'off', true)"
        )


def ranked(connection: Connection, site: str, asked: Query) -> Select[Any]:
    """The question for `item_id`s, best first, at most `MAX_FOUND`."""
    calls = _beginning(site, item_texts.c.call_key, asked.key)
    titles = _beginning(site, item_texts.c.title_key, asked.whole[:TITLE_KEY_CHARS])
    lists = [_beginning(site, item_texts.c.barcode_key, asked.key), calls, titles]
    if not _is_full(connection, calls, titles):
        lists.append(_having_words(connection, site, asked))
    found = union(*[select(one.subquery().c.item_id) for one in lists]).subquery()
    rank = _rank(connection, asked)
    in_call_order = case((rank == _CALL_NUMBER, item_texts.c.call_key), else_="")
    return (
        select(item_texts.c.item_id)
        .join(found, found.c.item_id == item_texts.c.item_id)
        .where(item_texts.c.site == site)
        .order_by(rank, in_call_order, item_texts.c.search, item_texts.c.item_id)
        .limit(MAX_FOUND)
    )


_CALL_NUMBER: Final = 1


def _rank(connection: Connection, asked: Query) -> ColumnElement[int]:
    whole_at = _place(connection, f" {asked.whole}")
    return case(
        (item_texts.c.barcode_key == asked.key, 0),
        (_begins(item_texts.c.call_key, asked.key), _CALL_NUMBER),
        (whole_at == 1, 2),
        (whole_at > 1, 3),
        (and_(*[_place(connection, f" {term}") > 0 for term in asked.terms]), 4),
        else_=5,
    )


def _place(connection: Connection, term: str) -> ColumnElement[int]:
    """Where `term` stands in the text, from 1; 0: nowhere. Half the time of LIKE, and no sign of it means more than itself."""
    find = func.instr if connection.dialect.name == "sqlite" else func.strpos
    return find(item_texts.c.search, term)


def _begins(column: Column[str], text: str) -> ColumnElement[bool]:
    return and_(column >= text, column < text + _LAST)


def _beginning(site: str, column: Column[str], begins: str) -> Select[Any]:
    """Items of which `column` begins so, in its order: a walk along an index."""
    return (
        select(item_texts.c.item_id)
        .where(item_texts.c.site == site, _begins(column, begins))
        .order_by(column)
        .limit(MAX_FOUND)
    )


def _is_full(connection: Connection, *lists: Select[Any]) -> bool:
    """Whether a list that ranks before the words has no room for them: so it is for all that is short and common."""
    lengths = [select(func.count()).select_from(one.subquery()).scalar_subquery() for one in lists]
    return any(length >= MAX_FOUND for length in connection.execute(select(*lengths)).one())


def _having_words(connection: Connection, site: str, asked: Query) -> Select[Any]:
    """Items that hold all words, in no said order."""
    found = _fts5(connection, site, asked) if connection.dialect.name == "sqlite" else _tsvector(site, asked)
    if not asked.unproved:
        return found.limit(MAX_FOUND)
    looked_at = found.limit(MAX_LOOKED_AT).subquery()
    compared = select(item_texts.c.item_id).join(looked_at, looked_at.c.item_id == item_texts.c.item_id)
    proofs = [_place(connection, term) > 0 for term in asked.unproved]
    return compared.where(item_texts.c.site == site, *proofs).limit(MAX_FOUND)


def _fts5(connection: Connection, site: str, asked: Query) -> Select[Any]:
    base = site_base(connection, site)
    number: ColumnElement[int] = literal_column(f"{INDEX}.rowid")
    match = text(f"{INDEX} MATCH :words").bindparams(
        words=" AND ".join(
            "(" + " OR ".join(f'"{form}"' + "*" * begins for form, begins in _forms(word)) + ")"
            for word in asked.words
        )
    )
    return (
        select((number - literal(base)).label("item_id"))
        .select_from(text(INDEX))
        .where(match, number > base, number < base + SITE_STEP)
    )


def _tsvector(site: str, asked: Query) -> Select[Any]:
    held: ColumnElement[Any] = literal_column(f"{INDEX}.words")
    rare = [word for word in asked.words if not _is_common(word)] or list(asked.words)
    common = [word for word in asked.words if word not in rare]
    which: list[Any] = [literal_column(f"{INDEX}.site") == site, held.op("@@")(_tsquery(rare))]
    if common:  # the function of that operator: PostgreSQL does not look into the index for it
        which.append(func.ts_match_vq(held, _tsquery(common)))
    return select(literal_column(f"{INDEX}.item_id").label("item_id")).select_from(text(INDEX)).where(*which)


_SHORT_CHARS: Final = 2


def _is_common(word: Word) -> bool:
    """One of the most common words, or a beginning that tens of thousands of words have: a letter or two, or one digit."""
    short = len(word.text) == 1 or (len(word.text) <= _SHORT_CHARS and word.text.isalpha())
    return word.text in _COMMON or (word.begins and short and word.text.isascii())


def _tsquery(words: Sequence[Word]) -> ColumnElement[Any]:
    terms = (
        "(" + " | ".join(f"'{form}'" + ":*" * begins for form, begins in _forms(word)) + ")" for word in words
    )
    return cast(literal(" & ".join(terms), Text()), TSQUERY)


def _forms(word: Word) -> Iterator[tuple[str, bool]]:
    """A word, and one with a digit also as a whole word of a barcode. `plain` leaves no sign that ends a quotation."""
    yield word.text, word.begins
    if any(sign.isdecimal() for sign in word.text):
        yield f"={word.text}", False
