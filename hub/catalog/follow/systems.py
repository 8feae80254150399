"""From the name of a kind to a connector that is open. The only place that knows how system connectors are found."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

from hub.catalog.connect import GROUP
from hub.catalog.follow.config import CatalogSource
from hub.catalog.source import System, Tell
from shelfwire.errors import InputError

Opener = Callable[[CatalogSource, Path, Tell], System]


def open_system(source: CatalogSource, base: Path, tell: Tell) -> System:
    """The connector of `source`, its options checked. Raises `InputError` with all faults, each naming the source."""
    try:
        return system_of(source.kind).open(source.options, base, tell)
    except InputError as fault:
        raise InputError(*(f"catalogs: {source.name}: {one}" for one in fault.faults)) from fault


def system_of(kind: str) -> type[System]:
    """The connector class of that kind. Raises `InputError`: there is none, or it reads files only."""
    known = {entry.name: entry for entry in entry_points(group=GROUP)}
    if kind not in known:
        systems = sorted(name for name, entry in known.items() if isinstance(entry.load(), type))
        raise InputError(f"kind {kind!r}: no such connector; there are {', '.join(systems)}")
    found = known[kind].load()
    if not isinstance(found, type):
        raise InputError(f"kind {kind!r}: reads files; bring one in with `shelfwire catalog import`")
    return found
