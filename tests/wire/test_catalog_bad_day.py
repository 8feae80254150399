"""A bad day of a catalogue, one fault after another, on a running hub: each is named, and the state stays as it was."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers import marc
from helpers.brokers import MOSQUITTO_5, FlavouredBroker, flavoured
from helpers.http_standin import Behaviour, dead, drip, endless, good, half, no_json, redirect, status
from helpers.hubs import SITE, HubProcess
from helpers.koha_server import CLIENT, SECRET, KohaServer, item
from helpers.sip2_server import Sip2Server, hang_up
from sqlalchemy import insert, select

from hub.store.engine import open_engine
from hub.store.sources import list_sources
from hub.store.tables import findings, item_events, items, labels, links
from shelfwire import cli

pytestmark = [pytest.mark.timeout(180), pytest.mark.slow]

BOOKS = 40


class Library:
    """A hub with a catalogue that came from a Koha."""

    def __init__(self, folder: Path, broker: FlavouredBroker, koha: KohaServer, desk: Sip2Server) -> None:
        folder.mkdir()
        (folder / "koha.secret").write_text(f"{SECRET}\n")
        gentle = {"tries": 1, "answer_within_s": 2, "requests_a_second": 100, "page_size": 10}
        self.koha, self.desk = koha, desk
        self.hub = HubProcess(
            folder,
            broker.config("hub"),
            catalogs=[
                {
                    "name": "main",
                    "kind": "koha",
                    "asks": False,
                    "options": {
                        "url": koha.standin.url,
                        "client_id": CLIENT,
                        "client_secret_file": "koha.secret",
                    }
                    | gentle,
                },
                {
                    "name": "desk",
                    "kind": "sip2",
                    "asks_a_second": 50,
                    "options": {"host": "127.0.0.1", "port": desk.server_address[1]},
                },
            ],
        )
        self.folder = folder
        self.database = f"sqlite:///{self.hub.state_dir / 'hub.db'}"

    def run(self, *words: str) -> int:
        return cli.run([*words, "--config", str(self.hub.path)])

    def file(self, name: str, content: bytes | str) -> str:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    def falls_silent(self, item_id: int) -> None:
        """As the hub writes it of a book that is not heard any more."""
        engine = open_engine(self.database)
        silent = {"site": SITE, "id": f"silent-{item_id}", "item_id": item_id, "kind": "away", "detail": {}}
        with engine.begin() as connection:
            connection.execute(insert(item_events).values(silent | {"at_us": time.time_ns() // 1000}))
        engine.dispose()

    def desk_state(self) -> str:
        """What the map shows of the desk."""
        return next((one.state for one in list_sources(self.database, SITE) if one.source == "desk"), "")

    def state(self) -> dict[str, list[dict[str, Any]]]:
        """Everything that people and the engine see of the catalogue; not which import saw it last, and what it is compared by."""
        engine = open_engine(self.database)
        with engine.connect() as connection:
            found = {
                table.name: [
                    {
                        name: value
                        for name, value in one._mapping.items()
                        if name not in {"import_id", "digest"}
                    }
                    for one in connection.execute(select(table).order_by(*table.primary_key))
                ]
                for table in (items, links, labels, findings)
            }
        engine.dispose()
        return found


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    books = [item(number) for number in range(1, BOOKS + 1)]
    with KohaServer(*books) as koha, Sip2Server() as desk:
        for broker in flavoured(MOSQUITTO_5, tmp_path):
            made = Library(tmp_path / "hub", broker, koha, desk)
            made.hub.start()
            assert made.run("catalog", "sync", "main", "--full") == 0
            yield made
            made.hub.kill()


def test_no_fault_of_a_bad_day_changes_the_catalogue(
    library: Library, capsys: pytest.CaptureFixture[str]
) -> None:
    before = library.state()
    assert len(before["items"]) == BOOKS

    def holds(code: int, words: str, wanted: int) -> None:
        said = "".join(capsys.readouterr())
        assert code == wanted, said
        assert words in said, said
        assert library.state() == before, said

    # A Koha on its worst day: after its token and its holds, the second page of items.
    bad_pages: list[tuple[Behaviour, int, str]] = [
        (status(500), 3, "500"),
        (half(), 3, "breaks off in the middle of its answer"),
        (no_json(), 3, "JSON"),
        (drip(0.5), 3, "2 s"),
        (endless(), 3, "bytes"),
        (dead(), 3, "2 s"),
        (redirect("http://192.0.2.7/api/v1/items"), 3, "another"),
    ]
    for behaviour, wanted, words in bad_pages:
        library.koha.standin.behave(good(), good(), good(), behaviour)
        holds(library.run("catalog", "sync", "main", "--full"), words, wanted)
        library.koha.standin.forget()
    library.koha.standin.behave(status(401), status(401), status(401))
    holds(library.run("catalog", "sync", "main", "--full"), "401", 2)
    library.koha.standin.forget()

    # It lists a tenth of its items and says that this is all.
    whole, library.koha.items = library.koha.items, library.koha.items[:4]
    holds(library.run("catalog", "sync", "main", "--full"), "lacks 36 of 40 items (90.0%)", 1)
    library.koha.items = whole
    holds(library.run("catalog", "sync", "main", "--full"), "The catalogue is so already", 0)

    # Files.
    first = before["items"][0]["barcode"]
    twice = f"barcode\n{first}\n{first}\n"
    holds(library.run("catalog", "import", library.file("twice.csv", twice)), "stands twice", 0)
    wrong = b"barcode,title\n" + "X1,Café\n".encode("latin-1")
    holds(library.run("catalog", "import", library.file("wrong.csv", wrong)), "line 2", 2)
    nothing = library.file("nothing.csv", "barcode,title\n,No barcode\n")
    holds(library.run("catalog", "import", nothing), "line 2", 2)
    lying = marc.record(("001", "b1"), ("500", "$a" + "x" * 90_000), ("952", "$pX2"))
    holds(library.run("catalog", "import", library.file("lying.mrc", b"99999" + lying[5:-40])), "record 1", 2)
    few = library.file("few.csv", f"barcode\n{first}\n")
    holds(library.run("catalog", "import", few, "--complete"), "97.5%", 1)

    # The desk is asked about a book, and hangs up; the follower says so and goes on.
    library.falls_silent(before["items"][0]["item_id"])
    library.desk.always("99", hang_up)
    holds(library.run("catalog", "check", "desk"), "NOT well", 1)
    run = subprocess.Popen(
        [sys.executable, "-m", "shelfwire", "catalog", "run", "--config", str(library.hub.path)],
        stderr=subprocess.DEVNULL,
    )
    library.hub.wait_for(lambda: library.desk_state() == "away", 40)
    assert run.poll() is None
    assert library.run("catalog", "sync", "main") == 3, "two followers of one source keep each other out"
    holds(0, "another `shelfwire catalog run` or `sync` follows it", 0)
    run.send_signal(signal.SIGTERM)
    assert run.wait(25) == 0
    holds(0, "", 0)

    # And the hub is ended in the middle of the day.
    library.hub.kill()
    library.hub.start()
    holds(library.run("catalog", "sync", "main", "--full"), "40 items listed", 0)

    # What was right all the time still gets in.
    library.koha.items.append(item(BOOKS + 1))
    assert library.run("catalog", "sync", "main", "--full") == 0
    assert len(library.state()["items"]) == BOOKS + 1
