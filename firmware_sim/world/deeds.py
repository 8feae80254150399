"""What people do, and the log of the truth: one line a deed, kept in columns. Pure."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args, overload

import msgspec
import numpy as np

from firmware_sim.hearing import Bools, Int32, Int64
from hub.catalog.model import STATUSES

DeedKind = Literal[
    # told by stories too; each happens at once, with all its consequences
    "borrow",  # at the desk; a told one is known to the catalogue at once, a thrown one after `Habits.desk_tells_s` (`booked`)
    "return",  # checked in and put in its place at once
    "misplace",  # from its home to a shelf well away from it
    "take",  # gone without a loan
    "bring_back",  # a taken book stands in its place again
    "browse",  # from the shelf into a hand
    "put_back",  # stands again where it was taken from
    "fix",  # somebody puts a misplaced book right
    "unchecked",  # a lent book put on its shelf without the desk: the catalogue still says on loan
    "stranger",  # a tag that no catalogue knows is put on a shelf
    "stranger_gone",
    # the steps of the daily processes
    "to_table",  # used at a table
    "carry_to_desk",  # in a hand, to be borrowed
    "to_desk",  # returned by the patron; waits at the desk
    "to_truck",  # staff collect it from a table or the desk
    "put_next_shelf",  # put back on the board before or after the one where it was taken
    "put_on_top",  # put back lying on the row
    "put_elsewhere",  # put back in another range
    "reshelve",  # by staff from the truck, in its home
    "reshelve_wrong",  # … outside its home
    "booked",  # only what the catalogue says changes
    "mass_move",  # one book of a range that is moved; the catalogue does not know
    "withdraw",  # taken out of the stock by staff, and the catalogue knows
    "new_item",  # comes out of processing; the catalogue says on the shelf
]
KINDS: Final[tuple[DeedKind, ...]] = get_args(DeedKind)
_KIND_NUMBERS: Final = {kind: number for number, kind in enumerate(KINDS)}
_STATUS_NUMBERS: Final = {status: number for number, status in enumerate(STATUSES)}
NO_STATUS: Final = 255
"""A stranger's, in columns."""


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened; a line of the truth log."""

    at_us: int
    kind: DeedKind
    tag: int
    """Number of the book, or of a stranger (from `World.strangers_from` on)."""
    came_from: int
    """A place (`firmware_sim.world.places`): shelf index, `AWAY`, `HAND`, …"""
    went_to: int
    """The same as `came_from` where only the catalogue's status changed."""
    status: str
    """What the catalogue says from now on; for a stranger empty."""
    lying: bool = False
    """Lies on top of the row instead of standing in it."""
    security: bool = False
    """Whether the tag's security bit is armed from now on."""


@dataclass(frozen=True, slots=True)
class DeedColumns:
    """The log as equally long columns, in the order in which it happened."""

    at_us: Int64
    kind: np.ndarray[tuple[int], np.dtype[np.uint8]]
    """Place in `KINDS`."""
    tag: Int32
    came_from: Int32
    went_to: Int32
    status: np.ndarray[tuple[int], np.dtype[np.uint8]]
    """Place in `hub.catalog.model.STATUSES`; `NO_STATUS` for strangers."""
    lying: Bools
    security: Bools


class Log(Sequence[Deed]):
    """All deeds so far, oldest first: a sequence of `Deed` that costs 28 bytes a line."""

    def __init__(self) -> None:
        self._at_us = array("q")
        self._kind = array("B")
        self._tag = array("i")
        self._came_from = array("i")
        self._went_to = array("i")
        self._status = array("B")
        self._lying = array("B")
        self._security = array("B")
        self._before = array("i")
        """The same tag's deed before this one, −1: none."""

    def append(self, deed: Deed, before: int) -> int:
        """Write a line; returns its number. `before`: the number of the same tag's last line, −1: none."""
        self._at_us.append(deed.at_us)
        self._kind.append(_KIND_NUMBERS[deed.kind])
        self._tag.append(deed.tag)
        self._came_from.append(deed.came_from)
        self._went_to.append(deed.went_to)
        self._status.append(_STATUS_NUMBERS.get(deed.status, NO_STATUS))
        self._lying.append(deed.lying)
        self._security.append(deed.security)
        self._before.append(before)
        return len(self._at_us) - 1

    def place_at(self, line: int, at_us: int) -> int | None:
        """Walking back from a tag's last `line`: where it was at that time; None: it was before its first deed."""
        while line >= 0:
            if self._at_us[line] <= at_us:
                return self._went_to[line]
            line = self._before[line]
        return None

    def columns(self, since: int = 0) -> DeedColumns:
        """A copy of all lines from number `since` on, for counting over the whole log at once."""
        return DeedColumns(
            at_us=np.array(self._at_us[since:], dtype=np.int64),
            kind=np.array(self._kind[since:], dtype=np.uint8),
            tag=np.array(self._tag[since:], dtype=np.int32),
            came_from=np.array(self._came_from[since:], dtype=np.int32),
            went_to=np.array(self._went_to[since:], dtype=np.int32),
            status=np.array(self._status[since:], dtype=np.uint8),
            lying=np.array(self._lying[since:], dtype=np.bool_),
            security=np.array(self._security[since:], dtype=np.bool_),
        )

    def __len__(self) -> int:
        return len(self._at_us)

    @overload
    def __getitem__(self, at: int) -> Deed: ...
    @overload
    def __getitem__(self, at: slice) -> list[Deed]: ...
    def __getitem__(self, at: int | slice) -> Deed | list[Deed]:
        if isinstance(at, slice):
            return [self._deed(line) for line in range(*at.indices(len(self)))]
        return self._deed(range(len(self))[at])

    def __iter__(self) -> Iterator[Deed]:
        return (self._deed(line) for line in range(len(self)))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Sequence)
            and len(self) == len(other)
            and all(mine == its for mine, its in zip(self, other, strict=True))
        )

    __hash__ = None  # type: ignore[assignment]  # it grows

    def _deed(self, line: int) -> Deed:
        status = self._status[line]
        return Deed(
            at_us=self._at_us[line],
            kind=KINDS[self._kind[line]],
            tag=self._tag[line],
            came_from=self._came_from[line],
            went_to=self._went_to[line],
            status="" if status == NO_STATUS else STATUSES[status],
            lying=bool(self._lying[line]),
            security=bool(self._security[line]),
        )
