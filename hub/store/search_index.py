"""The rows by which search finds items, kept in the transaction that writes the items.

Two things stand beside the items: `item_texts`, a narrow table that search compares and ranks by; and the index of words,
SQLite's full-text index (FTS5) or PostgreSQL's ``tsvector``. The index holds, for each item, what
`hub.store.searchtext.index_words` makes of it, and nothing else: no positions, no copy of the text. Whatever a database would
cut or fold by itself is switched off, so that both find the same items.

The tables of the index are not in `hub.store.tables`: each database has its own, they hold nothing that `item_texts` does
not, and a backup leaves them out (`make_anew` brings them back).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Connection, select

from hub.store.bulk import insert_rows
from hub.store.engine import upsert
from hub.store.rows import Row, chunks
from hub.store.searchtext import SearchColumns, columns, index_words
from hub.store.tables import item_texts
from shelfwire.errors import InputError

INDEX: Final = "item_words"
"""The name of the index in both databases; other tables that belong to it begin with it and ``_``."""

SITE_STEP: Final = 2**40
"""FTS5 knows an item by one number: its site's number times this, and its `item_id`. A range of numbers is then a site."""

_A_QUESTION: Final = 1_000
_A_CHUNK: Final = 5_000

# SQLite: no copy of the text, no sizes, no positions. Beginnings of one to three letters have lists of their own, half of what
# the index takes, because a list put together of all words that begin with "c" takes a tenth of a second each time.
_SQLITE: Final = (
    """CREATE VIRTUAL TABLE item_words USING fts5(words, content='', columnsize=0, detail=none, prefix='1 2 3',
           tokenize="ascii tokenchars '#$%&*+=@^_~'")""",
    "CREATE TABLE item_words_sites (number INTEGER PRIMARY KEY, site TEXT NOT NULL UNIQUE)",
)
_POSTGRESQL: Final = (
    """CREATE TABLE item_words (site varchar(40) NOT NULL, item_id bigint NOT NULL, words tsvector NOT NULL,
           PRIMARY KEY (site, item_id))""",
    "CREATE INDEX item_words_words ON item_words USING gin (words)",
)
_PUT_SQLITE: Final = "INSERT INTO item_words(rowid, words) VALUES (?, ?)"
_FORGET_SQLITE: Final = "INSERT INTO item_words(item_words, rowid, words) VALUES ('delete', ?, ?)"
_PUT_POSTGRESQL: Final = """INSERT INTO item_words
    SELECT %s, item_id, array_to_tsvector(string_to_array(words, ' '))
    FROM unnest(%s::bigint[], %s::text[]) AS new (item_id, words)
    ON CONFLICT (site, item_id) DO UPDATE SET words = excluded.words"""


def is_index(table: str) -> bool:
    """Whether a table of the database belongs to the index: then it is no part of the schema and of no backup."""
    return table == INDEX or table.startswith(f"{INDEX}_")


def make_tables(connection: Connection) -> None:
    """Make the empty index. Raises `InputError` where SQLite was built without FTS5."""
    if connection.dialect.name == "sqlite":
        has_fts5 = "SELECT count(*) FROM pragma_module_list WHERE name = 'fts5'"
        if not connection.exec_driver_sql(has_fts5).scalar():
            raise InputError(
                "database: the SQLite of this Python was built without its full-text index (FTS5); use the Python of your "
                "distribution or of python.org, which have it, or PostgreSQL"
            )
    for statement in _SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL:
        connection.exec_driver_sql(statement)


def make_anew(connection: Connection) -> None:
    """Empty the index and fill it from `item_texts`, a chunk at a time."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("INSERT INTO item_words(item_words) VALUES ('delete-all')")
    else:
        connection.exec_driver_sql(
            "DROP INDEX item_words_words"
        )  # one at the end is made in a fifth of the time
        connection.exec_driver_sql("TRUNCATE item_words")
    wanted = select(item_texts).order_by(item_texts.c.site, item_texts.c.item_id)
    rows = connection.execute(wanted, execution_options={"yield_per": _A_CHUNK})
    for some in rows.partitions():
        for site, of_site in groupby(some, key=lambda row: str(row.site)):
            _write(connection, site, {row.item_id: _stored(row) for row in of_site})
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_POSTGRESQL[1])
        connection.exec_driver_sql("ANALYZE item_words")


def index_items(connection: Connection, added: Sequence[Row], changed: Sequence[Row]) -> None:
    """Index new items, and items of which something that search looks at changed. Rows as in `items`, whole."""
    for site, new in _by_site(added).items():
        insert_rows(connection, item_texts, _rows(site, new))
        _write(connection, site, new)
    for site, new in _by_site(changed).items():
        _forget(connection, site, new)
        upsert(connection, item_texts, _rows(site, new))
        _write(connection, site, new)


def site_base(connection: Connection, site: str, *, make: bool = False) -> int:
    """The number before a site's first item in the index of SQLite; -1: the index has nothing of it."""
    if make:
        connection.exec_driver_sql("INSERT OR IGNORE INTO item_words_sites (site) VALUES (?)", (site,))
    found = connection.exec_driver_sql("SELECT number FROM item_words_sites WHERE site = ?", (site,)).scalar()
    return -1 if found is None else found * SITE_STEP


def _by_site(items: Sequence[Row]) -> dict[str, dict[int, SearchColumns]]:
    by_site: dict[str, dict[int, SearchColumns]] = {}
    for item in items:
        texts = columns(
            item["title"], item["author"], item["call_number"], item["barcode"], item["alternative_ids"]
        )
        by_site.setdefault(item["site"], {})[item["item_id"]] = texts
    return by_site


def _rows(site: str, items: Mapping[int, SearchColumns]) -> list[Row]:
    return [{"site": site, "item_id": item_id} | texts._asdict() for item_id, texts in items.items()]


def _stored(row: Any) -> SearchColumns:
    return SearchColumns(row.search, row.barcode_key, row.call_key, row.title_key)


def _forget(connection: Connection, site: str, items: Mapping[int, SearchColumns]) -> None:
    """Take what was found before out of the index of SQLite, which keeps no text and must be told the words."""
    if connection.dialect.name != "sqlite":
        return  # the row of words is replaced as a whole
    base = site_base(connection, site, make=True)
    for some in chunks(items, _A_QUESTION):
        wanted = select(item_texts).where(item_texts.c.site == site, item_texts.c.item_id.in_(some))
        gone = [
            (base + row.item_id, " ".join(index_words(_stored(row)))) for row in connection.execute(wanted)
        ]
        if gone:
            connection.exec_driver_sql(_FORGET_SQLITE, gone)


def _write(connection: Connection, site: str, items: Mapping[int, SearchColumns]) -> None:
    if connection.dialect.name == "sqlite":
        base = site_base(connection, site, make=True)
        rows = [(base + item_id, " ".join(index_words(texts))) for item_id, texts in items.items()]
        connection.exec_driver_sql(_PUT_SQLITE, rows)
        return
    all_words = [" ".join(index_words(texts)) for texts in items.values()]
    connection.exec_driver_sql(_PUT_POSTGRESQL, (site, list(items), all_words))
