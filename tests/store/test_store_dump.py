"""A backup of rows is portable, whole or refused."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers.databases import PostgreSQL
from helpers.store import FIRST, NOW_US, SECOND, SITE, asked, book, finding, happened, placed, sweep, take
from sqlalchemy import select

from hub.effects import ActAnswered, PutFinding, SweepRows
from hub.store.acts import insert_act
from hub.store.dump import dump, load
from hub.store.engine import open_engine
from hub.store.labels import stage_labels
from hub.store.migrate import HEAD, upgrade
from hub.store.sources import put_source
from hub.store.tables import metadata
from hub.store.users import Users
from hub.store.write import StoreWriter
from shelfwire.callnumbers.labels import Row
from shelfwire.errors import InputError


def fill(url: str) -> None:
    writer = StoreWriter(url)
    take(
        writer,
        url,
        [book(n, title=f"红楼梦 {n}", call_number=f"I242.4/{n}", home_from=FIRST) for n in range(1, 1_200)],
    )
    insert_act(url, SITE, asked("a-1"))
    insert_act(url, SITE, asked("a-2", body={"x": [1, None, "ü"]}))
    writer.apply(
        SITE,
        [
            placed(1, SECOND),
            placed(2, None),
            PutFinding(finding("f-1", item_id=1, why={"n": 1.5})),
            happened("e-1", 1, NOW_US),
            sweep("s-1"),
            SweepRows(sweep="s-1", rows=[(1, "missing", FIRST, None, 0.5)]),
            ActAnswered(id="a-1", ok=True, detail="done", at_us=NOW_US),
        ],
        77,
        NOW_US,
    )
    writer.close()
    stage_labels(url, SITE, "l-1", [Row(FIRST, "I242")], "label", "labels.csv")
    put_source(url, SITE, "main", "koha", cursor="since noon", counts={"rows": 3})
    users = Users(url, SITE)
    users.add_user("anna", "staff", "hash", NOW_US)
    users.create_session("token", "anna", NOW_US, NOW_US + 1)
    users.close()


def contents(url: str) -> dict[str, list[tuple[object, ...]]]:
    engine = open_engine(url)
    with engine.connect() as connection:
        found = {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
        }
    engine.dispose()
    return found


@pytest.fixture
def another(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], str]:
    """Makes an empty database of a kind."""

    def make(kind: str) -> str:
        if kind == "sqlite":
            return f"sqlite:///{tmp_path / 'another.db'}"
        server: PostgreSQL = request.getfixturevalue("postgresql")
        return server.new_database()

    return make


@pytest.mark.parametrize(
    "kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))]
)
def test_rows_move_between_databases_of_any_kind_unchanged(
    database: str, another: Callable[[str], str], kind: str
) -> None:
    fill(database)
    stream = io.BytesIO()
    counts = dump(database, stream)
    assert counts["items"] == 1_199
    other = another(kind)
    stream.seek(0)
    assert load(other, stream) == counts
    before, after = contents(database), contents(other)
    assert before.pop("sessions")
    assert not after.pop("sessions")
    assert after == before
    writer = StoreWriter(other)
    assert len(take(writer, other, [book(5_000)], "imp-2").item_id) == 1_200
    writer.close()


def test_a_backup_never_goes_over_rows_that_are_there(database: str) -> None:
    fill(database)
    stream = io.BytesIO()
    dump(database, stream)
    stream.seek(0)
    with pytest.raises(InputError, match="has rows already"):
        load(database, stream)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda data: data[: len(data) // 2], "damaged|ends in the middle"),
        (lambda data: data[: data.rindex(b'{"rows"')], "ends in the middle"),
        (lambda data: b"\x00" + data, "damaged"),
        (lambda data: b"", "damaged"),
        (lambda data: data.replace(f'"{HEAD}"'.encode(), b'"9999"'), "knows up to"),
        (lambda data: data.replace(b'{"table":"items"', b'{"table":"sqlite_master"'), "no table"),
        (lambda data: data.replace(b'"items":1199', b'"items":1198'), "as many rows"),
        (lambda data: data.replace(b'["demo",1,', b'["demo",2,', 1), "damaged"),
    ],
)
def test_a_damaged_backup_is_refused_in_words_and_leaves_nothing(
    empty_database: str, tmp_path: Path, damage: Callable[[bytes], bytes], says: str
) -> None:
    source = f"sqlite:///{tmp_path / 'source.db'}"
    upgrade(source)
    fill(source)
    stream = io.BytesIO()
    dump(source, stream)
    with pytest.raises(InputError, match=says):
        load(empty_database, io.BytesIO(damage(stream.getvalue())))
    upgrade(empty_database)
    assert not any(contents(empty_database).values())
