"""Shelf labels → the home span of every item. Pure.

A row of a table of labels is one board: where it starts and, maybe, where it ends. Without an end it goes on to the next
start (the last one to the end of its sequence). Decided here, for books must never be called misplaced by a bad label:

- Boards with one start, and boards whose ranges overlap, are one home together.
- A number between the end of one board and the start of the next belongs on either.
- A row that cannot be used (no call number, start behind end, or a start that stands before that of the row above it in a
  table of starts) is reported with its line, and its board widens the home of both neighbours. Nothing is repaired.
- A number before the first start, behind the last end, or of another scheme or prefix has no home by labels.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Final, Literal

from shelfwire.callnumbers import read
from shelfwire.callnumbers.model import FREE, NONE, sequence
from shelfwire.callnumbers.ranges import range_between
from shelfwire.callnumbers.rules import DEFAULT, Rules
from shelfwire.callnumbers.runs import longest_run
from shelfwire.errors import InputError

MAX_ROWS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table of labels, in the order in which the boards stand."""

    shelf: str
    start: str
    end: str = ""
    line: int = 0
    """Of its source, for faults; 0: its place in the table, from 1."""
    scheme: str = ""
    """Empty: the scheme of the table."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row, and how it was decided."""

    line: int
    shelf: str
    what: str

    def __str__(self) -> str:
        return f"line {self.line}: shelf {self.shelf}: {self.what}"


@dataclass(frozen=True, slots=True)
class Span:
    """Boards from `first` to `last`, as places in the table. `between`: the number falls in a gap between two labels."""

    first: int
    last: int
    between: bool = False


@dataclass(frozen=True, slots=True)
class _Board:
    place: int
    low: bytes
    high: bytes


@dataclass(frozen=True, slots=True)
class Labels:
    """A table of labels, ready to be asked."""

    shelves: tuple[str, ...]
    """Shelf ids in the order in which the boards stand; spans are places in it."""
    breaks: tuple[bytes, ...]
    """Ascending keys; from each to the next one, all numbers have one home."""
    spans: tuple[Span | None, ...]
    """Homes, one more than `breaks`: the first is before all of them."""
    faults: tuple[Fault, ...] = ()

    def home(self, key: bytes) -> Span | None:
        """The home of a number; None when the labels know none."""
        return self.spans[bisect_right(self.breaks, key)]

    def homes(self, keys: Iterable[bytes]) -> Iterator[Span | None]:
        """The homes of many numbers, in their order."""
        breaks, spans = self.breaks, self.spans
        return (spans[bisect_right(breaks, key)] for key in keys)

    def keys_between(self, ordered: Sequence[bytes]) -> Iterator[tuple[int, int, Span | None]]:
        """(from, to, home) of stretches of ascending keys; faster than asking one by one."""
        at = 0
        for number, span in enumerate(self.spans):
            to = bisect_left(ordered, self.breaks[number], at) if number < len(self.breaks) else len(ordered)
            if to > at:
                yield at, to, span
            at = to


Standing = Literal["home", "drifted", "wrong_board", "wrong_bay"]


def standing(span: Span, place: int, *, tolerance: int = 1, bays: Sequence[int] | None = None) -> Standing:
    """How a book at `place` stands to its home. Boards within `tolerance` of the span have drifted, which is no fault.

    `bays`: for each place the number of its bay; a wrong board in a bay of the home is milder than a wrong bay.
    """
    if span.first <= place <= span.last:
        return "home"
    if span.first - tolerance <= place <= span.last + tolerance:
        return "drifted"
    if bays is not None and bays[place] in bays[span.first : span.last + 1]:
        return "wrong_board"
    return "wrong_bay"


def table(rows: Sequence[Row], scheme: str = "LC", rules: Rules = DEFAULT) -> Labels:
    """Read a table of labels. Faults are in the result, each with its line; the rest of the table is used."""
    if len(rows) > MAX_ROWS:
        raise InputError(f"the table has {len(rows)} rows; {MAX_ROWS} is the most: take one floor at a time")
    faults: list[Fault] = []
    lows: list[bytes | None] = []
    highs: list[bytes | None] = []
    seen: dict[str, int] = {}
    for place, row in enumerate(rows):
        line = row.line or place + 1
        if row.shelf in seen:
            faults.append(
                Fault(line, row.shelf, f"is already in line {seen[row.shelf]}; both labels are used")
            )
        seen.setdefault(row.shelf, line)
        low, high = _borders(row, row.scheme or scheme, rules, line, faults)
        lows.append(low)
        highs.append(high)
    boards: list[_Board] = []
    for places in _by_sequence(lows):
        boards += _boards(rows, places, lows, highs, faults)
    faults.sort(key=lambda fault: fault.line)
    breaks, spans = _sweep(boards)
    return Labels(tuple(row.shelf for row in rows), breaks, spans, tuple(faults))


