"""Who gets in, and what a foreign page cannot do."""

from __future__ import annotations

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask.testing import FlaskClient
from helpers.webs import World, add_user
from werkzeug.test import TestResponse

from shelfwire.errors import InputError
from web.auth import passwords
from web.auth.guard import safe_return
from web.auth.limits import ADDRESS_FAILURES, KEPT_KEYS, USER_FAILURES, WINDOW_S, Failures
from web.auth.roles import ACT_KINDS, may
from web.config import WebConfig, is_loopback, is_open_without_users
from web.hardening import host_is_ours

WORDS = "three small words"


def token_of(html: str) -> str:
    found = re.search(r'name="form_token" value="([^"]+)"', html)
    assert found
    return found[1]


def log_in(client: FlaskClient, name: str = "pat", password: str = WORDS, target: str = "/") -> TestResponse:
    token = token_of(client.get("/login").text)
    return client.post(
        "/login", data={"form_token": token, "name": name, "password": password, "next": target}
    )


def test_the_map_is_open_at_this_machine_until_the_first_user_exists(world: World) -> None:
    assert world.client().get("/s/demo/map/1F").status_code == 200
    add_user(world)
    answer = world.client().get("/s/demo/map/1F")
    assert answer.status_code == 303
    assert answer.location == "/login?next=/s/demo/map/1F"


@pytest.mark.parametrize("behind", [{"host": "0.0.0.0"}, {"names": ["map.example"]}, {"behind_tls": True}])
def test_a_map_that_others_can_reach_is_never_open(behind: dict[str, object]) -> None:
    assert is_open_without_users(WebConfig(hub="hub.yaml"))
    assert not is_open_without_users(WebConfig(hub="hub.yaml", **behind))  # type: ignore[arg-type]


def test_only_loopback_is_loopback() -> None:
    assert all(is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "127.3.2.1"))
    assert not any(is_loopback(host) for host in ("0.0.0.0", "::", "10.0.0.1", "example.org", ""))


def test_a_log_in_opens_a_session_and_log_out_ends_it(world: World) -> None:
    add_user(world)
    client = world.client()
    entered = log_in(client, target="/s/demo/findings")
    assert entered.status_code == 303
    assert entered.location == "/s/demo/findings"
    page = client.get("/s/demo/findings")
    assert page.status_code == 200
    assert client.post("/logout", data={"form_token": token_of(page.text)}).status_code == 303
    assert client.get("/s/demo/findings").status_code == 303


def test_the_session_cookie_is_read_by_no_script_and_sent_by_no_foreign_page(world: World) -> None:
    add_user(world)
    cookie = next(
        value for name, value in log_in(world.client()).headers if "shelfwire_session" in value and name
    )
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_the_store_does_not_hold_the_token_that_the_browser_holds(world: World) -> None:
    add_user(world)
    client = world.client()
    log_in(client)
    cookie = client.get_cookie("shelfwire_session")
    assert cookie
    with world.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM sessions").all()
    assert len(rows) == 1
    assert cookie.value not in str(rows)


def test_a_removed_user_is_out_at_once(world: World) -> None:
    add_user(world)
    add_user(world, "other")
    client = world.client()
    log_in(client)
    world.users.remove_user("pat")
    assert client.get("/s/demo/findings").status_code == 303


def test_wrong_name_and_wrong_password_sound_the_same(world: World) -> None:
    add_user(world)
    wrong, nobody = log_in(world.client(), password="x" * 12), log_in(world.client(), name="nobody")
    assert wrong.status_code == nobody.status_code == 401
    assert "do not fit" in wrong.text
    assert "do not fit" in nobody.text


def test_too_many_failures_must_wait(world: World) -> None:
    add_user(world)
    client = world.client()
    for _ in range(USER_FAILURES):
        assert log_in(client, password="wrong wrong").status_code == 401
    answer = log_in(client)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= WINDOW_S + 1


def test_after_log_in_nobody_is_sent_to_another_server(world: World) -> None:
    add_user(world)
    for target in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        assert log_in(world.client(), target=target).location == "/"


@pytest.mark.parametrize(
    "target",
    [
        "/\t/evil.example/phish",
        "/\n/evil.example",
        "/\r/evil.example",
        "/ /evil.example",
        "/x\\evil.example",
        "/\t\\evil.example",
        "///evil.example",
        "//[evil",
    ],
)
def test_no_spelling_of_another_server_passes_for_a_path_of_ours(world: World, target: str) -> None:
    assert safe_return(target) == "/"
    assert world.client().get("/login", query_string={"next": target}).location == "/"
    add_user(world)
    assert log_in(world.client(), target=target).location == "/"


def test_a_path_of_ours_with_a_query_is_gone_back_to() -> None:
    assert (
        safe_return("/s/demo/findings?kind=missing&state=todo") == "/s/demo/findings?kind=missing&state=todo"
    )


def test_a_form_of_another_page_is_refused(world: World) -> None:
    client = world.client()
    for data in ({}, {"form_token": "x" * 43}):
        answer = client.post("/s/demo/acts", data=data)
        assert answer.status_code == 400
        assert "came from elsewhere" in answer.text
    assert client.post("/login", data={"name": "pat", "password": WORDS}).status_code == 400


