"""One chunk of an import: what becomes of each of its rows, and all that it writes."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from types import SimpleNamespace
from typing import Any, Final

from sqlalchemy import Connection, func, select
from sqlalchemy import Row as SqlRow

from hub.catalog.digest import DROPPED
from hub.catalog.homes import Home
from hub.store.bulk import insert_rows, update_rows
from hub.store.engine import upsert
from hub.store.links import Import, fault, relink
from hub.store.moved import stays
from hub.store.rows import Row
from hub.store.search_index import index_items
from hub.store.tables import import_faults, item_events, items

STATE: Final = ("status", "source_status", "flags")
COMPARED: Final = (
    "barcode", "title", "author", "call_number", "status", "source_status", "home_from", "home_to", "home_source",
    "flags", "scheme", "alternative_ids", "sort_key", "callnumber_fault",
)  # fmt: skip
INDEXED: Final = ("barcode", "title", "author", "call_number", "alternative_ids")
"""What search looks at."""


class Part:
    """Takes the rows of one chunk, then writes what they come to."""

    def __init__(self, task: Import) -> None:
        self.added: list[Row] = []
        self.really_changed = 0
        """Items that are not as they were; those that are dropped are counted by themselves (`gone`)."""
        self._task = task
        self._changed: list[Row] = []
        self._reindexed: list[Row] = []
        self._touched: list[tuple[int, str, int | None]] = []
        self._events: list[Row] = []
        self._faults: list[Row] = []
        self._old_ids: list[int] = []
        self._links: dict[tuple[str, int], tuple[int, int]] = {}

    def add(self, row: SqlRow[Any], key: str, item_id: int) -> None:
        """A barcode that nobody knew."""
        self.added.append(self._item(row, key, item_id) | {"since_us": self._task.at_us})
        self._link(row, item_id)

    def change(self, row: SqlRow[Any], key: str, old: SqlRow[Any], *, touch: bool) -> None:
        """An item that is known; `touch`: note that this import held it, also when it says nothing new."""
        said = _with_unsaid(row, old, self._task.unsaid)
        new = self._item(said, key, old.item_id) | {"since_us": old.since_us}
        new |= self._moved_home(new, old)
        if "tags" not in self._task.unsaid:
            self._link(row, old.item_id)
            self._old_ids.append(old.item_id)
        if all(getattr(old, name) == new[name] for name in COMPARED):
            if touch or old.digest != new["digest"]:
                self._touched.append((old.item_id, self._task.id, new["digest"]))
            return
        self.really_changed += 1
        self._changed.append(new)
        if any(getattr(old, name) != new[name] for name in INDEXED):
            self._reindexed.append(new)
        if any(getattr(old, name) != new[name] for name in STATE):
            self._event(old, new["status"], new["source_status"], new["flags"])

    def drop(self, row: SqlRow[Any], old: SqlRow[Any] | None) -> None:
        """The item is gone from its source: its row and links stay."""
        if old is None or old.digest == DROPPED:
            return
        new: Row = dict(old._mapping)  # noqa: SLF001 (its public name in SQLAlchemy)
        new |= {"status": "withdrawn", "source_status": row.source_status, "flags": [], "digest": DROPPED}
        new |= {"import_id": self._task.id, "changed_at_us": self._task.at_us}
        self._changed.append(new)
        self._event(old, "withdrawn", row.source_status, [])

    def write(self, connection: Connection) -> None:
        """All of it, in the transaction of `connection`."""
        insert_rows(connection, items, self.added)
        upsert(connection, items, self._changed)
        names = ("import_id", "digest")
        update_rows(connection, items, self._task.site, "item_id", names, self._touched)
        index_items(connection, self.added, self._reindexed)
        new = {row["item_id"] for row in self.added}
        relink(connection, self._task, self._old_ids, new, self._links, self._faults)
        upsert(connection, item_events, self._events)
        if self._faults:
            insert_rows(connection, import_faults, _numbered(connection, self._task, self._faults))

    def _item(self, row: Any, key: str, item_id: int) -> Row:
        task = self._task
        filed = task.filing.filed(row.call_number, row.scheme)
        home = _listed_home(task, row, self._faults) or task.homes.of(filed.key, filed.fault)
        return {
            "site": task.site,
            "item_id": item_id,
            "barcode": row.barcode,
            "barcode_key": key,
            "title": row.title,
            "author": row.author,
            "call_number": row.call_number,
            "status": row.status,
            "source_status": row.source_status,
            "home_source": home.source,
            "home_from": home.first,
            "home_to": home.last,
            "flags": row.flags,
            "scheme": row.scheme,
            "alternative_ids": row.alternative_ids,
            "sort_key": filed.key,
            "key_format": task.filing.format,
            "callnumber_fault": filed.fault,
            "digest": row.digest,
            "import_id": task.id,
            "changed_at_us": task.at_us,
        }

    def _moved_home(self, new: Row, old: SqlRow[Any]) -> Row:
        """The home of a moved range, as long as the catalogue says of it what it said before the move."""
        said = self._task.moved.get(old.item_id) if old.home_source == "moved" else None
        if said is None:
            return {}
        says_nothing = "home" in self._task.unsaid and said.source == "list"
        if says_nothing or stays(said, Home(new["home_from"], new["home_to"], new["home_source"])):
            return {name: getattr(old, name) for name in ("home_from", "home_to", "home_source")}
        return {}

    def _link(self, row: SqlRow[Any], item_id: int) -> None:
        for part, key in enumerate(row.tag_keys, start=1):
            self._links[key, item_id] = (part, len(row.tag_keys))

    def _event(self, old: SqlRow[Any], status: str, source_status: str, flags: list[str]) -> None:
        """A line in the item's history: the catalogue says of its state what it did not say before."""
        detail = {"from": old.status, "to": status, "source_status": source_status, "flags": flags}
        self._events.append(
            {
                "site": old.site,
                "id": f"import-{self._task.id}-{old.item_id}",
                "item_id": old.item_id,
                "at_us": self._task.at_us,
                "kind": "status",
                "shelf": None,
                "probability": None,
                "detail": detail | {"import_id": self._task.id},
            }
        )


_COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "title": ("title",), "author": ("author",), "call_number": ("call_number", "scheme"), "status": STATE,
    "alternative_ids": ("alternative_ids",),
}  # fmt: skip


def _with_unsaid(row: SqlRow[Any], old: SqlRow[Any], unsaid: AbstractSet[str]) -> Any:
    """`row` with what its source does not say as the catalogue has it already.

    An item that was dropped is back, whatever its source says of states; a home by a list stays, one by labels follows the call
    number.
    """
    if not unsaid:
        return row
    kept: Row = {}
    for name in unsaid & _COLUMNS.keys():
        if name != "status" or old.digest != DROPPED:
            kept |= {column: getattr(old, column) for column in _COLUMNS[name]}
    if "home" in unsaid and old.home_source == "list":
        kept |= {"home_from": old.home_from or "", "home_to": old.home_to or ""}
    return SimpleNamespace(**(dict(row._mapping) | kept))  # noqa: SLF001 (its public name in SQLAlchemy)


def _listed_home(task: Import, row: Any, faults: list[Row]) -> Home | None:
    """The home that the source itself gives; None: none, or one that the site cannot have."""
    if not row.home_from:
        return None
    first, last = row.home_from, row.home_to or row.home_from
    for shelf in dict.fromkeys((first, last)):
        if shelf not in task.shelf_index:
            what = f"home {shelf} is no shelf of the site; it counts as if the list named none until list or site are corrected"
            faults.append(fault(task, row.barcode, what))
            return None
    if task.shelf_index[last] < task.shelf_index[first]:
        faults.append(
            fault(task, row.barcode, f"home {first} … {last} runs backwards; taken as {last} … {first}")
        )
        first, last = last, first
    return Home(first, last, "list")


def _numbered(connection: Connection, task: Import, faults: list[Row]) -> list[Row]:
    wanted = select(func.max(import_faults.c.number)).where(
        import_faults.c.site == task.site, import_faults.c.import_id == task.id, import_faults.c.phase == "taken"
    )  # fmt: skip
    last = connection.execute(wanted).scalar()
    start = 0 if last is None else last + 1
    return [fault | {"number": number} for number, fault in enumerate(faults, start)]
