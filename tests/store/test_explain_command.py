"""``shelfwire hub explain`` on a real store: the table, the JSON, the past, and what is wrong in words."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from helpers.explained import BARCODE, FAR, HOME, HOUR, hub_file, lived
from helpers.webs import World, make_world

from hub.store.write import StoreWriter
from shelfwire import cli
from shelfwire.data import config_file


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, str]:
    folder = tmp_path_factory.mktemp("explained")
    world = make_world(folder)
    lived(StoreWriter(world.engine), world.library.reader, world.site.id, world.now_us)
    world.engine.dispose()
    return world, str(hub_file(folder, config_file("sites/small.yaml")))


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = cli.run(["hub", "explain", *words])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_it_prints_bars_sentences_and_what_is_missing(
    library: tuple[World, str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, BARCODE, "--config", library[1])
    assert (code, err) == (0, "")
    assert "98 %" in out
    assert "█" in out
    assert "× 400" in out
    assert "÷ 2.5" in out
    assert "It hangs on one antenna" in " ".join(out.split())


def test_json_is_for_programs_and_the_past_is_on_the_clock_of_the_site(
    library: tuple[World, str], capsys: pytest.CaptureFixture[str]
) -> None:
    world, config = library
    code, out, _ = run(capsys, BARCODE, "--config", config, "--json", "--site", "demo")
    assert code == 0
    assert json.loads(out)["answer"] == FAR
    code, out, err = run(capsys, BARCODE, "--config", config, "--json", "--at", "noon")
    assert code == 2
    assert "is no time" in err
    past = datetime.fromtimestamp((world.now_us - 5 * HOUR) / 1e6, UTC).isoformat()
    code, out, _ = run(capsys, BARCODE, "--config", config, "--json", "--at", past)
    assert (code, json.loads(out)["answer"]) == (0, HOME)


def test_a_barcode_that_nobody_has_names_those_that_are_like_it(
    library: tuple[World, str], capsys: pytest.CaptureFixture[str]
) -> None:
    for wrong, says in (
        ("30000000010", "one sign off are: "),
        ("Moby", "a search for it finds: "),
        ("x" * 100, "none is like it"),
    ):
        code, out, err = run(capsys, wrong, "--config", library[1])
        assert (code, out) == (2, "")
        assert says in err
        assert err.startswith("error: barcode ")


def test_a_hub_that_is_not_there_yet_and_a_wrong_site_are_said(
    library: tuple[World, str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, _, err = run(capsys, BARCODE, "--config", library[1], "--site", "none")
    assert code == 2
    assert "--site none: unknown" in err
    config = tmp_path / "hub.yaml"
    config.write_text(f"sites: [{config_file('sites/small.yaml')}]\nstate_dir: none\n")
    code, _, err = run(capsys, BARCODE, "--config", str(config))
    assert code == 3
    assert "start the hub first" in err
    code, _, err = run(capsys, BARCODE, "--config", library[1], "--at", "2999-01-01")
    assert code == 2
    assert "has not come yet" in err
