"""Whatever a reader says in whatever order: dwells are well-formed, nothing heard is lost, and nothing unproven is exact."""

from __future__ import annotations

import msgspec
from helpers.dwells import at, builder, read, turn
from hypothesis import given
from hypothesis import strategies as st

from shelfwire.messages import Dwell

WORDS = st.lists(
    st.tuples(
        st.sampled_from(["start", "turn", "turn", "turn", "end", "read", "read", "tick", "doubt", "lost"]),
        st.integers(0, 4),
        st.floats(0, 3),
    ),
    max_size=40,
)


@given(WORDS)
def test_any_order_of_events_keeps_what_was_heard_and_breaks_no_dwell(
    words: list[tuple[str, int, float]],
) -> None:
    shelf = builder(turn(1), turn(2), turn(3))
    closed: list[Dwell] = []
    now, heard = 0.0, 0
    for word, number, passed in words:
        now += passed
        match word:
            case "start":
                closed += shelf.started(at(now))
            case "turn":
                closed += shelf.turn_ended(number, at(now))
            case "end":
                closed += shelf.ended(at(now))
            case "read":
                heard += number > 0
                closed += shelf.heard([read(number, now)], at(now))
            case "tick":
                closed += shelf.tick(at(now))
            case "doubt":
                shelf.doubt()
            case _:
                closed += shelf.lost(at(now))
    closed += shelf.begin((), closed[0].air if closed else msgspec.structs.replace(shelf._air), None, at(now))
    assert sum(sum(dwell.tags.count) for dwell in closed) == heard
    for dwell in closed:
        msgspec.convert(msgspec.to_builtins(dwell), Dwell)
        assert dwell.started_at_us <= dwell.ended_at_us <= at(now)
        assert dwell.quality != "exact" or dwell.ended_at_us - dwell.started_at_us <= 4_000_000


@given(st.integers(1, 5), st.integers(1, 4))
def test_the_dwells_of_an_undisturbed_reader_cover_its_time_without_gap_or_overlap(
    antennas: int, cycles: int
) -> None:
    shelf = builder(*(turn(port) for port in range(1, antennas + 1)))
    closed: list[Dwell] = []
    now = 0
    for _ in range(cycles):
        shelf.started(at(now))
        for index in range(1, antennas + 1):
            now += 1
            closed += shelf.turn_ended(index, at(now))
        closed += shelf.ended(at(now))
    assert [dwell.quality for dwell in closed] == ["exact"] * antennas * cycles
    edges = [(dwell.started_at_us, dwell.ended_at_us) for dwell in closed]
    assert edges == [(at(second), at(second + 1)) for second in range(antennas * cycles)]
