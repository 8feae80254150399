"""The label of a shelf, "from – to", as a test of membership. Pure.

A range is half open in keys: ``low <= key < high``. Its end is a beginning: ``TP312`` takes in ``TP312/5``, and a label that
ends in ``QA76`` takes in ``QA76.9 .D3`` (but not ``QA760``: whole numbers are compared whole).
"""

from __future__ import annotations

from dataclasses import dataclass

from shelfwire.callnumbers import read
from shelfwire.callnumbers.model import NONE, CallNumber, sequence
from shelfwire.callnumbers.rules import DEFAULT, Rules
from shelfwire.errors import InputError


@dataclass(frozen=True, slots=True)
class Range:
    """Keys from `low` on and before `high`; both of one sequence (scheme and prefix)."""

    low: bytes
    high: bytes

    def __contains__(self, key: bytes) -> bool:
        return self.low <= key < self.high

    def overlaps(self, other: Range) -> bool:
        """Whether some key could stand in both."""
        return self.low < other.high and other.low < self.high


def end_of(number: CallNumber, rules: Rules = DEFAULT) -> bytes:
    """The first key behind everything that begins with `number`; with ``range_end: point``, behind itself."""
    return number.stem + b"\xff" if rules.range_end == "beginning" else number.key + b"\x00"


def range_between(
    start: str, end: str, scheme: str, rules: Rules = DEFAULT, *, where: str = "range"
) -> Range:
    """The range of a label. A back-tick before `start` or after `end` leaves that border out.

    Raises `InputError` when a border is no call number of the scheme, when the two are of different sequences, or when
    nothing can stand between them.
    """
    without_start, without_end = start.startswith("`"), end.endswith("`")
    first, last = (_border(text.strip("` "), scheme, rules, where) for text in (start, end))
    if sequence(first.key) != sequence(last.key):
        raise InputError(f"{where}: {start} and {end} are of different schemes or prefixes; make two labels")
    low = first.key + b"\x00" if without_start else first.key
    high = last.key if without_end else end_of(last, rules)
    if first.key == last.key and (without_start or without_end):
        raise InputError(f"{where}: {start}~{end} is empty: both borders are one, and one is left out")
    if low >= high:
        raise InputError(f"{where}: {start} stands behind {end}; the range is empty")
    return Range(low, high)


def ranges_of(text: str, scheme: str, rules: Rules = DEFAULT, *, where: str = "range") -> tuple[Range, ...]:
    """Ranges written as ``from~to``, several joined by ``;;`` or a comma. Raises `InputError` with all faults."""
    made: list[Range] = []
    faults: list[str] = []
    for one in text.replace(";;", ",").split(","):
        start, tilde, end = one.strip().partition("~")
        if not tilde:
            faults.append(f"{where}: {one.strip()!r} has no ~ between from and to")
            continue
        try:
            made.append(range_between(start.strip(), end.strip(), scheme, rules, where=where))
        except InputError as fault:
            faults += fault.faults
    if faults:
        raise InputError(*faults)
    return tuple(made)


def _border(text: str, scheme: str, rules: Rules, where: str) -> CallNumber:
    number = read(text, scheme, rules)
    if number.fault or number.key == NONE:
        raise InputError(f"{where}: {text!r} is no call number of {scheme}: {number.fault}")
    return number
