"""``docs/asyncapi.yaml`` says what the codec does: no more, no less."""

from __future__ import annotations

import re
from typing import Any, Final

import jsonschema
import msgspec
import pytest
from helpers.contract import CHANNELS, CONTRACT, document
from helpers.wire import EXAMPLES

from shelfwire import config, topics
from shelfwire.codec import encode
from shelfwire.errors import PeerError

WRITTEN: Final[dict[str, Any]] = config.read_data(CONTRACT)

SPOILT: Final[dict[str, dict[str, Any]]] = {
    "report": {"seq": 0, "log": "no/slash", "dwells": [{"reader": "R1", "port": 0}], "made_at_us": -1},
    "lost": {"upto": "many", "spans": None, "reason": "x" * 401},
    "status": {
        "online": 1,
        "outbox_reports": 10**30,
        "outbox_bytes": 2**54,
        "lost_reports": -1,
        "readers": [{"reader": "R1", "state": "asleep", "ports": []}],
    },
    "ack": {"upto": -1, "want": [[1, 2]] * 65},
    "power": {"power_dbm": 99, "ports": [0]},
    "dwell_time": {"dwell_ms": 1},
    "start_cycle": {"for_s": 0, "reader": "../etc"},
    "ping": {"kind": "reboot", "id": ""},
    "reply": {"ok": "yes"},
    "shelf_state": {"state": "on fire"},
    "finding": {"confidence": "high"},
    "sweep": {"state": "gone"},
}


def _validator(name: str) -> jsonschema.Draft202012Validator:
    schema = {"$ref": f"#/components/schemas/{name}", "components": WRITTEN["components"]}
    return jsonschema.Draft202012Validator(schema)


def test_the_contract_is_made_of_the_types_that_the_codec_uses() -> None:
    assert document() == WRITTEN, "run: cd tests && python -m helpers.contract"


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_the_codec_writes_keeps_the_contract(name: str) -> None:
    message = EXAMPLES[name].message
    _validator(type(message).__name__).validate(msgspec.json.decode(encode(message)))


@pytest.mark.parametrize(
    ("name", "field"), [(name, field) for name, fields in SPOILT.items() for field in fields]
)
def test_what_breaks_the_contract_is_refused_by_the_codec_too(name: str, field: str) -> None:
    example = EXAMPLES[name]
    plain = msgspec.json.decode(encode(example.message)) | {field: SPOILT[name][field]}
    assert list(_validator(type(example.message).__name__).iter_errors(plain))
    with pytest.raises(PeerError):
        example.decode(msgspec.json.encode(plain))


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_message_stands_on_the_channel_of_its_topic(name: str) -> None:
    example = EXAMPLES[name]
    kind = type(example.message).__name__
    fitting = [
        channel
        for channel in WRITTEN["channels"].values()
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", channel["address"]), example.topic)
    ]
    assert [kind in channel["messages"] for channel in fitting] == [True]


def test_each_address_is_a_topic_that_our_code_takes_apart() -> None:
    for channel in CHANNELS.values():
        topics.parse(re.sub(r"\{\w+\}", "x1", channel.address))


def test_each_reference_leads_somewhere() -> None:
    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if isinstance(ref := node.get("$ref"), str):
                found: Any = WRITTEN
                for step in ref.removeprefix("#/").split("/"):
                    found = found[step]
            for child in node.values():
                walk(child)
        elif isinstance(node, list):
            for child in node:
                walk(child)

    walk(WRITTEN)
