"""Nothing about a patron comes out of FOLIO's and Alma's answers, wherever these systems put it.

All answers of the stand-ins are stuffed with a name, a number, an address and an id of a person, in every field in which
these systems may send such a thing, and in the bodies of their errors. What comes out is searched for them: rows, faults,
marks, lines for people, texts of exceptions with their causes, log records, and the bytes of a catalogue's database.
"""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from helpers import alma_server, folio_server
from helpers.alma_server import ITEMS, TITLES, AlmaServer
from helpers.folio_server import PEOPLE, FolioServer
from helpers.http_standin import Behaviour, Reply, half, says, status

from hub.catalog.model import Item
from hub.catalog.source import System
from hub.store.imports import stage_import
from hub.store.migrate import upgrade
from shelfwire.errors import ShelfwireError

NAME, NUMBER, MAIL, _ = PEOPLE
TITLE = "991000001"
ODD_STATUSES = (f"Checked out to {NAME}", NUMBER, MAIL, f"{NAME} {NUMBER}")


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> None:
    folio_server.never_waits(monkeypatch, "hub.catalog.folio.system")
    folio_server.never_waits(monkeypatch, "hub.catalog.alma.calls")


@pytest.fixture
def folio() -> Iterator[FolioServer]:
    words = [*ODD_STATUSES, "Checked out", "Available"]
    items = [folio_server.item(f"B{number}", status=word) for number, word in enumerate(words)]
    items += [folio_server.item(None), folio_server.item("B9") | {"barcode": {"owner": NAME}}]
    items += [
        folio_server.item("B10") | {"status": {"name": [NAME, NUMBER]}, "permanentLoanType": {"name": MAIL}}
    ]
    with FolioServer(items) as server:
        yield server


@pytest.fixture
def alma() -> Iterator[AlmaServer]:
    items = [
        alma_server.item(f"B{number}", process=word)
        for number, word in enumerate([*ODD_STATUSES, "LOAN", ""])
    ]
    items += [alma_server.item(""), alma_server.item("B9")]
    items += [alma_server.item("B10", process_type=[NAME], library=alma_server.coded(NAME, MAIL))]
    with AlmaServer({TITLE: items}) as server:
        server.titles[TITLE][6]["item_data"]["pid"] = NAME
        server.titles[TITLE][7]["item_data"]["barcode"] = {"owner": NAME}
        yield server


def refusals(body: Any) -> list[Behaviour]:
    """Bad answers, each with a person in its body or headers."""
    people = {"X-Patron": NAME, "WWW-Authenticate": f'Basic realm="{NAME}"', "Retry-After": NUMBER}
    return [
        *[status(number, people, body) for number in (400, 401, 403, 404, 409, 422, 500, 503)],
        says(Reply(body=f"<html>{' '.join(PEOPLE)}</html>".encode())),
        says(Reply(body=json.dumps({"items": NAME, "totalRecords": NUMBER, "member": MAIL}).encode())),
        says(Reply(json={"items": [{"id": NAME}], "totalRecords": 1, "member": [{"link": f"/users/{NUMBER}"}], "total_record_count": MAIL})),
        says(Reply(status=302, body=b"", headers={"Location": f"https://{MAIL.partition('@')[2]}/{NAME}/{NUMBER}"})),
        says(Reply(status=201, json={"accessTokenExpiration": NAME}, headers={"Set-Cookie": f"session={NUMBER}"})),
        half(),
    ]  # fmt: skip


def said(rows: Iterable[object]) -> list[str]:
    """All that comes out, as text; an exception with everything that hangs on it."""
    out: list[str] = []
    try:
        out.extend(f"{row!r} {msgspec.json.encode(row).decode()}" for row in rows)
    except ShelfwireError as fault:
        out += ["".join(traceback.format_exception(fault)), *fault.args, repr(vars(fault))]
    return out


def clean(texts: Iterable[str]) -> None:
    for text in texts:
        for person in PEOPLE:
            assert person.lower() not in text.lower(), text


def checked(system: System) -> Iterator[str]:
    yield system.check()


def nothing_comes_out(
    open_system: Callable[[], System],
    server: FolioServer | AlmaServer,
    body: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    good = said(open_system().items(None))
    assert any("Item(" in text for text in good)
    clean(good)
    clean(said(open_system().states([f"B{number}" for number in range(12)])))
    for behaviour in refusals(body):
        for begin in (lambda one: one.items(None), lambda one: one.states(["B1", "B4"]), checked):
            for lead in (0, 1):  # the bad answer comes first, or after a good one
                server.standin.behave(*[lambda h, a, answers: h.send(answers(a))] * lead, *[behaviour] * 4)
                clean(said(begin(open_system())))
                server.standin.forget()
    clean(server.told)
    clean(record.getMessage() for record in caplog.records)


def test_no_patron_comes_out_of_folio(
    folio: FolioServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    nothing_comes_out(lambda: folio.open(tmp_path), folio, folio_server.refusal(), caplog)


@pytest.mark.parametrize("kind", [TITLES, ITEMS])
def test_no_patron_comes_out_of_alma(
    alma: AlmaServer, tmp_path: Path, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    nothing_comes_out(lambda: alma.open(tmp_path, sets=[kind]), alma, alma_server.refusal(NUMBER), caplog)


def test_no_patron_reaches_the_disk(folio: FolioServer, alma: AlmaServer, tmp_path: Path) -> None:
    database = tmp_path / "hub.db"
    upgrade(f"sqlite:///{database}")
    for name, system in (("folio", folio.open(tmp_path)), ("alma", alma.open(tmp_path, sets=[TITLES]))):
        rows = [row for row in system.items(None) if isinstance(row, Item)]
        assert rows
        stage_import(f"sqlite:///{database}", "main", f"import-{name}", rows, [], name)
    content = b"".join(path.read_bytes() for path in tmp_path.glob("hub.db*"))
    assert b"Pride and prejudice" in content
    clean([content.decode("latin-1")])
