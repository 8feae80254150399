"""The health page says in words what ails an antenna."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from helpers.webs import World, make_world

from hub.health import MOST_AILING, Ailing, HubHealth, to_bytes


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder: Path = tmp_path_factory.mktemp("web")
    return make_world(folder)


def health_page(world: World, lang: str = "en") -> str:
    answer = world.client().get("/s/demo/health", headers={"Accept-Language": lang})
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)).split())


def test_an_antenna_that_hears_less_is_told_in_words_with_its_decibels(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = world.parts.libraries["demo"]
    said = library.hub_health()
    assert said is not None
    shown = library.reader.antennas()[0].antenna
    ailing = [
        Ailing(site="demo", antenna=shown, what="weak", loss_db=4.5),
        Ailing(site="other", antenna=shown, what="deaf", loss_db=9.0),
    ]
    monkeypatch.setattr(library, "hub_health", lambda: msgspec.structs.replace(said, ailing=ailing))
    text = health_page(world)
    assert "Hears everything more quietly: look at cable, plug and power · 4.5 dB less than usual" in text
    assert "Hears only the loud tags" not in text
    assert "所有信号都变弱" in health_page(world, "zh")


def test_a_well_antenna_has_no_words(world: World) -> None:
    assert "less than usual" not in health_page(world)


def test_the_health_file_has_room_for_all_that_are_told() -> None:
    one = Ailing(site="a-site-with-a-long-name", antenna="ant-0123456789", what="unmeasured", loss_db=10.25)
    said = HubHealth(
        at_us=1, started_at_us=1, software="1", pid=1, ready=True, taking=True, ailing=[one] * MOST_AILING
    )
    assert len(to_bytes(said)) == 64 * 1024
