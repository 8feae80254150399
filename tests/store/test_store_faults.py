"""A database that is away, busy or full is said in words, and used again when it is back."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from helpers.databases import PostgreSQL, free_port
from helpers.store import FIRST, NOW_US, SITE, asked, book, placed, take

from hub.store import engine as engine_file
from hub.store.acts import insert_act
from hub.store.migrate import upgrade
from hub.store.read import StoreReader
from hub.store.users import Users
from hub.store.write import StoreWriter
from shelfwire.errors import AwayError, FullError, InputError


@pytest.mark.needs("postgresql")
def test_postgresql_killed_in_the_middle_is_waited_for_and_nothing_is_lost() -> None:
    with PostgreSQL() as server:
        url = server.new_database()
        upgrade(url)
        writer = StoreWriter(url)
        reader = StoreReader(url, SITE)
        take(writer, url, [book(1), book(2)])
        writer.apply(SITE, [placed(1, FIRST)], 1, NOW_US)
        server.kill()
        with pytest.raises(AwayError, match="cannot write the hub's rows now"):
            writer.apply(SITE, [placed(2, FIRST)], 2, NOW_US)
        with pytest.raises(AwayError):
            reader.items_on(FIRST)
        with pytest.raises(AwayError):
            insert_act(url, SITE, asked("a-1"))
        server.start()
        writer.apply(SITE, [placed(2, FIRST)], 2, NOW_US)
        assert len(reader.items_on(FIRST)) == 2
        assert writer.position(SITE) == 2
        reader.close()
        writer.close()


@pytest.mark.needs("postgresql")
def test_a_restart_of_postgresql_between_two_groups_is_not_even_seen() -> None:
    with PostgreSQL() as server:
        url = server.new_database()
        upgrade(url)
        writer = StoreWriter(url)
        writer.apply(SITE, [], 1, NOW_US)
        server.kill()
        server.start()
        writer.apply(SITE, [], 2, NOW_US)
        assert writer.position(SITE) == 2
        writer.close()


def test_nobody_on_the_port_is_said_in_words_without_the_password() -> None:
    url = f"postgresql+psycopg://hub:geheim@127.0.0.1:{free_port()}/shelfwire"
    with pytest.raises(AwayError, match="cannot bring its tables") as caught:
        upgrade(url)
    assert "geheim" not in str(caught.value)


@pytest.mark.needs("postgresql")
def test_a_database_that_is_not_there_is_said_in_words(postgresql: PostgreSQL) -> None:
    with pytest.raises((AwayError, InputError), match="does not exist"):
        upgrade(postgresql.url("nowhere"))


def test_a_full_disk_is_said_in_words_and_the_hub_goes_on_when_there_is_room(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'hub.db'}"
    upgrade(url)
    engine = engine_file.open_engine(url)
    writer = StoreWriter(engine)
    take(writer, url, [book(n) for n in range(1, 2_000)])
    group = [placed(n, FIRST) for n in range(1, 2_000)]
    with engine.connect() as connection:  # the same that SQLite says when write() gives ENOSPC
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
    with pytest.raises(FullError, match="disk of the database is full"):
        writer.apply(SITE, group, 5, NOW_US)
    assert writer.position(SITE) == 0
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    writer.apply(SITE, group, 5, NOW_US)
    assert writer.position(SITE) == 5
    engine.dispose()


def test_a_database_that_another_holds_too_long_is_away_not_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "hub.db"
    upgrade(f"sqlite:///{path}")
    monkeypatch.setattr(engine_file, "BUSY_TIMEOUT_MS", 50)
    writer = StoreWriter(f"sqlite:///{path}")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(AwayError, match="locked"):
        writer.apply(SITE, [placed(1, FIRST)], 1, NOW_US)
    other.execute("ROLLBACK")
    other.close()
    writer.apply(SITE, [placed(1, FIRST)], 1, NOW_US)
    writer.close()


def test_pages_read_while_the_hub_writes(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'hub.db'}"
    upgrade(url)
    writer = StoreWriter(url)
    take(writer, url, [book(n) for n in range(1, 500)])
    stop = threading.Event()
    faults: list[BaseException] = []

    def read() -> None:
        reader = StoreReader(url, SITE)
        try:
            while not stop.is_set():
                assert len(reader.items_on(FIRST)) in {0, 499}
        except BaseException as fault:  # noqa: BLE001 (handed to the test's own thread)
            faults.append(fault)
        finally:
            reader.close()

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for position in range(10):
        writer.apply(
            SITE, [placed(n, FIRST if position % 2 else None) for n in range(1, 500)], position, NOW_US
        )
        insert_act(url, SITE, asked(f"a-{position}"))
    stop.set()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(writer.pending_acts(SITE)) == 10
    writer.close()


def test_what_a_tablet_was_told_is_safe_is_on_the_disk(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'hub.db'}"
    upgrade(url)
    engine = engine_file.open_engine(url)
    with engine.connect() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    engine.dispose()
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


@pytest.mark.parametrize("text", ["\x00", "\ud800", "a\udfff", "x" * 100_000])
def test_a_text_that_no_database_can_hold_is_never_a_crash(database: str, text: str) -> None:
    reader = StoreReader(database, SITE)
    assert reader.search(text) == ([], 0)
    for ask in (reader.item, reader.finding, reader.items_on, reader.sweep, reader.act_answer):
        with suppress(InputError):
            assert not ask(text)
    reader.close()
    for act in (asked(text[:60]), asked("a-1", subject=text), asked("a-2", body={"x": text[:60]})):
        with suppress(InputError):
            insert_act(database, SITE, act)
    writer = StoreWriter(database)
    assert all("\x00" not in act.id + act.subject for act in writer.pending_acts(SITE))
    writer.close()


def test_a_user_name_is_taken_once_and_sessions_end(database: str) -> None:
    users = Users(database, SITE)
    assert not users.users_exist()
    users.add_user("anna", "staff", "hash", NOW_US)
    with pytest.raises(InputError, match="taken"):
        users.add_user("anna", "admin", "other", NOW_US)
    users.create_session("token-1", "anna", NOW_US, NOW_US + 100)
    users.create_session("token-2", "anna", NOW_US, NOW_US + 100)
    with pytest.raises(InputError, match="no such user"):
        users.create_session("token-3", "bert", NOW_US, NOW_US + 100)
    found = users.find_session("token-1", NOW_US)
    assert found is not None
    assert (found.name, found.role) == ("anna", "staff")
    assert users.find_session("token-1", NOW_US + 100) is None
    users.touch_session("token-1", NOW_US + 50, NOW_US + 200)
    assert users.find_session("token-1", NOW_US + 100) is not None
    users.end_session("token-2")
    users.end_session("nobody")
    assert users.find_session("token-2", NOW_US) is None
    users.set_password("anna", "new")
    assert users.find_session("token-1", NOW_US) is None
    users.create_session("token-4", "anna", NOW_US, NOW_US + 100)
    users.remove_user("anna")
    assert users.find_session("token-4", NOW_US) is None
    assert users.users() == []
    with pytest.raises(InputError, match="no such user"):
        users.remove_user("anna")
    with pytest.raises(InputError, match="no such user"):
        users.set_password("anna", "x")
    users.close()


def test_users_of_one_site_are_nobody_at_another(database: str) -> None:
    north, south = Users(database, "north"), Users(database, "south")
    north.add_user("anna", "staff", "hash", NOW_US)
    north.create_session("token", "anna", NOW_US, NOW_US + 100)
    assert south.user("anna") is None
    assert south.find_session("token", NOW_US) is None
    assert not south.users_exist()
    north.close()
    south.close()
