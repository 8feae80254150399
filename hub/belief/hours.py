"""How long the doors were open between two moments. Pure.

Books leave and stand closer or wider while people are there. With no hours told, the doors are always open.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
DAY_S: Final = 86_400


@dataclass(frozen=True)
class Hours:
    """Opening hours, the same each day; seconds since local midnight."""

    opening_s: int = 0
    closing_s: int = DAY_S
    """Not above `opening_s`: they are open over midnight."""
    offset_s: int = 0
    """Local time minus UTC. Where it changes twice a year, spans across the change are wrong by an hour."""

    @classmethod
    def of(cls, opening: str | None, closing: str | None, offset_s: int) -> Hours:
        """From clock times as the settings have them; None: always open."""
        if opening is None or closing is None or opening == closing:
            return cls(offset_s=offset_s)
        return cls(_seconds(opening), _seconds(closing), offset_s)

    def open_s(self, from_s: NDArray[Any], to_s: NDArray[Any]) -> Floats:
        """Open seconds between two times (seconds since 1970); 0 where the second is not later."""
        later = np.maximum(to_s, from_s)
        found: Floats = (self._until(later) - self._until(np.asarray(from_s))).astype(np.float64)
        return found

    def opens_in_s(self, at_s: int) -> int:
        """Seconds until the doors open next; 0 while they are open."""
        clock = (at_s + self.offset_s) % DAY_S
        shut = (clock - self.closing_s) % DAY_S < (self.opening_s - self.closing_s) % DAY_S
        return (self.opening_s - clock) % DAY_S if shut else 0

    def _until(self, at_s: NDArray[Any]) -> NDArray[np.int64]:
        """Open seconds from the first midnight until then."""
        day, clock = np.divmod(np.asarray(at_s, dtype=np.int64) + self.offset_s, DAY_S)
        opening, closing = self.opening_s, self.closing_s
        found: NDArray[np.int64]
        if opening < closing:
            found = day * (closing - opening) + np.clip(clock - opening, 0, closing - opening)
        else:
            shut = opening - closing
            found = day * (DAY_S - shut) + clock - np.clip(clock - closing, 0, shut)
        return found


def _seconds(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60
