"""Whatever walks hold: probabilities stay probabilities, what is read is there, and the order of tags decides nothing."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.belief.walks import Sweep, judge
from hub.belief.walks.judging import LOST, READ

Walks = list[Sweep]


@st.composite
def walks(draw: st.DrawFn) -> tuple[Walks, list[int]]:
    tags = draw(st.integers(1, 12))
    panels = draw(st.lists(st.integers(-1, 2), min_size=tags, max_size=tags))
    found = []
    for _ in range(draw(st.integers(1, 4))):
        reads = np.array(draw(st.lists(st.integers(0, 3), min_size=tags, max_size=tags)), dtype=np.int64)
        loud = draw(st.sampled_from([-60.0, 0.0, 1e9, np.nan]))
        steps = np.array(draw(st.lists(st.integers(0, 5), min_size=tags, max_size=tags)), dtype=np.float64)
        some = reads > 0
        word = draw(st.sampled_from(["S0", "S1", ""]))
        found.append(Sweep(word, reads, np.where(some, loud + steps, np.nan), np.where(some, steps, np.nan)))
    return found, panels


@given(walks())
@settings(max_examples=15, deadline=None)
def test_probabilities_stay_probabilities_and_what_is_read_is_there(given: tuple[Walks, list[int]]) -> None:
    sweeps, panels = given
    found = judge(sweeps, np.array(panels, dtype=np.int64))
    assert len(found) == len(sweeps)
    for sweep, after in zip(sweeps, found, strict=True):
        for share in (after.gone, after.covered, after.missed):
            assert np.isfinite(share).all()
            assert ((share >= 0) & (share <= 1)).all()
        assert ((after.verdict == READ) == (sweep.reads > 0)).all()
        assert (after.gone[sweep.reads > 0] == 0).all()
        assert not (after.verdict[after.ever == 0] == LOST).any()
        assert not (after.verdict[after.silent_walks < 2] == LOST).any()


@given(walks())
@settings(max_examples=10, deadline=None)
def test_the_order_of_tags_decides_nothing(given: tuple[Walks, list[int]]) -> None:
    sweeps, told = given
    panels = np.maximum(np.array(told, dtype=np.int64), 0)
    order = np.arange(len(panels))[::-1]
    turned = [
        Sweep(sweep.session, sweep.reads[order], sweep.loud[order], sweep.at[order]) for sweep in sweeps
    ]
    plain, other = judge(sweeps, panels)[-1], judge(turned, panels[order])[-1]
    np.testing.assert_allclose(other.gone, plain.gone[order], atol=1e-6)
    assert (other.verdict == plain.verdict[order]).all()


@given(walks())
@settings(max_examples=10, deadline=None)
def test_the_future_changes_nothing_that_was_said(given: tuple[Walks, list[int]]) -> None:
    sweeps, told = given
    panels = np.array(told, dtype=np.int64)
    whole, part = judge(sweeps, panels), judge(sweeps[:-1], panels)
    for early, late in zip(part, whole, strict=False):
        assert (early.gone == late.gone).all()
        assert (early.verdict == late.verdict).all()
