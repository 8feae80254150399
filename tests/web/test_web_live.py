"""Changes appear by themselves: gathered, pushed to fifty tablets, bounded, and honest when the broker is away."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from helpers.brokers import FLAVOURS, FlavouredBroker, flavoured
from helpers.webs import World, add_user, make_world, served

from hub.effects import ShelfChanged
from shelfwire import topics
from shelfwire.link import Link, Message
from web.changes import MAX_IDS, Changes
from web.live import Live
from web.views import events


def data_of(event: bytes) -> dict[str, object]:
    found: dict[str, object] = json.loads(event.split(b"data: ", 1)[1])
    return found


def test_changes_of_one_moment_are_one_event() -> None:
    changes = Changes()
    assert changes.note("shelf", "S1")
    assert not changes.note("shelf", "S1")
    assert not changes.note("finding", "f1")
    changes.flush()
    changes.flush()
    seen, events = changes.wait(0, 0)
    assert [data_of(event) for event in events] == [{"shelves": ["S1"], "findings": ["f1"], "sweeps": []}]
    assert changes.wait(seen, 0) == (seen, [])


def test_a_change_of_everything_is_told_in_one_word() -> None:
    changes = Changes()
    for number in range(MAX_IDS + 1):
        changes.note("shelf", f"S{number}")
    changes.flush()
    assert data_of(changes.wait(0, 0)[1][0]) == {"all": True}


def test_a_stream_that_fell_behind_looks_at_everything_again() -> None:
    changes = Changes()
    for number in range(200):
        changes.note("shelf", f"S{number}")
        changes.flush()
    assert [data_of(event) for event in changes.wait(1, 0)[1]] == [{"all": True}]
    assert len(changes.wait(199, 0)[1]) == 1


def test_who_waits_is_woken_and_the_end_wakes_all() -> None:
    changes = Changes()
    got: list[tuple[int, list[bytes]]] = []
    thread = threading.Thread(target=lambda: got.append(changes.wait(0, 30)))
    thread.start()
    changes.close()
    thread.join(timeout=2)
    assert got == [(0, [])]


def test_after_the_broker_was_away_everything_is_looked_at_again() -> None:
    changes = Changes()
    changes.link(up=True)
    changes.link(up=False)
    changes.link(up=False)
    changes.link(up=True)
    told = [data_of(event) for event in changes.wait(0, 0)[1]]
    assert told == [{"up": True, "all": True}, {"up": False, "all": False}, {"up": True, "all": True}]


class Tablet:
    """One open stream; notes when each event came."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
        self._connection.connect()
        self._socket: socket.socket = self._connection.sock
        self._connection.request("GET", "/s/demo/events")
        self._answer = self._connection.getresponse()
        self.status = self._answer.status
        self.retry_after = self._answer.headers["Retry-After"]
        self.came: list[tuple[float, str]] = []
        self.ready = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        if self.status == 200:
            self._thread.start()

    def _read(self) -> None:
        try:
            while line := self._answer.readline():
                if line.startswith(b"event: "):
                    name = line[7:].decode().strip()
                    self.came.append((time.perf_counter(), name))
                    self.ready.set()
        except (OSError, http.client.HTTPException, ValueError, AttributeError):
            return

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._answer.close()
        self._connection.close()
        if self._thread.ident is not None:
            self._thread.join(timeout=15)


@contextmanager
def tablets(address: str, number: int) -> Iterator[list[Tablet]]:
    opened = [Tablet(address) for _ in range(number)]
    try:
        yield opened
    finally:
        for each in opened:
            each.close()


def test_fifty_tablets_hear_of_a_change_well_within_a_second(world: World) -> None:
    with served(world) as address:
        with tablets(address, 50) as fifty:
            assert all(each.ready.wait(10) for each in fifty)
            delays: list[float] = []
            for round_number in range(10):
                before = [len(each.came) for each in fifty]
                start = time.perf_counter()
                world.say_changed("shelf", f"1F-R02A-B01-S{round_number % 5 + 1}")
                _until(partial(_heard_more, fifty, before))
                delays += [each.came[n][0] - start for each, n in zip(fifty, before, strict=True)]
            world.changes.close()
        assert sorted(delays)[int(len(delays) * 0.95)] < 0.8


