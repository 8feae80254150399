"""Where each item belongs: an explicit list goes before labels, labels before borders learned from where books stand. Pure.

A span of a table of labels (`shelfwire.callnumbers.labels`) is in the order of that table; a home is a span of shelves in walking
order. Where the two orders differ, the home takes in all shelves between: a home may be too wide, never too narrow.
A span with a shelf that the site does not have is no home: nobody hears that shelf, so its books would be called missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal, NamedTuple

from shelfwire.callnumbers import DEFAULT, Rules
from shelfwire.callnumbers.labels import Fault, Labels, Row, Span, table

HomeSource = Literal["list", "label", "learned", "none", "moved"]
"""``moved``: a person approved that its range was moved; no catalogue says so yet."""


class Home(NamedTuple):
    """A span of shelves, ends included, and who says so. Without home both are None."""

    first: str | None
    last: str | None
    source: HomeSource


NO_SHELF: Final = "is no shelf of the site"
"""How the fault of a row begins whose shelf the site does not have: the worst that can be wrong with a row."""

NOWHERE: Final = Home(None, None, "none")


class _Table(NamedTuple):
    source: HomeSource
    labels: Labels
    homes: dict[Span | None, Home]
    """The home of each span that occurs; many books share one."""


class Homes:
    """The tables of labels in force, best first, ready to be asked for a million keys."""

    def __init__(self, shelf_index: Mapping[str, int]) -> None:
        """`shelf_index`: shelf id → its place in walking order."""
        self._index = shelf_index
        self._tables: list[_Table] = []

    def __bool__(self) -> bool:
        return bool(self._tables)

    def add(
        self, source: HomeSource, rows: Sequence[Row], scheme: str, rules: Rules = DEFAULT
    ) -> list[Fault]:
        """Take a table of labels that is asked after those added before; what is wrong with its rows."""
        faults = [
            Fault(row.line or number, row.shelf, f"{NO_SHELF}; its books have no home by labels")
            for number, row in enumerate(rows, start=1)
            if row.shelf not in self._index
        ]
        if rows:
            labels = table(rows, scheme, rules)
            homes: dict[Span | None, Home] = {span: self._home(labels, span, source) for span in labels.spans}
            self._tables.append(_Table(source, labels, homes))
            faults += labels.faults
        return sorted(faults, key=lambda fault: fault.line)

    def of(self, key: bytes | None, fault: str = "") -> Home:
        """The home of a call number by labels; none for an item without one, or with one that is malformed."""
        if key is None or fault:
            return NOWHERE
        for one in self._tables:
            home = one.homes[one.labels.home(key)]
            if home is not NOWHERE:
                return home
        return NOWHERE

    def all_of(self, keys: Sequence[bytes]) -> Iterator[Home]:
        """The homes of many well-formed numbers, in their order."""
        if len(self._tables) == 1:
            (only,) = self._tables
            homes = only.homes
            return (homes[span] for span in only.labels.homes(keys))
        return (self.of(key) for key in keys)

    def _home(self, labels: Labels, span: Span | None, source: HomeSource) -> Home:
        if span is None:
            return NOWHERE
        shelves = labels.shelves[span.first : span.last + 1]
        if any(shelf not in self._index for shelf in shelves):
            return NOWHERE
        return Home(
            min(shelves, key=self._index.__getitem__), max(shelves, key=self._index.__getitem__), source
        )
