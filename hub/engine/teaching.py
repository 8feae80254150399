"""What the engine learns of its antennas while it works: their levels, and who lives on their shelves. Pure."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from hub.belief.batch import Placed, Reads, TagReads
from hub.belief.interface import Ints
from hub.belief.lessons import own_shelves
from hub.belief.levels import Levels
from hub.belief.trust import ILLS, Sample, samples_of
from hub.engine.state import EngineState

_S: Final = 1_000_000
UNMEASURED: Final = "unmeasured"
"""Its loudness says nothing: constant, in other units, or alike for near and far tags."""
AILMENTS: Final = (*ILLS[1:], UNMEASURED)


def teach(engine: EngineState, now_us: int) -> None:
    """Once a second: the next rows of the lap, and every minute the residents."""
    now_s, belief = now_us // _S, engine.belief
    rows = engine.lessons.turn(engine.stock.rows, now_s)
    engine.lessons.teach(belief, rows, engine.homes(rows), now_s)
    trust = engine.antennas.trust
    trust.measures[:] = belief.levels.usable[: len(trust.measures)]
    if engine.lessons.counts(now_s):
        trust.count(belief)


def follow(engine: EngineState) -> None:
    """Another version of the site: antennas are meant for other shelves now."""
    engine.belief.levels.follow(own_shelves(engine.geometry))


def forget(engine: EngineState, antenna: int, hung_us: int) -> None:
    """An antenna hangs elsewhere since then."""
    engine.belief.levels.forget(antenna)
    engine.antennas.rehang(antenna, hung_us)


def sample(engine: EngineState, dwells: list[Placed], reads: Reads, codes: Ints) -> dict[int, Sample]:
    """What each dwell heard of the books whose place is known, by its place in the batch."""
    at = np.flatnonzero(codes >= 0)
    which = reads.dwell[at]
    antenna = np.fromiter((one.antenna for one in dwells), dtype=np.int64, count=len(dwells))[which]
    heard = TagReads(codes[at], antenna, antenna, reads.rssi_dbm[at], antenna)
    return dict(enumerate(samples_of(engine.belief, heard, which, len(dwells))))


def ailing(engine: EngineState) -> list[tuple[str, str, float]]:
    """Antennas that hear less than they used to, or whose loudness says nothing: id, word, decibels; the worst first."""
    trust, names = engine.antennas.trust, engine.geometry.antenna_ids
    meant = engine.geometry.meant[: len(names)]
    ill = trust.lasting(engine.tick_us)
    told = [
        (names[k], str(ILLS[trust.ill[k]]), round(float(trust.loss_db[k]), 1))
        for k in np.flatnonzero(ill & meant).tolist()
    ]
    quiet = np.flatnonzero(~engine.belief.levels.usable & ~ill & meant).tolist()
    return sorted(told, key=lambda one: (-one[2], one[0])) + [(names[k], UNMEASURED, 0.0) for k in quiet]


def dump(engine: EngineState) -> dict[str, Any]:
    """Levels and the place in the lap."""
    return {"levels": engine.belief.levels.dump(), "lap": engine.lessons.dump()}


def restore(engine: EngineState, state: dict[str, Any]) -> None:
    """As `dump` left it; a snapshot of an older hub has nothing of it, and all is learned anew."""
    old = engine.belief.levels
    shelves = own_shelves(engine.geometry)
    engine.belief.levels = Levels.load(state.get("levels", {}), old.antennas, shelves, old.assumed)
    engine.lessons.restore(state.get("lap", [0, 0, 0]))
