"""Made-up walks past tags that hang on panels: strengths that last, luck that does not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hub.belief.walks import Sweep
from hub.belief.walks.sweeps import Floats, Ints

PANELS = 12
ON_A_PANEL = 20
TAGS = PANELS * ON_A_PANEL


@dataclass(frozen=True)
class Stock:
    """Tags, and the dice of their walks."""

    lasting: Floats
    seed: int

    @property
    def panels(self) -> Ints:
        return np.arange(len(self.lasting), dtype=np.int64) // ON_A_PANEL

    def walk(
        self, number: int, *, session: str = "S1", easy: float = 2.0, panels: Iterable[int] | None = None
    ) -> Sweep:
        """One walk; `panels`: only these are passed. A mean tag's margin is `easy` times the luck of a walk."""
        dice = np.random.default_rng((self.seed, number))
        tags = len(self.lasting)
        margin = easy + self.lasting + dice.normal(size=tags)
        passed = np.ones(tags, dtype=np.bool_) if panels is None else np.isin(self.panels, list(panels))
        read = (margin > 0) & passed
        reads = np.where(read, 1 + np.floor(2.0 * np.maximum(margin, 0.0)), 0).astype(np.int64)
        loud = np.where(read, -66.0 + 3.0 * margin, np.nan)
        at = np.where(read, self.panels * 5.0 + 4.0 * dice.random(tags), np.nan)
        return Sweep(session, reads, loud, at)

    def walks(self, count: int) -> list[Sweep]:
        """Of one session."""
        return [self.walk(number) for number in range(count)]


def stock(seed: int = 1, tags: int = TAGS) -> Stock:
    """Some tags; a few are always hard to read."""
    return Stock(0.7 * np.random.default_rng(seed).normal(size=tags), seed)


def without(sweeps: Sequence[Sweep], tags: Ints, from_walk: int) -> list[Sweep]:
    """The same walks, but these tags left before walk number `from_walk` (from 1)."""
    found = []
    for number, sweep in enumerate(sweeps, start=1):
        if number < from_walk:
            found.append(sweep)
            continue
        reads, loud, at = sweep.reads.copy(), sweep.loud.copy(), sweep.at.copy()
        reads[tags], loud[tags], at[tags] = 0, np.nan, np.nan
        found.append(replace(sweep, reads=reads, loud=loud, at=at))
    return found


def save(path: Path, sweep: Sweep) -> Path:
    """As a recording of one walk: a line a read."""
    lines = ["session,experiment,t_ms,tag,rssi_dbm"]
    for tag in np.flatnonzero(sweep.reads).tolist():
        at_ms, loud = round(1000 * float(sweep.at[tag])), round(float(sweep.loud[tag]))
        lines += [f"{sweep.session},1,{at_ms + n},{tag},{loud}" for n in range(int(sweep.reads[tag]))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def save_expected(path: Path, tags: Stock) -> Path:
    """``tag, panel``."""
    path.write_text(
        "tag,panel\n" + "".join(f"{tag},P{panel}\n" for tag, panel in enumerate(tags.panels.tolist())),
        encoding="utf-8",
    )
    return path
