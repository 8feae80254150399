"""Findings of two runs held against each other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hub.rerun.compare import NEAR_US, Pair, pairs, rows
from hub.rerun.episodes import About, Episode

HOUR = 3_600_000_000
END = 100 * HOUR


def episode(
    opened_h: float,
    ended_h: float | None = None,
    *,
    item: int = 1,
    kind: str = "misplaced",
    state: str = "open",
) -> Episode:
    return Episode(
        id=f"{kind}-{item}-{opened_h}",
        about=About(kind, item, "tag"),
        opened_at_us=int(opened_h * HOUR),
        ended_at_us=None if ended_h is None else int(ended_h * HOUR),
        shelf=None,
        confidence=0.9,
        state=state,
    )


def outcomes(base: list[Episode], other: list[Episode], from_h: float = 0) -> list[str]:
    return [pair.outcome for pair in pairs(base, other, int(from_h * HOUR), END)]


def test_the_same_finding_at_nearly_the_same_moment_is_the_same() -> None:
    assert outcomes([episode(1)], [episode(1.01)]) == ["same"]


def test_a_finding_that_opens_sooner_or_later_is_one_finding() -> None:
    assert outcomes([episode(5)], [episode(1)]) == ["sooner"]
    assert outcomes([episode(1, 3)], [episode(2)]) == ["later"]


def test_a_finding_that_only_one_has_is_told_so() -> None:
    assert outcomes([episode(1)], []) == ["only_base"]
    assert outcomes([], [episode(1)]) == ["only_other"]
    assert outcomes([episode(1, item=1)], [episode(1, item=2)]) == ["only_base", "only_other"]


def test_two_stories_far_apart_are_two_findings() -> None:
    assert outcomes([episode(1, 2)], [episode(20, 21)]) == ["only_base", "only_other"]
    assert outcomes([episode(1, 2), episode(20)], [episode(21)]) == ["only_base", "later"]


def test_what_was_open_before_the_time_that_is_asked_for_counts_as_open_from_its_beginning() -> None:
    assert outcomes([episode(1)], [episode(2)], from_h=3) == ["same"]
    assert outcomes([episode(1)], [], from_h=3) == ["only_base"]
    assert outcomes([episode(1, 2)], [episode(1, 2)], from_h=3) == []
    assert outcomes([episode(1)], [episode(4)], from_h=3) == ["later"]


def test_a_row_counts_shifts_hours_and_what_people_dismissed() -> None:
    base = [episode(1, 3, item=1), episode(1, 2, item=2, state="dismissed"), episode(1, 2, item=3)]
    other = [episode(2, 4, item=1), episode(5, 6, item=9)]
    (row,) = rows(pairs(base, other, 0, END), 0, END)
    assert (row.base, row.other, row.both, row.only_base, row.only_other) == (3, 2, 1, 2, 1)
    assert (row.later, row.sooner, row.shift_s, row.dismissed) == (1, 0, 3600.0, 1)
    assert (row.base_open_h, row.other_open_h) == (4.0, 3.0)


EPISODES = st.lists(
    st.builds(
        lambda begin, length, item: episode(begin, begin + length if length else None, item=item),
        st.integers(0, 99), st.integers(0, 9), st.integers(1, 3),
    ),
    max_size=12,
)  # fmt: skip


@given(EPISODES, EPISODES)
def test_every_finding_of_both_stands_in_exactly_one_pair(base: list[Episode], other: list[Episode]) -> None:
    found = pairs(base, other, 0, END)
    assert sorted(id(pair.base) for pair in found if pair.base) == sorted(map(id, base))
    assert sorted(id(pair.other) for pair in found if pair.other) == sorted(map(id, other))
    assert all(_together(pair) for pair in found if pair.base and pair.other)


@given(EPISODES)
def test_a_run_against_itself_is_the_same(base: list[Episode]) -> None:
    assert {pair.outcome for pair in pairs(base, base, 0, END)} <= {"same"}


def _together(pair: Pair) -> bool:
    assert pair.base is not None
    assert pair.other is not None
    first, second = sorted((pair.base, pair.other), key=lambda one: one.opened_at_us)
    return first.ended_at_us is None or first.ended_at_us + NEAR_US >= second.opened_at_us
