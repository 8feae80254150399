"""Rows of the raw log → the report that they came from. Pure.

A row is a dwell or a lost span; rows of one position are one message. What the raw log does not keep cannot come back: tags that
are no item's, the user memory of tags, reports without dwells.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

from hub.events import Event
from shelfwire.errors import PeerError
from shelfwire.messages import MAX_DWELLS_A_REPORT, MAX_TAGS_A_DWELL, Dwell, Lost, Report

Row = dict[str, Any]

_AIR = ("session", "target", "search")
_PLAIN = ("reader", "port", "started_at_us", "ended_at_us")
_OPTIONAL = ("rounds", "power_dbm", "sweep")
_COLUMNS = ("pc", "phase_deg", "channel_khz", "position_m")


class Arrival(NamedTuple):
    """A message of an agent, as it stood in the journal."""

    position: int
    arrived_at_us: int
    message: Report | Lost


class Kept(NamedTuple):
    """One event of the past."""

    position: int
    now_us: int
    """The hub's time at which it was taken."""
    event: Event
    is_whole: bool
    """From the journal: ticks and acts of that time come by themselves. False: from the raw log, which has reports alone."""
    adjoins: bool = True
    """Nothing of the journal is lacking between this one and the one before."""


def arrivals(rows: Iterable[Row]) -> Iterator[Arrival]:
    """Rows in the order of the file → messages. Raises `PeerError` for rows that were never a message of ours."""
    together: list[Row] = []
    for row in rows:
        if together and row["position"] != together[0]["position"]:
            yield arrival(together)
            together = []
        together.append(row)
        if len(together) > MAX_DWELLS_A_REPORT:
            raise PeerError(f"position {row['position']} has more than {MAX_DWELLS_A_REPORT} rows")
    if together:
        yield arrival(together)


def arrival(rows: list[Row]) -> Arrival:
    """The message that rows of one position came from. Raises `PeerError`."""
    try:
        message = msgspec.convert(_plain(rows), Report | Lost)
        position, arrived_at_us = int(rows[0]["position"]), int(rows[0]["arrived_at_us"])
    except (msgspec.ValidationError, TypeError, KeyError, ValueError) as fault:
        raise PeerError(f"the rows at position {rows[0].get('position')} are no report: {fault}") from fault
    return Arrival(position, arrived_at_us, message)


def _plain(rows: list[Row]) -> dict[str, Any]:
    head = {name: rows[0][name] for name in ("agent", "log", "seq", "boot", "made_at_us", "wall_at_us")}
    if rows[0]["kind"] == "lost":
        spans = [{name: row[name] for name in _PLAIN} for row in rows]
        return head | {
            "kind": "lost",
            "upto": rows[0]["seq"],
            "reason": "as the raw log has it",
            "spans": spans,
        }
    return head | {"kind": "dwells", "dwells": [dwell_of(row) for row in rows]}


def dwell_of(row: Row) -> Dwell:
    """One row → its dwell, with the tags that were kept. Raises `ValueError` (`msgspec.ValidationError` is one), `TypeError`."""
    plain: Row = {name: row[name] for name in _PLAIN}
    plain["quality"] = row["quality"]
    plain |= {name: row[name] for name in _OPTIONAL if row[name] is not None}
    plain["air"] = {name: row[name] for name in _AIR if row[name] is not None}
    if row["epc"]:
        tags: Row = {name: row[name] for name in ("epc", "count", "rssi_dbm")}
        tags |= {name: row[name] for name in _COLUMNS if row[name] is not None}
        lengths = {len(column) for column in tags.values()}
        if len(lengths) > 1 or max(lengths) > MAX_TAGS_A_DWELL:
            raise ValueError("its columns of tags are not of one length, or too long")
        plain["tags"] = tags
    return msgspec.convert(plain, Dwell)