def _borders(
    row: Row, scheme: str, rules: Rules, line: int, faults: list[Fault]
) -> tuple[bytes | None, bytes | None]:
    """(low, high) of a row; high is None when it has no end; both None when it cannot be used."""
    if scheme.upper() == "AUTO":
        # A guess that finds no scheme is no free text that a person meant: its board is one of the row around it.
        for text in filter(None, (row.start.strip("` "), row.end.strip("` "))):
            if read(text, scheme, rules).scheme == "FREE":
                what = f"{text!r} is no call number: is of no scheme that we know; its neighbours' homes take it in"
                faults.append(Fault(line, row.shelf, what))
                return None, None
    if row.end:
        try:
            both = range_between(row.start, row.end, scheme, rules, where="label")
        except InputError as fault:
            faults.append(
                Fault(
                    line, row.shelf, f"{str(fault).removeprefix('label: ')}; its neighbours' homes take it in"
                )
            )
            return None, None
        return both.low, both.high
    number = read(row.start, scheme, rules)
    if number.fault or number.key == NONE:
        faults.append(
            Fault(
                line,
                row.shelf,
                f"{row.start!r} is no call number: {number.fault}; its neighbours' homes take it in",
            )
        )
        return None, None
    return number.key, None


def _by_sequence(lows: Sequence[bytes | None]) -> list[list[int]]:
    """Places of one scheme and prefix together; an unusable row goes with the usable one before it, or the next."""
    found: dict[bytes, list[int]] = {}
    waiting: list[int] = []
    now: list[int] | None = None
    for place, low in enumerate(lows):
        if low is None:
            (waiting if now is None else now).append(place)
            continue
        now = found.setdefault(sequence(low), [])
        now += [*waiting, place]
        waiting.clear()
    return list(found.values())


def _boards(
    rows: Sequence[Row],
    places: list[int],
    lows: list[bytes | None],
    highs: list[bytes | None],
    faults: list[Fault],
) -> list[_Board]:
    """What each board of one sequence takes in."""
    starts = [place for place in places if lows[place] is not None]
    good = longest_run([lows[place] or b"" for place in starts])
    used = {starts[at] for at in good}
    for place in starts:
        if place not in used and highs[place] is not None:
            used.add(place)  # a row with both borders says what it says, wherever it stands
            faults.append(
                Fault(rows[place].line or place + 1, rows[place].shelf, f"{rows[place].start} stands out of order in the table; used as written")
            )  # fmt: skip
        elif place not in used:
            faults.append(
                Fault(rows[place].line or place + 1, rows[place].shelf, f"{rows[place].start} stands out of order in the table; its neighbours' homes take it in")
            )  # fmt: skip
    sorted_lows = sorted({low for place in used if (low := lows[place]) is not None})
    family = sequence(sorted_lows[0])
    last = family + b"\xfe" if family == FREE else family + b"\xff"
    boards = []
    for place in used:
        low = lows[place]
        assert low is not None
        after = bisect_right(sorted_lows, low)
        high = highs[place] or (sorted_lows[after] if after < len(sorted_lows) else last)
        boards.append(_Board(place, low, high))
    boards.sort(key=lambda board: board.place)
    faults += _overlaps(rows, boards, highs)
    return boards + _unusable([place for place in places if place not in used], boards)


def _unusable(places: list[int], boards: list[_Board]) -> list[_Board]:
    """Boards without a label of their own take in what their neighbours take in."""
    made = []
    at = [board.place for board in boards]
    for place in places:
        right = bisect_left(at, place)
        near = boards[max(0, right - 1) : right + 1]
        made.append(_Board(place, min(one.low for one in near), max(one.high for one in near)))
    return made


def _overlaps(rows: Sequence[Row], boards: list[_Board], highs: list[bytes | None]) -> Iterator[Fault]:
    """Ranges written with both borders that reach into another board's."""
    ordered = sorted(boards, key=lambda board: (board.low, board.high, board.place))
    reaching: _Board | None = None
    for board in ordered:
        if reaching is not None and board.low < reaching.high and highs[reaching.place] is not None:
            yield Fault(
                rows[board.place].line or board.place + 1,
                rows[board.place].shelf,
                f"{rows[board.place].start} already lies on {rows[reaching.place].shelf} (line "
                f"{rows[reaching.place].line or reaching.place + 1}); such books are at home on both",
            )
        if reaching is None or board.high > reaching.high:
            reaching = board


def _sweep(boards: list[_Board]) -> tuple[tuple[bytes, ...], tuple[Span | None, ...]]:
    """Cut the keys at every border; between two borders everything has one home."""
    breaks = sorted({key for board in boards for key in (board.low, board.high)})
    by_low = sorted(boards, key=lambda board: board.low)
    by_high = sorted(boards, key=lambda board: (board.high, board.place))
    spans: list[Span | None] = [None]
    leftmost: list[tuple[int, bytes]] = []
    rightmost: list[tuple[int, bytes]] = []
    opened = closed = 0
    for key in breaks:
        while opened < len(by_low) and by_low[opened].low <= key:
            heappush(leftmost, (by_low[opened].place, by_low[opened].high))
            heappush(rightmost, (-by_low[opened].place, by_low[opened].high))
            opened += 1
        while closed < len(by_high) and by_high[closed].high <= key:
            closed += 1
        for heap in (leftmost, rightmost):
            while heap and heap[0][1] <= key:
                heappop(heap)
        if leftmost:
            spans.append(Span(leftmost[0][0], -rightmost[0][0]))
        else:
            spans.append(_gap(by_high[closed - 1], by_low[opened] if opened < len(by_low) else None))
    return tuple(breaks), tuple(spans)


def _gap(ended: _Board, following: _Board | None) -> Span | None:
    """Between two labels of one sequence a book belongs on either; behind the last one nowhere."""
    if following is None or sequence(ended.low) != sequence(following.low):
        return None
    places = (ended.place, following.place)
    return Span(min(places), max(places), between=True)
