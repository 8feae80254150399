"""Koha as a connector: asks page by page, and lets the pure files beside it say what the answers mean. It only reads."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Final, Self
from urllib.parse import quote

import msgspec

from hub.catalog.http.door import Answer, Door
from hub.catalog.koha.account import Account
from hub.catalog.koha.fields import KohaHold, KohaItem, offset_min, read_item, read_row, row_id
from hub.catalog.koha.listing import Cursor, read_cursor, scope_of
from hub.catalog.koha.options import KohaOptions
from hub.catalog.koha.words import HOLD_LETTERS, item_of, item_state, state_of
from hub.catalog.model import Gone, Item, ItemState, RowFault
from hub.catalog.source import Mark, Row, Tell
from shelfwire.config import convert
from shelfwire.errors import InputError, PeerError

MAX_ITEMS: Final = 100_000_000
"""Four times the largest library on earth: whoever gives more will never end."""
MAX_HOLDS: Final = 500_000
"""Waiting or on their way at one time; the largest library has a tenth of it."""
HOLDS_A_PAGE: Final = 500
MAX_QUERY_CHARS: Final = 3_000
"""Of the barcodes in one address, quoted; web servers take some 8,000 for all of it."""
MAX_ASKED: Final = 100
"""Items asked about in one request."""
BAD_REQUEST: Final = 400
REFUSALS: Final = 2
"""So often one thing is refused before we believe it."""
EMBEDS: Final = ("+strings,biblio", "+strings", "")
"""Words of the codes and titles, as far as this Koha gives them with its items; older ones refuse what they do not know."""
KNOWN_CODES: Final = frozenset({"invalid_query", "internal_server_error"})

Raws = list[msgspec.Raw]


class _Refusal(msgspec.Struct, frozen=True):
    error_code: str = ""


def code_of(body: bytes) -> str:
    """Koha's own code of a refusal, if it is one that the documents name."""
    refusal, _ = read_row(body, _Refusal)
    return refusal.error_code if refusal is not None and refusal.error_code in KNOWN_CODES else ""


