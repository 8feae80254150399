"""Small recordings of known zones for tests: each zone has an antenna that hears it best, and each stay a multipath of its own."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

HEADER = "t_s,antenna,tag,rssi_dbm,phase_rad,channel,zone"


def rows(
    *, seed: int = 1, zones: int = 3, tags: Iterable[str] = ("A", "B"), stays: int = 4, stay_s: int = 20,
    from_s: float = 0.0, own_dbm: float = -55.0, step_db: float = 5.0, scale: float = 1.0,
) -> list[str]:  # fmt: skip
    """Lines of a CSV. Each tag is carried through all zones `stays` times; five reads a second from antennas thrown by how well they hear it."""
    dice = np.random.default_rng(seed)
    found = []
    t_s = from_s
    for _ in range(stays):
        for zone in dice.permutation(zones).tolist():
            for tag in tags:
                level = own_dbm - step_db * np.abs(np.arange(zones) - zone) + dice.normal(0, 3, zones)
                chance = np.exp(0.15 * (level - level.max()))
                for at in range(stay_s * 5):
                    antenna = int(dice.choice(zones, p=chance / chance.sum()))
                    rssi = scale * (level[antenna] + dice.normal(0, 1))
                    found.append(f"{t_s + at * 0.2:.3f},{antenna + 1},{tag},{rssi:.1f},,,z{zone}")
            t_s += stay_s
    return found


def save(path: Path, lines: list[str], header: str = HEADER) -> Path:
    """As a file."""
    path.write_text("\n".join([header, *lines, ""]), encoding="utf-8")
    return path
