"""FOLIO as a library system: pages of items, states by barcode. Reads only; docs/catalogs/folio.md."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Final, Self

import msgspec

from hub.catalog.folio import items as answers
from hub.catalog.folio import listing
from hub.catalog.folio.listing import Cursor
from hub.catalog.folio.login import Login
from hub.catalog.folio.options import FolioOptions, folio_options
from hub.catalog.http.door import Door
from hub.catalog.http.options import read_secret
from hub.catalog.merge import MAX_BARCODE
from hub.catalog.model import Gone, ItemState, RowFault
from hub.catalog.source import Mark, Row, Tell
from shelfwire.errors import InputError, PeerError

PATH: Final = "/inventory/items"
MAX_STATES: Final = 500

_Headers = Callable[[bool], Mapping[str, str]]


class Folio:
    """One FOLIO tenant; keeps `hub.catalog.source.System`."""

    lists: ClassVar[bool] = True
    check_options: ClassVar[Mapping[str, int]] = {"tries": 2}

    def __init__(self, options: FolioOptions, base: Path, tell: Tell, clock: Callable[[], float]) -> None:
        """`clock`: seconds that only rise. Raises `InputError` for secrets that cannot be read."""
        self._options = options
        self._tell = tell
        self._reader = answers.Reader(options)
        self._headers = self._signer(base, clock)
        self._door = Door("FOLIO", options, base, tell, sign=self._sign)

    @classmethod
    def open(cls, options: dict[str, Any], base: Path, tell: Tell) -> Self:
        """As `System.open`."""
        return cls(folio_options(options), base, tell, time.monotonic)

    def check(self) -> str:
        """As `System.check`; asks for one item."""
        page = self._page(Cursor(), limit=1)[0]
        places = f" in {len(self._options.locations)} locations" if self._options.locations else ""
        return f"{self._door.who}: tenant {self._options.tenant}, {page.total_records} items{places}; lists and answers"

    def items(self, cursor: str | None) -> Iterator[Row]:
        """As `System.items`: a mark after each page, so that a broken listing repeats one page at the most."""
        at = self._place(cursor)
        while True:
            page, began = self._page(at, self._options.page_size)
            at = msgspec.structs.replace(at, began=at.began or began, seen=at.seen + len(page.items))
            if not page.items and page.total_records > 0:
                raise PeerError(
                    f"{self._door.who}: says that {page.total_records} items are left, and gives none"
                )
            if not page.items:
                break
            ids = answers.page_ids(page, at.after)
            for known, raw in zip(ids, page.items, strict=True):
                yield from self._reader.item(answers.decode(raw), known)
            at = msgspec.structs.replace(at, after=ids[-1])
            left = page.total_records - len(page.items)
            if len(page.items) < self._options.page_size and left <= 0:
                break
            yield Mark(listing.write_cursor(at), total=at.seen + max(0, left))
        yield Mark(listing.write_cursor(Cursor(since=at.began)), done=True, total=at.seen)

    def states(self, barcodes: Sequence[str]) -> Iterator[ItemState | Gone | RowFault]:
        """As `System.states`."""
        if len(barcodes) > MAX_STATES:
            raise ValueError(f"{len(barcodes)} barcodes; ask about {MAX_STATES} at a time")
        fit = [
            one
            for one in dict.fromkeys(barcodes)
            if one.strip() and len(one) <= MAX_BARCODE and one.isprintable()
        ]
        for one in set(barcodes).difference(fit):
            yield RowFault(
                where=f"FOLIO, barcode {one[:MAX_BARCODE]!r}",
                what="is no barcode: not asked about",
                taken=False,
            )
        for batch in listing.batches(fit):
            yield from self._states(batch)

    def close(self) -> None:
        """As `System.close`."""
        self._door.close()

    def _place(self, cursor: str | None) -> Cursor:
        """Where to go on; one that is none of ours, such as another system's under the same name, begins anew."""
        try:
            return listing.read_cursor(cursor)
        except InputError:
            self._tell(f"{self._door.who}: the place of the last listing cannot be read; listing everything")
            return Cursor()

    def _states(self, batch: Sequence[str]) -> Iterator[ItemState | Gone | RowFault]:
        """The items of one question. FOLIO compares barcodes without case; one spelt exactly as asked comes first."""
        limit = 4 * len(batch)
        query = {"query": listing.barcode_query(batch), "limit": str(limit)}
        page = self._ask(query)
        found = [answers.decode(raw) for raw in page.items]
        by_barcode: dict[str, answers.Answer] = {}
        for answer in found:
            if answer is not None and answer.barcode:
                by_barcode.setdefault(answer.barcode, answer)
                by_barcode.setdefault(folded(answer.barcode), answer)
        whole = len(page.items) >= page.total_records and None not in found
        for barcode in batch:
            answer = by_barcode.get(barcode) or by_barcode.get(folded(barcode))
            if answer is not None:
                yield from self._reader.state(answer, barcode)
            elif whole:
                yield Gone(barcode=barcode)
            else:
                yield RowFault(
                    where=f"FOLIO, barcode {barcode}",
                    what="is in none of the items that could be read of a faulty answer: its state stays as it is",
                    taken=False,
                )

    def _page(self, at: Cursor, limit: int) -> tuple[answers.Page, str]:
        """(a page, FOLIO's clock or ours)."""
        query = {"query": listing.page_query(at, self._options.locations), "limit": str(limit)}
        answer = self._door.get(PATH, answers.Page, query=query)
        assert answer.data is not None
        return _bounded(answer.data, limit), listing.stamp(answer.server_time() or datetime.now(UTC))

    def _ask(self, query: Mapping[str, str]) -> answers.Page:
        answer = self._door.get(PATH, answers.Page, query=query)
        assert answer.data is not None
        return _bounded(answer.data, int(query["limit"]))

    def _signer(self, base: Path, clock: Callable[[], float]) -> _Headers:
        """What gives the headers of a request. Raises `InputError`."""
        options = self._options
        if options.token_file is not None:
            fixed = {
                "X-Okapi-Tenant": options.tenant,
                "X-Okapi-Token": read_secret(base, options.token_file, "options: token_file"),
            }
            return lambda _refused: fixed
        if options.user is None or options.password_file is None:
            raise InputError("options: say who asks: either user and password_file, or token_file")
        password = read_secret(base, options.password_file, "options: password_file")
        login = Login(options.tenant, options.user, password, clock)
        return lambda refused: login.headers(self._door, refused=refused)

    def _sign(self, refused: bool) -> Mapping[str, str]:  # noqa: FBT001 (the door's one question)
        return self._headers(refused)


def folded(barcode: str) -> str:
    """As FOLIO compares: without case."""
    return barcode.strip().casefold()


def _bounded(page: answers.Page, limit: int) -> answers.Page:
    """Raises `PeerError` for more items than were asked for."""
    if len(page.items) > limit:
        raise PeerError(f"FOLIO, GET {PATH}: answered with {len(page.items)} items; {limit} were asked for")
    return page
