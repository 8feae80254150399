"""One book with a past: at home for two days, then carried to another range, with the reasons of each change kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from hub.effects import Evidence, ItemEvent, PlaceChanged
from hub.explain.keeping import Kept, keep
from hub.store.read import StoreReader
from hub.store.write import StoreWriter

MINUTE = 60_000_000
HOUR = 60 * MINUTE
TAG = "3034F4A1B2C3000000000064"
BARCODE = "300000000100"
HOME = "1F-R01A-B02-S3"
"""Of this book in the small library of the map's tests."""
FAR = "1F-R02A-B01-S3"
OTHER = "1F-R02A-B01-S2"


def heard(antenna: str, shelf: str, at_us: int, **more: Any) -> Evidence:
    known: dict[str, Any] = {
        "first_at_us": at_us - 40 * MINUTE,
        "last_at_us": at_us,
        "dwells": 32,
        "heard": 31,
    }
    known |= {"rssi_dbm": -54.0, "weight": 5.99, "says": "heard"}
    return Evidence(antenna=antenna, shelf=shelf, **(known | more))


def silent(antenna: str, shelf: str, at_us: int, **more: Any) -> Evidence:
    return heard(
        antenna, shelf, at_us, **({"heard": 0, "rssi_dbm": None, "weight": 3.4, "says": "silent"} | more)
    )


def change(  # noqa: PLR0917 (one line of a history)
    item_id: int, at_us: int, kind: str, shelf: str | None, why: Kept, probability: float = 0.97
) -> ItemEvent:
    return ItemEvent(
        id=f"why-{item_id}-{at_us}", item_id=item_id, at_us=at_us, kind=kind, shelf=shelf, probability=probability,
        detail=keep(why),
    )  # fmt: skip


def why(at_us: int, *evidence: Evidence, **more: Any) -> Kept:
    known: dict[str, Any] = {
        "tag_key": TAG,
        "before": "",
        "last_heard_at_us": at_us,
        "evidence": list(evidence),
    }
    known["candidates"] = [(HOME, 0.97), ("away", 0.02)]
    return Kept(**(known | more))


def lived(writer: StoreWriter, reader: StoreReader, site: str, now_us: int) -> int:
    """Write the past of `BARCODE`; its item_id."""
    item = reader.item(BARCODE)
    assert item is not None
    item_id, tag = item.item_id, item.tag_keys[0]
    first, moved = now_us - 50 * HOUR, now_us - 3 * HOUR
    at_home = why(first, heard("ant-0011", HOME, first, dwells=2, heard=2, weight=4.1), tag_key=tag)
    far = why(
        moved,
        heard("ant-0042", FAR, moved, dwells=3, heard=3),
        silent("ant-0011", HOME, moved, dwells=6, weight=2.2),
        tag_key=tag, before=HOME, candidates=[(FAR, 0.93), (HOME, 0.06)],
    )  # fmt: skip
    now = PlaceChanged(
        item_id=item_id, tag_key=tag, at_us=now_us - MINUTE, shelf=FAR, probability=0.985,
        candidates=[(FAR, 0.985), (HOME, 0.011), ("away", 0.002)],
        last_heard_at_us=now_us - MINUTE, last_heard_by="ant-0042",
        evidence=[
            heard("ant-0042", FAR, now_us),
            silent("ant-0011", HOME, now_us),
            heard("ant-0043", OTHER, now_us, heard=9, rssi_dbm=-67.0, weight=-0.9),
        ],
    )  # fmt: skip
    events = [
        change(item_id, first, "placed", HOME, at_home),
        change(item_id, moved, "placed", FAR, far, 0.93),
    ]
    writer.apply(site, [now, *events], reader.hub_state().get("position", 0) + 1, now_us)
    return item_id


def hub_file(folder: Path, site_file: Path) -> Path:
    """A hub.yaml beside an existing ``hub.db``."""
    path = folder / "hub.yaml"
    text = {"sites": [str(site_file)], "state_dir": ".", "database": f"sqlite:///{folder / 'hub.db'}"}
    path.write_bytes(msgspec.yaml.encode(text))
    return path
