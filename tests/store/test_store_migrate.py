"""An older database is brought here without loss, a newer one is refused in words."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from helpers.store import FIRST, SHELVES, SITE
from sqlalchemy import inspect, select, text

from hub.store.engine import open_engine
from hub.store.migrate import HEAD, known_revisions, require_current, revision_of, upgrade
from hub.store.read import StoreReader
from hub.store.search import MAX_FOUND
from hub.store.search_index import is_index
from hub.store.tables import items, metadata
from hub.store.write import StoreWriter
from shelfwire.callnumbers import sort_key
from shelfwire.errors import AwayError, InputError

OLD_ITEM = """
INSERT INTO items (site, item_id, barcode, title, author, call_number, status, source_status, home_from, home_to,
                   home_source, import_id, since_us, changed_at_us)
VALUES (:site, :number, :barcode, :title, 'Herbert', 'PS 3558 .E63', 'on_shelf', '', :shelf, :shelf, 'list', 'i', 1, 1)
"""


def _of_the_schema(name: str | None, kind: str, _parents: object) -> bool:
    """The index of words has tables of its own in each database."""
    return not (kind == "table" and is_index(name or ""))


def run(url: str, statement: str, rows: list[dict[str, Any]] | None = None) -> None:
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(text(statement), rows)
    engine.dispose()


def test_a_database_of_the_first_version_with_rows_loses_nothing(empty_database: str) -> None:
    upgrade(empty_database, "0001")
    rows = [
        {"site": site, "number": n, "barcode": f"b{n}", "title": f"Dune {n} 沙丘", "shelf": FIRST}
        for site in (SITE, "other")
        for n in range(1, 6_001)
    ]
    run(empty_database, OLD_ITEM, rows)
    link = "INSERT INTO links VALUES ('demo', 'AB', 7, 1, NULL, 1, 1, 'i')"
    run(empty_database, link)
    upgrade(empty_database)
    reader = StoreReader(empty_database, SITE)
    assert reader.counts().items == 6_000
    assert reader.search("dune 沙丘")[1] == MAX_FOUND
    assert reader.search("dune 4711 沙丘")[1] == 1
    (item,), total = reader.search("b4711")
    assert (item.item_id, item.title, total) == (4711, "Dune 4711 沙丘", 1)
    found = reader.item(7)
    assert found is not None
    assert found.tag_keys == ["AB"]
    reader.close()
    assert revision_of(empty_database) == HEAD
    assert of_item(empty_database, 4711) == ("b4711", [], "", None, None)
    writer = StoreWriter(empty_database)
    assert len(writer.catalog(SITE, SHELVES).item_id) == 6_000
    writer.close()
    *_, key = of_item(empty_database, 4711)
    assert key == sort_key("PS 3558 .E63", "LC"), "the hub makes the keys when it starts"


def of_item(url: str, item_id: int) -> tuple[Any, ...]:
    engine = open_engine(url)
    wanted = select(
        items.c.barcode_key, items.c.flags, items.c.callnumber_fault, items.c.digest, items.c.sort_key
    )
    with engine.connect() as connection:
        row = connection.execute(wanted.where(items.c.site == SITE, items.c.item_id == item_id)).one()
    engine.dispose()
    return (*row[:4], None if row.sort_key is None else bytes(row.sort_key))


def test_every_step_from_every_version_ends_in_the_tables_of_the_code(empty_database: str) -> None:
    for revision in known_revisions():
        upgrade(empty_database, revision)
    upgrade(empty_database)
    engine = open_engine(empty_database)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": _of_the_schema})
        assert compare_metadata(context, metadata) == []
        for table in metadata.sorted_tables:
            has = {
                index["name"]: index["column_names"] for index in inspect(connection).get_indexes(table.name)
            }
            for index in table.indexes:
                assert has[index.name] == [column.name for column in index.columns]
    engine.dispose()


def test_a_hub_and_a_web_that_start_at_once_do_not_harm_each_other(empty_database: str) -> None:
    code = "import sys; from hub.store.migrate import upgrade; upgrade(sys.argv[1])"
    started = [subprocess.Popen([sys.executable, "-c", code, empty_database]) for _ in range(3)]
    assert [process.wait(50) for process in started] == [0, 0, 0]
    assert revision_of(empty_database) == HEAD


def test_a_newer_database_is_refused_in_words_and_left_alone(database: str) -> None:
    run(database, "UPDATE alembic_version SET version_num = '9999'")
    for use in (upgrade, require_current):
        with pytest.raises(InputError, match=r"version 9999, this Shelfwire knows up to .*install the newer"):
            use(database)
    assert revision_of(database) == "9999"


def test_a_migration_that_fails_leaves_the_tables_as_they_were(
    empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade(empty_database, "0001")
    run(
        empty_database,
        OLD_ITEM,
        [{"site": SITE, "number": 1, "barcode": "b", "title": "Dune", "shelf": None}],
    )

    def fail(*_: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr("hub.store.searchtext.columns", fail)
        with pytest.raises(RuntimeError):
            upgrade(empty_database)
    assert revision_of(empty_database) == "0001"
    upgrade(empty_database)
    assert revision_of(empty_database) == HEAD


def test_pages_wait_in_words_until_the_hub_has_made_the_tables(empty_database: str) -> None:
    with pytest.raises(AwayError, match="start the hub"):
        require_current(empty_database)
    reader = StoreReader(empty_database, SITE)
    with pytest.raises(AwayError, match="no tables of this version yet"):
        reader.counts()
    upgrade(empty_database)
    assert reader.counts().items == 0
    reader.close()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "is no URL"),
        ("hub.db", "is no URL"),
        ("mysql://root@localhost/x", "mysql"),
        ("sqlite://", "not supported"),
        ("sqlite:///:memory:", "not supported"),
        ("sqlite:////nowhere/at/all/hub.db", "no folder"),
    ],
)
def test_a_url_that_cannot_work_is_refused_in_words(url: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        upgrade(url)


def test_a_file_that_is_no_database_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    path.write_bytes(b"a letter to the editor, and no database" * 100)
    with pytest.raises(InputError, match="not a database"):
        upgrade(f"sqlite:///{path}")
