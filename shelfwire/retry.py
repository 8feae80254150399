"""Back-off: how long to wait before the next try. Pure; dice come in as a number."""

from __future__ import annotations

import msgspec


class Backoff(msgspec.Struct, frozen=True):
    """1, 2, 4 … `longest_s` seconds, each ± `jitter`, so that a hundred agents do not return in one moment."""

    first_s: float = 1.0
    longest_s: float = 60.0
    jitter: float = 0.2

    def wait_s(self, failures: int, dice: float) -> float:
        """Seconds to wait after `failures` failures in a row (1 or more); `dice` lies in 0 … 1."""
        plain = min(self.longest_s, self.first_s * 2.0 ** min(failures - 1, 30))
        return plain * (1.0 + self.jitter * (2.0 * dice - 1.0))
