from __future__ import annotations

import msgspec
import numpy as np
import pytest
from helpers.scoring import SECOND, delivery
from helpers.sims import START_US, tiny_world

from firmware_sim.oracle.evidence import Evidence
from firmware_sim.oracle.memory import Memory
from firmware_sim.oracle.places import NOWHERE, Believed, Candidates
from firmware_sim.oracle.told import Told
from firmware_sim.radio import Radio, RadioSettings
from firmware_sim.world import Planted

PLANTED = Planted(misplaced=0.02, on_loan=0.1)
QUARTER = 900 * SECOND
RADIO = RadioSettings()


class Room:
    """A toy radio: which antenna hears which book how loud is said by the test, every quarter of an hour anew."""

    def __init__(self, rounds: int = 6) -> None:
        self.world = tiny_world(planted=PLANTED)
        self.site = self.world.site
        self.told = Told.of(Radio(self.world, seed=1, settings=RADIO), PLANTED, 1)
        self._rounds = rounds

    def book(self, status: str = "on_shelf") -> int:
        """One in the middle of the room that the catalogue has there."""
        for tag in range(100, 140):
            if self.world.status_of(tag) == status:
                return tag
        raise AssertionError(status)

    def antenna(self, shelf: int) -> int:
        """The one meant for that shelf."""
        return next(
            n
            for n, one in enumerate(self.site.antennas)
            if self.site.shelf_by_id[one.hears[0]].index == shelf
        )

    def believed(self, said: dict[int, list[tuple[int, float]]]) -> Believed:
        """`said`: antenna → (book, dBm) that it hears in every one of its dwells."""
        memory = Memory(RADIO, self.world.stock.count)
        for number in range(self._rounds):
            at_us = START_US + number * QUARTER
            antennas = range(len(self.site.antennas))
            ended = [(antenna, at_us + (antenna + 2) * SECOND) for antenna in antennas]
            reads = [[(tag, dbm, 2) for tag, dbm in said.get(antenna, [])] for antenna in antennas]
            memory.take(delivery(self.site, ended, reads))
        end_us = START_US + self._rounds * QUARTER
        evidence = Evidence(memory, RADIO, len(self.site.antennas), end_us)
        candidates = Candidates(self.told, evidence)
        parts = [
            candidates.believed(first, end, pairs)
            for first, end, pairs in evidence.parts(self.world.stock.count)
        ]
        return Candidates.together(parts)


def test_a_book_heard_loud_at_home_stands_at_home() -> None:
    room = Room()
    book = room.book()
    home = int(room.told.home[book])
    found = room.believed({room.antenna(home): [(book, -55.0)]})
    assert found.shelf[book] == home
    assert found.outside[book] < 1e-4


def test_a_book_heard_loud_by_a_far_shelf_alone_stands_there() -> None:
    room = Room()
    book = room.book()
    far = int(room.told.home[book]) - 20
    found = room.believed({room.antenna(far): [(book, -55.0)]})
    assert found.shelf[book] == far
    assert found.outside[book] > 0.999


def test_a_book_that_nobody_ever_heard_is_where_books_mostly_are() -> None:
    room = Room()
    book = room.book()
    found = room.believed({})
    assert found.shelf[book] == room.told.home[book]
    assert found.outside[book] == pytest.approx(PLANTED.misplaced, rel=0.5)
    lent = room.book("on_loan")
    assert found.shelf[lent] == NOWHERE
    assert found.away[lent] > 0.99


def test_a_faint_cross_read_by_the_next_bay_moves_no_book() -> None:
    room = Room()
    book = room.book()
    home = int(room.told.home[book])
    beside = room.antenna(home - 4)  # the same board of the next bay
    faint = room.believed({room.antenna(home): [(book, -62.0)], beside: [(book, -66.0)]})
    assert faint.shelf[book] == home
    assert faint.outside[book] < 0.01


def test_reads_in_one_quarter_of_an_hour_prove_less_than_reads_in_many() -> None:
    book = Room().book()
    sure = []
    for rounds in (1, 12):
        room = Room(rounds)
        home = int(room.told.home[book])
        far = room.antenna(home - 20)
        found = room.believed({far: [(book, -64.0)]})
        sure.append(float(1.0 - found.outside[book]))
    assert sure[1] <= sure[0]


def test_the_probabilities_of_all_books_stay_probabilities() -> None:
    room = Room()
    loud = [(tag, -50.0 - tag % 20) for tag in range(0, 240, 7)]
    found = room.believed({antenna: loud[antenna % 5 :: 5] for antenna in range(0, 48, 11)})
    for column in (found.sure, found.outside, found.away, found.outside + found.away):
        assert np.all(np.isfinite(column))
        assert np.all((column >= 0) & (column <= 1.0 + 1e-5))


def test_what_the_oracle_is_told_of_a_tag_is_no_single_throw() -> None:
    room = Room()
    other = msgspec.structs.replace(RADIO, tag_spread_db=3.0)
    again = Told.of(Radio(room.world, seed=2, settings=other), PLANTED, 1)
    assert room.told.tags_db.mean() == pytest.approx(again.tags_db.mean(), abs=1.5)
    assert not np.array_equal(room.told.tags_db, again.tags_db)
    assert np.array_equal(room.told.home_x_mm, again.home_x_mm)
