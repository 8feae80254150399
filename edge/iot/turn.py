"""One turn of one antenna with what it heard, on the reader's clock: what becomes a dwell. Pure."""

from __future__ import annotations

import msgspec

from edge.iot.hosttime import HostTime
from edge.reads import Sums
from shelfwire.messages import Air, Dwell, Quality


class Turn(msgspec.Struct):
    """One turn of one antenna."""

    port: int
    from_us: int
    to_us: int
    quality: Quality
    sums: Sums
    power_dbm: float | None = None
    known_us: int = 0
    """Host time at which it was complete."""


class DwellMaker:
    """Turns on the reader's clock to dwells on ours; those of whole turns never overlap their predecessor by the clock's own correction."""

    def __init__(self, reader: str, time: HostTime) -> None:
        self._reader, self._time = reader, time
        self._ended_us: dict[int, int] = {}
        self.refused = 0
        """Reads that no dwell can hold."""

    def dwell(
        self, turn: Turn, now_us: int, *, air: Air, power_dbm: float | None, sweep: str | None
    ) -> Dwell:
        """The dwell of `turn`; `power_dbm`: where the turn itself does not know it."""
        ended_us = max(0, self._time.host(turn.to_us, now_us))
        started_us = max(0, min(ended_us, self._time.host(turn.from_us, now_us)))
        if turn.quality != "doubtful":  # the offset may have been bettered since the turn before
            started_us = min(ended_us, max(started_us, self._ended_us.get(turn.port, 0)))
            self._ended_us[turn.port] = ended_us
        self.refused += turn.sums.refused
        return Dwell(
            reader=self._reader,
            port=turn.port,
            started_at_us=started_us,
            ended_at_us=ended_us,
            quality=turn.quality,
            power_dbm=power_dbm if turn.power_dbm is None else turn.power_dbm,
            air=air,
            tags=turn.sums.tags(),
            sweep=sweep,
        )
