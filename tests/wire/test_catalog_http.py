"""The door to library systems over HTTP, against a server over a real socket that does what servers do on bad days."""

from __future__ import annotations

import gzip
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from helpers.http_standin import (
    Asked,
    Behaviour,
    Reply,
    Standin,
    dead,
    drip,
    endless,
    half,
    make_certificate,
    no_json,
    raw,
    redirect,
    says,
    slow,
    status,
)

from hub.catalog.http import door as door_module
from hub.catalog.http.door import segment
from hub.catalog.http.options import HttpOptions, read_secret
from hub.catalog.http.watch import Watch
from shelfwire.errors import AwayError, InputError, PeerError

PERSON = "Jane-Reader-4711"


class Shelf(msgspec.Struct, frozen=True):
    name: str


@pytest.fixture
def standin() -> Iterator[Standin]:
    def answers(asked: Asked) -> Reply:
        if asked.path == "/elsewhere":
            return Reply(json={"name": "moved"})
        return Reply(json={"name": "A1", "patron": PERSON, "x": "y" * 200}, headers={"X-Total-Count": "7"})

    with Standin(answers) as running:
        yield running


def test_only_the_fields_that_are_named_come_in(standin: Standin) -> None:
    answer = standin.door("/api").get("/shelves", Shelf, query={"q": "a b&c"}, headers={"X-Embed": "s"})
    assert answer.data == Shelf("A1")
    assert answer.header("x-total-count") == "7"
    assert answer.server_time() is not None
    assert PERSON not in repr(answer)
    asked = standin.asked[0]
    assert (asked.path, asked.query, asked.headers["x-embed"]) == ("/api/shelves", {"q": "a b&c"}, "s")


def test_a_body_and_a_form_arrive_as_sent(standin: Standin) -> None:
    door = standin.door()
    door.post("/q", Shelf, body={"cql": "x"})
    door.post("/token", Shelf, form={"secret": "a&b"})
    assert standin.asked[0].json() == {"cql": "x"}
    assert standin.asked[1].form() == {"secret": "a&b"}


def test_a_server_that_fails_for_a_while_is_asked_again_and_people_are_told(standin: Standin) -> None:
    standin.behave(status(500), status(503), half())
    assert standin.door().get("/a", Shelf).data == Shelf("A1")
    assert [wait for wait in standin.waits_s if wait >= 1] == [1.0, 2.0, 4.0]
    assert len(standin.told) == 3
    assert "GET /a: answers 503; trying again in 2 s" in standin.told[1]


def test_a_server_may_say_how_long_to_wait(standin: Standin) -> None:
    standin.behave(
        status(429, {"Retry-After": "17"}), status(503, {"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"})
    )
    standin.door().get("/a", Shelf)
    assert [wait for wait in standin.waits_s if wait >= 1] == [17.0, 2.0]


def test_a_server_that_wants_an_hour_is_away_at_once(standin: Standin) -> None:
    standin.behave(status(429, {"Retry-After": "3600"}))
    with pytest.raises(AwayError, match="wants no request for 3600 s"):
        standin.door().get("/a", Shelf)
    assert len(standin.asked) == 1


def test_a_server_that_never_recovers_is_away(standin: Standin) -> None:
    standin.behave(*[status(500, json={"error": PERSON})] * 3)
    with pytest.raises(AwayError, match=r"answers 500, 3 times") as told:
        standin.door(tries=3).get("/a", Shelf)
    assert PERSON not in str(told.value)


@pytest.mark.parametrize(
    "behaviour",
    [dead(), slow(5), drip(), drip(headers=True)],
    ids=["dead", "slow", "drip", "dripping headers"],
)
def test_an_answer_has_a_time_limit_as_a_whole(standin: Standin, behaviour: Behaviour) -> None:
    standin.behave(behaviour)
    begun_s = time.monotonic()
    door = standin.door(tries=1, answer_within_s=0.3)
    with pytest.raises(AwayError, match=r"in time|whole answer"):
        door.get("/a", Shelf)
    assert time.monotonic() - begun_s < 2
    assert door.get("/a", Shelf).data == Shelf("A1"), "the next request takes a new connection"


