"""Whatever FOLIO and Alma answer, it becomes items and lines, never another exception; and no question can be broken out of."""

from __future__ import annotations

import contextlib
import json
import re
from typing import Any

import msgspec
from helpers.folio_server import asked_barcodes, item
from hypothesis import given
from hypothesis import strategies as st

from hub.catalog.alma import items as alma
from hub.catalog.alma import listing as alma_listing
from hub.catalog.alma.options import alma_options
from hub.catalog.alma.status import read_status as alma_status
from hub.catalog.folio import items as folio
from hub.catalog.folio import listing as folio_listing
from hub.catalog.folio.options import folio_options
from hub.catalog.folio.status import read_status as folio_status
from hub.catalog.model import STATUSES, Gone, Item, ItemState, RowFault
from shelfwire.errors import InputError

ID = "11111111-1111-4111-8111-111111111111"
FOLIO = folio.Reader(
    folio_options(
        {
            "url": "https://folio.example",
            "tenant": "t",
            "token_file": "f",
            "locations": [ID],
            "not_for_loan": ["House"],
        }
    )
)
ALMA = alma.Reader(
    alma_options({"url": "https://alma.example", "key_file": "k", "libraries": {"MAIN": ["A"]}})
)

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20), lambda inner: st.lists(inner, max_size=3), max_leaves=4
)  # fmt: skip
json_data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=15,
)


def some_of(fields: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A good answer in which some fields are missing or of another kind."""
    return st.fixed_dictionaries({}, optional={name: st.just(good) | values for name, good in fields.items()})


folio_items = some_of(item("B1")) | json_data
alma_items = (
    st.fixed_dictionaries(
        {},
        optional={
            "item_data": some_of({"barcode": "B1", "process_type": {"value": "LOAN"}, "requested": True, "pid": "23111"}),
            "bib_data": some_of({"title": "T /", "author": "A"}),
            "holding_data": some_of({"call_number": "QA 1", "copy_id": "2", "call_number_type": {"value": "0"}}),
        },
    )
    | json_data
)  # fmt: skip


def fine(rows: list[Any]) -> None:
    for row in rows:
        assert isinstance(row, Item | ItemState | Gone | RowFault)
        if isinstance(row, Item | ItemState):
            assert row.status in STATUSES
            assert row.barcode.strip()


@given(folio_items)
def test_any_item_of_folio_becomes_an_item_or_a_line(data: Any) -> None:
    answer = folio.decode(msgspec.Raw(json.dumps(data).encode()))
    rows = list(FOLIO.item(answer, ID))
    assert rows
    fine(rows)
    if answer is not None:
        fine(list(FOLIO.state(answer, "B1")))


@given(alma_items)
def test_any_item_of_alma_becomes_an_item_or_a_line(data: Any) -> None:
    answer = alma.decode(msgspec.Raw(json.dumps(data).encode()))
    if answer is not None:
        ALMA.is_ours(answer)
        rows = list(ALMA.item(answer, "991000001"))
        assert rows
        fine(rows)
        fine(list(ALMA.state(answer, "B1")))


@given(st.binary(max_size=60))
def test_any_bytes_are_an_answer_or_none(raw: bytes) -> None:
    folio.decode(msgspec.Raw(raw))
    alma.decode(msgspec.Raw(raw))
    assert alma_listing.code_of(raw) == ""


@given(st.text(max_size=60))
def test_of_an_unknown_status_only_what_looks_like_one_is_repeated(word: str) -> None:
    status = folio_status(word, {})
    assert status is None or re.fullmatch(r"|[A-Za-z()\- ]+", status.source_status)
    assert re.fullmatch(r"|not in place|[A-Z_]+", alma_status(word, "1", {}).source_status)


@given(st.lists(st.text(min_size=1, max_size=80), min_size=1, max_size=40))
def test_barcodes_come_out_of_a_question_as_they_went_in(barcodes: list[str]) -> None:
    found = [
        one
        for batch in folio_listing.batches(barcodes)
        for one in asked_barcodes(folio_listing.barcode_query(batch)) or []
    ]
    assert found == barcodes


@given(st.text(max_size=80) | json_data.map(json.dumps))
def test_a_cursor_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(InputError):
        folio_at = folio_listing.read_cursor(text)
        assert folio_listing.read_cursor(folio_listing.write_cursor(folio_at)) == folio_at
    with contextlib.suppress(InputError):
        alma_at = alma_listing.read_cursor(text)
        assert alma_listing.read_cursor(alma_listing.write_cursor(alma_at)) == alma_at


@given(st.lists(st.integers(0, 120), min_size=1, max_size=8), st.integers(0, 500))
def test_any_pages_of_a_set_lead_to_its_end(pages: list[int], size: int) -> None:
    at = alma_listing.Cursor()
    for members in pages:
        before = at
        at = alma_listing.after_page(at, members, size, 0)
        assert (at.set_number, at.offset) > (before.set_number, before.offset)
