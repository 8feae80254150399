"""What people ask for: checked, handed in once, answered by the hub."""

from __future__ import annotations

import threading
import time

import pytest
from helpers.webs import World, bearer
from sqlalchemy import text
from werkzeug.test import TestResponse

from hub.store.write import StoreWriter
from web.acting import scope_is_known
from web.i18n import texts
from web.told import told

ACTS = "/api/v1/sites/demo/acts"


def ask(world: World, headers: dict[str, str], **act: object) -> TestResponse:
    return world.client().post(ACTS, json={"id": "act-00000001", "body": {}} | act, headers=headers)


def a_finding(world: World) -> str:
    return world.library.reader.findings(["open"], None, 1)[0][0].id


def test_an_act_reaches_the_hub_once_and_its_answer_comes_back(world: World) -> None:
    headers = bearer(world, "shelver")
    act = {"kind": "finding.claim", "subject": a_finding(world)}
    for _ in range(3):
        answer = ask(world, headers, **act)
        assert answer.status_code == 202
        assert answer.json == {"id": "act-00000001", "answered": False, "ok": None, "detail": ""}
    pending = StoreWriter(world.engine).pending_acts("demo")
    assert [(each.id, each.role, each.kind) for each in pending] == [
        ("act-00000001", "shelver", "finding.claim")
    ]
    assert world.woken == ["demo"] * 3
    world.answer("act-00000001", ok=False, detail="it is claimed already")
    told = world.client().get(f"{ACTS}/act-00000001", headers=headers).json
    assert told == {
        "id": "act-00000001",
        "answered": True,
        "ok": False,
        "detail": "Somebody was quicker: it is “Claimed” already.",
    }


def test_the_act_carries_the_role_and_no_name(world: World) -> None:
    headers = bearer(world, "librarian")
    assert ask(world, headers, kind="sweep.start", body={"scope": "all"}).status_code == 202
    with world.engine.connect() as connection:
        row = str(connection.execute(text("SELECT * FROM acts")).mappings().one())
    assert "'role': 'librarian'" in row
    assert "shelver" not in row


def test_a_role_gets_only_what_it_may(world: World) -> None:
    headers = bearer(world, "shelver")
    answer = ask(world, headers, kind="sweep.start", body={"scope": "all"})
    assert answer.status_code == 403
    assert answer.json
    assert answer.json["error"]["code"] == "not_allowed"


@pytest.mark.parametrize(
    ("act", "status"),
    [
        ({"kind": "finding.claim", "subject": "nothing"}, 404),
        ({"kind": "finding.claim", "subject": "../../etc"}, 400),
        ({"kind": "catalog.export", "subject": "x"}, 400),
        ({"kind": "catalog.import", "subject": "none"}, 404),
        ({"kind": "catalog.labels", "subject": "none"}, 404),
        ({"kind": "catalog.labels", "subject": "../x"}, 400),
        ({"kind": "finding.claim", "subject": "SUBJECT", "id": "short"}, 400),
        ({"kind": "finding.claim", "subject": "SUBJECT", "id": "x' OR 1=1 --"}, 400),
        ({"kind": "finding.dismiss", "subject": "SUBJECT"}, 400),
        ({"kind": "finding.dismiss", "subject": "SUBJECT", "body": {"reason": "x" * 401}}, 400),
        ({"kind": "finding.dismiss", "subject": "SUBJECT", "body": {"reason": 7}}, 400),
        ({"kind": "finding.dismiss", "subject": "SUBJECT", "body": {"reason": "seen"}}, 202),
        ({"kind": "sweep.start", "body": {"scope": "the moon"}}, 400),
        ({"kind": "sweep.start", "body": {"scope": ["all"]}}, 400),
        ({"kind": "sweep.start", "body": {"scope": "1F-R02A"}}, 202),
        ({"kind": "sweep.cancel", "subject": "none"}, 404),
        ({"kind": "sweep.cancel", "subject": "now-2"}, 202),
        ({"kind": "item.status", "subject": "300000000100", "body": {"status": "eaten"}}, 400),
        ({"kind": "item.status", "subject": "300000000100", "body": {"status": "on_loan"}}, 202),
        ({"kind": "agent.command", "subject": "edge-1", "body": {"kind": "explode"}}, 400),
        ({"kind": "agent.command", "subject": "edge-1", "body": {"kind": "ping"}}, 202),
        ({"kind": "finding.claim", "unknown": 1}, 400),
        ({"kind": 5}, 400),
    ],
)
def test_an_act_is_checked_before_it_is_kept(world: World, act: dict[str, object], status: int) -> None:
    headers = bearer(world, "admin")
    if act.get("subject") == "SUBJECT":
        act = act | {"subject": a_finding(world)}
    assert ask(world, headers, **act).status_code == status
    assert len(StoreWriter(world.engine).pending_acts("demo")) == (status == 202)


def test_a_body_that_is_no_json_is_refused_in_words(world: World) -> None:
    headers = bearer(world, "admin")
    assert world.client().post(ACTS, data="x", headers=headers).status_code == 415
    for data in ("", "{", "[" * 100_000, '{"id": "\\ud800"}'):
        answer = world.client().post(ACTS, data=data, content_type="application/json", headers=headers)
        assert answer.status_code in {400, 413}
    big = world.client().post(ACTS, data="x" * 200_000, content_type="application/json", headers=headers)
    assert big.status_code == 413


def test_a_form_without_a_script_waits_for_the_answer_and_shows_it(world: World) -> None:
    client = world.client()
    html = client.get("/s/demo/findings").text
    token = html.split('name="form_token" value="')[1].split('"')[0]
    data = {"form_token": token, "id": "act-form-0001", "kind": "finding.claim", "subject": a_finding(world)}

    def hub() -> None:
        while not StoreWriter(world.engine).pending_acts("demo"):
            time.sleep(0.01)
        world.answer("act-form-0001", detail="It is yours.")

    thread = threading.Thread(target=hub)
    thread.start()
    answer = client.post("/s/demo/acts", data=data | {"back": "/s/demo/findings?kind=missing"})
    thread.join()
    assert answer.location == "/s/demo/findings?kind=missing&act=act-form-0001"
    assert "It is yours." in client.get(answer.location).text


def test_every_area_of_the_library_can_be_swept_and_no_other(world: World) -> None:
    for scope in ("all", "1F", "1F-R02", "1F-R02A", "1F-R02A-B01", "1F-R02A-B01-S1"):
        assert scope_is_known(world.library, scope)
    for scope in ("", "2F", "1F-R99", "ALL", "1F-R02A-B01-S9"):
        assert not scope_is_known(world.library, scope)


@pytest.mark.parametrize(
    ("detail", "english", "chinese"),
    [
        ("done", "Done.", "已完成。"),
        ("sweep abc runs over 15 shelves", "The sweep runs over 15 shelves.", "清点已开始，共 15 层。"),
        ("it is claimed already by shelver", "Somebody was quicker: it is “Claimed” already.", "已有人先行处理：现为“已认领”。"),
        ("words of a newer hub", "words of a newer hub", "words of a newer hub"),
        ("", "Done.", "已完成。"),
    ],
)  # fmt: skip
def test_the_hub_answers_in_the_language_of_the_reader(detail: str, english: str, chinese: str) -> None:
    assert told(texts("en"), ok=True, detail=detail) == english
    assert told(texts("zh-Hans"), ok=True, detail=detail) == chinese
    assert told(texts("en"), ok=False, detail="") == "Refused."
