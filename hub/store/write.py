"""The hub's one writer of rows. Blocking; one instance belongs to one task at a time."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, Engine, bindparam, delete, insert, select, update

from hub.catalog.filing import STANDARD, Filing
from hub.effects import Effect
from hub.events import ActAsked, CatalogColumns
from hub.store import acts, catalog, homing, moved, retain
from hub.store.columns import columns
from hub.store.config import StoreConfig
from hub.store.engine import open_engine, reading, upsert, writing
from hub.store.rows import Batch, Row, batch_of
from hub.store.states import set_states
from hub.store.tables import acts as acts_table
from hub.store.tables import meta, metadata, sweep_rows

log = logging.getLogger(__name__)

_SET_ANSWER: Final = (
    update(acts_table)
    .where(acts_table.c.site == bindparam("the_site"), acts_table.c.id == bindparam("the_act"))
    .values(ok=bindparam("the_ok"), detail=bindparam("the_detail"), answered_at_us=bindparam("the_time"))
)


class StoreWriter:
    """Writes what the engine wants kept.

    Every method raises `AwayError` while the database does not answer (the same call works again when it is back) and
    `FullError` when its disk is full; then nothing of the call was written.
    """

    def __init__(self, target: str | Engine, retention: StoreConfig | None = None) -> None:
        self._engine = open_engine(target)
        self._ours = self._engine is not target
        self._retention = retention or StoreConfig()
        self.unmatched = 0
        """Effects about an item or act that no row has, since the start: counted and logged, never fatal."""

    def close(self) -> None:
        """Give the connections back."""
        if self._ours:
            self._engine.dispose()

    def apply(self, site: str, effects: Sequence[Effect], position: int, now_us: int) -> None:
        """Write a group of effects and the journal position that they reach, in one transaction.

        Idempotent: rows are whole and keyed, so a group that is applied again, or in other groups after a replay, leaves
        the same rows. The position is the last one given, also when a replay steps back.
        """
        batch = batch_of(site, effects)
        with writing(self._engine, "write the hub's rows") as connection:
            for name, rows in batch.upserts.items():
                upsert(connection, metadata.tables[name], list(rows.values()))
            self._apply_changes(connection, site, batch)
            _put_meta(connection, site, {"position": position, "changed_at_us": now_us})

    def _apply_changes(self, connection: Connection, site: str, batch: Batch) -> None:
        for sweep, rows in batch.sweep_rows.items():
            gone = delete(sweep_rows).where(sweep_rows.c.site == site, sweep_rows.c.sweep == sweep)
            connection.execute(gone)
            if rows:
                connection.execute(insert(sweep_rows), rows)
        moved.apply(connection, site, batch.moves)
        for item_id in set_states(connection, site, batch.statuses):
            self._expect_one(0, "item", item_id)
        for row in batch.answers.values():
            self._expect_one(connection.execute(_SET_ANSWER, row).rowcount, "act", row["the_act"])

    def _expect_one(self, changed: int, what: str, name: object) -> None:
        if changed != 1:
            self.unmatched += 1
            log.warning("an effect speaks of %s %s, of which the store has no row", what, name)

    def position(self, site: str) -> int:
        """The journal position that the rows of `site` have reached; 0: none yet."""
        with reading(self._engine, "read the journal position") as connection:
            wanted = select(meta.c.value).where(meta.c.site == site, meta.c.name == "position")
            value = connection.execute(wanted).scalar_one_or_none()
            return int(value) if value is not None else 0

    def apply_import(
        self,
        site: str,
        import_id: str,
        shelf_index: Mapping[str, int],
        filing: Filing = STANDARD,
        accepted_share: float = 0.0,
    ) -> CatalogColumns:
        """Take a staged import into items and links, and give the whole catalogue as columns for the engine.

        `shelf_index`: shelf id → `Shelf.index` of the site as it is now; `filing`: how the site orders its books;
        `accepted_share`: how much of the catalogue a complete listing may drop, as a person said. Idempotent; goes on with an import that
        a stop left in the middle. Nothing is deleted. Raises `InputError` when there is no such staged import, or when it may
        not be taken; then nothing was changed.
        """
        catalog.take_import(
            self._engine, site, import_id, shelf_index, filing=filing, accepted_share=accepted_share
        )
        return columns(self._engine, site, import_id, shelf_index)

    def apply_labels(
        self, site: str, labels_id: str, shelf_index: Mapping[str, int], filing: Filing = STANDARD
    ) -> CatalogColumns:
        """Take a staged table of labels, and give the whole catalogue with its new homes. Idempotent; as `apply_import`."""
        homing.take_labels(self._engine, site, labels_id, shelf_index, filing)
        return columns(self._engine, site, labels_id, shelf_index)

    def catalog(self, site: str, shelf_index: Mapping[str, int], filing: Filing = STANDARD) -> CatalogColumns:
        """The catalogue as it stands, without an import, for a hub that starts with a new state beside an old store.

        Or with another site file or version: keys and homes are brought to these first.
        """
        homing.refresh(self._engine, site, shelf_index, filing)
        return columns(self._engine, site, "", shelf_index)

    def pending_acts(self, site: str, limit: int = 100) -> list[ActAsked]:
        """Acts without an answer, in the order in which they arrived."""
        return acts.pending(self._engine, site, limit)

    def retain(self, now_us: int) -> retain.Removed:
        """Remove what is older than its kept time, in small transactions. Call it about once an hour."""
        return retain.remove_old(self._engine, self._retention, now_us)


def _put_meta(connection: Connection, site: str, values: Mapping[str, int]) -> None:
    rows: list[Row] = [{"site": site, "name": name, "value": str(value)} for name, value in values.items()]
    upsert(connection, meta, rows)
