"""A moved range on the map: one card, its answers, and who may give them."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from helpers.webs import HOUR, World, bearer

from hub.effects import Finding, PutFinding
from hub.store.write import StoreWriter
from web.i18n import texts
from web.told import told

ACTS = "/api/v1/sites/demo/acts"
WHY: dict[str, Any] = {
    "template": "moved_range", "items": 412, "grows": False, "order": 98, "unheard": 6, "from_area": "1F-R01A", "to_area": "1F-R02A",
    "last_shelf": "1F-R02A-B02-S1", "first_item": 1, "last_item": 60, "shelves": [["1F-R01A-B01-S5", "1F-R02A-B01-S5", 40]],
}  # fmt: skip


@pytest.fixture
def proposal(world: World) -> Finding:
    found = Finding(
        id="moved-1", kind="moved_range", state="open", opened_at_us=world.now_us - HOUR, changed_at_us=world.now_us,
        confidence=0.953, shelf="1F-R02A-B01-S5", home_from="1F-R01A-B01-S5", home_to="1F-R01A-B02-S1",
        why=WHY | {"since_us": world.now_us - 2 * HOUR},
    )  # fmt: skip
    world.write(PutFinding(found))
    return found


def page(world: World, path: str = "/s/demo/finding/moved-1", language: str = "en") -> str:
    answer = world.client().get(path, headers={"Accept-Language": language})
    assert answer.status_code == 200
    return answer.text


def text_of(html: str) -> str:
    bare = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", html, flags=re.DOTALL)
    bare = re.sub(r'<span class="whole">([^<]*)</span>', r"\1", bare)
    return " ".join(re.sub(r"<[^>]+>", " ", bare).split())


def test_the_card_says_from_where_to_where_and_how_many(world: World, proposal: Finding) -> None:
    for path in (f"/s/demo/finding/{proposal.id}", "/s/demo/findings?kind=moved_range"):
        text = text_of(page(world, path))
        assert "412 items of 1F-R01A now stand in 1F-R02A, 98 % of them in the same order" in text
        assert "412 items from 1F-R01A to 1F-R02A" in text
        assert "QH365 .O2 1850" in text  # the first item
        assert "6 items of these shelves stand nowhere that we hear" in text
        assert "Yes, it was moved" in text
        assert "No, show each book" in text
        assert "I take it" not in text
    assert "1F-R01A-B01-S5 1F-R02A-B01-S5 40" in text_of(page(world))
    assert "1F-R01A 的 412 册现在位于 1F-R02A" in text_of(page(world, language="zh-CN"))
    assert "是，已搬迁" in text_of(page(world, language="zh-CN"))


def test_a_move_that_goes_on_cannot_be_approved_yet(world: World, proposal: Finding) -> None:
    why = proposal.why | {"grows": True, "template": "moved_range_growing"}
    world.write(PutFinding(msgspec.structs.replace(proposal, why=why)))
    text = text_of(page(world))
    assert "and more have come since" in text
    assert "Books are still coming" in text
    assert "Yes, it was moved" not in text
    assert "No, show each book" in text


def test_an_approval_can_be_undone_on_the_page(world: World, proposal: Finding) -> None:
    why = proposal.why | {"template": "moved_range_approved", "approved_us": 5, "homes": 430}
    approved = msgspec.structs.replace(proposal, state="verified", why=why)
    world.write(PutFinding(approved))
    text = text_of(page(world))
    assert "430 items belong there now" in text
    assert "Undo the approval" in text
    world.write(PutFinding(msgspec.structs.replace(approved, state="dismissed", why=why | {"undone_us": 6})))
    assert "Undo the approval" not in text_of(page(world))


def test_a_librarian_answers_and_a_shelver_does_not(world: World, proposal: Finding) -> None:
    for role, status in (("shelver", 403), ("librarian", 202)):
        headers = bearer(world, role)
        for kind in ("moved.approve", "moved.reject", "moved.undo"):
            act = {
                "id": f"{role}-{kind.replace('.', '-')}",
                "kind": kind,
                "subject": proposal.id,
                "body": {"by": "x"},
            }
            assert world.client().post(ACTS, json=act, headers=headers).status_code == status
    pending = StoreWriter(world.engine).pending_acts("demo")
    assert [(one.kind, one.subject, one.body) for one in pending] == [
        (kind, proposal.id, {}) for kind in ("moved.approve", "moved.reject", "moved.undo")
    ]


def test_the_answer_must_be_about_a_proposal(world: World, proposal: Finding) -> None:
    headers = bearer(world, "librarian")
    other = world.library.reader.findings(["open"], ["misplaced"], 1)[0][0].id
    for subject in (other, "moved-2"):
        act = {"id": "act-00000009", "kind": "moved.approve", "subject": subject, "body": {}}
        assert world.client().post(ACTS, json=act, headers=headers).status_code == 404
    assert proposal.kind == "moved_range"


@pytest.mark.parametrize(
    ("detail", "ok", "says"),
    [
        ("430 items have a new home", True, "430 items belong where they stand now."),
        ("430 items have their old home again", True, "430 items have their old home again."),
        ("rejected", True, "Each book is shown by itself from now on."),
        (
            "books are still being moved; approve when no more have come for half an hour",
            False,
            "Books are still coming. It can be approved when none has come for half an hour.",
        ),
        ("'f1' is no proposal that waits for an answer", False, "It is settled already."),
        ("'f1' is no approved move that this hub remembers", False, "This cannot be undone any more."),
    ],
)
def test_the_hub_s_answer_is_told_in_words(detail: str, ok: bool, says: str) -> None:  # noqa: FBT001 (a parameter of the test)
    assert told(texts("en"), ok=ok, detail=detail) == says
    assert told(texts("zh-Hans"), ok=ok, detail=detail) != says
