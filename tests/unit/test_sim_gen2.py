"""The closed form of Gen2's rounds against the same slot by slot."""

from __future__ import annotations

import numpy as np
import pytest

from firmware_sim.radio import gen2

SECOND_US = 1_000_000


def slot_by_slot(
    tags: int, seconds: float, seeds: int = 3, **more: bool
) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """Answers by seed and tag."""
    dwell_us = int(seconds * SECOND_US)
    rate = gen2.CROWD_RATE
    found = [gen2.rounds(tags, dwell_us, seed=seed, reads_a_second=rate, **more) for seed in range(seeds)]
    return np.array(found)


@pytest.mark.parametrize("tags", [1, 2, 5, 16, 50, 150])
def test_reads_a_second_hardly_depend_on_how_many_tags_are_awake(tags: int) -> None:
    seconds = max(2.0, tags / 25)
    a_second = slot_by_slot(tags, seconds).sum(axis=1).mean() / seconds
    assert a_second == pytest.approx(gen2.CROWD_RATE, rel=0.13)


@pytest.mark.parametrize(("tags", "seconds"), [(20, 1.0), (50, 1.0), (100, 2.0)])
def test_the_closed_form_counts_as_the_slots_do(tags: int, seconds: float) -> None:
    slots = slot_by_slot(tags, seconds)
    each = gen2.passes(gen2.CROWD_RATE, seconds, float(tags))
    throws = np.linspace(0, 1, 200, endpoint=False, dtype=np.float32)
    closed = gen2.counts(np.repeat(each, 200), throws)
    assert slots.mean() == pytest.approx(closed.mean(), rel=0.10)
    assert slots.max() - slots.min() <= 2, "passes are fair: nobody answers twice before all answered once"


def test_in_a_dwell_too_short_for_a_pass_only_a_share_is_heard() -> None:
    heard = (slot_by_slot(300, 1.0) > 0).mean()
    assert heard == pytest.approx(float(gen2.passes(gen2.CROWD_RATE, 1.0, 300.0)), abs=0.06)


def test_with_a_single_target_each_tag_answers_once_and_the_reader_falls_silent() -> None:
    assert (slot_by_slot(40, 5.0, dual=False) == 1).all()


def test_twice_the_reads_a_second_are_twice_the_answers() -> None:
    slow = sum(gen2.rounds(50, 2 * SECOND_US, seed=1, reads_a_second=80.0))
    fast = sum(gen2.rounds(50, 2 * SECOND_US, seed=1, reads_a_second=160.0))
    assert fast == pytest.approx(2 * slow, rel=0.1)
