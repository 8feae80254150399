"""What holds for the simulated air whatever happens before the shelves."""

from __future__ import annotations

import itertools

import numpy as np
from helpers.airs import HOUR_US, SECOND_US, Ears, cycle, same, stacks
from helpers.sims import START_US
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_sim.hearing import Dwells
from firmware_sim.radio import Radio
from firmware_sim.world import Habits, Stocking

WORLD = stacks(400, bays=2, shelves_a_bay=4, stocking=Stocking())
BUSY = Habits(browse=400, use_at_table=100, borrow=100, return_=100, stranger=20)
MANY = settings(max_examples=25, deadline=None)

times = st.integers(START_US, START_US + 48 * HOUR_US)


@st.composite
def dwells(draw: st.DrawFn) -> Dwells:
    """Some dual-target dwells of any antennas, times, lengths and powers."""
    count = draw(st.integers(1, 12))
    start = np.array(draw(st.lists(times, min_size=count, max_size=count)), dtype=np.int64)
    length = np.array(draw(st.lists(st.integers(50_000, 4_000_000), min_size=count, max_size=count)))
    antenna = draw(st.lists(st.integers(0, len(WORLD.site.antennas) - 1), min_size=count, max_size=count))
    power = draw(st.lists(st.floats(10, 36, width=32), min_size=count, max_size=count))
    return Dwells(
        antenna=np.array(antenna, dtype=np.int32),
        started_us=start,
        ended_us=start + length,
        power_dbm=np.array(power, dtype=np.float32),
        dual=np.ones(count, dtype=np.bool_),
        session=np.ones(count, dtype=np.uint8),
    )


@MANY
@given(dwells())
def test_every_read_has_a_tag_that_stands_in_hearing_and_could_be_heard(asked: Dwells) -> None:
    radio = Radio(WORLD, seed=3)
    heard = radio.hear(asked)
    links = radio.pairs.links
    for at in range(len(asked)):
        antenna = int(asked.antenna[at])
        tags = heard.tag[heard.first[at] : heard.first[at + 1]]
        near = links.shelf[links.first[antenna] : links.first[antenna + 1]]
        assert np.isin(WORLD.place[tags[tags >= 0]], near).all()
        audible = radio.audible(antenna, int(asked.started_us[at]), float(asked.power_dbm[at]))
        assert np.isin(tags, audible).all()
        assert len(set(tags.tolist())) == len(tags)
    assert (heard.count >= 1).all()


@MANY
@given(dwells(), st.integers(0, 2**31))
def test_the_order_of_asking_changes_nothing(asked: Dwells, shuffle: int) -> None:
    whole = Radio(WORLD, seed=3).hear(asked)
    order = np.random.default_rng(shuffle).permutation(len(asked))
    radio = Radio(WORLD, seed=3)
    for at in order:
        one = radio.hear(asked.pick(np.array([at])))
        assert same(one, whole.pick(np.array([at])))


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(60, 20_000), min_size=1, max_size=5), st.integers(0, 100))
def test_what_is_mended_shelf_by_shelf_equals_what_is_built_anew(steps_s: list[int], seed: int) -> None:
    world = stacks(400, bays=2, shelves_a_bay=4, stocking=Stocking(), people=BUSY)
    mended = Radio(world, seed=seed)
    for step in steps_s:
        world.advance(world.now_us + step * SECOND_US)
        asked = cycle(world, world.now_us)
        assert same(mended.hear(asked), Radio(world, seed=seed).hear(asked))


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 1000))
def test_halving_the_dwells_changes_what_is_heard_in_them_within_bounds(seed: int) -> None:
    ears = Ears(Radio(WORLD, seed=seed))
    whole, halves = cycle(WORLD, seconds=2.0), [cycle(WORLD, START_US + half * SECOND_US) for half in (0, 1)]
    once = ears.heard(whole)
    twice = [ears.heard(half) for half in halves]
    answers = sum(int(half.count.sum()) for half in twice)
    assert abs(answers - int(once.count.sum())) < 0.05 * answers
    either = {(int(d), int(t)) for half in twice for d, t in zip(half.dwell_of, half.tag, strict=True)}
    assert abs(len(either) - len(once.tag)) < 0.05 * len(once.tag)


@MANY
@given(dwells(), st.integers(0, 3), st.integers(0, 12))
def test_single_target_dwells_in_two_stretches_are_the_same_as_in_one(
    asked: Dwells, session: int, cut: int
) -> None:
    single = Dwells(
        asked.antenna,
        asked.started_us,
        asked.ended_us,
        asked.power_dbm,
        ~asked.dual,
        asked.session * 0 + session,
    )
    single = single.pick(np.argsort(single.ended_us, kind="stable"))
    cut = min(cut, len(single))
    whole = Radio(WORLD, seed=3).hear(single)
    radio = Radio(WORLD, seed=3)
    for part in (np.arange(cut), np.arange(cut, len(single))):
        assert same(radio.hear(single.pick(part)), whole.pick(part))
    if session == 2:
        flagged = [
            set(whole.tag[whole.first[at] : whole.first[at + 1]].tolist()) for at in range(len(single))
        ]
        for early, late in itertools.pairwise(range(len(single))):
            if single.started_us[late] - single.ended_us[early] < 2 * SECOND_US:
                assert not flagged[early] & flagged[late]
