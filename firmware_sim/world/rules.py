"""To which books a deed can happen. Pure.

Each rule is written once, for one book or for a column of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from firmware_sim.hearing import Bools
from firmware_sim.world.deeds import DeedKind
from firmware_sim.world.places import AWAY, DESK, HAND, TABLE, TRUCK
from hub.catalog.model import EXPECTED_ON_SHELF, STATUSES

ON_SHELF: Final = STATUSES.index("on_shelf")
ON_LOAN: Final = STATUSES.index("on_loan")
IN_PROCESSING: Final = STATUSES.index("in_processing")
WITHDRAWN: Final = STATUSES.index("withdrawn")
EXPECTED: Final[Bools] = np.array([status in EXPECTED_ON_SHELF for status in STATUSES])
"""By status: whether the catalogue expects the book on its shelf."""

Flags = Any
"""One truth, or a column of them."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one book or of many: numpy scalars or equally long columns."""

    place: Any
    status: Any
    home_from: Any
    home_to: Any

    @property
    def here(self) -> Flags:
        """On a shelf."""
        return self.place >= 0

    @property
    def expected(self) -> Flags:
        """The catalogue expects it on its shelf."""
        return EXPECTED[self.status]

    @property
    def standing(self) -> Flags:
        """On a shelf, as the catalogue expects; anybody may take it."""
        return self.here & self.expected

    @property
    def at_home(self) -> Flags:
        """Within its home span."""
        return (self.home_from <= self.place) & (self.place <= self.home_to)

    @property
    def lent_out(self) -> Flags:
        """Out of the building, with a loan."""
        return (self.place == AWAY) & (self.status == ON_LOAN)

    @property
    def in_reader_hands(self) -> Flags:
        """Carried about or read at a table."""
        return (self.place == HAND) | (self.place == TABLE)


_RULES: Final[dict[DeedKind, Callable[[Facts], Flags]]] = {
    "borrow": lambda book: (book.here | (book.place == HAND)) & (book.status == ON_SHELF),
    "carry_to_desk": lambda book: book.here & (book.status == ON_SHELF),
    "take": lambda book: book.standing,
    "browse": lambda book: book.standing,
    "to_table": lambda book: book.standing,
    "withdraw": lambda book: book.standing,
    "misplace": lambda book: book.standing & book.at_home,
    "fix": lambda book: book.standing & ~book.at_home,
    "return": lambda book: book.lent_out,
    "unchecked": lambda book: book.lent_out,
    "to_desk": lambda book: book.lent_out,
    "bring_back": lambda book: (book.place == AWAY) & book.expected,
    "put_back": lambda book: book.in_reader_hands,
    "put_next_shelf": lambda book: book.in_reader_hands,
    "put_on_top": lambda book: book.in_reader_hands,
    "put_elsewhere": lambda book: book.in_reader_hands,
    "to_truck": lambda book: (book.place == TABLE) | (book.place == DESK),
    "reshelve": lambda book: book.place == TRUCK,
    "reshelve_wrong": lambda book: book.place == TRUCK,
    "new_item": lambda book: book.status == IN_PROCESSING,
    "mass_move": lambda book: book.here,
}


def allows(kind: DeedKind, book: Facts) -> Flags:
    """Whether this can happen; kinds that need more than these facts: never."""
    rule = _RULES.get(kind)
    return book.place != book.place if rule is None else rule(book)
