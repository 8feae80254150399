"""A test tag that an installer carries from shelf to shelf: which antennas hear it, how often and how loud. Pure.

Of all other tags nothing is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from shelfwire.errors import InputError, PeerError
from shelfwire.messages import Dwell, Report
from shelfwire.site.model import Antenna, Site
from shelfwire.tags.key import tag_key

LOUD_DBM = (-120.0, 0.0)
"""Outside, a reader does not measure."""


class Walked(msgspec.Struct, frozen=True, kw_only=True):
    """What one antenna heard of the test tag."""

    antenna: str
    shelves: list[str]
    dwells: int
    heard: int
    loud_dbm: float | None
    """Mean; None: its reader does not say."""

    @property
    def share(self) -> float:
        """Of its dwells."""
        return self.heard / self.dwells


@dataclass
class _Sum:
    antenna: Antenna
    dwells: int = 0
    heard: int = 0
    loud_dbm: list[float] = field(default_factory=list)


class WalkedTag:
    """One tag at one place. `hear` takes reports, the answers may be asked at any time."""

    def __init__(self, site: Site, tag: str) -> None:
        """`tag`: its EPC in hex. Raises `InputError`."""
        try:
            self._key = tag_key(tag.strip(), None)
        except PeerError as fault:
            raise InputError(f"--tag: {fault}") from fault
        self._site = site
        self._sums: dict[str, _Sum] = {}

    def hear(self, report: Report) -> None:
        """Count the dwells of the site's antennas, and those that heard the tag."""
        for dwell in report.dwells:
            antenna = self._site.antenna_at.get((dwell.reader, dwell.port))
            if antenna is not None:
                self._count(antenna, dwell)

    def _count(self, antenna: Antenna, dwell: Dwell) -> None:
        total = self._sums.setdefault(antenna.id, _Sum(antenna))
        total.dwells += 1
        words = dwell.tags.pc
        for at, epc in enumerate(dwell.tags.epc):
            if not epc.upper().startswith(self._key[:8]) or not self._is_it(
                epc, words[at] if words else None
            ):
                continue
            total.heard += 1
            loud = float(dwell.tags.rssi_dbm[at])
            if LOUD_DBM[0] < loud < LOUD_DBM[1]:
                total.loud_dbm.append(loud)
            return

    def _is_it(self, epc: str, pc: int | None) -> bool:
        try:
            return self._key in {tag_key(epc, pc), tag_key(epc, None)}
        except PeerError:
            return False

    @property
    def dwells(self) -> int:
        """Of all antennas, so far."""
        return sum(one.dwells for one in self._sums.values())

    def walked(self) -> list[Walked]:
        """The antennas that heard it, best first: by the share of their dwells, then by loudness."""
        found = [
            Walked(
                antenna=name,
                shelves=list(one.antenna.hears),
                dwells=one.dwells,
                heard=one.heard,
                loud_dbm=round(sum(one.loud_dbm) / len(one.loud_dbm), 1) if one.loud_dbm else None,
            )
            for name, one in self._sums.items()
            if one.heard
        ]
        return sorted(found, key=lambda one: (-round(one.share, 1), -(one.loud_dbm or -200.0), one.antenna))

    def says(self, shelf: str) -> tuple[bool, str]:
        """Whether the shelf's own antenna hears it best, and in words what is so."""
        meant = [one.id for one in self._site.heard_by.get(shelf, ())]
        found = self.walked()
        if not meant:
            return False, f"{shelf} has no antenna in the site file"
        if not any(name in self._sums for name in meant):
            return (
                False,
                f"{meant[0]} of {shelf} was not at work: is its reader connected, and is the port right?",
            )
        if not found:
            return (
                False,
                f"no antenna heard the tag on {shelf}: hold it at the front edge, or look at {meant[0]}'s cable",
            )
        best = found[0]
        if best.antenna in meant:
            return True, f"{shelf} is heard best by {best.antenna}, as it should be"
        return False, (
            f"{shelf} is heard best by {best.antenna}, which is meant for {', '.join(best.shelves) or 'no shelf'}, "
            f"and not by {meant[0]}: compare cables and ports with the site file"
        )
