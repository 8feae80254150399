"""Calls to Alma: each counted against the day's, each refusal read by its code."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from hub.catalog.alma import items as answers
from hub.catalog.alma import listing
from hub.catalog.alma.listing import Items, Members
from hub.catalog.alma.options import AlmaOptions
from hub.catalog.http.door import Answer, Door
from hub.catalog.http.options import read_secret
from hub.catalog.model import RowFault
from hub.catalog.source import Tell
from shelfwire.errors import AwayError, InputError, PeerError

T = TypeVar("T")

ODD: Final = "is built otherwise than Alma documents: left out"

LEFT_HOLDS_S: Final = 600.0
"""So long a resting listing believes the last number of calls left; then one call asks anew, because midnight may have
passed. Longer: it rests into the day; shorter: it spends what it is to keep."""

_EXPECT: Final = frozenset({200, 400, 404})
_REMAINING: Final = "x-exl-api-remaining"
_NOBODYS: Final = "shelfwire-asks-whether-the-key-is-good"
"""A barcode that no book has."""


class Calls:
    """The questions that are asked, and how many are left today."""

    def __init__(self, options: AlmaOptions, base: Path, tell: Tell, clock: Callable[[], float]) -> None:
        """`clock`: seconds that only rise. Raises `InputError` for a key that cannot be read."""
        key = {"Authorization": f"apikey {read_secret(base, options.key_file, 'options: key_file')}"}
        self._door = Door("Alma", options, base, tell, sign=lambda _refused: key, code_of=listing.code_of)
        self._clock = clock
        self._keep = options.keep_calls
        self.who = self._door.who
        self.left: int | None = None
        """Calls that are left today, of all programs; None: Alma has not said."""
        self._ask_again_s = 0.0

    def try_key(self) -> None:
        """Raises `InputError` when the key may not read items."""
        self._get("/items", msgspec.Raw, {"item_barcode": _NOBODYS}, listing.NO_ITEM)

    def members(self, set_id: str, offset: int, limit: int, *, listing_on: bool) -> Members:
        """Members of a set. Raises `InputError` when there is no such set."""
        path, query = f"/conf/sets/{set_id}/members", {"limit": str(limit), "offset": str(offset)}
        page = self._get(path, Members, query, listing.NO_SET, listing_on=listing_on).data
        if page is None:
            raise InputError(f"options: sets: {set_id}: Alma has no such set")
        if page.member is not None and len(page.member) > limit:
            raise PeerError(f"{self.who}, GET {path}: answered with more members than were asked for")
        return page

    def items_of(self, title: str, offset: int) -> Items | None:
        """A page of the items of a title, for a listing; None: Alma refuses the title."""
        path, query = f"/bibs/{title}/holdings/ALL/items", {"limit": str(listing.PAGE), "offset": str(offset)}
        return self._get(path, Items, query, listing.NO_MEMBER, listing_on=True).data

    def by_barcode(self, barcode: str, where: str) -> answers.Answer | RowFault | None:
        """An item; None: Alma has no such barcode; a line: what it answered is no item. Two calls, by a redirect."""
        answer = self._get(
            "/items", msgspec.Raw, {"item_barcode": barcode}, listing.NO_ITEM | listing.NO_MEMBER
        )
        if answer.data is None and answer.code not in listing.NO_ITEM:
            return RowFault(
                where=where, what=f"Alma refuses it ({answer.code}): its state stays as it is", taken=False
            )
        return _read(answer.data, where)

    def by_path(self, path: str, where: str, *, listing_on: bool) -> answers.Answer | RowFault | None:
        """An item by its address, likewise. One call."""
        return _read(self._get(path, msgspec.Raw, {}, listing.NO_MEMBER, listing_on=listing_on).data, where)

    def close(self) -> None:
        """Let go of the connection; may be called twice."""
        self._door.close()

    def _get(
        self,
        path: str,
        kind: type[T],
        query: Mapping[str, str],
        missing: Collection[str],
        *,
        listing_on: bool = False,
    ) -> Answer[T]:
        """What came; without data when Alma refuses with one of the codes `missing`.

        Raises `AwayError` for a listing when the day's calls run low, `InputError` for a key without the right.
        """
        if (
            listing_on
            and self.left is not None
            and self.left < self._keep
            and self._clock() < self._ask_again_s
        ):
            raise AwayError(
                f"{self.who}: {self.left} calls are left today and {self._keep} are kept (keep_calls);"
                " the listing goes on after midnight of Alma's time"
            )
        answer = self._door.get(path, kind, query=query, expect=_EXPECT)
        left = listing.remaining_calls(answer.header(_REMAINING))
        if left is not None:
            self.left, self._ask_again_s = left, self._clock() + LEFT_HOLDS_S
        if answer.data is not None or answer.code in missing:
            return answer
        said = f"{self.who}, GET {path}: answers {answer.status}{f' ({answer.code})' if answer.code else ''}"
        if answer.code in listing.NO_RIGHT:
            raise InputError(f"{said}: the key in key_file is wrong, or lacks the right to read this")
        raise PeerError(said)


def _read(raw: msgspec.Raw | None, where: str) -> answers.Answer | RowFault | None:
    if raw is None:
        return None
    return answers.decode(raw) or RowFault(where=where, what=ODD, taken=False, unread=True)
