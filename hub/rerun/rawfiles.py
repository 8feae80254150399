"""The files of the raw log, read in the order in which they were written, one piece at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import pyarrow as pa
from pyarrow import parquet

from hub.rawlog import SCHEMA
from hub.rerun.messages import Arrival, arrivals
from shelfwire.errors import PeerError, ShelfwireError

PIECE: Final = 2_000
"""Rows in memory at a time: some tens of MB as Python objects."""
_NAME: Final = re.compile(r"(\d{20})-(\d{20})\.parquet")


class HistoryDamagedError(ShelfwireError):
    """A file of the history cannot be read to its end. The text names file and fault."""


class RawFile(NamedTuple):
    """One file, and the first and last position of the journal that it was made from."""

    path: Path
    first: int
    last: int


def list_raw(folder: Path) -> list[RawFile]:
    """The raw log of one site, oldest first; files with other names are nobody's."""
    named = ((path, _NAME.fullmatch(path.name)) for path in folder.glob("*/*.parquet"))
    found = [RawFile(path, int(name[1]), int(name[2])) for path, name in named if name is not None]
    return sorted(found, key=lambda one: (one.first, one.last))


def span_us(file: RawFile) -> tuple[int, int]:
    """(first, last) arrival in a file, from its footer alone. Raises `HistoryDamagedError`."""
    try:
        with parquet.ParquetFile(file.path) as opened:
            found = opened.metadata
            at = opened.schema_arrow.names.index("arrived_at_us")
            stats = [found.row_group(group).column(at).statistics for group in range(found.num_row_groups)]
            spans = [(int(one.min), int(one.max)) for one in stats if one is not None and one.has_min_max]
    except (OSError, ValueError, pa.ArrowException) as fault:
        raise HistoryDamagedError(f"{file.path}: cannot be read: {fault}; it is passed over") from fault
    if not spans:
        raise HistoryDamagedError(f"{file.path}: says nothing of its time; it is passed over")
    return min(first for first, _ in spans), max(last for _, last in spans)


def read_raw(file: RawFile) -> Iterator[Arrival]:
    """Its messages, in order. Raises `HistoryDamagedError`; what came before it was sound."""
    try:
        yield from arrivals(_rows(file.path))
    except (OSError, ValueError, pa.ArrowException, PeerError) as fault:
        raise HistoryDamagedError(f"{file.path}: {fault}; the rest of it is passed over") from fault


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with parquet.ParquetFile(path) as opened:
        lacking = sorted(set(SCHEMA.names) - set(opened.schema_arrow.names))
        if lacking:
            raise PeerError(f"is no raw log: it lacks {', '.join(lacking)}")
        for batch in opened.iter_batches(batch_size=PIECE, columns=SCHEMA.names):
            yield from batch.to_pylist()
