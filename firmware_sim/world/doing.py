"""How each deed is done: where the book ends, what is told to whom, and what follows from it. Pure.

A told deed (a story's) happens with all its consequences at once; a thrown one (a daily process's) is one step, and the next is promised.
"""

from __future__ import annotations

from typing import Final

from firmware_sim.world.deeds import Deed, DeedKind
from firmware_sim.world.habits import Habits
from firmware_sim.world.opening import Openings
from firmware_sim.world.places import AWAY, DESK, HAND, TABLE, TRUCK
from firmware_sim.world.rules import ON_LOAN, ON_SHELF, WITHDRAWN
from firmware_sim.world.state import State
from firmware_sim.world.targets import Targets
from firmware_sim.world.throws import Throws

_LEAVING_US: Final = 600_000_000
"""Readers put books back in the last ten minutes before closing."""
_TO: Final[dict[str, int]] = {
    "borrow": AWAY, "take": AWAY, "withdraw": AWAY, "stranger_gone": AWAY,
    "browse": HAND, "carry_to_desk": HAND, "to_table": TABLE, "to_desk": DESK, "to_truck": TRUCK,
}  # fmt: skip
_STATUS: Final[dict[str, int]] = {
    "borrow": ON_LOAN, "return": ON_SHELF, "withdraw": WITHDRAWN, "new_item": ON_SHELF,
}  # fmt: skip
_ARMED: Final[dict[str, bool]] = {"borrow": False, "return": True, "to_desk": True, "new_item": True}
_TAKEN_FOR_A_WHILE: Final = frozenset({"browse", "carry_to_desk", "to_table"})


class Doing:
    """Moves the books of `state`."""

    def __init__(self, state: State, habits: Habits, openings: Openings) -> None:
        self._state = state
        self._habits = habits
        self._openings = openings
        self.targets = Targets(state)
        self.waiting: dict[int, int] = {}
        """Books that staff will collect from tables and the desk → from when on."""

    def do(self, kind: DeedKind, tag: int, throws: Throws, *, told: bool, to: str | None = None) -> Deed:
        """Let it happen to a tag to which it can happen."""
        state = self._state
        if kind == "booked":
            return state.move(kind, tag, int(state.place[tag]), status=state.unbooked.pop(tag))
        if kind in _TAKEN_FOR_A_WHILE:
            state.remember(tag)
        armed = _ARMED.get(kind)
        if armed is not None and not told and throws.one() < self._habits.security_forgotten:
            armed = None
        status = None if self._waits_for_the_desk(kind, told=told) else _STATUS.get(kind)
        shelf, at = self._target(kind, tag, throws, to, told=told)
        self.waiting.pop(tag, None)
        if status is not None:
            state.unbooked.pop(tag, None)
        deed = state.move(kind, tag, shelf, at, lying=kind == "put_on_top", status=status, armed=armed)
        self._follow(deed, throws, told=told)
        return deed

    def stranger(self, throws: Throws, to: str | None = None) -> Deed:
        """A tag that no catalogue knows is left on a shelf."""
        shelf = self.targets.anywhere(throws, to)
        at = throws.below(len(self._state.on_shelf(shelf)) + 1)
        return self._state.move("stranger", self._state.new_stranger(), shelf, at)

    def promise_fix(self, tag: int, throws: Throws) -> None:
        """Somebody will happen on a misplaced book, if the habits are so."""
        if self._habits.fix:
            fixed_us = self._openings.later(self._state.now_us, throws.wait() * 1000.0 / self._habits.fix)
            if fixed_us is not None:
                self._state.promise_next(fixed_us, "fix", tag)

    @staticmethod
    def _waits_for_the_desk(kind: DeedKind, *, told: bool) -> bool:
        return kind == "borrow" and not told

    def _target(
        self, kind: DeedKind, tag: int, throws: Throws, to: str | None, *, told: bool
    ) -> tuple[int, int]:
        """(place, before which book of its row)."""
        state = self._state
        if kind in _TO:
            return _TO[kind], 0
        match kind:
            case "misplace" | "put_elsewhere":
                shelf = self.targets.elsewhere(tag, throws, to)
            case "reshelve_wrong":
                shelf = self.targets.wrong_nearby(tag, throws)
            case "put_back" | "put_next_shelf" | "put_on_top":
                shelf, at = state.slot_as_before(tag)
                if kind != "put_next_shelf":
                    return shelf, at
                shelf = self.targets.beside(shelf, throws)
            case "mass_move":
                return self.targets.moved(tag, throws, to)
            case "new_item" if not told:
                return DESK, 0
            case _:
                shelf = state.home_of(tag)
                return shelf, state.slot_at_home(tag, shelf)
        return shelf, throws.below(len(state.on_shelf(shelf)) + 1)

    def _follow(self, deed: Deed, throws: Throws, *, told: bool) -> None:
        state, habits, tag = self._state, self._habits, deed.tag
        match deed.kind:
            case "browse":
                back: DeedKind = "put_back" if told else self._put_back(throws)
                state.promise_next(self._before_closing(habits.browse_s, throws), back, tag)
            case "to_table":
                done_us = self._before_closing(habits.table_s, throws)
                if not told and throws.one() < habits.left_on_table:
                    self.waiting[tag] = done_us
                else:
                    state.promise_next(done_us, "put_back" if told else self._put_back(throws), tag)
            case "carry_to_desk":
                state.promise_next(self._before_closing(habits.walk_to_desk_s, throws), "borrow", tag)
            case "borrow" if not told:
                self._book(tag, ON_LOAN, throws)
            case "to_desk":
                self.waiting[tag] = deed.at_us
                self._book(tag, ON_SHELF, throws)
            case "new_item" if not told:
                self.waiting[tag] = deed.at_us
        if deed.went_to >= 0 and deed.went_to != state.home_of(tag) and state.can("fix", tag):
            self.promise_fix(tag, throws)

    def _put_back(self, throws: Throws) -> DeedKind:
        """How a reader puts a book back; the four shares need not add up to 1."""
        habits = self._habits
        shares: list[tuple[DeedKind, float]] = [
            ("put_next_shelf", habits.put_back_next_shelf),
            ("put_on_top", habits.put_back_on_top),
            ("put_elsewhere", habits.put_back_elsewhere),
        ]
        throw = throws.one() * (habits.put_back_right + sum(share for _, share in shares))
        for kind, share in shares:
            if throw < share:
                return kind
            throw -= share
        return "put_back"

    def _book(self, tag: int, status: int, throws: Throws) -> None:
        self._state.unbooked[tag] = status
        self._state.promise(self._state.now_us + throws.us(self._habits.desk_tells_s), "booked", tag)

    def _before_closing(self, span_s: tuple[float, float], throws: Throws) -> int:
        """A time from now on in which the doors are still open, if they are open now."""
        now_us = self._state.now_us
        ends_us = now_us + throws.us(span_s)
        closes_us = self._openings.closing(now_us)
        if closes_us is not None and ends_us >= closes_us:
            ends_us = max(now_us + 1, closes_us - int(throws.one() * _LEAVING_US))
        return ends_us
