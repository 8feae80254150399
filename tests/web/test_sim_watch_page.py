"""The watch page over HTTP: bounded, typed, on this machine only."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from helpers.watching import served, small_session

from firmware_sim.watch.app import create_app
from firmware_sim.watch.serve import make_server
from firmware_sim.watch.worker import BusyError, Worker
from shelfwire.errors import InputError

BASE = "http://127.0.0.1"


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker(small_session(), playing=False)
    worker.start()
    yield worker
    worker.stop()


@pytest.fixture
def client(worker: Worker) -> FlaskClient:
    return create_app(worker, worker.site.name, {"en": "A test.", "zh": "测试。"}).test_client()


def first_bay(worker: Worker) -> str:
    return next(iter(worker.site.bay_by_id))


def token(client: FlaskClient) -> str:
    found = re.search(r'data-token="([^"]+)"', client.get("/", base_url=BASE).text)
    assert found
    return found[1]


def wish(client: FlaskClient, **body: Any) -> Any:
    return client.post("/wish", base_url=BASE, json=body, headers={"X-Form-Token": token(client)})


def view(client: FlaskClient, worker: Worker, **more: Any) -> Any:
    return client.get("/view", base_url=BASE, query_string={"bay": first_bay(worker)} | more)


def test_the_page_comes_in_the_readers_language_with_strict_headers(client: FlaskClient) -> None:
    english = client.get("/", base_url=BASE)
    chinese = client.get("/", base_url=BASE, headers={"Accept-Language": "zh-CN"})
    assert "Truth and belief" in english.text
    assert "事实与判断" in chinese.text
    assert "default-src 'none'" in english.headers["Content-Security-Policy"]


@pytest.mark.parametrize("name", ["watch.css", "watch.js", "draw.js", "parts.js", "app.css", "icon.svg"])
def test_all_that_the_page_names_is_there(client: FlaskClient, name: str) -> None:
    with client.get(f"/static/{name}", base_url=BASE) as answer:
        assert answer.status_code == 200


@pytest.mark.parametrize("name", ["acts.js", "../app.py", "..%2fapp.py", "no.css"])
def test_nothing_else_is_served(client: FlaskClient, name: str) -> None:
    assert client.get(f"/static/{name}", base_url=BASE).status_code == 404


def test_a_view_has_both_sides_and_is_short_when_nothing_changed(client: FlaskClient, worker: Worker) -> None:
    found = view(client, worker, tag=3).json
    assert found["bay"]["boards"][0]["true"]
    assert found["book"]["tag"] == 3
    assert len(json.dumps(found)) < 200_000
    again = view(client, worker, seen=found["number"]).json
    assert "bay" not in again


def test_a_foreign_name_is_refused(client: FlaskClient) -> None:
    assert client.get("/", base_url="http://evil.example").status_code == 421


def test_a_wish_without_the_pages_token_is_refused(client: FlaskClient) -> None:
    assert client.post("/wish", base_url=BASE, json={"do": "play"}).status_code == 403
    assert (
        client.post(
            "/wish", base_url=BASE, json={"do": "play"}, headers={"X-Form-Token": "é".encode().decode("latin-1")}
        ).status_code
        == 403
    )  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        {}, {"do": "explode"}, {"do": "play", "more": 1}, {"do": "speed"}, {"do": "speed", "speed": 7},
        {"do": "speed", "speed": 1e99}, {"do": "fault", "fault": "disk_full", "bay": "no-such-bay"},
        {"do": "fault", "fault": "rm -rf", "bay": ""}, {"do": "fault"}, {"do": "deed", "deed": "take", "bay": "'; --"},
        {"do": "deed", "deed": "take", "bay": "x" * 500}, {"do": "deed", "deed": "take", "tag": -1},
        {"do": "deed", "deed": "take", "tag": 2**40}, {"do": "cross", "cross": 2}, {"do": "cross", "cross": "much"},
        {"do": "undo"}, {"do": "undo", "press": 0}, [], "play",
    ],
)  # fmt: skip
def test_a_hostile_wish_is_answered_in_words(client: FlaskClient, worker: Worker, body: Any) -> None:
    answer = client.post("/wish", base_url=BASE, json=body, headers={"X-Form-Token": token(client)})
    assert answer.status_code == 400
    assert answer.get_json()["error"]
    assert worker.alive


@pytest.mark.parametrize(
    "raw", [b"", b"null", b"\xff\xfe", b"{", b"[" * 1500, b'{"do": "play"' + b" " * 5000]
)
def test_bytes_that_are_no_wish_are_answered_in_words(client: FlaskClient, raw: bytes) -> None:
    headers = {"X-Form-Token": token(client), "Content-Type": "application/json"}
    answer = client.post("/wish", base_url=BASE, data=raw, headers=headers)
    assert answer.status_code in {400, 413}
    assert answer.get_json()["error"]


@pytest.mark.parametrize(
    "query",
    [{"bay": ""}, {"bay": "no"}, {"bay": "<b>"}, {"tag": "x"}, {"tag": "-1"}, {"tag": "9" * 12}, {"seen": "ü"}],
)  # fmt: skip
def test_a_hostile_question_is_answered_in_words(
    client: FlaskClient, worker: Worker, query: dict[str, str]
) -> None:
    answer = client.get("/view", base_url=BASE, query_string={"bay": first_bay(worker)} | query)
    assert answer.status_code == 400
    assert answer.get_json()["error"]


def test_transport_does_what_it_says(client: FlaskClient, worker: Worker) -> None:
    before = view(client, worker).json["iso"]
    assert wish(client, do="step").status_code == 200
    assert view(client, worker).json["iso"] > before
    wish(client, do="speed", speed=200)
    wish(client, do="play")
    found = view(client, worker).json
    assert (found["playing"], found["speed"]) == (True, 200)
    wish(client, do="pause")
    assert not worker.playing


def test_a_press_is_told_seen_and_taken_back(client: FlaskClient, worker: Worker) -> None:
    bay = first_bay(worker)
    done = wish(client, do="fault", fault="antenna_unplugged", bay=bay).json
    assert done["ok"]
    assert done["see"]
    assert view(client, worker).json["held"]["antenna_unplugged"] == done["press"]["number"]
    assert wish(client, do="fault", fault="antenna_unplugged", bay=bay).json["ok"] is False
    assert wish(client, do="undo", press=done["press"]["number"]).json["ok"]
    assert view(client, worker).json["held"]["antenna_unplugged"] == 0


def test_a_library_that_has_ended_is_said_to_be_lost(client: FlaskClient, worker: Worker) -> None:
    bay = first_bay(worker)
    worker.stop()
    with pytest.raises(BusyError):
        worker.ask(lambda session: session.now_us)
    answer = client.get("/view", base_url=BASE, query_string={"bay": bay})
    assert answer.status_code == 503


def test_a_library_that_breaks_is_told_to_whoever_serves_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: float) -> None:
        raise ZeroDivisionError

    session = small_session(100)
    monkeypatch.setattr(session, "step", broken)
    told = threading.Event()
    worker = Worker(session)
    worker.start(told.set)
    assert told.wait(5)
    assert isinstance(worker.fault, ZeroDivisionError)
    with pytest.raises(BusyError):
        worker.ask(lambda each: each.now_us)
    worker.stop()


def test_an_error_in_one_question_leaves_the_library_alive(worker: Worker) -> None:
    with pytest.raises(ZeroDivisionError):
        worker.ask(lambda _: 1 // 0)
    assert worker.ask(lambda session: session.now_us) > 0


def test_a_taken_port_is_named_with_what_to_do(worker: Worker) -> None:
    with served(Worker(small_session(100), playing=False)) as at:
        port = int(at.rsplit(":", 1)[1])
        with pytest.raises(InputError, match=f"--port {port}"):
            make_server(worker, {}, port)


@pytest.mark.parametrize(("language", "told"), [("en", "Nobody was looking"), ("zh-CN", "没有人看")])
def test_a_library_that_nobody_looks_at_for_a_minute_stands_still_and_says_so(
    language: str, told: str
) -> None:
    now_s = [1000.0]
    worker = Worker(small_session(100), clock=lambda: now_s[0])
    worker.start()
    client = create_app(worker, worker.site.name, {}).test_client()

    def look() -> Any:
        query, headers = {"bay": first_bay(worker)}, {"Accept-Language": language}
        return client.get("/view", base_url=BASE, query_string=query, headers=headers).json

    try:
        for _ in range(3):
            now_s[0] += 59.0
            found = look()
            assert (found["playing"], found["rested"]) == (True, "")
        worker.ask(lambda session: session.now_us)
        now_s[0] += 61.0
        deadline_s = time.monotonic() + 5
        while worker.playing and time.monotonic() < deadline_s:
            time.sleep(0.01)
        assert not worker.playing
        stood_us = worker.ask(lambda session: session.now_us)
        found = look()
        assert (found["playing"], told in found["rested"]) == (False, True)
        assert told in look()["rested"], "until somebody lets it go on"
        assert worker.ask(lambda session: session.now_us) == stood_us
        worker.set(playing=True)
        assert (look()["playing"], look()["rested"]) == (True, "")
    finally:
        worker.stop()
