"""What a table of labels would change, before anybody approves it: faults by line, and the homes of the items. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from hub.catalog.homes import NO_SHELF, Homes, HomeSource
from shelfwire.callnumbers import DEFAULT, Rules, read
from shelfwire.callnumbers.labels import Fault, Row
from shelfwire.callnumbers.model import CLC, DEWEY, FREE, LC, LOCAL

EXAMPLES: Final = 20
ORDER: Final[tuple[HomeSource, ...]] = ("label", "learned")
"""Which kind of table is asked first, behind the homes that a list gives (`hub.store.homes.PRECEDENCE`)."""


_SCHEME_OF: Final = {LC: "LC", DEWEY: "DEWEY", CLC: "CLC", LOCAL: "LOCAL", FREE: "FREE"}


def scheme_of_key(key: bytes) -> str:
    """The scheme of a sort key; empty for none."""
    return _SCHEME_OF.get(key[:1], "")


def usual_scheme(keys: Iterable[bytes]) -> str:
    """The scheme of most of these numbers; empty without any that was recognised."""
    counts = Counter(name for key in keys if (name := scheme_of_key(key)) not in {"", "FREE"})
    return counts.most_common(1)[0][0] if counts else ""


def with_schemes(rows: Sequence[Row], site_scheme: str, usual: str) -> list[Row]:
    """Rows that say their scheme, where the site says none (``AUTO``).

    A label is shorter than a call number: ``QA76`` alone could be of three schemes. A row that cannot be guessed is read by
    the scheme of most rows of its table, and when none can be guessed, by the `usual` one of the catalogue.
    """
    if site_scheme.upper() != "AUTO":
        return list(rows)
    guessed = [row.scheme or _guess(row.start) for row in rows]
    counts = Counter(name for name in guessed if name)
    otherwise = counts.most_common(1)[0][0] if counts else usual
    return [
        Row(row.shelf, row.start, row.end, row.line, name or otherwise)
        for row, name in zip(rows, guessed, strict=True)
    ]


def _guess(text: str) -> str:
    name = read(text.strip("` "), "AUTO").scheme
    return "" if name == "FREE" else name


class FiledItem(NamedTuple):
    """An item as it is filed now."""

    barcode: str
    call_number: str
    key: bytes | None
    fault: str
    """Why its call number cannot be read; empty when it can."""
    home_from: str | None
    home_to: str | None
    source: str


class HomeChange(msgspec.Struct, frozen=True, kw_only=True):
    """One item that would get another home. None: no home."""

    barcode: str
    call_number: str
    before_from: str | None
    before_to: str | None
    after_from: str | None
    after_to: str | None


class HomesDifference(msgspec.Struct, kw_only=True):
    """What would happen to the homes of all items."""

    items: int = 0
    listed: int = 0
    """Their home comes from an explicit list, which goes before all labels."""
    unread: int = 0
    """They have no call number, or one that cannot be read; counted among the others as well."""
    same: int = 0
    """They keep the home that they have."""
    without: int = 0
    """They have no home now and would get none."""
    gained: int = 0
    """They have no home now and would get one."""
    lost: int = 0
    """They have a home now and would have none."""
    other: int = 0
    """They would get another home."""
    examples: list[HomeChange] = []

    @property
    def changed(self) -> int:
        """Items whose home would not be the same."""
        return self.gained + self.lost + self.other


class Examined(msgspec.Struct, kw_only=True):
    """A table of labels, looked at."""

    rows: int
    faults: list[Fault]
    difference: HomesDifference
    left_out: int
    """Boards between the first and the last of the table that are not in it: the board before each takes its books in."""
    left_out_first: list[str]
    """The first of them."""

    @property
    def worst(self) -> dict[int, str]:
        """Line → the worst that is wrong with it: a board that the site does not have goes before where it stands."""
        found: dict[int, str] = {}
        for fault in self.faults:
            found.setdefault(fault.line, fault.what)
        return found


def examine(  # noqa: PLR0917 (all that homes depend on)
    tables: Mapping[HomeSource, Sequence[Row]],
    about: HomeSource,
    items: Iterable[FiledItem],
    shelf_index: Mapping[str, int],
    scheme: str,
    rules: Rules = DEFAULT,
) -> Examined:
    """Look at the tables as they would be in force. `about`: the one that is new, whose faults are told."""
    homes = Homes(shelf_index)
    faults: list[Fault] = []
    for kind in ORDER:
        found = homes.add(kind, tables.get(kind, ()), scheme, rules)
        if kind == about:
            faults = sorted(found, key=lambda fault: (fault.line, not fault.what.startswith(NO_SHELF)))
    mine = tables.get(about, ())
    missing = _left_out(mine, shelf_index)
    return Examined(
        rows=len(mine),
        faults=faults,
        difference=compare(items, homes),
        left_out=len(missing),
        left_out_first=missing[:EXAMPLES],
    )


def _left_out(rows: Sequence[Row], shelf_index: Mapping[str, int]) -> list[str]:
    known = {row.shelf for row in rows}
    places = [shelf_index[shelf] for shelf in known if shelf in shelf_index]
    if not places:
        return []
    low, high = min(places), max(places)
    return [shelf for shelf, place in shelf_index.items() if low < place < high and shelf not in known]


def compare(items: Iterable[FiledItem], homes: Homes) -> HomesDifference:
    """The homes of `items` as they are, against `homes`. About 2 µs an item."""
    made = HomesDifference()
    for item in items:
        made.items += 1
        if item.source == "list":
            made.listed += 1
            continue
        if item.key is None or item.fault:
            made.unread += 1
        home = homes.of(item.key, item.fault)
        if (home.first, home.last) == (item.home_from, item.home_to):
            made.same += home.first is not None
            made.without += home.first is None
            continue
        if item.home_from is None:
            made.gained += 1
        elif home.first is None:
            made.lost += 1
        else:
            made.other += 1
        if len(made.examples) < EXAMPLES:
            made.examples.append(
                HomeChange(
                    barcode=item.barcode,
                    call_number=item.call_number,
                    before_from=item.home_from,
                    before_to=item.home_to,
                    after_from=home.first,
                    after_to=home.last,
                )
            )
    return made
