"""The map says how right the findings were, and asks whoever stands before the shelf."""

from __future__ import annotations

import re

import pytest
from helpers.promised import DAY_US, answered
from helpers.webs import World, bearer
from werkzeug.test import TestResponse

from hub.findings.kept import Part, Share, kept
from hub.findings.promises import CHOICES
from hub.store.write import StoreWriter
from web.confirming import LABELS
from web.drawing.promised import LEFT, SPAN, TOP, picture

PAGE = "/s/demo/promises"
ACTS = "/api/v1/sites/demo/acts"


def text_of(answer: TestResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def test_of_a_library_in_which_nobody_was_asked_nothing_is_claimed(world: World) -> None:
    said = text_of(world.client().get(PAGE))
    assert "0 answers about findings at ≥ 95 % so far: too few to say how right we are." in said
    assert "No finding has ended yet." in said


def test_the_page_says_how_right_the_sure_findings_were_and_what_luck_makes_of_it(world: World) -> None:
    world.write(
        *answered("misplaced", right=400, wrong=12, untold=30, ended_at_us=world.now_us),
        *answered("misplaced", right=20, wrong=5, promised=0.85, ended_at_us=world.now_us - 40 * DAY_US),
    )
    said = text_of(world.client().get(PAGE))
    assert "Of 412 findings at ≥ 95 %, 97.1 % were right (95.0–98.3)." in said
    assert "95–98 %" in said
    assert "80–90 %" in said
    assert "more than luck" not in said
    chinese = world.client().get(PAGE, headers={"Accept-Language": "zh-CN"}).text
    assert "可信度 ≥ 95 % 的 412 条待查项中，97.1 % 是正确的" in chinese


def test_a_kind_that_keeps_less_than_it_promises_is_named_here_and_on_the_health_page(world: World) -> None:
    world.write(*answered("missing", right=30, wrong=20, ended_at_us=world.now_us))
    for path in (PAGE, "/s/demo/health"):
        assert "Missing: promised 97.0 %, right 60.0 %. That is more than luck" in text_of(
            world.client().get(path)
        ), path


def test_what_ended_more_than_a_year_ago_does_not_count(world: World) -> None:
    world.write(*answered("missing", right=30, wrong=20, ended_at_us=world.now_us - 400 * DAY_US))
    assert "more than luck" not in text_of(world.client().get(PAGE))


def test_a_card_asks_with_one_tap_what_was_seen(world: World) -> None:
    card = world.client().get("/s/demo/findings?kind=misplaced&state=open").text
    for told, label in LABELS["misplaced"].items():
        assert f'name="told" value="{told}"' in card
        assert label in card


def test_what_was_seen_reaches_the_hub_with_the_act(world: World) -> None:
    headers = bearer(world, "shelver")
    finding = world.library.reader.findings(["open"], ["misplaced"], 1)[0][0].id
    act = {"id": "act-00000001", "kind": "finding.dismiss", "subject": finding, "body": {"told": "in_place"}}
    assert world.client().post(ACTS, json=act, headers=headers).status_code == 202
    (pending,) = StoreWriter(world.engine).pending_acts("demo")
    assert pending.body == {"told": "in_place"}


@pytest.mark.parametrize(
    ("kind", "told"), [("finding.resolve", "in_place"), ("finding.dismiss", "as_said"), ("finding.claim", "as_said"), ("finding.resolve", 7)]
)  # fmt: skip
def test_what_cannot_be_said_of_a_finding_is_refused(world: World, kind: str, told: object) -> None:
    headers = bearer(world, "shelver")
    finding = world.library.reader.findings(["open"], ["misplaced"], 1)[0][0].id
    act = {"id": "act-00000001", "kind": kind, "subject": finding, "body": {"told": told}}
    assert world.client().post(ACTS, json=act, headers=headers).status_code == 400


def test_every_choice_has_its_words_and_no_word_is_without_a_choice() -> None:
    assert {kind: list(told) for kind, told in CHOICES.items()} == {
        kind: list(told) for kind, told in LABELS.items()
    }


def test_a_part_that_keeps_its_promise_lies_on_the_diagonal() -> None:
    share = Share(right=90, wrong=10, untold=0, promised=0.9, share=0.9, low=0.82, high=0.95)
    parts = kept([]).parts
    assert picture(parts) is None
    drawn = picture([Part(low=0.9, high=0.95, share=share)])
    assert drawn is not None
    (mark,) = drawn.marks
    assert mark.x - LEFT == pytest.approx(TOP + SPAN - mark.y)
    assert mark.high_y < mark.y < mark.low_y


def test_a_dot_is_as_large_as_its_number_of_answers_even_when_all_are_few() -> None:
    def radii(*told: int) -> list[float]:
        shares = [Share(right=n, wrong=0, untold=0, promised=0.9, share=1.0, low=0.2, high=1.0) for n in told]
        drawn = picture([Part(low=0.9, high=0.95, share=share) for share in shares])
        assert drawn is not None
        return [mark.radius for mark in drawn.marks]

    assert radii(1) == radii(1, 1)[:1]
    assert radii(1)[0] < 3
    assert radii(1, 20, 100, 400) == sorted(radii(1, 20, 100, 400))
    assert radii(1, 400)[1] == radii(100)[0] == 9