class Koha:
    """One Koha. Keeps `hub.catalog.source.System`."""

    lists: ClassVar[bool] = True
    check_options: ClassVar[Mapping[str, int]] = {"tries": 2}

    def __init__(
        self,
        options: KohaOptions,
        base: Path,
        tell: Tell,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        dice: Callable[[], float] = random.random,
    ) -> None:
        self._options, self._tell = options.at_interface(), tell
        self._account = Account(options, base, clock)
        self._door = Door(
            "Koha",
            self._options,
            base,
            tell,
            sign=lambda refused: self._account.headers(self._door, refused=refused),
            code_of=code_of,
            clock=clock,
            sleep=sleep,
            dice=dice,
        )
        self._embed = 0
        self._embed_known = False
        self._unknown: set[str] = set()

    @classmethod
    def open(cls, options: dict[str, Any], base: Path, tell: Tell) -> Self:
        """As `System.open`."""
        taken = convert(options, KohaOptions, "koha")
        if faults := taken.faults():
            raise InputError(*(f"koha: {fault}" for fault in faults))
        return cls(taken, base, tell)

    def check(self) -> str:
        """As `System.check`."""
        answer = self._page("/items", Cursor().query(self._options.libraries), "+me.item_id", 1)
        total = _count(answer, "x-total-count")
        said = [f"{self._door.who}: {'an unknown number of' if total is None else total} items"]
        if self._options.holds:
            waiting = self._page("/holds", _held(), "+me.hold_id", 1)
            said.append(f"{_count(waiting, 'x-total-count') or 0} holds waiting or on their way")
        if "biblio" not in EMBEDS[self._embed]:
            said.append("no titles with its items (an old Koha)")
        return ", ".join(said)

    def items(self, cursor: str | None) -> Iterator[Row]:
        """As `System.items`."""
        scope = scope_of(self._options.libraries)
        place = read_cursor(cursor, scope)
        if place is None:
            self._tell(
                f"{self._door.who}: the last listing was of other libraries, or cannot be read; listing everything"
            )
            place = Cursor(scope=scope)
        self._unknown.clear()
        holds = self._all_holds()
        while True:
            asked_from = place.last_id
            answer = self._page(
                "/items", place.query(self._options.libraries), "+me.item_id", self._options.page_size
            )
            rows = answer.data or []
            if place.began is None:
                place = msgspec.structs.replace(place, began=answer.server_time() or datetime.now(UTC))
            left = _count(answer, "x-total-count")
            total = None if left is None else place.handed + left
            for raw in rows:
                item, fault = self._row(raw)
                yield from self._taken(item, holds) if item is not None else (fault,)
                place = self._behind(place, raw, item)
            if not rows and left:
                raise PeerError(f"{self._door.who}: says that {left} items are left, and gives none")
            if not rows or left == len(rows):
                yield Mark(place.finished().text(), done=True, total=total)
                return
            if place.last_id == asked_from:
                raise PeerError(f"{self._door.who}: gives items without an id that can be read")
            yield Mark(place.text(), total=total)

    def states(self, barcodes: Sequence[str]) -> Iterator[ItemState | Gone | RowFault]:
        """As `System.states`."""
        for some in _batches(barcodes):
            answer = self._page("/items", {"me.external_id": {"-in": some}}, "+me.item_id", 2 * len(some))
            asked = {barcode.casefold(): barcode for barcode in some}
            found: dict[str, KohaItem] = {}
            unread = 0
            for raw in answer.data or []:
                item, _ = read_item(raw)
                if item is None:
                    unread += 1
                elif (key := (item.external_id or "").casefold()) in asked:
                    found[key] = item
            holds = self._holds_of([item.item_id for item in found.values()])
            for key, barcode in asked.items():
                yield from self._answered(barcode, found.get(key), holds, unread)

    def close(self) -> None:
        """As `System.close`."""
        self._door.close()

    def _answered(
        self, barcode: str, item: KohaItem | None, holds: dict[int, str], unread: int
    ) -> Iterator[ItemState | Gone | RowFault]:
        """What is said of one barcode that was asked about."""
        if item is not None:
            told = state_of(item, holds.get(item.item_id, ""), self._options)
            yield item_state(barcode, told)
            yield from self._noted(told.unknown, item.item_id)
        elif unread:
            yield RowFault(
                f"barcode {barcode}", "Koha's answer about it cannot be read; nothing is changed", taken=False
            )
        else:
            yield Gone(barcode=barcode, source_status="no such item")

    def _behind(self, place: Cursor, raw: msgspec.Raw, item: KohaItem | None) -> Cursor:
        """The place behind a row. Raises `PeerError` for rows in another order: some would be passed over."""
        at = row_id(raw) if item is None else item.item_id
        if at is not None and at <= place.last_id:
            raise PeerError(
                f"{self._door.who}: gives items that were not asked for; does it honour q and _order_by?"
            )
        if place.handed >= MAX_ITEMS:
            raise PeerError(f"{self._door.who}: gives more than {MAX_ITEMS} items")
        further = msgspec.structs.replace(place, last_id=at or place.last_id, handed=place.handed + 1)
        return further.told(offset_min(item.timestamp) if item is not None else None)

    def _taken(self, item: KohaItem, holds: dict[int, str]) -> Iterator[Item | RowFault]:
        if not (item.external_id or "").strip():
            yield RowFault(f"item {item.item_id}", "no barcode; not taken", taken=False)
            return
        told = state_of(item, holds.get(item.item_id, ""), self._options)
        yield item_of(item, told, self._options)
        yield from self._noted(told.unknown, item.item_id)

    def _noted(self, unknown: str, item_id: int) -> Iterator[RowFault]:
        """A code that nobody knows, once a listing: a library that uses it does so ten thousand times."""
        if not unknown or unknown in self._unknown or len(self._unknown) >= MAX_ASKED:
            return
        self._unknown.add(unknown)
        what = (
            "the account may not see the codes of this item and maybe others"
            if unknown == "withheld"
            else f'the code "{unknown}" is not known; name it under `statuses`'
        )
        yield RowFault(
            f"item {item_id}", f"{what}; taken as in_processing, and so are others like it", taken=True
        )

    def _row(self, raw: msgspec.Raw) -> tuple[KohaItem | None, RowFault]:
        item, wrong = read_item(raw)
        known = row_id(raw) if item is None else item.item_id
        where = "an item" if known is None else f"item {known}"
        return item, RowFault(where, f"not taken: {wrong}", taken=False, unread=True)

    def _page(self, path: str, query: dict[str, Any], order: str, size: int) -> Answer[Raws]:
        asked = {"_page": "1", "_per_page": str(size), "_order_by": order}
        if query:
            asked["q"] = msgspec.json.encode(query).decode()
        return self._embedding(asked) if path == "/items" else self._door.get(path, Raws, query=asked)

    def _embedding(self, asked: dict[str, str]) -> Answer[Raws]:
        """Items with as much beside them as this Koha gives.

        Once that is known a refusal is an error: titles must not vanish because something went wrong for a moment.
        """
        refusals = 0
        while True:
            embed = EMBEDS[self._embed]
            headers = {"x-koha-embed": embed} if embed else {}
            may_refuse = not self._embed_known and self._embed < len(EMBEDS) - 1
            expect = {200, BAD_REQUEST} if may_refuse else {200}
            answer = self._door.get("/items", Raws, query=asked, headers=headers, expect=expect)
            if answer.data is not None:
                self._embed_known = True
                return answer
            if answer.code:
                raise PeerError(f"{self._door.who}, GET /items: answers {answer.status} ({answer.code})")
            refusals += 1
            if refusals % REFUSALS == 0:
                self._embed += 1
                self._tell(f"{self._door.who}: does not give “{embed}” with its items; asking for less")

    def _all_holds(self) -> dict[int, str]:
        """Item id → letter, of all holds that are waiting or on their way."""
        held: dict[int, str] = {}
        last_id = 0
        while self._options.holds:
            answer = self._page(
                "/holds", _held() | {"me.hold_id": {">": last_id}}, "+me.hold_id", HOLDS_A_PAGE
            )
            rows = [hold for hold in map(_hold, answer.data or []) if hold is not None]
            held |= _letters(rows)
            before, last_id = last_id, max((hold.hold_id for hold in rows), default=last_id)
            if not answer.data or _count(answer, "x-total-count") == len(answer.data):
                break
            if last_id == before or len(held) > MAX_HOLDS:
                raise PeerError(
                    f"{self._door.who}: gives holds that were not asked for, or more than {MAX_HOLDS}"
                )
        return held

    def _holds_of(self, item_ids: list[int]) -> dict[int, str]:
        """The same of some items."""
        if not item_ids or not self._options.holds:
            return {}
        query = _held() | {"me.item_id": {"-in": item_ids}}
        answer = self._page("/holds", query, "+me.hold_id", 2 * len(item_ids))
        return _letters([hold for hold in map(_hold, answer.data or []) if hold is not None])


def _held() -> dict[str, Any]:
    return {"me.status": {"-in": list(HOLD_LETTERS)}}


def _hold(raw: msgspec.Raw) -> KohaHold | None:
    hold, _ = read_row(raw, KohaHold)
    return hold


def _letters(holds: list[KohaHold]) -> dict[int, str]:
    return {
        hold.item_id: hold.status
        for hold in holds
        if hold.item_id is not None and hold.status in HOLD_LETTERS
    }


def _count(answer: Answer[Raws], header: str) -> int | None:
    text = answer.header(header) or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= len("999999999999") else None


def _batches(barcodes: Sequence[str]) -> Iterator[list[str]]:
    """Each once, as many in a request as an address can hold."""
    some: list[str] = []
    chars = 0
    for barcode in {barcode.casefold(): barcode for barcode in barcodes}.values():
        size = len(quote(msgspec.json.encode(barcode).decode(), safe="")) + len("%2C")
        if some and (len(some) >= MAX_ASKED or chars + size > MAX_QUERY_CHARS):
            yield some
            some, chars = [], 0
        some.append(barcode)
        chars += size
    if some:
        yield some
