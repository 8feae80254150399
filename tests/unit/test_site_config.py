"""The door to YAML: all faults of a file at once, and files that a person can edit come out again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest

from shelfwire import config
from shelfwire.errors import InputError


class Inner(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    host: str
    port: Annotated[int, msgspec.Meta(ge=1, le=65_535)] = 1883


class Outer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    one: Inner
    many: list[Inner] = []
    named: dict[str, Inner] = {}
    either: int | list[Inner] | None = None
    numbers: Annotated[list[float], msgspec.Meta(max_length=3)] = []


def faults(data: Any) -> list[str]:
    with pytest.raises(InputError) as caught:
        config.convert(data, Outer, "f.yaml")
    return list(caught.value.faults)


def test_every_fault_is_told_with_its_path() -> None:
    assert faults(
        {
            "one": {"host": 1, "colour": "red"},
            "many": [{"host": "a"}, {"port": 0}, "x"],
            "named": {"b": {"host": "b", "port": "p"}},
            "either": [{"host": "c", "port": 70_000}],
            "numbers": [1, "two"],
            "more": 1,
        }
    ) == [
        "f.yaml: more: unknown key; known here are one, many, named, either, numbers",
        "f.yaml: one.colour: unknown key; known here are host, port",
        'f.yaml: one.host: 1 is no text here; put it in quotes: "1"',
        "f.yaml: many[1]: `host` is missing",
        "f.yaml: many[1].port: 0 does not fit; write a whole number from 1 to 65535",
        "f.yaml: many[2]: 'x' does not fit; write a mapping (`key: value`) of host, port",
        "f.yaml: named.b.port: 'p' does not fit; write a whole number from 1 to 65535",
        "f.yaml: either[0].port: 70000 does not fit; write a whole number from 1 to 65535",
        "f.yaml: numbers[1]: 'two' does not fit; write a number",
    ]


@pytest.mark.parametrize("data", [None, [], "x", 3])
def test_what_is_no_mapping_is_a_fault(data: Any) -> None:
    assert len(faults(data)) == 1


def test_a_rule_of_the_whole_list_is_told_when_its_parts_are_right() -> None:
    assert faults({"one": {"host": "a"}, "numbers": [1, 2, 3, 4]}) == [
        "f.yaml: numbers: 4 stand here; write at most 3"
    ]


def test_of_very_many_faults_the_first_are_told_and_the_rest_counted() -> None:
    found = faults({"one": {"host": "a"}, "many": [{}] * 5_000})
    assert len(found) == config.MAX_FAULTS + 1
    assert found[-1] == f"f.yaml: and {5_000 - config.MAX_FAULTS} more"


def test_what_is_right_is_converted() -> None:
    assert config.convert({"one": {"host": "a"}, "either": 3}, Outer, "f.yaml") == Outer(
        one=Inner("a"), either=3
    )


@pytest.mark.parametrize("compact", [False, True])
def test_what_is_written_is_read_back(tmp_path: Path, *, compact: bool) -> None:
    file = tmp_path / "f.yaml"
    value = Outer(one=Inner("馆"), many=[Inner("b"), Inner("c", 99)], numbers=[0.1, 2])
    config.write(file, value, compact=compact, head="# made by a test\n")
    assert file.read_text(encoding="utf-8").startswith("# made by a test\n")
    assert config.read(file, Outer) == value
