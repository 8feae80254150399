"""What Koha says of people does not reach the database, not even its file."""

from __future__ import annotations

from pathlib import Path

from helpers.koha_server import SECRET, TRACES, KohaServer, hold, item
from helpers.store import take

from hub.catalog.model import Item, RowFault
from hub.store.migrate import upgrade
from hub.store.write import StoreWriter


def test_no_trace_of_a_person_is_in_the_bytes_of_the_database(tmp_path: Path) -> None:
    with KohaServer(*(item(number) for number in range(1, 30))) as server:
        server.holds = [hold(1, 2, "W")]
        server.items[0] |= {"checked_out_date": TRACES[0], "lost_status": 9}
        server.items[1] |= {"lost_status": TRACES[0]}
        rows = list(server.koha(tmp_path).items(None))
    folder = tmp_path / "state"
    folder.mkdir()
    url = f"sqlite:///{folder}/hub.db"
    upgrade(url)
    writer = StoreWriter(url)
    items = [row for row in rows if isinstance(row, Item)]
    take(writer, url, items, faults=[row for row in rows if isinstance(row, RowFault)])
    writer.close()
    content = b"".join(path.read_bytes() for path in folder.iterdir())
    assert b"31000000001" in content
    assert b"Book 7" in content
    assert [trace for trace in (*TRACES, SECRET) if trace.encode() in content] == []
