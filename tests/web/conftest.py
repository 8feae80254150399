from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.webs import World, make_world


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The tables of a filled and of an empty library, made once and copied for each test."""
    made: dict[str, Path] = {}
    for name in ("filled", "bare"):
        folder = tmp_path_factory.mktemp(name)
        world = make_world(folder, filled=name == "filled")
        with world.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        world.engine.dispose()
        made[name] = folder / "hub.db"
    return made


@pytest.fixture
def world(tmp_path: Path, tables: dict[str, Path]) -> Iterator[World]:
    """A filled small library whose map is open, because no user exists yet."""
    made = make_world(tmp_path, like=tables["filled"])
    yield made
    made.engine.dispose()


@pytest.fixture
def bare(tmp_path: Path, tables: dict[str, Path]) -> Iterator[World]:
    """The same library on its first day: tables, and nothing in them."""
    made = make_world(tmp_path, like=tables["bare"])
    yield made
    made.engine.dispose()
