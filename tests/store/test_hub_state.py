"""The hub's process with real databases: acts once, catalogues over a kill, a database that goes away, backup and restore."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from helpers.brokers import MOSQUITTO_5, FlavouredBroker, flavoured
from helpers.databases import PostgreSQL
from helpers.hubs import AGENT, SITE, HubProcess, connected, report, status

from hub.backup import restore_backup, verify, write_backup
from hub.catalog.model import Item
from hub.config import read_hub
from hub.events import ActAsked
from hub.store.acts import ActAnswer, act_answer, insert_act
from hub.store.imports import stage_import
from hub.store.labels import stage_labels
from hub.store.read import StoreReader
from shelfwire.callnumbers.labels import Row
from shelfwire.errors import InputError

pytestmark = [pytest.mark.needs("mosquitto"), pytest.mark.timeout(150)]
NO_WAIT = {"snapshot_every_s": 3_600.0, "min_free_bytes": 0}


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[FlavouredBroker]:
    yield from flavoured(MOSQUITTO_5, tmp_path)


@contextmanager
def running(folder: Path, broker: FlavouredBroker, **more: Any) -> Iterator[HubProcess]:
    hub = HubProcess(folder, broker.config("hub"), **more).start()
    try:
        yield hub
    finally:
        hub.kill()


def url_of(hub: HubProcess) -> str:
    return read_hub(hub.path).database_url


def ask(hub: HubProcess, act_id: str, kind: str, subject: str = "", **body: Any) -> ActAnswer:
    """Hand in an act, and wait for its answer."""
    insert_act(url_of(hub), SITE, ActAsked(act_id, "staff", time.time_ns() // 1000, kind, subject, body))
    return answer(hub, act_id)


def answer(hub: HubProcess, act_id: str) -> ActAnswer:
    found: list[ActAnswer] = []

    def look() -> bool:
        found.extend(one for one in [act_answer(url_of(hub), SITE, act_id)] if one is not None)
        return bool(found)

    hub.wait_for(look, 30)
    return found[0]


def catalogue(hub: HubProcess, import_id: str = "first", count: int = 20) -> ActAnswer:
    items = [
        Item(barcode=f"{n:05d}", title=f"Book {n}", home_from="1F-R02A-B01-S1", tags=(f"E280{n:020X}",))
        for n in range(count)
    ]
    stage_import(url_of(hub), SITE, import_id, items, [], "test")
    return ask(hub, f"import-{import_id}", "catalog.import", import_id=import_id)


def reader_of(hub: HubProcess) -> StoreReader:
    return StoreReader(url_of(hub), SITE)


def status_of(hub: HubProcess, barcode: str) -> str:
    reader = reader_of(hub)
    try:
        item = reader.item(barcode)
        assert item is not None
        return item.status
    finally:
        reader.close()


def test_an_act_is_answered_once_whether_it_can_be_done_or_not(
    tmp_path: Path, broker: FlavouredBroker
) -> None:
    with running(tmp_path / "hub", broker) as hub:
        assert ask(hub, "a1", "nonsense").ok is False
        first = ask(hub, "a2", "sweep.cancel", "no-such-sweep")
        insert_act(url_of(hub), SITE, ActAsked("a2", "staff", 1, "sweep.cancel", "no-such-sweep", {}))
        assert answer(hub, "a2") == first


def test_a_catalogue_and_what_people_said_since_survive_a_kill_before_any_snapshot(
    tmp_path: Path, broker: FlavouredBroker
) -> None:
    with running(tmp_path / "hub", broker, journal=NO_WAIT) as hub:
        said = catalogue(hub)
        assert said.ok, said.detail
        assert "20 items" in said.detail
        assert ask(hub, "loan", "item.status", "00007", status="on_loan").ok
        hub.kill()
        hub.start()
        assert status_of(hub, "00007") == "on_loan"
        assert ask(hub, "back", "item.status", "00007", status="on_shelf").ok
        assert status_of(hub, "00007") == "on_shelf"
        assert hub.stop() == 0
        hub.start()
        assert ask(hub, "again", "item.status", "00008", status="lost").ok, (
            "the engine knows its items after a snapshot"
        )


def test_labels_are_taken_by_the_running_hub_and_known_after_a_kill(
    tmp_path: Path, broker: FlavouredBroker
) -> None:
    with running(tmp_path / "hub", broker, journal=NO_WAIT) as hub:
        numbered = [Item(barcode=f"{n}", call_number=f"QA{n} .C1") for n in range(1, 5)]
        stage_import(url_of(hub), SITE, "first", numbered, [], "test")
        assert ask(hub, "import", "catalog.import", import_id="first").ok
        stage_labels(
            url_of(hub), SITE, "l-1", [Row("1F-R02A-B01-S1", "QA2", "QA3", scheme="LC")], "label", "test"
        )
        said = ask(hub, "labels", "catalog.labels", labels_id="l-1")
        assert (said.ok, said.detail) == (True, "2 of 4 items have a home")
        assert not ask(hub, "never", "catalog.labels", labels_id="never").ok
        hub.kill()
        hub.start()
        reader = reader_of(hub)
        found = [reader.item(f"{n}") for n in range(1, 5)]
        assert [item.home_from for item in found if item is not None] == [
            None,
            "1F-R02A-B01-S1",
            "1F-R02A-B01-S1",
            None,
        ]
        reader.close()


async def test_a_new_state_folder_beside_an_old_database_goes_on_behind_it(
    tmp_path: Path, broker: FlavouredBroker
) -> None:
    with running(tmp_path / "hub", broker) as hub:
        assert catalogue(hub).ok
        assert hub.stop() == 0
        for name in ("journal", "snapshots", "imports"):
            shutil.rmtree(hub.state_dir / name)
        hub.start()
        async with connected(broker.config(AGENT)) as agent:
            await agent.send(status(), report(1))
            await agent.acknowledged(1)
        assert ask(hub, "loan", "item.status", "00003", status="on_loan").ok, (
            "the catalogue came from the database"
        )
        assert hub.stop() == 0
        hub.start()
        assert status_of(hub, "00003") == "on_loan"


def test_an_import_that_does_not_exist_is_refused_in_words(tmp_path: Path, broker: FlavouredBroker) -> None:
    with running(tmp_path / "hub", broker) as hub:
        said = ask(hub, "x", "catalog.import", import_id="never-staged")
        assert not said.ok
        assert "never-staged" in said.detail


@pytest.mark.needs("postgresql")
async def test_while_the_database_is_away_reports_are_taken_and_what_they_mean_is_kept(
    tmp_path: Path, broker: FlavouredBroker
) -> None:
    with PostgreSQL() as server:
        url = server.new_database()
        with running(tmp_path / "hub", broker, database=url) as hub:
            async with connected(broker.config(AGENT)) as agent:
                await agent.send(status(), report(1))
                await agent.acknowledged(1)
                server.kill()
                await agent.send(*(report(n) for n in range(2, 10)))
                await agent.acknowledged(9)
                await asyncio.to_thread(hub.wait_for, lambda: has_trouble(hub, "database"))
                await agent.send(report(10))
                await agent.acknowledged(10)
            server.start()
            reader = reader_of(hub)
            hub.wait_for(lambda: any(row.agent == AGENT and row.reports == 10 for row in reader.agents()), 60)
            reader.close()
            hub.wait_for(lambda: not has_trouble(hub, "database"))
            assert hub.stop() == 0


@pytest.mark.needs("postgresql")
def test_a_database_that_is_away_at_the_start_is_waited_for(tmp_path: Path, broker: FlavouredBroker) -> None:
    with PostgreSQL() as server:
        url = server.new_database()
        server.stop()
        hub = HubProcess(tmp_path / "hub", broker.config("hub"), database=url).start(ready=False)
        try:
            hub.wait_for(lambda: has_trouble(hub, "database"))
            assert "hub ready" not in hub.log()
            server.start()
            hub.wait_for(lambda: "hub ready" in hub.log(), 60)
            assert hub.stop() == 0
        finally:
            hub.kill()


async def test_a_backup_of_a_running_hub_is_restored_whole(tmp_path: Path, broker: FlavouredBroker) -> None:
    file = tmp_path / "backup.tar"
    with running(tmp_path / "hub", broker) as hub:
        assert catalogue(hub).ok
        async with connected(broker.config(AGENT)) as agent:
            await agent.send(status(), *(report(n) for n in range(1, 20)))
            await agent.acknowledged(19)
            write_backup(read_hub(hub.path), file)
            await agent.send(report(20))
            await agent.acknowledged(20)
        assert hub.stop() == 0
    with running(tmp_path / "other", broker) as other:
        assert other.stop() == 0
        files = read_hub(other.path)
        with pytest.raises(InputError, match="there is a state already"):
            restore_backup(files, file)
        restore_backup(files, file, force=True)
        other.start()
        async with connected(broker.config(AGENT)) as agent:
            await agent.send(status(boot="boot-b"))
            await agent.acknowledged(19)
            assert max(ack.upto for ack in agent.acks) == 19, (
                "what came after the backup is asked of the agent again"
            )
        assert status_of(other, "00003") == "on_shelf"
        assert ask(other, "loan", "item.status", "00003", status="on_loan").ok


def test_a_damaged_backup_is_refused_before_anything_is_touched(
    tmp_path: Path, broker: FlavouredBroker
) -> None:
    file = tmp_path / "backup.tar"
    with running(tmp_path / "hub", broker) as hub:
        assert catalogue(hub).ok
        write_backup(read_hub(hub.path), file)
        assert hub.stop() == 0
    names = verify(file).sha256
    assert {"database.rows", "hub.yaml"} <= set(names)
    data = bytearray(file.read_bytes())
    place = data.find(b"Book 11")
    data[place] ^= 1
    file.write_bytes(data)
    empty = HubProcess(tmp_path / "other", broker.config("hub"))
    with pytest.raises(InputError, match="checksum"):
        restore_backup(read_hub(empty.path), file)
    assert not empty.state_dir.exists()
    file.write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError):
        verify(file)


def has_trouble(hub: HubProcess, what: str) -> bool:
    found = hub.health()
    return found is not None and what in [one.what for one in found.troubles]


async def test_files_are_given_back_behind_two_snapshots_and_the_older_one_is_enough(
    tmp_path: Path, broker: FlavouredBroker
) -> None:
    quick = {"snapshot_every_s": 1.0, "segment_bytes": 65_536, "min_free_bytes": 0}
    with running(tmp_path / "hub", broker, journal=quick) as hub:
        assert catalogue(hub).ok
        async with connected(broker.config(AGENT)) as agent:
            await agent.send(status())
            for start in range(1, 1_200, 200):
                await agent.send(*(report(n) for n in range(start, start + 200)))
                await agent.acknowledged(start + 199)
            files = read_hub(hub.path)
            await asyncio.to_thread(hub.wait_for, lambda: any(files.raw_log_dir.rglob("*.parquet")), 40)
            await asyncio.to_thread(hub.wait_for, lambda: oldest(files.journal_dir) > 1, 40)
        hub.kill()
        youngest = max(files.snapshot_dir.glob("*.snapshot"))
        youngest.write_bytes(youngest.read_bytes()[:-1] + b"\xff")
        hub.start()
        assert "damaged" in hub.log()
        async with connected(broker.config(AGENT)) as agent:
            await agent.send(status(boot="boot-b"), report(1_200))
            ack = await agent.acknowledged(1_200)
            assert (ack.upto, ack.want) == (1_200, [])
        assert ask(hub, "loan", "item.status", "00003", status="on_loan").ok
        reader = reader_of(hub)
        hub.wait_for(lambda: any(row.agent == AGENT and row.reports == 1_200 for row in reader.agents()))
        reader.close()


def oldest(folder: Path) -> int:
    """The first position that the journal still holds."""
    return min((int(path.stem) for path in folder.glob("*.journal")), default=0)
