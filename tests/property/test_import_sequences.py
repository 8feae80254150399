"""Whatever listings follow each other and wherever the hub is killed, the catalogue is what the last listing says."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from helpers.store import SHELVES, epc
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from hub.catalog.model import Item
from hub.store import catalog
from hub.store.difference import known_digests
from hub.store.engine import open_engine
from hub.store.imports import stage_import
from hub.store.migrate import upgrade
from hub.store.tables import imports, items, links

SITES = count()

BOOK = st.tuples(
    st.sampled_from(["Dune", "Orlando", "红楼梦"]), st.sampled_from(["on_shelf", "on_loan", "lost"])
)
LISTING = st.fixed_dictionaries(
    {
        "books": st.dictionaries(st.integers(1, 7), BOOK, min_size=1),
        "tags": st.dictionaries(st.integers(1, 5), st.integers(1, 7)),  # a tag is on one item
        "killed_at": st.integers(0, 6),
    }
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder: Path = tmp_path_factory.mktemp("imports")
    made = open_engine(f"sqlite:///{folder / 'hub.db'}")
    upgrade(made)
    yield made
    made.dispose()


class KilledError(Exception):
    """The hub is gone in this moment; what was not committed is not there."""


def killed_at(number: int) -> Any:
    """The taking dies in its transaction of this number."""
    real, calls = catalog._take_part, count()

    def dies(*args: Any) -> int:
        done = real(*args)
        if next(calls) == number:
            raise KilledError
        return done

    return patch.object(catalog, "_take_part", dies)


def listed(listing: dict[str, Any]) -> list[Item]:
    tags: dict[int, tuple[str, ...]] = {}
    for tag, number in sorted(listing["tags"].items()):
        tags[number] = (*tags.get(number, ()), epc(tag))
    return [
        Item(barcode=f"b{number}", title=title, status=status, tags=tags.get(number, ()))
        for number, (title, status) in sorted(listing["books"].items())
    ]


def in_force(engine: Engine, site: str) -> dict[str, set[str]]:
    with engine.connect() as connection:
        joined = select(items.c.barcode, links.c.tag_key).join(
            links, (links.c.site == items.c.site) & (links.c.item_id == items.c.item_id)
        )
        rows = connection.execute(joined.where(items.c.site == site, links.c.valid_to_us.is_(None))).all()
    found: dict[str, set[str]] = {}
    for barcode, key in rows:
        found.setdefault(barcode, set()).add(key)
    return found


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(LISTING, min_size=1, max_size=4))
def test_the_catalogue_is_what_the_last_listing_says(engine: Engine, listings: list[dict[str, Any]]) -> None:
    site = f"s{next(SITES)}"
    model: dict[str, tuple[str, str]] = {}
    held: dict[str, set[str]] = {}
    with patch.object(catalog, "CHUNK", 2), patch.object(catalog, "ONE_TRANSACTION", 2):
        for number, listing in enumerate(listings):
            rows = listed(listing)
            import_id = f"i{number}"
            difference = known_digests(engine, site)
            staged = stage_import(
                engine, site, import_id, rows, [], "x", difference=difference, complete=True
            )
            if staged.same:
                continue
            try:
                with killed_at(listing["killed_at"]):
                    catalog.take_import(engine, site, import_id, SHELVES, accepted_share=1.0)
            except KilledError:
                catalog.take_import(engine, site, import_id, SHELVES, accepted_share=1.0)
            now = {row.barcode: row for row in rows}
            model |= {row.barcode: (row.title, row.status) for row in rows}
            model |= {
                barcode: (title, "withdrawn") for barcode, (title, _) in model.items() if barcode not in now
            }
            taken = {key for row in rows for key in row.tags}
            held = {barcode: keys - taken for barcode, keys in held.items() if barcode not in now}
            held |= {row.barcode: set(row.tags) for row in rows}
    with engine.connect() as connection:
        found = connection.execute(
            select(items.c.barcode, items.c.title, items.c.status).where(items.c.site == site)
        ).all()
        states = connection.execute(
            select(imports.c.state, imports.c.done, imports.c.staged).where(imports.c.site == site)
        ).all()
    assert {row.barcode: (row.title, row.status) for row in found} == model
    assert in_force(engine, site) == {barcode: keys for barcode, keys in held.items() if keys}
    assert all(row.state == "applied" and row.done == row.staged for row in states)
