"""Arrive, move, borrow, return, silence, in any order: what the hub may never say."""

from __future__ import annotations

import msgspec
import numpy as np
from helpers.shelves import SECOND, Library, make_site
from helpers.shelves import settings as engine_settings
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from shelfwire.messages import Dwell

SITE = make_site(3, 2)
SHELVES = [shelf.id for shelf in SITE.now.shelves]
shelves = st.sampled_from(SHELVES)
dead_readers = st.sampled_from(["ant-000", "ant-003"])


class Stacks(RuleBasedStateMachine):
    """A small library in which anything may happen, and a hub that watches."""

    books = Bundle("books")

    @initialize()
    def open(self) -> None:
        self.library = Library(history=SITE, settings=engine_settings(longest_use_h=0.05))
        self.at: dict[int, str | None] = {}
        self.dead: set[str] = set()
        self.out: set[int] = set()

    @rule(target=books, home=shelves)
    def arrive(self, home: str) -> int:
        book = self.library.book(home=home)
        self.at[book.item_id] = home
        return book.item_id

    @rule(item=books, shelf=shelves)
    def move(self, item: int, shelf: str) -> None:
        self.at[item] = shelf

    @rule(item=books)
    def borrow(self, item: int) -> None:
        self.at[item] = None
        self.out.add(item)
        self.library.ask("item.status", str(item), status="on_loan")

    @rule(item=books)
    def return_home(self, item: int) -> None:
        self.at[item] = self.library.books[item - 1].home
        self.out.discard(item)
        self.library.ask("item.status", str(item), status="on_shelf")

    @rule(antenna=dead_readers)
    def antenna_dies(self, antenna: str) -> None:
        self.dead.add(antenna)

    @rule()
    def antennas_are_mended(self) -> None:
        self.dead.clear()

    @rule(rounds=st.integers(1, 6))
    def listen(self, rounds: int) -> None:
        placed = {
            shelf: [book for book in self.library.books if self.at[book.item_id] == shelf]
            for shelf in SHELVES
        }
        self.library.round(placed, times=rounds, deaf=self.dead)

    @rule(seconds=st.integers(1, 4000))
    def nobody_listens(self, seconds: int) -> None:
        away = self._away()
        self.library.wait(seconds, step_s=30)
        assert self._away() == away, "silence without a look made a book away"

    @rule(item=books)
    def long_life(self, item: int) -> None:
        """A book left in peace on a watched shelf is found there, without a finding against it."""
        self.dead.clear()
        self.return_home(item)
        for _ in range(9):
            self.listen(1)
        book = self.library.books[item - 1]
        assert self.library.belief(book).is_at(str(book.home))
        assert [one for one in self.library.findings() if one.item_id == item] == []

    @rule(shelf=shelves, heard=st.booleans(), late_s=st.integers(0, 5_000))
    def an_older_dwell_comes_late(self, shelf: str, *, heard: bool, late_s: int) -> None:
        """What an antenna heard before what it has told already is history."""
        listener = self.library.shelf(shelf)
        ended_us = int(self.library.engine.antennas.last_end_us[listener.antenna.index])
        if not ended_us:
            return
        before = self._remembered()
        self.library.now_us += SECOND
        self.library.report(self._dwell(shelf, ended_us - late_s * SECOND, heard=heard))
        assert self._remembered() == before, "an older dwell was believed"

    @rule(shelf=shelves, heard=st.booleans(), times=st.integers(2, 4))
    def a_dwell_comes_again(self, shelf: str, *, heard: bool, times: int) -> None:
        """An agent that was not answered sends again, in the same report or another."""
        self.library.now_us += 2 * SECOND
        dwell = self._dwell(shelf, self.library.now_us, heard=heard)
        self.library.report(dwell)
        before = self._remembered()
        self.library.report(*[dwell] * times)
        self.library.report(dwell)
        assert self._remembered() == before, "a dwell counted twice"

    @rule(shelf=shelves, seconds=st.integers(1, 300))
    def a_span_is_lost(self, shelf: str, seconds: int) -> None:
        away = self._away()
        self.library.lose(shelf, seconds)
        self.library.wait(2)
        assert self._away() == away, "what nobody looked at made a book away"

    def _dwell(self, shelf: str, ended_us: int, *, heard: bool) -> Dwell:
        """Its antenna listened for a second; `heard`: what stands there."""
        listener = self.library.shelf(shelf)
        books = [one for one in self.library.books if heard and self.at[one.item_id] == shelf]
        marks = listener.antenna.reference_tags
        dwell = listener.dwell([one.epc for one in books], marks, -55.0, "exact", self.library.air)
        return msgspec.structs.replace(dwell, started_at_us=ended_us - SECOND, ended_at_us=ended_us)

    def _remembered(self) -> str:
        engine = self.library.engine
        looks = engine.antennas.looks.tolist()
        slots = {name: values.tolist() for name, values in engine.belief.slots.dump().items()}
        return repr((looks, slots))

    def _away(self) -> list[bool]:
        return [bool(away) for away in self.library.engine.belief.away]

    @invariant()
    def a_book_on_loan_is_never_missing(self) -> None:
        if not hasattr(self, "library"):
            return
        missing = {one.item_id for one in self.library.findings("missing")}
        # An act is answered at once; its findings settle with the next weighing.
        self.library.wait(2)
        missing &= {one.item_id for one in self.library.findings("missing")}
        assert not missing & self.out

    @invariant()
    def an_open_finding_always_says_why(self) -> None:
        if not hasattr(self, "library"):
            return
        for one in self.library.findings("misplaced", "missing", "unexpected"):
            assert one.evidence
            assert 0.5 < one.confidence <= 1.0

    @invariant()
    def a_belief_is_a_probability(self) -> None:
        if not hasattr(self, "library"):
            return
        engine = self.library.engine
        weighed = engine.weigh(np.arange(engine.stock.rows))
        for values in (weighed.away, weighed.live, weighed.still, weighed.chances, weighed.at_home):
            assert ((values >= 0.0) & (values <= 1.0 + 1e-9)).all()
        total = weighed.chances.sum(axis=1)
        assert (np.isclose(total, 1.0) | (total == 0.0)).all()

    @invariant()
    def a_missing_book_was_looked_for_where_it_was_last(self) -> None:
        if not hasattr(self, "library"):
            return
        engine = self.library.engine
        looked_at_s = engine.antennas.looked_at_s(engine.geometry)
        for one in self.library.findings("missing"):
            if "last_shelf" in one.why:
                shelf = engine.geometry.shelf_index[one.why["last_shelf"]]
                assert looked_at_s[shelf] * SECOND > one.why["last_heard_us"]


TestStacks = Stacks.TestCase
TestStacks.settings = settings(max_examples=8, stateful_step_count=10, deadline=None)
