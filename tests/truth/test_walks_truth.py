"""Simulated shops, where it is known which tags were taken: what walks promise is kept."""

from __future__ import annotations

import numpy as np
import pytest

from firmware_sim.calibrate.shop import panels
from firmware_sim.walks.removing import Removal
from firmware_sim.walks.shops import attempt, cut, sweeps


@pytest.mark.slow
def test_in_a_simulated_shop_nothing_that_hangs_there_is_lost_and_what_left_is_found() -> None:
    walks = sweeps(3)
    quiet = attempt(walks, Removal(0.0, 1, 3), panels())
    assert quiet.falsely_lost == 0
    left = attempt(walks, Removal(0.05, 4, 3), panels())
    assert left.falsely_lost <= 1
    removed, lost, either = left.found[-1]
    assert lost >= 0.4 * removed
    assert either >= 0.9 * removed
    sure = (left.promised >= 0.9) & (left.silent_walks >= 2)
    assert left.gone[sure].mean() >= 0.9
    short = attempt(cut(walks, 4, 0.5), Removal(0.0, 1, 3), panels())
    assert short.falsely_lost == 0
    assert np.isfinite(short.promised).all()
