"""Arrive, move, borrow, return, silence, in any order: what the hub may never say."""

from __future__ import annotations

from helpers.shelves import Library, make_site
from helpers.shelves import settings as engine_settings
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

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


TestStacks = Stacks.TestCase
TestStacks.settings = settings(max_examples=8, stateful_step_count=10, deadline=None)
