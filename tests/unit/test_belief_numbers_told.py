"""docs/belief.md says the numbers that the program has."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from hub.settings import EngineSettings

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "belief.md"
ROW = re.compile(r"^\| `(\w+)` \| (-?[0-9.]+) \|", re.MULTILINE)


def told() -> dict[str, float]:
    text = DOCUMENT.read_text(encoding="utf-8")
    section = text.split("\n## The numbers\n")[1].split("\n## ")[0]
    return {name: float(value) for name, value in ROW.findall(section)}


def test_each_number_in_the_table_is_the_default_of_its_setting() -> None:
    defaults = msgspec.structs.asdict(EngineSettings())
    rows = told()
    assert len(rows) > 30
    assert {name: value for name, value in rows.items() if float(defaults[name]) != value} == {}


def test_no_number_of_the_radio_or_of_leaving_is_left_out_of_the_table() -> None:
    names = list(msgspec.structs.asdict(EngineSettings()))
    heart = names[names.index("own_dbm") : names.index("false_alarms_per_10000") + 1]
    assert set(heart) - set(told()) == {"gone_for"}
