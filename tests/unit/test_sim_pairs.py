"""The store of links: whatever its size and whenever it begins anew, the air is the same."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.airs import SECOND_US, Ears, cycle, same, stacks
from helpers.sims import START_US

from firmware_sim.radio import Radio, budget, pairs
from firmware_sim.radio.settings import RadioSettings
from firmware_sim.world import Habits, Stocking

BUSY = Habits(browse=200, stranger=20)


def test_a_store_that_is_too_small_begins_anew_in_more_room(monkeypatch: pytest.MonkeyPatch) -> None:
    world = stacks()
    usual = Radio(world, seed=3).hear(cycle(world))
    monkeypatch.setattr(pairs, "WHOLE", 0.01)
    monkeypatch.setattr(pairs, "LEAST_ROWS", 64)
    small = Radio(world, seed=3)
    assert same(small.hear(cycle(world)), usual)
    assert same(small.hear(cycle(world)), usual)


def test_a_busy_day_does_not_let_the_store_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "LEAST_ROWS", 64)
    world = stacks(600, bays=2, shelves_a_bay=3, stocking=Stocking(), people=BUSY)
    ears = Ears.of(world)
    ears.heard(cycle(world))
    first = ears.radio.pairs.bytes
    for quarter in range(1, 97):
        world.advance(START_US + quarter * 900 * SECOND_US)
        ears.heard(cycle(world, world.now_us))
    assert len(world.log) > 1_000
    assert ears.radio.pairs.bytes < 2.5 * first


def test_no_dwells_bring_nothing() -> None:
    world = stacks(50, bays=1, shelves_a_bay=2)
    heard = Radio(world, seed=1).hear(cycle(world, antennas=[]))
    assert heard.first.tolist() == [0]
    assert len(heard.tag) == len(heard.count) == len(heard.rssi) == 0


def test_an_empty_shelf_still_answers_with_its_reference_tag() -> None:
    world = stacks(1, bays=2, shelves_a_bay=2)
    heard = Radio(world, seed=1).hear(cycle(world, antennas=[5]))
    assert -6 in heard.tag.tolist()
    assert (heard.tag < 0).all()


def test_a_site_without_neighbours_in_hearing_can_be_asked_for() -> None:
    ears = Ears.of(stacks(), cross_read=0.0)
    shares = ears.shares(ears.heard(cycle(ears.radio.world)))
    assert [round(share, 2) for share in shares.values()] == pytest.approx([0.95, 0, 0], abs=0.02)


@pytest.mark.parametrize("rate", [0.001, 0.5, 0.999])
def test_the_budget_is_solved_for_any_rate(rate: float) -> None:
    rings = budget.solve(RadioSettings(own_read=rate, cross_read=min(rate, 0.89))).rings
    assert all(-60 < ring < 60 for ring in rings)
    assert np.diff(rings).max() <= 1.0
