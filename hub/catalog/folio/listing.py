"""What FOLIO is asked, as CQL, and the place in a listing. Pure.

Pages are cut by id (``id > "…" sortby id``): offsets grow slow with depth and shift when items come and go.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final

import msgspec

from hub.catalog.folio.options import Uuid
from shelfwire.errors import InputError

FIRST: Final = "00000000-0000-0000-0000-000000000000"
OVERLAP: Final = timedelta(minutes=5)
"""Changes are asked for from so long before the last listing began: FOLIO stamps a change before it is stored, and its
machines' clocks differ. Shorter: a change may be missed until the next full listing; longer: a few items come twice."""

MAX_QUERY_SIGNS: Final = 1_500
"""Of the barcodes in one question. Gateways refuse addresses from 4,096 signs on, and quoting doubles some of them."""

_STAMP: Final = "%Y-%m-%dT%H:%M:%S.%f"
_Stamp = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\Z")]


class Cursor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a listing goes on."""

    after: Uuid = FIRST
    """All items up to this id were handed over."""
    since: _Stamp | None = None
    """Only what changed since then; None: everything."""
    began: _Stamp | None = None
    """FOLIO's clock when this listing began, in UTC; the next one asks from there."""
    seen: Annotated[int, msgspec.Meta(ge=0)] = 0


def read_cursor(text: str | None) -> Cursor:
    """The place that a `Mark` names. Raises `InputError` for text that no mark of this connector holds."""
    if text is None:
        return Cursor()
    try:
        return msgspec.json.decode(text, type=Cursor)
    except (msgspec.MsgspecError, UnicodeError) as fault:
        raise InputError("cursor: is none of a FOLIO listing; begin with a full listing") from fault


def write_cursor(cursor: Cursor) -> str:
    """The text of a `Mark`."""
    return msgspec.json.encode(cursor).decode()


def stamp(at: datetime) -> str:
    """As FOLIO keeps times: compared as text, so without the zone, which it writes in two ways."""
    return at.strftime(_STAMP)[:23]


def page_query(cursor: Cursor, locations: Sequence[str]) -> str:
    """CQL of the next page."""
    parts = [f'id > "{cursor.after}"']
    if locations:
        parts.append(f"effectiveLocationId=={_any(locations)}")
    if cursor.since is not None:
        since = stamp(datetime.strptime(cursor.since, _STAMP) - OVERLAP)  # noqa: DTZ007 (all in UTC, compared as text)
        parts.append(f'metadata.updatedDate >= "{since}"')
    return " and ".join(parts) + " sortby id"


def batches(barcodes: Sequence[str]) -> Iterator[list[str]]:
    """Barcodes in lists that fit one address each."""
    batch: list[str] = []
    size = 0
    for barcode in barcodes:
        signs = len(_quoted(barcode).encode()) + 4
        if batch and size + signs > MAX_QUERY_SIGNS:
            yield batch
            batch, size = [], 0
        batch.append(barcode)
        size += signs
    if batch:
        yield batch


def barcode_query(barcodes: Sequence[str]) -> str:
    """CQL that finds these barcodes and no others."""
    return f"barcode=={_any(barcodes)}"


def _any(values: Sequence[str]) -> str:
    return "(" + " or ".join(map(_quoted, values)) + ")"


def _quoted(text: str) -> str:
    """As a CQL string in which no sign is a mask, a bound or the end."""
    return '"' + "".join(f"\\{sign}" if sign in '\\"*?^' else sign for sign in text) + '"'
