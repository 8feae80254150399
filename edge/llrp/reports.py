"""From the report items of one connection to normalised reads. Pure.

A sender may skip a field that is the same as in the item before (EPC excepted), so what we switched on is carried over;
vendor's values belong to one single read and never are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from edge.llrp.impinj import PHASE_TURN
from edge.llrp.readerclock import ReaderClock
from edge.llrp.tags import TagReport
from edge.reads import NO_RSSI_DBM, Heard

_CARRIED: Final = (
    "antenna",
    "rospec",
    "spec_index",
    "channel",
    "rssi_dbm",
    "first_utc_us",
    "last_utc_us",
    "first_uptime_us",
    "last_uptime_us",
    "count",
    "pc",
)


class Normaliser:
    """Holds what is carried from item to item."""

    def __init__(self, clock: ReaderClock) -> None:
        self._clock = clock
        self._last: dict[str, int] = {}
        self.channels_khz: Sequence[int] = ()
        """The channel of a report counts from 1 into this."""
        self.foreign = 0
        """Items of other plans than ours: held back from an earlier connection."""
        self.unusable = 0
        """Items without an antenna."""

    def read(self, tags: Sequence[TagReport], rospec: int, now_us: int) -> Iterator[Heard]:
        """Each usable item of the plan `rospec` as a read."""
        for tag in tags:
            fields = self._last
            for name in _CARRIED:
                value = getattr(tag, name)
                if value is not None:
                    fields[name] = value
            if fields.get("rospec", rospec) != rospec:
                self.foreign += 1
            elif not fields.get("antenna"):
                self.unusable += 1
            else:
                yield self._heard(tag, fields, now_us)

    def _heard(self, tag: TagReport, fields: dict[str, int], now_us: int) -> Heard:
        channel = fields.get("channel", 0)
        rssi_dbm = float(fields.get("rssi_dbm", NO_RSSI_DBM))
        first_us = fields.get("first_utc_us", fields.get("first_uptime_us"))
        last_us = fields.get("last_utc_us", fields.get("last_uptime_us", first_us))
        return Heard(
            epc=tag.epc,
            antenna=fields["antenna"],
            turn=fields.get("spec_index"),
            pc=fields.get("pc"),
            rssi_dbm=rssi_dbm if tag.rssi_cdbm is None else tag.rssi_cdbm / 100,
            count=fields.get("count", 1),
            first_us=self._clock.to_host(first_us, now_us),
            last_us=self._clock.to_host(last_us, now_us),
            phase_deg=None if tag.phase is None else tag.phase % PHASE_TURN * 360 / PHASE_TURN,
            channel_khz=self.channels_khz[channel - 1] if 1 <= channel <= len(self.channels_khz) else None,
        )
