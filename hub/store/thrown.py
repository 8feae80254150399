"""Throwing away what was put aside and nobody wants."""

from __future__ import annotations

from sqlalchemy import Engine, delete, select

from hub.store.engine import open_engine, writing
from hub.store.tables import import_faults, import_rows, imports


def drop_import(target: str | Engine, site: str, import_id: str) -> bool:
    """Throw an import away that waits or was refused, and that nobody wants; whether there was one. One that was taken stays.

    Raises `AwayError`, `FullError`.
    """
    engine = open_engine(target)
    mine = (imports.c.site == site, imports.c.import_id == import_id)
    waits = (imports.c.kind == "items", imports.c.state.in_(("staged", "refused")))
    try:
        with writing(engine, "throw an import away") as connection:
            held = connection.execute(select(imports.c.state).where(*mine, *waits).with_for_update())
            if held.one_or_none() is None:
                return False
            for table in (import_rows, import_faults, imports):
                connection.execute(delete(table).where(table.c.site == site, table.c.import_id == import_id))
            return True
    finally:
        if engine is not target:
            engine.dispose()
