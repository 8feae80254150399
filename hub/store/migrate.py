"""Brings a database to the tables of this version, step by step, and refuses one that is newer."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from hub.store.engine import open_engine, reading, writing
from shelfwire.errors import AwayError, InputError

_one_at_a_time: Final = threading.Lock()
"""Alembic keeps what it works on in a global of its module."""

HEAD: Final = "0005"
"""The revision of the tables in `hub.store.tables`; a test holds it against the newest migration."""


def upgrade(target: str | Engine, revision: str = HEAD) -> None:
    """Bring the tables to `revision`, all or nothing. Raises `InputError` when they are newer than this code."""
    engine = open_engine(target)
    with _closing(engine, target), writing(engine, "bring its tables to this version") as connection:
        _refuse_newer(connection)
        if connection.dialect.name == "postgresql":
            # Two hubs that start at once: the second waits, then finds nothing left to do.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7305804401)")
        with _one_at_a_time:
            command.upgrade(_config(connection), revision)


def revision_of(target: str | Engine) -> str | None:
    """The revision that a database has; None: no tables yet."""
    engine = open_engine(target)
    with _closing(engine, target), reading(engine, "read the version of its tables") as connection:
        return _current(connection)


def require_current(target: str | Engine) -> None:
    """For those who only use the tables (web, command line).

    Raises `AwayError` while the hub has not made them yet, `InputError` when they are newer than this code.
    """
    engine = open_engine(target)
    with _closing(engine, target), reading(engine, "read the version of its tables") as connection:
        _refuse_newer(connection)
        if _current(connection) != HEAD:
            where = engine.url.render_as_string(hide_password=True)
            raise AwayError(
                f"{where}: its tables are not of this version yet; start the hub, which brings them there"
            )


def known_revisions() -> list[str]:
    """All revisions that this code knows, oldest first."""
    script = ScriptDirectory.from_config(_config(None))
    return [step.revision for step in reversed(list(script.walk_revisions()))]


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_newer(connection: Connection) -> None:
    current = _current(connection)
    if current is not None and current not in known_revisions():
        where = connection.engine.url.render_as_string(hide_password=True)
        raise InputError(
            f"{where}: its tables have version {current}, this Shelfwire knows up to {HEAD}; "
            "install the newer Shelfwire again, or restore a backup made before it into an empty database"
        )


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


class _closing:  # noqa: N801 (reads as contextlib.closing does)
    """Disposes of an engine that was made here, and leaves one that was handed in."""

    def __init__(self, engine: Engine, target: str | Engine) -> None:
        self._engine = engine
        self._ours = engine is not target

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        if self._ours:
            self._engine.dispose()
