"""The API against its contract: routes, structs, and real answers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from helpers.webs import World, add_user, bearer
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from hub.catalog.labels.check import Examined
from hub.catalog.labels.learning import Proposal
from hub.catalog.model import RowFault
from hub.effects import AgentChanged, AntennaChanged
from hub.findings.kept import Kept
from hub.health import HubHealth
from hub.store.labels import LabelSet, stage_labels
from hub.store.read import ImportView
from hub.store.read.health import Counts
from hub.store.sources import Source
from hub.views import FindingView, HistoryLine, ItemView, ShelfView, SweepRowView, SweepView
from shelfwire import config
from shelfwire.callnumbers.labels import Row as LabelRow
from web.acting import Asked
from web.api.doing import Credentials
from web.api.order import Row
from web.api.routes import CONTRACT
from web.words import FINDING_STATES, KINDS

DOCS = Path(__file__).resolve().parents[2] / "docs/openapi.yaml"
CONTRACT_DATA: dict[str, Any] = json.loads(CONTRACT.read_bytes())
STRUCTS = (
    ItemView, FindingView, ShelfView, HistoryLine, SweepView, SweepRowView, AgentChanged, AntennaChanged, HubHealth, Kept,
    Counts, Asked, Credentials, Row, Source, ImportView, LabelSet, Examined, Proposal, RowFault,
)  # fmt: skip
SITE = "/api/v1/sites/demo"
READS = {
    "/api/v1/sites": "/api/v1/sites",
    SITE: "/api/v1/sites/{site}",
    f"{SITE}/floors": "/api/v1/sites/{site}/floors",
    f"{SITE}/floors/1F": "/api/v1/sites/{site}/floors/{floor}",
    f"{SITE}/bays/1F-R02A-B01": "/api/v1/sites/{site}/bays/{bay}",
    f"{SITE}/shelves?limit=3": "/api/v1/sites/{site}/shelves",
    f"{SITE}/shelves/1F-R02A-B01-S1": "/api/v1/sites/{site}/shelves/{shelf}",
    f"{SITE}/items?q=moby&limit=2": "/api/v1/sites/{site}/items",
    f"{SITE}/items/300000000100": "/api/v1/sites/{site}/items/{barcode}",
    f"{SITE}/items/300000000100/history": "/api/v1/sites/{site}/items/{barcode}/history",
    f"{SITE}/findings?kind=misplaced": "/api/v1/sites/{site}/findings",
    f"{SITE}/sweeps": "/api/v1/sites/{site}/sweeps",
    f"{SITE}/sweeps/night-1": "/api/v1/sites/{site}/sweeps/{sweep}",
    f"{SITE}/sweeps/night-1/rows": "/api/v1/sites/{site}/sweeps/{sweep}/rows",
    f"{SITE}/catalogue": "/api/v1/sites/{site}/catalogue",
    f"{SITE}/imports/import-1/faults": "/api/v1/sites/{site}/imports/{import_id}/faults",
    f"{SITE}/labels": "/api/v1/sites/{site}/labels",
    f"{SITE}/learned?limit=2": "/api/v1/sites/{site}/learned",
    f"{SITE}/promises": "/api/v1/sites/{site}/promises",
    f"{SITE}/health": "/api/v1/sites/{site}/health",
    f"{SITE}/series?measurement=antenna&field=reads&of=ant-0011": "/api/v1/sites/{site}/series",
    f"{SITE}/acts/act-00000001": "/api/v1/sites/{site}/acts/{act}",
}


def schema_of(path: str, status: str = "200", method: str = "get") -> Draft202012Validator:
    answer = CONTRACT_DATA["paths"][path][method]["responses"][status]
    schema = answer["content"]["application/json"]["schema"]
    return Draft202012Validator(schema | {"components": CONTRACT_DATA["components"]})


def test_the_contract_is_sound_and_the_served_one_is_the_written_one() -> None:
    validate(CONTRACT_DATA)
    assert config.read_data(DOCS) == CONTRACT_DATA


def test_the_contract_names_every_route_and_no_other(world: World) -> None:
    routes = {
        (re.sub(r"<(?:path:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in world.app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    written = {(path, method) for path, methods in CONTRACT_DATA["paths"].items() for method in methods}
    assert routes == written


def test_the_contract_has_the_structs_of_today() -> None:
    _, components = msgspec.json.schema_components(STRUCTS, ref_template="#/components/schemas/{name}")
    for name, schema in json.loads(json.dumps(components)).items():
        assert CONTRACT_DATA["components"]["schemas"][name] == schema, name


@pytest.mark.parametrize("path", list(READS))
def test_real_answers_are_as_the_contract_says(world: World, path: str) -> None:
    answer = world.client().get(path)
    assert answer.status_code == 200, answer.text
    schema_of(READS[path]).validate(answer.json)


def test_labels_that_wait_answer_as_the_contract_says(world: World) -> None:
    rows = [LabelRow("1F-R01A-B01-S1", "QA1"), LabelRow("1F-R01A-B01-S2", "??", line=3)]
    stage_labels(world.engine, "demo", "l1", rows, "label", "f.csv")
    told = world.client().get(f"{SITE}/labels/l1")
    schema_of("/api/v1/sites/{site}/labels/{labels}").validate(told.json)
    found = world.client().get(f"{SITE}/labels/l1/difference")
    schema_of("/api/v1/sites/{site}/labels/{labels}/difference").validate(found.json)
    assert found.json
    assert found.json["difference"]["listed"] == 1470
    assert [fault["line"] for fault in found.json["faults"]] == [1, 3]
    for path in ("labels/none", "labels/none/difference", "imports/none/faults"):
        assert world.client().get(f"{SITE}/{path}").status_code == 404


def test_an_order_check_answers_as_the_contract_says(world: World) -> None:
    path = f"{SITE}/shelves/1F-R02A-B01-S1/order"
    answer = world.client().post(
        path, json={"barcodes": ["300000000100", "300000000101", "x"]}, headers=bearer(world)
    )
    assert answer.status_code == 200, answer.text
    schema_of("/api/v1/sites/{site}/shelves/{shelf}/order", method="post").validate(answer.json)


def test_errors_have_a_code_and_words_in_the_language_of_the_client(world: World) -> None:
    answer = world.client().get(f"{SITE}/items/none", headers={"Accept-Language": "zh-CN"})
    assert answer.status_code == 404
    assert answer.json == {"error": {"code": "not_found", "message": "没有馆藏使用此条码。"}}
    schema_of("/api/v1/sites/{site}/items/{barcode}", "404").validate(answer.json)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("items", 400),
        ("items?q=%20", 400),
        ("items?q=" + "x" * 201, 400),
        ("items?q=a&limit=-1", 400),
        ("items?q=a&limit=abc", 400),
        ("items?q=a&limit=999999", 200),
        ("items?q=a&offset=99999999999", 400),
        ("findings?state=happy", 400),
        ("series?measurement=items&field=x", 400),
        ("series?measurement=antenna&field=reads&of=a%27b", 400),
        ("series?measurement=antenna&field=reads&from_us=1&bucket_s=1", 400),
    ],
)
def test_bad_questions_are_refused_in_words(world: World, query: str, status: int) -> None:
    answer = world.client().get(f"{SITE}/{query}")
    assert answer.status_code == status
    if status != 200:
        assert answer.json
        assert answer.json["error"]["message"]


def test_pages_of_a_list_give_every_row_once(world: World) -> None:
    seen: list[str] = []
    offset: int | None = 0
    while offset is not None:
        body: dict[str, Any] = (
            world.client().get(f"{SITE}/items?q=walden&limit=20&offset={offset}").get_json()
        )
        seen += [row["barcode"] for row in body["rows"]]
        offset = body["next"]
    assert len(seen) == len(set(seen)) == body["total"] > 100


def test_what_did_not_change_is_not_sent_again(world: World) -> None:
    first = world.client().get(f"{SITE}/sweeps/night-1")
    again = world.client().get(f"{SITE}/sweeps/night-1", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.data == b""


def test_a_program_logs_in_for_a_token_and_needs_no_form_token(world: World) -> None:
    add_user(world)
    client = world.client()
    assert client.get("/api/v1/sites").status_code == 401
    assert client.get("/api/v1/openapi.json").status_code == 200
    assert client.post("/api/v1/login", json={"name": "pat", "password": "no no no no"}).status_code == 401
    answer = client.post("/api/v1/login", json={"name": "pat", "password": "three small words"})
    assert answer.json
    headers = {"Authorization": f"Bearer {answer.json['token']}"}
    assert client.get("/api/v1/sites", headers=headers).status_code == 200
    assert client.post("/api/v1/logout", headers=headers).json == {"ended": True}
    assert client.get("/api/v1/sites", headers=headers).status_code == 401


@pytest.mark.parametrize("asked", ["state=all", "kind=lost"])
@pytest.mark.parametrize(("language", "says"), [("en", "There is no such state"), ("zh-CN", "没有这种")])
def test_an_unknown_state_or_kind_is_answered_with_those_that_there_are(
    world: World, asked: str, language: str, says: str
) -> None:
    told = world.client().get(f"{SITE}/findings?{asked}", headers={"Accept-Language": language})
    assert told.status_code == 400
    assert told.json
    message = told.json["error"]["message"]
    assert message.startswith(says)
    assert all(word in message for word in (*FINDING_STATES, *KINDS))


def test_the_contract_names_every_state_and_kind_of_a_finding() -> None:
    given = CONTRACT_DATA["paths"]["/api/v1/sites/{site}/findings"]["get"]["parameters"]
    named = {
        one["name"]: one["schema"]["items"].get("enum") for one in given if one["name"] in {"state", "kind"}
    }
    assert named == {"state": list(FINDING_STATES), "kind": list(KINDS)}
