"""`docs/scenarios.md` holds every word of a scenario with its default and its range, and an example that can be run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from firmware_sim import scenario
from firmware_sim.direct.plan import build
from firmware_sim.faults.model import (
    AGENT_FAULTS,
    ANTENNA_FAULTS,
    READER_FAULTS,
    Fault,
    FaultKind,
)
from firmware_sim.form import PEOPLE, Building, Happening, Polling, Scenario, Step
from firmware_sim.impossible import AMOUNTS
from firmware_sim.radio.settings import RadioSettings
from firmware_sim.world.habits import Habits, Hours, MassMove, Planted, Stocking
from hub.settings import EngineSettings, SweepSettings

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "scenarios.md"
SECTIONS: dict[str, type[msgspec.Struct]] = {
    "The whole": Scenario, "site": Building, "polling": Polling, "stocking": Stocking, "planted": Planted, "people": Habits,
    "people.hours": Hours, "mass_moves": MassMove, "radio": RadioSettings, "faults": Fault, "story": Step, "sweeps": SweepSettings,
}  # fmt: skip


def section(title: str) -> str:
    """The text under one heading."""
    found = re.search(
        rf"^##+ `?{re.escape(title)}`?\n(.*?)(?=^##|\Z)",
        DOCUMENT.read_text("utf-8"),
        re.MULTILINE | re.DOTALL,
    )
    assert found, f"no section {title}"
    return found.group(1)


def rows(text: str) -> dict[str, list[str]]:
    """The lines of a table by the word in their first cell."""
    lines = [
        [cell.strip() for cell in line.strip("| ").split(" | ")]
        for line in text.splitlines()
        if line.startswith("| `")
    ]
    assert len(lines) == len({line[0] for line in lines}), "a word stands there twice"
    return {line[0].strip("`"): line[1:] for line in lines}


def block(language: str) -> str:
    """The first example in a language."""
    found = re.search(rf"^```{language}\n(.*?)^```", DOCUMENT.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert found
    return found.group(1)


def plain(value: Any) -> str:
    """A default as the document writes it."""
    if value is None:
        return "none"
    if isinstance(value, (int, float)):
        return f"{value:g}"
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(plain(one) for one in value)}]"
    if isinstance(value, dict):
        return "{}"
    return f"`{value}`" if value != "" else "empty"


def default(field: msgspec.structs.FieldInfo) -> str:
    """What a key is when it is not given."""
    if field.required:
        return "**needed**"
    value = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    return "all defaults" if isinstance(value, msgspec.Struct) else plain(value)


def limits(kind: msgspec.inspect.Type) -> str:
    """What a key can be, in words; empty where it is any text, or a part with keys of its own."""
    words = ""
    match kind:
        case msgspec.inspect.UnionType():
            words = next(filter(None, map(limits, kind.types)), "")
        case msgspec.inspect.LiteralType():
            words = ", ".join(f"`{one}`" for one in kind.values)
        case msgspec.inspect.TupleType():
            words = _each(kind.item_types[0])
        case msgspec.inspect.VarTupleType():
            words = _each(kind.item_type)
        case msgspec.inspect.DictType():
            words = _each(kind.value_type)
        case msgspec.inspect.StrType():
            words = "`HH:MM`" if kind.pattern else ""
        case msgspec.inspect.IntType() | msgspec.inspect.FloatType():
            words = _numbers(kind)
    return words


def _each(kind: msgspec.inspect.Type) -> str:
    return f"each {words}" if (words := limits(kind)) else ""


def _numbers(kind: msgspec.inspect.IntType | msgspec.inspect.FloatType) -> str:
    def show(value: float) -> str:
        return f"{value:,}" if isinstance(value, int) else f"{value:g}"

    low = (
        f"from {show(kind.ge)}"
        if kind.ge is not None
        else f"over {show(kind.gt)}"
        if kind.gt is not None
        else ""
    )
    high = (
        f"to {show(kind.le)}"
        if kind.le is not None
        else f"under {show(kind.lt)}"
        if kind.lt is not None
        else ""
    )
    return " ".join(filter(None, (low, high)))


def expected(struct: type[msgspec.Struct]) -> dict[str, list[str]]:
    """Default and range of every key, from the code."""
    kinds = msgspec.inspect.type_info(struct)
    assert isinstance(kinds, msgspec.inspect.StructType)
    ranges = {field.encode_name: limits(field.type) or "–" for field in kinds.fields}
    return {
        field.encode_name: [default(field), ranges[field.encode_name]]
        for field in msgspec.structs.fields(struct)
    }


@pytest.mark.parametrize("title", SECTIONS)
def test_every_key_stands_in_the_document_with_its_default_and_range(title: str) -> None:
    found = rows(section(title))
    wanted = expected(SECTIONS[title])
    for kind in {"fault", "do"} & wanted.keys():  # they have tables of their own
        wanted[kind][1] = "see below"
    assert {key: cells[:2] for key, cells in found.items()} == wanted
    assert all(cells[2] for cells in found.values()), "a key without a meaning"


def test_the_engine_s_names_are_real_and_their_defaults_true() -> None:
    found = rows(section("engine"))
    wanted = expected(EngineSettings)
    assert {key: cells[0] for key, cells in found.items()} == {key: wanted[key][0] for key in found}


def test_every_fault_stands_there_with_its_place_and_the_unit_of_its_amount() -> None:
    found = rows(section("Kinds of faults"))
    assert set(found) == set(get_args(FaultKind))
    places = {"antenna": ANTENNA_FAULTS, "reader": READER_FAULTS, "agent": AGENT_FAULTS}
    for kind, cells in found.items():
        assert cells[0] == next((name for name, kinds in places.items() if kind in kinds), "the one"), kind
        unit, least, most = AMOUNTS.get(kind, ("", 0, 0))
        assert cells[1] == (f"{unit}, {least:g} to {most:g}" if unit else "none"), kind


def test_every_deed_and_fault_of_a_story_stands_there() -> None:
    found = rows(section("What a story can do"))
    assert set(found) == set(get_args(Happening))
    assert {kind for kind, cells in found.items() if cells[0] == "deed"} == PEOPLE


def test_the_example_can_be_run(tmp_path: Path) -> None:
    file = tmp_path / "branch.yaml"
    file.write_text(block("yaml"), encoding="utf-8")
    built = build(scenario.load(file), file, 1)
    assert built.world.stock.count == built.scenario.items
    assert len(built.site.antennas) == len(built.site.shelves)
    assert len(built.broken.all) == len(built.scenario.faults) > 0
    assert built.scenario.people is not None


def test_the_lines_that_list_a_library_s_ids_do_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "branch.yaml").write_text(block("yaml"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    exec(compile(block("python"), "docs/scenarios.md", "exec"), {})
    told = capsys.readouterr().out
    for name in ("RD0001", "edge-1", "ant-000001", "1F-R01A-B01-S1"):
        assert name in told
