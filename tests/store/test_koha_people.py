"""Koha followed into a real database: a break in the middle applies nothing, and nothing of a person is in its bytes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from helpers.http_standin import good, half, no_json, status
from helpers.koha_server import CARD, MAIL, PERSON, SECRET, TRACES, KohaServer, hold, item
from helpers.sites import built, written
from helpers.store import SHELVES, SITE

from hub.catalog.follow import listing
from hub.catalog.follow.config import CatalogSource
from hub.catalog.follow.lister import Lister
from hub.catalog.follow.told import Told
from hub.catalog.follow.work import Work
from hub.store.migrate import upgrade
from hub.store.read import StoreReader
from hub.store.sources import list_sources
from hub.store.write import StoreWriter
from shelfwire.errors import AwayError, PeerError

PLACE = built(written(site=SITE)).now


def lister_of(database: str) -> Lister:
    source = msgspec.convert({"name": "main", "kind": "koha"}, CatalogSource)
    return Lister(
        Work(database, PLACE, source, Path(), Told(database, SITE, "main", "koha"), threading.Event())
    )


def take_all(writer: StoreWriter) -> int:
    """What the hub does with the acts; how many there were."""
    asked = writer.pending_acts(SITE)
    for act in asked:
        writer.apply_import(SITE, act.body["import_id"], SHELVES)
    return len(asked)


def statuses(database: str) -> dict[str, tuple[str, str]]:
    reader = StoreReader(database, SITE)
    found = [reader.item(number) for number in range(1, 60)]
    reader.close()
    return {one.barcode[-2:]: (one.status, one.title) for one in found if one is not None}


def bad_days(server: KohaServer) -> list[Callable[[], None]]:
    """Faults that a listing meets after the holds and one page of items, each on a day of its own."""
    person: dict[str, Any] = {"error": f"{PERSON} {CARD}", "error_code": MAIL}
    standin = server.standin
    return [
        lambda: standin.behave(good(), good(), *[status(500, json=person)] * 2),
        lambda: standin.behave(good(), good(), half(), half()),
        lambda: standin.behave(good(), good(), no_json(PERSON.encode())),
        lambda: standin.behave(good(), good(), status(200, json=person)),
    ]


def test_a_koha_that_breaks_off_changes_nothing_and_leaves_no_trace_of_a_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MARK_ROWS", 1)
    folder = tmp_path / "state"
    folder.mkdir()
    database = f"sqlite:///{folder}/hub.db"
    upgrade(database)
    writer = StoreWriter(database)
    with KohaServer(*(item(number) for number in range(1, 30))) as server:
        server.holds = [hold(1, 2, "W")]
        server.items[0] |= {"checked_out_date": PERSON}
        server.items[2] |= {"lost_status": 9}
        server.items[3] |= {"lost_status": PERSON}
        koha = server.koha(tmp_path, page_size=5, tries=2)
        koha.check()
        lister = lister_of(database)
        for bad_day in bad_days(server):
            bad_day()
            with pytest.raises((AwayError, PeerError)):
                lister.once(koha)
            server.standin.forget()
            assert take_all(writer) == 0
        assert statuses(database) == {}
        lister.once(koha)
        assert take_all(writer) == 1
    writer.close()
    found = statuses(database)
    assert len(found) == 28
    assert [found[key] for key in ("01", "02", "03", "05")] == [
        ("on_loan", "Book 1"),
        ("hold_shelf", "Book 2"),
        ("in_processing", "Book 3"),
        ("on_shelf", "Book 5"),
    ]
    (row,) = list_sources(database, SITE)
    content = b"".join(path.read_bytes() for path in folder.iterdir()) + repr(row).encode()
    assert b"Book 7" in content
    assert [trace for trace in (*TRACES, SECRET) if trace.encode() in content] == []
