"""Dwells → groups, each one report: closed when it is large enough, or when its first dwell has waited long enough. Pure.

Memory is bounded: while the disk does not keep up (or is full), what comes beyond `WAITING_BYTES` is counted as a hole, with its
antennas and time, and reported as lost as soon as something can be written again.
"""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple

import msgspec

from edge.config import MAX_EMPTY_DWELLS
from edge.reads import finite
from edge.spans import Spans
from shelfwire.messages import MAX_PAYLOAD_BYTES, MAX_TAGS_A_DWELL, Dwell, Tags

WAITING_BYTES: Final = 32 * 1024 * 1024
"""Of estimated JSON: a second of the fastest replay, or some minutes of 64 readers while a slow disk stalls."""

GROUP_BYTES: Final = MAX_PAYLOAD_BYTES * 7 // 8
"""Of estimated JSON, which is never less than the real one; the rest is the frame of the message."""

_HEADER_BYTES: Final = 480
"""A dwell without tags, all its fields written out."""

_CELL_BYTES: Final = {
    "pc": 6,
    "count": 11,
    "rssi_dbm": 25,
    "phase_deg": 25,
    "channel_khz": 11,
    "position_m": 25,
}
"""The longest text of one number in each column, with its comma."""

_QUOTES_BYTES: Final = 3
"""Two quotes and a comma around a text."""


class _Sized(NamedTuple):
    dwell: Dwell
    size: int


class Hole(NamedTuple):
    """Dwells that could not be taken: which antennas were listening when, and how many dwells they were."""

    spans: Spans
    dwells: int


class Batch:
    """Dwells that wait to become reports. `interval_us` and `observations` say when a group closes."""

    def __init__(self, interval_us: int, observations: int) -> None:
        self._interval_us, self._observations = interval_us, observations
        self._closed: deque[list[_Sized]] = deque()
        self._open: list[_Sized] = []
        self._open_tags = self._open_bytes = 0
        self._opened_us = 0
        self._waiting_bytes = 0
        self.capped = 0
        """Dwells that were cut to what the wire allows, since the start."""
        self.hole = Spans()
        """What came while there was no room."""
        self.hole_dwells = 0

    def add(self, dwell: Dwell, now_us: int) -> None:
        """Take one dwell; it lands in a group or, without room, in the hole."""
        dwell = finite(dwell)
        whole, size = cap(dwell)
        self.capped += whole is not dwell
        if self._waiting_bytes + size > WAITING_BYTES:
            self.miss([whole])
            return
        tags = len(whole.tags.epc)
        if self._open_tags + tags > self._observations or self._open_bytes + size > GROUP_BYTES:
            self.rest()
        if not self._open:
            self._opened_us = now_us
        self._open.append(_Sized(whole, size))
        self._open_tags += tags
        self._open_bytes += size
        self._waiting_bytes += size
        if self._open_tags >= self._observations or len(self._open) >= MAX_EMPTY_DWELLS:
            self.rest()

    def miss(self, dwells: list[Dwell]) -> None:
        """Book `dwells` as a hole: they could not be taken."""
        self.hole.add(dwells)
        self.hole_dwells += len(dwells)

    def take_hole(self) -> Hole:
        """What is missing so far, to be booked as lost; what is missed from here on is another hole."""
        taken = Hole(self.hole, self.hole_dwells)
        self.hole, self.hole_dwells = Spans(), 0
        return taken

    def put_back(self, hole: Hole) -> None:
        """The disk did not take the record of `hole`: it is still to be booked."""
        self.hole.add(hole.spans.silences())
        self.hole_dwells += hole.dwells

    def take(self, now_us: int) -> list[Dwell] | None:
        """The next group that is due, or None."""
        if not self._closed and self._open and now_us - self._opened_us >= self._interval_us:
            self.rest()
        if not self._closed:
            return None
        group = self._closed.popleft()
        self._waiting_bytes -= sum(size for _, size in group)
        return [dwell for dwell, _ in group]

    @property
    def waiting_bytes(self) -> int:
        """Of estimated JSON, not yet taken."""
        return self._waiting_bytes

    def rest(self) -> None:
        """Close the open group, for example because the agent stops."""
        if self._open:
            self._closed.append(self._open)
        self._open, self._open_tags, self._open_bytes = [], 0, 0

    def wait_us(self, now_us: int) -> int | None:
        """Microseconds until a group is due; None: not before a dwell comes."""
        if self._closed:
            return 0
        return max(0, self._opened_us + self._interval_us - now_us) if self._open else None


def cap(dwell: Dwell) -> tuple[Dwell, int]:
    """The dwell within the bounds of the wire (itself, if it is), and the bytes of JSON that it takes at the most.

    A dwell is never split: two halves would be two looks. One with too many tags loses the last ones and becomes ``doubtful``: it
    counts what was heard, never what was not.
    """
    rows = len(dwell.tags.epc)
    size = json_bytes(dwell)
    if rows <= MAX_TAGS_A_DWELL and size <= GROUP_BYTES:
        return dwell, size
    rows = min(rows, MAX_TAGS_A_DWELL, int(rows * GROUP_BYTES / size))
    while (size := json_bytes(shorter := _first(dwell, rows))) > GROUP_BYTES:
        rows //= 2
    return shorter, size


def json_bytes(dwell: Dwell) -> int:
    """An upper bound of the dwell's length as JSON, without writing it."""
    tags = dwell.tags
    rows = len(tags.epc)
    texts = [*tags.epc, *(tags.user or ())]
    cells = sum(width for name, width in _CELL_BYTES.items() if getattr(tags, name) is not None)
    return _HEADER_BYTES + rows * cells + sum(map(len, texts)) + _QUOTES_BYTES * len(texts)


def _first(dwell: Dwell, rows: int) -> Dwell:
    columns = {
        name: column[:rows]
        for name in Tags.__struct_fields__
        if (column := getattr(dwell.tags, name)) is not None
    }
    return msgspec.structs.replace(dwell, tags=Tags(**columns), quality="doubtful")