def test_a_body_without_end_is_cut_off(standin: Standin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door_module, "MAX_BODY_BYTES", 1_000_000)
    standin.behave(endless())
    with pytest.raises(PeerError, match="more than 1000000 bytes"):
        standin.door().get("/a", Shelf)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"<html>" + PERSON.encode(), "no JSON"),
        (b"", "no JSON"),
        (b'{"name": "\xff"}', "no JSON"),
        (b"[" * 1_000_000, "another shape"),
        (b'{"other": ' + b"[" * 1_000_000, "nested too deep"),
        (b'{"name": 5}', "another shape: Expected `str`, got `int`"),
        (b'{"nome": "x"}', "another shape: Object missing required field `name`"),
    ],
)
def test_an_answer_that_is_not_what_was_asked_for_is_the_peers_fault(
    standin: Standin, body: bytes, why: str
) -> None:
    standin.behave(no_json(body))
    with pytest.raises(PeerError, match=why) as told:
        standin.door().get("/a", Shelf)
    assert PERSON not in str(told.value)
    assert len(standin.asked) == 1


@pytest.mark.parametrize(
    "place", ["http://127.0.0.1:1/a", "//elsewhere.example/a", "https://localhost/a", "http://[", ""]
)
def test_a_redirect_to_another_host_is_not_followed(standin: Standin, place: str) -> None:
    standin.behave(*[redirect(place or standin.url)] * 9)
    with pytest.raises(PeerError, match=r"leads (to another address|in a circle|nowhere)"):
        standin.door(sign=lambda _: {"Authorization": "secret"}).get("/a", Shelf)


def test_a_redirect_on_the_same_host_is_followed(standin: Standin) -> None:
    standin.behave(redirect("/elsewhere"))
    assert standin.door().get("/a", Shelf).data == Shelf("moved")


def test_a_post_is_never_sent_on(standin: Standin) -> None:
    standin.behave(redirect("/elsewhere", 307))
    with pytest.raises(PeerError):
        standin.door().post("/a", Shelf, body={})
    assert len(standin.asked) == 1


def test_a_refused_token_is_renewed_once(standin: Standin) -> None:
    standin.behave(status(401))
    tokens: list[str] = []

    def sign(refused: bool) -> dict[str, str]:  # noqa: FBT001 (as the door calls it)
        tokens.append("new" if refused else "old")
        return {"Authorization": f"Bearer {tokens[-1]}"}

    standin.door(sign=sign).get("/a", Shelf)
    assert [asked.headers["authorization"] for asked in standin.asked] == ["Bearer old", "Bearer new"]
    standin.behave(status(401), status(401))
    with pytest.raises(InputError, match="does not take the account or key"):
        standin.door(sign=sign).get("/a", Shelf)


@pytest.mark.parametrize(
    ("number", "kind", "words"),
    [
        (403, InputError, "lacks the right"),
        (404, PeerError, "no such interface"),
        (400, PeerError, "answers 400 "),
        (418, PeerError, "answers 418"),
    ],
)
def test_a_refusal_is_told_by_its_number_and_known_code_only(
    standin: Standin, number: int, kind: type[Exception], words: str
) -> None:
    standin.behave(status(number, json={"code": "known", "text": PERSON}))
    door = standin.door(code_of=lambda body: "known" if b'"known"' in body else PERSON)
    with pytest.raises(kind, match=words) as told:
        door.get("/a", Shelf)
    assert "(known)" in str(told.value)
    assert PERSON not in str(told.value)


def test_an_expected_refusal_is_handed_back_without_its_body(standin: Standin) -> None:
    standin.behave(status(404, json={"error": PERSON}))
    answer = standin.door(code_of=lambda _: "gone 1").get("/a", Shelf, expect={200, 404})
    assert (answer.status, answer.data, answer.code) == (404, None, ""), "a code is one word"


