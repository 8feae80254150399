"""Who of several brought how much of what they bring together."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hub.explain.shares import GROUPS, alone, groups, shares


def of(*value: float) -> list[float]:
    """Shares of two players, of the values of nobody, the first, the second, and both."""
    values = np.array([value])
    return [round(one, 6) for one in shares(values, alone(values, 2))[0].tolist()]


def test_who_brings_the_same_gets_the_same_and_who_brings_nothing_gets_nothing() -> None:
    assert of(0.0, 1.0, 1.0, 6.0) == [3.0, 3.0]
    assert of(2.0, 5.0, 2.0, 5.0) == [3.0, 0.0]


def test_what_either_would_explain_alone_is_divided() -> None:
    """Left out alone, each would weigh nothing."""
    assert of(0.0, 8.0, 8.0, 8.0) == [4.0, 4.0]


def test_nobody_is_turned_round_by_the_company() -> None:
    """In order of arrival the first would get 1 or -7: it says 1 for the answer, and is told so."""
    assert of(0.0, 1.0, 10.0, 3.0) == [1.0, 6.0]


@given(arrays(np.float64, (3, GROUPS[4]), elements=st.floats(-50, 50)))
def test_shares_sum_up_to_what_all_bring_unless_one_was_turned_round(value: np.ndarray) -> None:
    own = alone(value, 4)
    found = shares(value, own)
    assert (found * own >= 0.0).all()
    kept = (found != own).all(axis=1)
    whole = value[:, -1] - value[:, 0]
    assert np.allclose(found.sum(axis=1)[kept], whole[kept])
    assert groups(4)[-1].all()
    assert not groups(4)[0].any()
