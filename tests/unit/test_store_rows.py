"""Effects become rows by one table; none is skipped in silence."""

from __future__ import annotations

from typing import get_args

from helpers.store import FIRST, SITE, finding, placed

from hub.effects import Effect, ItemStatusChanged, PutFinding
from hub.store.rows import _TAKE, NOT_ROWS, batch_of, chunks, clean
from hub.store.tables import metadata


def test_every_effect_that_the_engine_can_make_has_a_row_or_is_said_to_have_none() -> None:
    assert set(get_args(Effect)) == {*_TAKE, *NOT_ROWS}


def test_a_row_has_exactly_the_columns_of_its_table() -> None:
    batch = batch_of(SITE, [placed(1, FIRST), PutFinding(finding("f-1"))])
    for name, rows in batch.upserts.items():
        for row in rows.values():
            assert set(row) == {column.name for column in metadata.tables[name].columns}


def test_the_last_effect_about_one_thing_stands() -> None:
    batch = batch_of(SITE, [ItemStatusChanged(1, "lost", 1), ItemStatusChanged(1, "on_shelf", 2)])
    assert [row["status"] for row in batch.statuses.values()] == ["on_shelf"]


def test_text_with_nul_can_be_kept_by_every_database() -> None:
    assert clean("a\x00b") == "a\ufffdb"
    assert clean("ü\ud800") == "ü?"
    assert clean("红楼梦") == "红楼梦"
    assert clean(7) == 7


def test_chunks_lose_nothing() -> None:
    assert list(chunks(range(7), 3)) == [[0, 1, 2], [3, 4, 5], [6]]
    assert list(chunks([], 3)) == []
