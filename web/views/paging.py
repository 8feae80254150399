"""Numbers from the address line, bounded; pages of a list."""

from __future__ import annotations

from typing import Final

import msgspec
from flask import request

from web.i18n import mark
from web.problems import ProblemError

MAX_PAGE: Final = 100_000


class Paging(msgspec.Struct, frozen=True):
    """One page of a list."""

    number: int
    size: int
    total: int

    @property
    def pages(self) -> int:
        """How many there are, 1 at least."""
        return max(1, -(-self.total // self.size))

    @property
    def first(self) -> int:
        """The number of its first row, from 1; 0 in an empty list."""
        return min(self.total, (self.number - 1) * self.size + 1)

    @property
    def last(self) -> int:
        """The number of its last row."""
        return min(self.total, self.number * self.size)


def number_arg(name: str, default: int, low: int, high: int) -> int:
    """A whole number of the address line, held in its bounds. Raises 400 for what is no number."""
    given = request.args.get(name)
    if given is None or given == "":
        return default
    if not given.isascii() or not given.isdecimal() or len(given) > 9:  # noqa: PLR2004 (beyond any bound of ours)
        raise ProblemError(400, mark("A number in the address line is not a number."))
    return max(low, min(high, int(given)))


def page_number() -> int:
    """``?page=``, from 1."""
    return number_arg("page", 1, 1, MAX_PAGE)
