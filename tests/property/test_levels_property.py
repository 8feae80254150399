"""Whatever readers report, the levels stay numbers, and neither order nor pieces change them."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.belief.geometry import FAR, NEAR, OWN
from hub.belief.levels import FLOOR_BINS, SPREADS_DB, Levels
from hub.belief.trust import LEAST_RESIDENTS, Sample, Trust

ANTENNAS = 3
ANY = st.floats(allow_nan=True, allow_infinity=True, width=32)
LESSONS = st.lists(
    st.tuples(st.integers(0, ANTENNAS - 1), st.sampled_from([FAR, NEAR, OWN]), st.one_of(st.floats(-95, -20), ANY), st.floats(0, 1)),
    max_size=60,
)  # fmt: skip


def taught(*laps: list[tuple[int, int, float, float]], pieces: int = 1) -> Levels:
    levels = Levels(ANTENNAS, np.array([1, 1, 5]))
    for lap in laps:
        for piece in np.array_split(np.arange(len(lap)), pieces):
            rows = [lap[at] for at in piece.tolist()]
            columns = [np.array([row[column] for row in rows]) for column in range(4)]
            levels.learn(columns[0].astype(np.int64), columns[1], columns[2], columns[3])
        levels.end_lap()
    return levels


@settings(max_examples=80, deadline=None)
@given(st.lists(LESSONS, max_size=4))
def test_levels_are_always_numbers_within_reason(laps: list[list[tuple[int, int, float, float]]]) -> None:
    levels = taught(*laps)
    for values in (levels.floor_dbm, levels.own_dbm, levels.near_dbm, levels.far_dbm, levels.own_sd_db):
        assert np.isfinite(values).all()
    assert (levels.floor_dbm >= FLOOR_BINS[0]).all()
    assert (levels.floor_dbm <= FLOOR_BINS[-1]).all()
    assert (levels.own_sd_db >= SPREADS_DB[0]).all()
    assert (levels.own_sd_db <= SPREADS_DB[1]).all()


@settings(max_examples=60, deadline=None)
@given(LESSONS, st.randoms(use_true_random=False), st.integers(1, 5))
def test_order_and_pieces_change_nothing(
    lap: list[tuple[int, int, float, float]], dice: object, pieces: int
) -> None:
    mixed = list(lap)
    dice.shuffle(mixed)  # type: ignore[attr-defined]
    one, two = taught(lap), taught(mixed, pieces=pieces)
    for name in ("floor_dbm", "own_dbm", "near_dbm"):
        assert np.allclose(getattr(one, name), getattr(two, name), atol=1e-3)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 300), st.floats(-90, -20), st.integers(0, 300), st.integers(0, 400), st.booleans()), max_size=60
    )
)  # fmt: skip
def test_a_loss_is_never_negative_nor_endless(dwells: list[tuple[int, float, int, int, bool]]) -> None:
    trust = Trust(1)
    for at, (heard, loud, strays, residents, references) in enumerate(dwells):
        trust.residents[:] = residents
        sample = Sample(heard, loud if heard else float("nan"), strays)
        trust.judge(0, sample, (at + 1) * 60_000_000, references=references)
        assert 0.0 <= trust.loss_db[0] <= 60.0
        assert 0.0 <= trust.share[0] <= 1.0
        if residents < LEAST_RESIDENTS:
            assert trust.trusted(0) or trust.loss_db[0] > 0