def test_a_form_token_of_one_session_does_not_fit_another(world: World) -> None:
    add_user(world)
    one, other = world.client(), world.client()
    log_in(one)
    log_in(other)
    token = token_of(one.get("/s/demo/findings").text)
    assert other.post("/logout", data={"form_token": token}).status_code == 400


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("127.0.0.1:8080", True),
        ("localhost", True),
        ("[::1]:8080", True),
        ("10.1.2.3", True),
        ("map.example", True),
        ("MAP.example:80", True),
        ("evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("localhost.evil.example:8080", False),
        ("", False),
    ],
)
def test_only_our_own_names_are_answered(host: str, ours: bool) -> None:  # noqa: FBT001 (a table)
    assert host_is_ours(host, WebConfig(hub="hub.yaml", names=["map.example"])) is ours


def test_a_name_that_points_at_us_from_outside_is_refused(world: World) -> None:
    assert world.client().get("/s/demo/map/1F", headers={"Host": "evil.example"}).status_code == 421


def test_every_answer_carries_the_headers_that_protect_it(world: World) -> None:
    for path in ("/s/demo/map/1F", "/no", "/static/app.css", "/api/v1/sites"):
        with world.client().get(path) as answer:
            headers = answer.headers
        policy = headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"


def test_language_and_theme_are_kept_and_nothing_else_is_accepted(world: World) -> None:
    client = world.client()
    token = token_of(client.get("/s/demo/findings").text)
    data = {"form_token": token, "language": "zh-Hans", "theme": "dark", "back": "/s/demo/findings"}
    assert client.post("/preferences", data=data).location == "/s/demo/findings"
    assert '<html lang="zh-Hans" data-theme="dark"' in client.get("/s/demo/findings").text
    client.post("/preferences", data=data | {"language": "xx", "theme": "<b>"})
    assert '<html lang="zh-Hans" data-theme="dark"' in client.get("/s/demo/findings").text


def test_failures_are_forgotten_after_the_window_and_never_fill_the_memory() -> None:
    failures = Failures()
    for second in range(USER_FAILURES):
        failures.begin("pat", "a", float(second))
    assert failures.begin("pat", "a", 10.0) > 0
    assert failures.begin("pat", "b", 10.0) == 0
    assert failures.begin("pat", "a", WINDOW_S + 10) == 0
    for number in range(KEPT_KEYS + 5_000):
        failures.begin(f"user{number}", f"address{number}", 1.0)
    assert len(failures._times) <= KEPT_KEYS


def test_one_address_cannot_try_many_names() -> None:
    failures = Failures()
    for number in range(ADDRESS_FAILURES):
        failures.begin(f"user{number}", "a", 1.0)
    assert failures.begin("another", "a", 2.0) > 0


def test_a_success_clears_the_count_of_that_person_only() -> None:
    failures = Failures()
    for _ in range(USER_FAILURES):
        failures.begin("pat", "a", 1.0)
    failures.succeeded("pat", "a", 1.0)
    assert failures.begin("pat", "a", 2.0) == 0


def test_a_success_is_no_failure_of_its_address() -> None:
    failures = Failures()
    for second in range(3 * ADDRESS_FAILURES):
        assert failures.begin("pat", "a", float(second)) == 0
        failures.succeeded("pat", "a", float(second))


def test_tries_at_the_same_moment_all_count() -> None:
    failures = Failures()
    with ThreadPoolExecutor(20) as many:
        waits = list(many.map(lambda _: failures.begin("pat", "a", 1.0), range(200)))
    assert waits.count(0) == USER_FAILURES


def test_a_try_counts_before_its_password_is_looked_at(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    add_user(world)
    looked = threading.Semaphore(0)
    answer = threading.Event()

    def slow(stored: str | None, password: str) -> bool:
        looked.release()
        return not answer.wait(10)

    monkeypatch.setattr(passwords, "is_right", slow)
    with ThreadPoolExecutor(USER_FAILURES) as many:
        waiting = [many.submit(log_in, world.client()) for _ in range(USER_FAILURES)]
        try:
            assert all(looked.acquire(timeout=10) for _ in waiting)
            assert log_in(world.client()).status_code == 429
        finally:
            answer.set()
        assert {each.result().status_code for each in waiting} == {401}


def test_no_more_passwords_are_checked_at_once_than_there_is_memory_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, most, lock = 0, 0, threading.Lock()

    class Hasher:
        def verify(self, stored: str, password: str) -> bool:
            nonlocal now, most
            with lock:
                now += 1
                most = max(most, now)
            time.sleep(0.01)
            with lock:
                now -= 1
            return stored == password

    monkeypatch.setattr(passwords, "_hasher", Hasher())
    with ThreadPoolExecutor(20) as many:
        assert all(many.map(lambda _: passwords.is_right(WORDS, WORDS), range(40)))
    assert most == passwords.AT_ONCE


def test_passwords_are_argon2_and_short_ones_are_refused() -> None:
    stored = passwords.hash_password(WORDS)
    assert stored.startswith("$argon2id$")
    assert passwords.is_right(stored, WORDS)
    assert not passwords.is_right(stored, "three large words")
    assert not passwords.is_right(None, WORDS)
    assert not passwords.is_right("broken", WORDS)
    assert not passwords.is_right(stored, "x" * 100_000)
    with pytest.raises(InputError, match="10 characters"):
        passwords.hash_password("short")


def test_each_role_may_what_it_should() -> None:
    assert may("shelver", "finding.claim")
    assert not may("shelver", "sweep.start")
    assert may("librarian", "sweep.start")
    assert not may("librarian", "agent.command")
    assert all(may("admin", kind) for kind in ACT_KINDS)
    assert not any(may("stranger", kind) for kind in ACT_KINDS)
    for kind in ("catalog.import", "catalog.labels"):
        assert may("librarian", kind)
        assert not may("shelver", kind)
    assert not may("admin", "item.states")