@pytest.mark.parametrize(
    "behaviour",
    [
        raw(f"{PERSON} is no status line\r\n\r\n".encode()),
        raw(f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{PERSON}\r\n".encode()),
        raw(f"HTTP/1.1 200 OK\r\nContent-Length: {PERSON}\r\n\r\n{{".encode()),
        raw(f"HTTP/1.1 200 OK\r\n{PERSON}\r\n: {PERSON}\r\nContent-Length: 2\r\n\r\n[]".encode()),
        raw(f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 16\r\n\r\n{PERSON}".encode()),
        raw(b"HTTP/1.1 200 OK\r\n" + b"".join(b"X%d: y\r\n" % at for at in range(200)) + b"\r\n[]"),
        no_json(PERSON.encode()),
        says(Reply(status=500, json={"error": PERSON}, headers={"X-Person": PERSON, "Retry-After": PERSON})),
        redirect(f"https://x.example/{PERSON}"),
        redirect(f"/{PERSON}"),
    ],
    ids=[
        "status line",
        "chunk",
        "length",
        "header",
        "gzip",
        "200 headers",
        "text",
        "headers",
        "redirect",
        "path",
    ],
)
def test_nothing_that_a_broken_answer_says_comes_out(
    standin: Standin, behaviour: Behaviour, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    standin.behave(*[behaviour] * 5)
    with pytest.raises((AwayError, PeerError)) as told:
        standin.door(tries=2).get("/a", Shelf)
    chain: list[str] = []
    fault: BaseException | None = told.value
    while fault is not None:
        chain.append(repr(fault))
        fault = fault.__cause__ or fault.__context__
    assert PERSON not in "\n".join([*chain, *standin.told, caplog.text])


def test_packed_answers_are_not_unpacked(standin: Standin) -> None:
    standin.behave(
        says(
            Reply(
                body=gzip.compress(b'{"name": "' + b"x" * 9_000_000 + b'"}'),
                headers={"Content-Encoding": "gzip"},
            )
        )
    )
    with pytest.raises(PeerError, match="no JSON"):
        standin.door().get("/a", Shelf)


def test_nobody_there_is_away() -> None:
    with Standin(lambda _: Reply()) as gone:
        door = gone.door(tries=2)
    with pytest.raises(AwayError, match=r"takes no connection \(connection refused\), 2 times"):
        door.get("/a", Shelf)


def test_requests_keep_their_distance(standin: Standin) -> None:
    now_s = 0.0
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        nonlocal now_s
        now_s += seconds
        waits.append(seconds)

    options = HttpOptions(url=standin.url, requests_a_second=4)
    door = door_module.Door("S", options, Path(), standin.told.append, clock=lambda: now_s, sleep=sleep)
    for _ in range(3):
        door.get("/a", Shelf)
    assert waits == [0.25, 0.25]
    door.close()
    door.close()


@pytest.mark.needs("openssl")
def test_only_a_trusted_certificate_of_that_name_is_spoken_to(tmp_path: Path) -> None:
    ours, other = make_certificate(tmp_path), make_certificate(tmp_path, "other.example")
    with Standin(lambda _: Reply(json={"name": "safe"}), ours) as safe:
        assert safe.door(base=tmp_path, ca_file=ours.name).get("/a", Shelf).data == Shelf("safe")
        with pytest.raises(InputError, match="certificate is not trusted"):
            safe.door().get("/a", Shelf)
    with (
        Standin(lambda _: Reply(json={"name": "x"}), other) as strange,
        pytest.raises(InputError, match="certificate is not trusted"),
    ):
        strange.door(base=tmp_path, ca_file=other.name).get("/a", Shelf)


def test_https_to_a_server_that_speaks_none_is_told_as_that(standin: Standin) -> None:
    options = HttpOptions(url=standin.url.replace("http:", "https:"), tries=1)
    with pytest.raises(AwayError, match="cannot agree on TLS"):
        door_module.Door("S", options, Path(), standin.told.append).get("/a", Shelf)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"url": "http://koha.example"}, "must begin with https://"),
        ({"url": "https://me:secret@koha.example"}, "holds an account"),
        ({"url": "koha.example"}, "is no address"),
        ({"url": "https://koha.example/?a=b"}, "take out what follows"),
        ({"url": "http://[::1"}, "is no address"),
        ({"url": "https://koha.example:99999"}, "is no address"),
        ({"url": "http://localhost", "ca_file": "x.pem"}, "ca_file: is only for https"),
        ({"url": "https://koha.example", "ca_file": "none.pem"}, "cannot be read"),
    ],
)
def test_an_address_that_cannot_be_right_is_refused_in_words(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words) as told:
        door_module.Door("S", HttpOptions(**options), Path(), print)
    assert "secret" not in str(told.value).replace("secrets", "")


def test_plain_http_to_another_machine_has_to_be_said() -> None:
    assert HttpOptions(url="http://koha.example", plain_http=True).faults() == []
    assert HttpOptions(url="http://127.0.0.1:8080/api").faults() == []


def test_a_secret_comes_from_the_first_line_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("  s3cret \nrest\n")
    assert read_secret(tmp_path, "key", "key_file") == "s3cret"
    for name, content in {
        "none": None,
        "empty": b"\n",
        "large": b"x" * 9999,
        "bytes": b"\xff\xfe",
        "bell": b"a\x07",
    }.items():
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match="key_file: "):
            read_secret(tmp_path, name, "key_file")


def test_a_part_of_a_path_is_quoted() -> None:
    assert segment("a/b?c d") == "a%2Fb%3Fc%20d"


def test_a_timer_that_fires_too_late_hangs_up_no_later_request() -> None:
    watch = Watch()
    watch.start(60)
    first = watch._timer
    assert first is not None
    watch.stop()
    watch.start(60)
    first.function(*first.args)  # it was about to fire when it was cancelled
    assert not watch.late
    watch.stop()
