"""Duplicates, order, clocks, batches and restarts change nothing."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from helpers.shelves import DUAL, SECOND, START, Book, Library, make_site
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.engine import Engine
from hub.events import ReportTaken, Ticked
from shelfwire.messages import Dwell, Report, Tags

SITE = make_site(2, 2)
SHELVES = [shelf.id for shelf in SITE.now.shelves]

Heard = list[tuple[int, frozenset[int]]]
"""(antenna, numbers of the books that it heard), one dwell each."""

plays = st.lists(
    st.tuples(st.integers(0, 3), st.frozensets(st.integers(0, 3), max_size=4)), min_size=1, max_size=40
)


def library() -> tuple[Library, list[Book]]:
    made = Library(history=SITE)
    books = [made.book(home=shelf) for shelf in SHELVES]
    made.catalogue()
    return made, books


def dwells(heard: Heard, books: list[Book]) -> list[Dwell]:
    made = []
    for turn, (index, numbers) in enumerate(heard):
        antenna = SITE.now.antennas[index]
        epcs = [books[number].epc for number in sorted(numbers)] + list(antenna.reference_tags)
        end_us = START + (turn + 1) * 2 * SECOND
        tags = Tags(epc=epcs, count=[1] * len(epcs), rssi_dbm=[-55.0] * len(epcs))
        made.append(
            Dwell(
                reader=antenna.reader,
                port=antenna.port,
                started_at_us=end_us - SECOND,
                ended_at_us=end_us,
                air=DUAL,
                tags=tags,
            )
        )
    return made


def play(
    engine: Engine, parts: list[list[Dwell]], end_us: int, *, shift_us: int = 0, wait_s: int = 0
) -> None:
    """Reports of these parts, each at the time of its latest dwell, and a tick after each."""
    latest = START
    for seq, part in enumerate(parts, 1):
        latest = max([latest, *(dwell.ended_at_us for dwell in part)])
        moved = [
            msgspec.structs.replace(
                one, started_at_us=one.started_at_us + shift_us, ended_at_us=one.ended_at_us + shift_us
            )
            for one in part
        ]
        made_us = latest + shift_us
        report = Report(
            agent="edge-1", log="l", seq=seq, boot="b", made_at_us=made_us, wall_at_us=made_us, dwells=moved
        )
        engine.handle(ReportTaken(report, latest), latest)
        if not wait_s:
            engine.handle(Ticked(), latest)
    for after in (1, 40, 41, 42, 43):
        engine.handle(Ticked(), end_us + after * SECOND)


def beliefs(engine: Engine) -> dict[str, Any]:
    state = engine.belief.dump()["slots"]
    looks = engine.antennas.looks
    row = np.arange(engine.stock.rows)
    weighed = engine.weigh(row)
    return {name: array.tolist() for name, array in state.items()} | {
        "looks": looks.tolist(),
        "away": weighed.away.tolist(),
        "zone": weighed.zone.tolist(),
    }


def end_of(heard: Heard) -> int:
    return START + len(heard) * 2 * SECOND


@settings(max_examples=25, deadline=None)
@given(plays, st.integers(-(START - 10 * SECOND), 10**15))
def test_a_constant_shift_of_the_agents_clock_changes_nothing(heard: Heard, shift_us: int) -> None:
    (one, books), (other, _) = library(), library()
    parts = [[dwell] for dwell in dwells(heard, books)]
    play(one.engine, parts, end_of(heard))
    play(other.engine, parts, end_of(heard), shift_us=shift_us)
    assert beliefs(one.engine) == beliefs(other.engine)


@settings(max_examples=25, deadline=None)
@given(plays, st.data())
def test_reordering_within_the_watermark_changes_nothing(heard: Heard, data: st.DataObject) -> None:
    (one, books), (other, _) = library(), library()
    made = dwells(heard, books)
    play(one.engine, [made], end_of(heard), wait_s=30)
    mixed = data.draw(st.permutations(made))
    play(other.engine, [[dwell] for dwell in mixed], end_of(heard), wait_s=30)
    assert beliefs(one.engine) == beliefs(other.engine)


@settings(max_examples=25, deadline=None)
@given(plays)
def test_a_dwell_that_comes_twice_counts_once(heard: Heard) -> None:
    (one, books), (other, _) = library(), library()
    parts = [[dwell] for dwell in dwells(heard, books)]
    play(one.engine, parts, end_of(heard))
    play(other.engine, [part + part for part in parts], end_of(heard))
    assert beliefs(one.engine) == beliefs(other.engine)


@settings(max_examples=25, deadline=None)
@given(plays, st.integers(1, 40))
def test_the_size_of_batches_changes_nothing(heard: Heard, size: int) -> None:
    (one, books), (other, _) = library(), library()
    made = dwells(heard, books)
    play(one.engine, [[dwell] for dwell in made], end_of(heard))
    play(other.engine, [made[at : at + size] for at in range(0, len(made), size)], end_of(heard))
    first, second = beliefs(one.engine), beliefs(other.engine)
    # A place is given at a tick, and whether a shelf was looked at is asked of the place. Bustle is counted from the first tick on.
    same = one.engine.belief.place == other.engine.belief.place
    away, again = (np.array(said.pop("away"))[same] for said in (first, second))
    assert np.allclose(away, again, rtol=1e-3, atol=1e-9)
    assert first == second


@settings(max_examples=25, deadline=None)
@given(plays, plays)
def test_a_restart_from_a_dump_goes_on_identically(before: Heard, after: Heard) -> None:
    made, books = library()
    play(made.engine, [[dwell] for dwell in dwells(before, books)], end_of(before))
    copy = Engine.load(SITE, made.settings, through_the_disk(made.engine.dump()))
    assert plain(copy.dump()) == plain(made.engine.dump())
    for turn, dwell in enumerate(dwells(after, books), 100):
        now_us = START + 3600 * SECOND + turn * 2 * SECOND
        moved = msgspec.structs.replace(dwell, started_at_us=now_us - SECOND, ended_at_us=now_us)
        report = Report(
            agent="edge-1", log="l", seq=turn, boot="b", made_at_us=now_us, wall_at_us=now_us, dwells=[moved]
        )
        for event in (ReportTaken(report, now_us), Ticked()):
            assert copy.handle(event, now_us) == made.engine.handle(event, now_us)
    assert plain(copy.dump()) == plain(made.engine.dump())


def through_the_disk(state: Any) -> Any:
    """As a snapshot keeps it: plain data through MessagePack, arrays byte for byte."""
    arrays: list[Any] = []

    def stand_in(value: Any) -> Any:
        assert isinstance(value, np.ndarray), type(value)
        arrays.append(value.copy())
        return {"__array__": len(arrays) - 1}

    def back(value: Any) -> Any:
        if isinstance(value, dict):
            return (
                arrays[value["__array__"]] if "__array__" in value else {k: back(v) for k, v in value.items()}
            )
        return [back(one) for one in value] if isinstance(value, list) else value

    return back(msgspec.msgpack.decode(msgspec.msgpack.encode(state, enc_hook=stand_in)))


def plain(state: Any) -> Any:
    """A dump that can be compared; NaN equals NaN."""
    if isinstance(state, np.ndarray):
        return [repr(one) for one in state.tolist()]
    if isinstance(state, dict):
        return {key: plain(value) for key, value in state.items()}
    return [plain(one) for one in state] if isinstance(state, (list, tuple)) else state


def test_a_dump_does_not_change_when_the_engine_goes_on() -> None:
    made, books = library()
    play(made.engine, [dwells([(0, frozenset({0}))], books)], START + 2 * SECOND)
    state = made.engine.dump()
    before = plain(state)
    made.now_us = START + 600 * SECOND
    made.round({SHELVES[1]: books}, times=4)
    assert plain(state) == before
