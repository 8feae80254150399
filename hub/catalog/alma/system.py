"""Alma as a library system: items of sets, states by barcode. Reads only; docs/catalogs/alma.md."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final, Self

import msgspec

from hub.catalog.alma import items as answers
from hub.catalog.alma import listing
from hub.catalog.alma.calls import ODD, Calls
from hub.catalog.alma.listing import PAGE, Cursor, Member
from hub.catalog.alma.options import AlmaOptions, alma_options
from hub.catalog.merge import MAX_BARCODE
from hub.catalog.model import Gone, Item, ItemState, RowFault, file_note
from hub.catalog.source import Mark, Row, Tell
from shelfwire.errors import InputError, PeerError

MAX_STATES: Final = 500
MAX_PATHS: Final = 50_000
"""Items whose address is remembered, some 15 MB: asking by barcode costs two of the day's calls, by address one."""

_NO_MORE: Final = "is in the set, but Alma does not give it: left out"


class _Refused(msgspec.Struct, frozen=True):
    """A member that Alma refuses as a whole."""

    fault: RowFault


class _Elsewhere(msgspec.Struct, frozen=True):
    """An item in a library or location that the options do not name."""


_Found = Item | RowFault | _Refused | _Elsewhere


class Alma:
    """One institution; keeps `hub.catalog.source.System`."""

    lists: ClassVar[bool] = True
    check_options: ClassVar[Mapping[str, int]] = {"tries": 2}

    def __init__(self, options: AlmaOptions, base: Path, tell: Tell, clock: Callable[[], float]) -> None:
        """`clock`: seconds that only rise. Raises `InputError` for a key that cannot be read."""
        self._options = options
        self._tell = tell
        self._reader = answers.Reader(options)
        self._calls = Calls(options, base, tell, clock)
        self._paths: dict[str, str] = {}
        """Barcode → address, of items that were asked about; the oldest first."""
        self._refused = 0
        """Members in a row that Alma refused."""

    @classmethod
    def open(cls, options: dict[str, Any], base: Path, tell: Tell) -> Self:
        """As `System.open`."""
        return cls(alma_options(options), base, tell, time.monotonic)

    def check(self) -> str:
        """As `System.check`; asks about a barcode that no book has, and how large the sets are."""
        self._calls.try_key()
        sets = self._options.sets
        sizes = [
            listing.count_of(self._calls.members(one, 0, 1, listing_on=False).total_record_count)
            for one in (*sets, *self._options.changed_sets)
        ]
        listed = (
            f"lists {len(sets)} sets with {sum(sizes[: len(sets)])} members"
            if sets
            else "lists nothing (no sets)"
        )
        left = "" if self._calls.left is None else f"; {self._calls.left} calls left today"
        return f"{self._calls.who}: takes the key; {listed}, answers about items{left}"

    def items(self, cursor: str | None) -> Iterator[Row]:
        """As `System.items`: a mark after each 100 members. Rests with `AwayError` when the day's calls run low."""
        at = self._place(cursor)
        sets = listing.sets_of(at, self._options)
        total: int | None = None
        self._refused = 0
        while at.set_number < len(sets):
            page = self._calls.members(sets[at.set_number], at.offset, PAGE, listing_on=True)
            size = listing.count_of(page.total_record_count)
            total = size if len(sets) == 1 else None
            elsewhere = 0
            for member in page.member or ():
                for found in self._member(member, sets[at.set_number]):
                    if isinstance(found, _Elsewhere):
                        elsewhere += 1
                    else:
                        yield found
            if not page.member and at.offset < size:
                what = f"says it has {size} members and gives {at.offset}: the rest is left out"
                where = f"Alma, set {sets[at.set_number]}"
                yield RowFault(where=where, what=what, taken=False, unread=True)
            at = listing.after_page(at, len(page.member or ()), size, elsewhere)
            if at.set_number < len(sets):
                yield Mark(listing.write_cursor(at), total=total)
        if at.elsewhere:
            yield file_note(
                f"{at.elsewhere} items stand in libraries or locations that `libraries` does not name"
            )
        yield Mark(listing.write_cursor(Cursor(run="changed")), done=True, total=total)

    def states(self, barcodes: Sequence[str]) -> Iterator[ItemState | Gone | RowFault]:
        """As `System.states`; one or two calls an item."""
        if len(barcodes) > MAX_STATES:
            raise ValueError(f"{len(barcodes)} barcodes; ask about {MAX_STATES} at a time")
        for barcode in dict.fromkeys(barcodes):
            if not barcode.strip() or len(barcode) > MAX_BARCODE or not barcode.isprintable():
                where = f"Alma, barcode {barcode[:MAX_BARCODE]!r}"
                yield RowFault(where=where, what="is no barcode: not asked about", taken=False)
            else:
                yield from self._state(barcode)

    def close(self) -> None:
        """As `System.close`."""
        self._calls.close()

    def _place(self, cursor: str | None) -> Cursor:
        """Where to go on; one that is none of ours, such as another system's under the same name, begins anew."""
        try:
            return listing.read_cursor(cursor)
        except InputError:
            self._tell(f"{self._calls.who}: the place of the last listing cannot be read; listing everything")
            return Cursor()

    def _state(self, barcode: str) -> Iterator[ItemState | Gone | RowFault]:
        where = f"Alma, barcode {barcode}"
        known = self._paths.pop(barcode, None)
        answer = self._calls.by_path(known, where, listing_on=False) if known else None
        if not isinstance(answer, answers.Answer) or not _same(answer, barcode):
            answer = self._calls.by_barcode(barcode, where)
        if answer is None:
            yield Gone(barcode=barcode)
        elif isinstance(answer, RowFault):
            yield answer
        elif not _same(answer, barcode):
            yield RowFault(
                where=where, what="Alma answered about another item: its state stays as it is", taken=False
            )
        else:
            self._remember(answer, barcode)
            yield from self._reader.state(answer, barcode)

    def _remember(self, answer: answers.Answer, barcode: str) -> None:
        """Keep the item's address for the next question; the oldest goes when there is no room."""
        found = listing.member_path(answer.link)
        if found is not None and found[1] is not None:
            self._paths[barcode] = found[1]
        if len(self._paths) > MAX_PATHS:
            del self._paths[next(iter(self._paths))]

    def _member(self, member: Member, set_id: str) -> Iterator[Item | RowFault | _Elsewhere]:
        """The items of a member. Raises `PeerError` after too many in a row that Alma refuses."""
        place = listing.member_path(member.link)
        if place is None:
            raise InputError(f"options: sets: {set_id} holds something else than titles and physical items")
        title, path = place
        refused = False
        for found in self._title(title) if path is None else self._single(path, title):
            refused = isinstance(found, _Refused)
            yield found.fault if isinstance(found, _Refused) else found
        self._refused = self._refused + 1 if refused else 0
        if self._refused > listing.MAX_REFUSED:
            raise PeerError(f"{self._calls.who}: set {set_id}: {self._refused} members in a row are refused")

    def _single(self, path: str, title: str) -> Iterator[_Found]:
        """The item of a set of items."""
        where = answers.where_of(path.rpartition("/")[2], title)
        answer = self._calls.by_path(path, where, listing_on=True)
        if answer is None:
            yield _Refused(RowFault(where=where, what=_NO_MORE, taken=False))
        elif isinstance(answer, RowFault):
            yield answer
        else:
            yield from self._item(answer, title)

    def _title(self, title: str) -> Iterator[_Found]:
        """All items of a title, in pages."""
        offset, where = 0, f"Alma, title {title}"
        while True:
            page = self._calls.items_of(title, offset)
            if page is None:
                yield _Refused(RowFault(where=where, what=_NO_MORE, taken=False))
                return
            found = page.item or []
            for raw in found:
                answer = answers.decode(raw)
                if answer is None:
                    yield RowFault(where=answers.where_of(None, title), what=ODD, taken=False, unread=True)
                else:
                    yield from self._item(answer, title)
            offset += len(found)
            size = listing.count_of(page.total_record_count)
            if offset >= size:
                return
            if not found or offset >= listing.MAX_ITEMS_A_TITLE:
                what = f"says it has {size} items; {offset} of them are read, the rest is left out"
                yield RowFault(where=where, what=what, taken=False, unread=True)
                return

    def _item(self, answer: answers.Answer, title: str) -> Iterator[Item | RowFault | _Elsewhere]:
        if self._reader.is_ours(answer):
            yield from self._reader.item(answer, title)
        else:
            yield _Elsewhere()


def _same(answer: answers.Answer, barcode: str) -> bool:
    """Whether it is the item that was asked about; case does not count."""
    return (answer.item_data.barcode or "").strip().casefold() == barcode.strip().casefold()
