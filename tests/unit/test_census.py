"""Counts of tags by shelf that follow those that move are the counts of all."""

from __future__ import annotations

import numpy as np
from helpers.shelves import make_site

from hub.belief.geometry import Geometry
from hub.belief.looks import Antennas
from hub.belief.model import ShelfBelief
from hub.engine.census import Census
from hub.settings import EngineSettings

TAGS = 500


def a_belief() -> ShelfBelief:
    site = make_site(2, 6)
    geometry, settings = Geometry(site.now, site.antenna_ids, 1.2), EngineSettings()
    belief = ShelfBelief(geometry, settings, Antennas(len(site.antenna_ids), settings))
    belief.place, belief.away = np.full(TAGS, -1, dtype=np.int32), np.zeros(TAGS, dtype=bool)
    return belief


def counted(belief: ShelfBelief) -> list[int]:
    shelves = len(belief.geometry.shelf_ids)
    found: list[int] = np.bincount(
        belief.place[~belief.away & (belief.place >= 0)], minlength=shelves
    ).tolist()
    return found


def test_the_counts_follow_what_is_settled_and_begin_anew_with_new_rows() -> None:
    belief, census, dice = a_belief(), Census(), np.random.default_rng(1)
    for turn in range(40):
        if turn == 20:  # a new catalogue: other arrays
            belief.place, belief.away = belief.place[::-1].copy(), belief.away.copy()
        rows = dice.permutation(TAGS)[:60]
        before = census.before(belief, rows)
        belief.place[rows] = dice.integers(-1, len(belief.geometry.shelf_ids), 60)
        belief.away[rows] = dice.random(60) < 0.3
        census.moved(belief, rows, before)
        assert census.here(belief).tolist() == counted(belief)


def test_where_nobody_says_what_was_settled_all_are_counted() -> None:
    belief, census = a_belief(), Census()
    for shelf in range(3):
        belief.place[shelf * 100 : shelf * 100 + 50] = shelf
        assert census.here(belief).tolist() == counted(belief)
