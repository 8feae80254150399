"""Small words for tests of the store: items, effects, a database with a catalogue in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hub.catalog.model import Item, RowFault
from hub.effects import Evidence, Finding, ItemEvent, PlaceChanged, SweepChanged
from hub.events import ActAsked, CatalogColumns
from hub.store.imports import stage_import
from hub.store.write import StoreWriter

SITE = "demo"
NOW_US = 1_780_000_000_000_000
SHELVES = {"2F-R01A-B01-S1": 0, "2F-R01A-B01-S2": 1, "2F-R01A-B02-S1": 2}
FIRST, SECOND, THIRD = SHELVES


def epc(number: int) -> str:
    """The EPC of a tag; its tag key is the same."""
    return f"30{number:022X}"


def book(number: int, **more: Any) -> Item:
    """An item with one tag; its `item_id` in a fresh database is `number` if they are imported in order."""
    known: dict[str, Any] = {"barcode": f"{number:08d}", "title": f"Book {number}", "tags": (epc(number),)}
    return Item(**(known | more))


def take(
    writer: StoreWriter,
    url: str,
    items: Sequence[Item],
    import_id: str = "imp-1",
    *,
    faults: Sequence[RowFault] = (),
    site: str = SITE,
) -> CatalogColumns:
    """Stage and take an import."""
    stage_import(url, site, import_id, items, faults, "test.csv")
    return writer.apply_import(site, import_id, SHELVES)


def placed(item_id: int, shelf: str | None, **more: Any) -> PlaceChanged:
    """An item is now believed on `shelf`."""
    evidence = Evidence(
        antenna="ant-1",
        shelf=FIRST,
        first_at_us=1,
        last_at_us=2,
        dwells=3,
        heard=2,
        rssi_dbm=-55.5,
        says="heard",
    )
    known: dict[str, Any] = {
        "item_id": item_id,
        "tag_key": epc(item_id),
        "at_us": NOW_US,
        "shelf": shelf,
        "probability": 0.9,
        "candidates": [(shelf or "away", 0.9), (SECOND, 0.1)],
        "last_heard_at_us": NOW_US - 1,
        "last_heard_by": "ant-1",
        "evidence": [evidence],
    }
    return PlaceChanged(**(known | more))


def finding(finding_id: str, **more: Any) -> Finding:
    """An open finding."""
    known: dict[str, Any] = {
        "id": finding_id,
        "kind": "misplaced",
        "state": "open",
        "opened_at_us": NOW_US,
        "changed_at_us": NOW_US,
        "confidence": 0.97,
    }
    return Finding(**(known | more))


def happened(event_id: str, item_id: int, at_us: int, **more: Any) -> ItemEvent:
    """One line of an item's history."""
    known: dict[str, Any] = {"kind": "placed", "shelf": FIRST, "probability": 0.9, "detail": {}}
    return ItemEvent(id=event_id, item_id=item_id, at_us=at_us, **(known | more))


def sweep(sweep_id: str, **more: Any) -> SweepChanged:
    """A running sweep."""
    known: dict[str, Any] = dict.fromkeys(
        ("expected", "found_in_place", "found_elsewhere", "missing", "unexpected", "unknown", "not_covered"),
        0,
    )
    known |= {
        "scope": "all",
        "state": "running",
        "asked_by": "lead",
        "started_at_us": NOW_US,
        "ended_at_us": None,
    }
    known |= {"shelves": [FIRST], "covered": [], "detail": ""}
    return SweepChanged(id=sweep_id, **(known | more))


def asked(act_id: str, **more: Any) -> ActAsked:
    """An act."""
    known: dict[str, Any] = {
        "role": "staff",
        "asked_at_us": NOW_US,
        "kind": "finding.claim",
        "subject": "f-1",
        "body": {"reason": "on my way"},
    }
    return ActAsked(id=act_id, **(known | more))
