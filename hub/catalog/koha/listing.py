"""How far a listing has come, and what to ask for next. Pure.

All items go by item id, each request asking for those behind the last one: a page cannot shift when an item is added or
deleted meanwhile, and a listing that was stopped goes on. A later listing asks for what has changed since the former one
*began*. Koha compares such a time as the text that stands in its database, in its own local time, so:

- the server's clock counts (header ``Date``), never ours;
- its distance from UTC is taken from the times in its answers, the smallest one of summer and winter, so that the hour
  that comes twice in autumn is asked for twice rather than never; where no answer told it, the smallest on earth;
- every listing goes back `OVERLAP` further: a change becomes visible when its transaction ends, not when it is stamped.

Taking an item twice is harmless.
"""

from __future__ import annotations

import zlib
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

import msgspec

OVERLAP: Final = timedelta(minutes=15)
"""Longer than a batch job of Koha holds a transaction open, as far as we know; costs a few items asked for twice."""
SMALLEST_OFFSET_MIN: Final = -12 * 60


class Cursor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place in a listing."""

    version: Literal[1] = 1
    since: datetime | None = None
    """Only what has changed since then; None: everything."""
    began: datetime | None = None
    """By the server's clock; None: not yet."""
    last_id: int = 0
    """The item id up to which everything was handed over."""
    handed: int = 0
    """Items up to there."""
    scope: int = 0
    """Whose items were listed, as a number; with others it begins anew."""
    offset_min: int | None = None
    """The smallest distance of the server's local time from UTC that it told."""

    def text(self) -> str:
        """As it is kept."""
        return msgspec.json.encode(self).decode()

    def finished(self) -> Cursor:
        """The place from which the next listing, that of changes, begins."""
        assert self.began is not None
        return Cursor(since=self.began - OVERLAP, scope=self.scope, offset_min=self.offset_min)

    def told(self, offset_min: int | None) -> Cursor:
        """With another time that the server gave."""
        known = [offset for offset in (self.offset_min, offset_min) if offset is not None]
        return msgspec.structs.replace(self, offset_min=min(known, default=None))

    def query(self, libraries: tuple[str, ...]) -> dict[str, Any]:
        """What is asked for. Names begin with ``me.`` because a bibliographic record has a time of its own."""
        asked: dict[str, Any] = {"me.item_id": {">": self.last_id}}
        if self.since is not None:
            asked["me.timestamp"] = {">=": self._local(self.since)}
        if libraries:
            asked["me.home_library_id"] = {"-in": list(libraries)}
        return asked

    def _local(self, at: datetime) -> str:
        offset = SMALLEST_OFFSET_MIN if self.offset_min is None else self.offset_min
        return (at.astimezone(UTC) + timedelta(minutes=offset)).strftime("%Y-%m-%d %H:%M:%S")


def scope_of(libraries: tuple[str, ...]) -> int:
    """The same for the same libraries in any order."""
    return zlib.crc32(msgspec.json.encode(sorted(libraries)))


def read_cursor(text: str | None, scope: int) -> Cursor | None:
    """None: it is none of ours, or one of other libraries."""
    if text is None:
        return Cursor(scope=scope)
    try:
        cursor = msgspec.json.decode(text, type=Cursor)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    times = [at for at in (cursor.since, cursor.began) if at is not None]
    return None if cursor.scope != scope or any(at.tzinfo is None for at in times) else cursor
