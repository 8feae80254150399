"""Fifty tablets share one rendering, and nothing that belongs to one of them."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from helpers.webs import World

from web.shared import ID_PLACE, TOKEN_PLACE

PART = {"Shelfwire-Part": "1"}
FINDINGS = "/s/demo/findings"


def values(html: str, name: str) -> list[str]:
    return re.findall(rf'name="{name}" value="([^"]*)"', html)


def test_each_tablet_gets_its_own_token_and_its_own_ids(world: World) -> None:
    one, two = (world.client().get(FINDINGS, headers=PART).get_data(as_text=True) for _ in range(2))
    assert TOKEN_PLACE not in one + two
    assert ID_PLACE not in one + two
    assert set(values(one, "form_token")) != set(values(two, "form_token"))
    assert len(set(values(one, "form_token"))) == 1
    ids = values(one, "id") + values(two, "id")
    assert ids
    assert len(set(ids)) == len(ids), "two people who tap must never ask for the same act"


def test_the_token_of_a_shared_part_is_taken(world: World) -> None:
    world.client().get(FINDINGS, headers=PART)  # another tablet rendered it
    client = world.client()
    html = client.get(FINDINGS, headers=PART).get_data(as_text=True)
    first = {
        name: next(filter(None, values(html, name)))
        for name in ("form_token", "id", "kind", "subject", "back")
    }
    assert client.post("/s/demo/acts", data=first).status_code in {200, 202, 303}


def test_languages_do_not_mix(world: World) -> None:
    english = world.client().get(FINDINGS, headers=PART | {"Accept-Language": "en"}).get_data(as_text=True)
    chinese = world.client().get(FINDINGS, headers=PART | {"Accept-Language": "zh"}).get_data(as_text=True)
    assert "Misplaced" in english
    assert "Misplaced" not in chinese


def test_a_change_is_seen_at_once(world: World) -> None:
    made = iter(["before", "after"])
    assert world.library.shared("key", lambda: next(made)) == "before"
    assert world.library.shared("key", lambda: next(made)) == "before"
    world.say_changed("finding", "f1")
    assert world.library.shared("key", lambda: next(made)) == "after"


def test_those_who_ask_at_once_wait_for_one_rendering(world: World) -> None:
    made: list[int] = []
    gate = threading.Event()

    def slowly() -> str:
        made.append(1)
        gate.wait(5)
        return "drawn"

    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(world.library.shared, "key", slowly) for _ in range(8)]
        gate.set()
        assert {answer.result(5) for answer in answers} == {"drawn"}
    assert len(made) == 1


def test_an_error_reaches_the_asker_and_is_not_kept(world: World) -> None:
    def fails() -> str:
        raise ValueError("the store is away")

    with pytest.raises(ValueError, match="away"):
        world.library.shared("key", fails)
    assert world.library.shared("key", lambda: "back") == "back"
