from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from firmware_sim import scenario
from firmware_sim.library import read_titles
from hub.settings import EngineSettings
from shelfwire.data import config_dir
from shelfwire.errors import InputError
from shelfwire.site.load import load_site

SHIPPED = sorted((config_dir() / "scenarios").glob("*.yaml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_scenario_can_be_played(path: Path) -> None:
    found = scenario.load(path)
    site = load_site(scenario.find(found.site, path)).now
    assert len(read_titles(scenario.find(found.catalog, path), found.items)) == found.items
    msgspec.convert(found.engine, EngineSettings)
    known = {antenna.id for antenna in site.antennas} | {reader.id for reader in site.readers}
    known |= {reader.agent for reader in site.readers} | {"hub", "web", "broker"}
    ranges = {shelf.range for shelf in site.shelves}
    for step in found.story:
        assert step.what is None or step.what in known
        assert {step.of, step.to} - {None} <= ranges


def write(tmp_path: Path, story: str) -> Path:
    path = tmp_path / "s.yaml"
    path.write_text(f"site: a\ncatalog: b\nitems: 1\nstory:\n{story}")
    return path


@pytest.mark.parametrize(
    ("story", "words"),
    [
        ("  - {at_s: 1, do: unplug}\n", "needs `what`"),
        ("  - {at_s: 1, do: fix, same_as: 9}\n", "no line stands at same_as 9"),
        ("  - {at_s: 1, do: dance}\n", "dance"),
        ("  - {at_s: 1, do: fix, who: me}\n", "who"),
    ],
)
def test_a_wrong_story_is_refused_in_words(tmp_path: Path, story: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        scenario.load(write(tmp_path, story))


def test_a_catalogue_without_a_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("barcode,title\n1,A\n")
    with pytest.raises(InputError, match="columns are missing: author, call_number"):
        read_titles(path, 5)