def test_fifty_tablets_have_the_new_map_within_a_second_of_the_change(world: World) -> None:
    with served(world) as address, tablets(address, 50) as fifty:
        assert all(each.ready.wait(10) for each in fifty)
        delays: list[float] = []

        def look(each: Tablet, start: float) -> None:
            _until(lambda: len(each.came) > 1)
            answer = _get(address, "/s/demo/map/1F/now.json")
            assert b'"1F-R02A-B01":["attention",' in answer
            delays.append(time.perf_counter() - start)

        world.write(attention("1F-R02A-B01-S2"))
        start = time.perf_counter()
        lookers = [threading.Thread(target=look, args=(each, start)) for each in fifty]
        for thread in lookers:
            thread.start()
        world.say_changed("shelf", "1F-R02A-B01-S2")
        for thread in lookers:
            thread.join(timeout=10)
        world.changes.close()
    assert len(delays) == 50
    assert sorted(delays)[int(len(delays) * 0.95)] < 1.0, sorted(delays)


def test_more_tablets_than_the_bound_are_told_to_ask_instead(tmp_path: Path, tables: dict[str, Path]) -> None:
    world = make_world(tmp_path, like=tables["bare"], streams=2)
    with served(world) as address, tablets(address, 2) as two:
        assert [each.status for each in two] == [200, 200]
        with tablets(address, 1) as third:
            assert (third[0].status, third[0].retry_after) == (503, "2")
        two[0].close()
        _until(lambda: _opens(address), 15)
        world.changes.close()
    world.engine.dispose()


def test_a_stream_of_a_session_that_ended_is_closed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "HEARTBEAT_S", 0.5)
    with served(world) as address, tablets(address, 1) as one:
        assert one[0].ready.wait(5)
        add_user(world)
        one[0]._thread.join(timeout=5)
        assert not one[0]._thread.is_alive()


def test_a_stream_of_a_session_that_ended_is_closed_in_a_busy_hour_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "HEARTBEAT_S", 0.5)
    with served(world) as address, tablets(address, 1) as one:
        assert one[0].ready.wait(5)
        add_user(world)
        until = time.monotonic() + 8
        while one[0]._thread.is_alive() and time.monotonic() < until:
            world.changes.note("shelf", "1F-R01A-B01-S1")
            world.changes.flush()
            time.sleep(0.05)
        assert not one[0]._thread.is_alive()


@pytest.fixture(params=FLAVOURS)
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FlavouredBroker]:
    yield from flavoured(request.param, tmp_path)


async def test_what_the_hub_publishes_wakes_the_page_and_an_act_wakes_the_hub(
    broker: FlavouredBroker, tmp_path: Path
) -> None:
    woken: list[str] = []

    async def on_message(message: Message) -> None:
        woken.append(message.topic)

    hub = Link(
        broker.config("hub"), client_id="hub", filters=topics.hub_filters("demo"), on_message=on_message
    )
    task = asyncio.create_task(hub.run())
    changes = Changes()
    live = Live(broker.config("web"), tmp_path, ["demo"], changes)
    live.start()
    try:
        await asyncio.to_thread(_until, lambda: changes.up and hub.connected.is_set())
        seen, _ = changes.wait(0, 0)
        await hub.publish(topics.shelf_state("demo", "1F-R02A-B01-S1"), b"{}", retain=True)
        await hub.publish(topics.finding("demo", "f1"), b"{}", retain=True)
        _, events = await asyncio.to_thread(changes.wait, seen, 5)
        assert data_of(events[0])["shelves"] == ["1F-R02A-B01-S1"]
        live.wake("demo")
        await asyncio.to_thread(_until, lambda: topics.wake("demo") in woken)
        await asyncio.to_thread(broker.kill)
        await asyncio.to_thread(_until, lambda: not changes.up)
        live.wake("demo")
        await asyncio.to_thread(broker.start)
        await asyncio.to_thread(_until, lambda: changes.up, 20)
    finally:
        await asyncio.to_thread(live.stop)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def attention(shelf: str) -> ShelfChanged:
    return ShelfChanged(
        shelf=shelf, at_us=1, state="attention", looked_at_us=1, items=1, away=0, findings=1
    )  # fmt: skip


def _get(address: str, path: str) -> bytes:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    with contextlib.closing(connection):
        connection.request("GET", path)
        return connection.getresponse().read()


def _heard_more(all_of: list[Tablet], than: list[int]) -> bool:
    return all(len(each.came) > number for each, number in zip(all_of, than, strict=True))


def _opens(address: str) -> bool:
    tablet = Tablet(address)
    tablet.close()
    return tablet.status == 200


def _until(true: Callable[[], bool], wait_s: float = 8.0) -> None:
    until = time.monotonic() + wait_s
    while not true():
        assert time.monotonic() < until, "it did not come true in time"
        time.sleep(0.005)
