"""A range that was moved is asked about once; its books are neither misplaced nor missing meanwhile."""

from __future__ import annotations

from pathlib import Path

from helpers.ranges import A_SHELF, Stacks

from hub import snapshot
from hub.effects import ActAnswered, Effect, Finding, HomesMoved, HomesRestored, PutFinding
from hub.engine import Engine
from hub.findings.sentences import sentence


def answer(effects: list[Effect]) -> ActAnswered:
    (found,) = [effect for effect in effects if isinstance(effect, ActAnswered)]
    return found


def opened(stacks: Stacks, kind: str) -> int:
    """How many findings of a kind were ever shown."""
    puts = [one.finding for one in stacks.effects if isinstance(one, PutFinding)]
    return len({one.id for one in puts if one.kind == kind and one.state == "open"})


def test_a_moved_range_is_one_question_and_no_misplaced_book() -> None:
    stacks = Stacks()
    stacks.move_range(4)
    stacks.settle()
    found = stacks.proposal()
    assert (found.why["items"], found.why["from_area"], found.why["to_area"]) == (32, "1F-R01A", "1F-R02A")
    assert (found.home_from, found.home_to) == (stacks.first[0], stacks.first[3])
    assert (found.shelf, found.why["last_shelf"]) == (stacks.second[0], stacks.second[3])
    assert found.why["order"] == 100
    assert "32 items of 1F-R01A now stand in 1F-R02A" in sentence(found)
    assert opened(stacks, "misplaced") == opened(stacks, "missing") == 0
    assert opened(stacks, "moved_range") == 1


def test_the_question_grows_with_the_move() -> None:
    stacks = Stacks()
    stacks.move_range(2)
    first = stacks.proposal()
    assert first.why["grows"]
    assert "more have come" in sentence(first)
    stacks.carry(stacks.stand[stacks.first[2]], stacks.second[2])
    stacks.look(10)
    stacks.settle()
    found = stacks.proposal()
    assert (found.id, found.why["items"], found.why["grows"]) == (first.id, 3 * A_SHELF, False)
    assert opened(stacks, "misplaced") == 0


def test_books_misplaced_one_by_one_are_never_a_move() -> None:
    stacks = Stacks()
    for number, shelf in enumerate(stacks.first):
        stacks.carry(stacks.stand[shelf][:2], stacks.second[number])
    stacks.look(14)
    stacks.settle()
    assert stacks.findings("moved_range") == []
    assert len(stacks.findings("misplaced")) == 2 * len(stacks.first)


def test_a_truck_of_books_from_everywhere_on_one_shelf_is_shown_book_by_book() -> None:
    stacks = Stacks()
    for shelf in stacks.first:
        stacks.carry(stacks.stand[shelf][:2], stacks.second[5])
    stacks.look(14)
    stacks.settle()
    assert stacks.findings("moved_range") == []
    assert len(stacks.findings("misplaced")) == 2 * len(stacks.first)


def test_a_few_books_that_began_no_move_are_shown_when_no_more_came() -> None:
    stacks = Stacks()
    stacks.carry(stacks.stand[stacks.first[0]][:5], stacks.second[0])
    stacks.look(12)
    assert stacks.findings() == []
    stacks.settle()
    assert len(stacks.findings("misplaced")) == 5
    assert stacks.findings("moved_range") == []


def test_a_book_that_is_on_no_shelf_since_the_move_is_not_missing_before_the_answer() -> None:
    stacks = Stacks(longest_use_h=0.2)
    held = stacks.stand[stacks.first[0]][0]
    stolen = stacks.stand[stacks.first[7]][0]
    stacks.carry([held, stolen], None)
    stacks.move_range(4)
    for _ in range(15):
        stacks.look(0 if stacks.findings("missing") else 20)
    stacks.look(10)
    assert [one.item_id for one in stacks.findings("missing")] == [stolen.item_id]
    found = stacks.proposal()
    assert (found.why["items"], found.why["unheard"]) == (31, 1)
    assert answer(stacks.ask("moved.reject", found.id)).ok
    stacks.look(5)
    assert {one.item_id for one in stacks.findings("missing")} == {held.item_id, stolen.item_id}


def test_an_approval_gives_the_books_the_homes_where_they_stand() -> None:
    stacks = Stacks()
    lent = stacks.stand[stacks.first[1]][0]
    stacks.carry([lent], None)
    stacks.ask("item.status", lent.barcode, status="on_loan")
    moved = stacks.move_range(4)
    stacks.settle()
    effects = stacks.ask("moved.approve", stacks.proposal().id)
    assert answer(effects).ok
    (homes,) = [one for one in effects if isinstance(one, HomesMoved)]
    given = {item: (first, last) for item, first, last in homes.homes}
    assert {given[book.item_id] for book in moved[:A_SHELF]} == {(stacks.second[0],) * 2}
    assert given[lent.item_id] == (stacks.second[1],) * 2
    stacks.ask("item.status", lent.barcode, status="on_shelf")
    stacks.carry([lent], stacks.second[1])
    stacks.look(6)
    assert stacks.findings() == []
    stacks.carry([lent], stacks.first[1])
    stacks.look(10)
    (found,) = stacks.findings()
    assert (found.kind, found.item_id, found.home_from) == ("misplaced", lent.item_id, stacks.second[1])


def test_an_approval_waits_for_the_end_of_the_move() -> None:
    stacks = Stacks()
    stacks.move_range(2)
    said = answer(stacks.ask("moved.approve", stacks.proposal().id))
    assert not said.ok
    assert "still being moved" in said.detail


def test_a_proposal_is_answered_by_its_own_acts_only() -> None:
    stacks = Stacks()
    stacks.move_range(2)
    for kind in ("finding.resolve", "finding.dismiss"):
        assert "approve this proposal" in answer(stacks.ask(kind, stacks.proposal().id, reason="no")).detail
    assert answer(stacks.ask("finding.claim", stacks.proposal().id)).ok
    assert answer(stacks.ask("finding.release", stacks.proposal().id)).ok
    assert not answer(stacks.ask("moved.approve", "nothing")).ok


def test_an_approval_can_be_undone_and_is_asked_about_again() -> None:
    stacks = Stacks()
    moved = stacks.move_range(3)
    stacks.settle()
    first = stacks.proposal()
    stacks.ask("moved.approve", first.id)
    stacks.look(3)
    effects = stacks.ask("moved.undo", first.id)
    assert [one.finding for one in effects if isinstance(one, HomesRestored)] == [first.id]
    assert stacks.finding(first.id).state == "dismissed"
    assert not answer(stacks.ask("moved.undo", first.id)).ok
    stock = stacks.engine.stock
    homes = stock.home_from[stock.places(stock.item_id[[book.item_id - 1 for book in moved]])]
    assert homes.tolist() == [shelf for shelf in range(3) for _ in range(A_SHELF)]
    stacks.look(6)
    stacks.settle()
    assert stacks.proposal().id != first.id
    assert stacks.singles() == []


def test_a_rejected_move_shows_each_book_and_is_not_asked_about_again() -> None:
    stacks = Stacks()
    moved = stacks.move_range(3)
    stacks.settle()
    found = stacks.proposal()
    assert answer(stacks.ask("moved.reject", found.id)).ok
    stacks.look(4)
    stacks.settle()
    assert stacks.findings("moved_range") == []
    assert {one.item_id for one in stacks.findings("misplaced")} == {book.item_id for book in moved}


def test_a_rejected_move_that_goes_on_is_another_question_and_takes_its_books_in() -> None:
    stacks = Stacks()
    stacks.move_range(2)
    stacks.settle()
    first = stacks.proposal()
    stacks.ask("moved.reject", first.id)
    stacks.look(4)
    assert len(stacks.findings("misplaced")) == 2 * A_SHELF
    for old, new in zip(stacks.first[2:6], stacks.second[2:6], strict=True):
        stacks.carry(list(stacks.stand[old]), new)
    stacks.look(12)
    stacks.settle()
    found = stacks.proposal()
    assert found.id != first.id
    assert found.why["items"] == 6 * A_SHELF
    assert stacks.singles() == []


def test_books_that_are_carried_back_settle_the_question() -> None:
    stacks = Stacks()
    stacks.move_range(3)
    stacks.settle()
    found = stacks.proposal()
    for old, new in zip(stacks.first[:3], stacks.second, strict=False):
        stacks.carry(list(stacks.stand[new]), old)
    stacks.look(14)
    stacks.settle()
    assert stacks.findings() == []
    assert stacks.finding(found.id).state == "verified"


def test_what_a_shelver_has_in_hand_stays_with_them() -> None:
    stacks = Stacks(moved_items=20)
    stacks.carry(stacks.stand[stacks.first[0]][:5], stacks.second[0])
    stacks.look(12)
    stacks.settle()
    claimed = stacks.findings("misplaced")[0]
    stacks.ask("finding.claim", claimed.id)
    stacks.move_range(4)
    stacks.settle()
    assert [one.id for one in stacks.findings("misplaced")] == [claimed.id]
    parts = [one for one in _ever(stacks) if one.state == "dismissed"]
    assert {one.why["part_of"] for one in parts} == {stacks.proposal().id}
    assert len(parts) == 4


def _ever(stacks: Stacks) -> list[Finding]:
    """The last word of each `misplaced` finding."""
    puts = {one.finding.id: one.finding for one in stacks.effects if isinstance(one, PutFinding)}
    return [one for one in puts.values() if one.kind == "misplaced"]


def test_a_hub_that_starts_again_goes_on_with_the_question_and_can_undo_it(tmp_path: Path) -> None:
    stacks = Stacks()
    stacks.move_range(3)
    stacks.settle()
    found = stacks.proposal()
    _restart(stacks, tmp_path)
    stacks.look(3)
    assert stacks.proposal().id == found.id
    stacks.ask("moved.approve", found.id)
    _restart(stacks, tmp_path)
    stacks.look(3)
    assert stacks.findings() == []
    assert answer(stacks.ask("moved.undo", found.id)).ok


def _restart(stacks: Stacks, folder: Path) -> None:
    path = snapshot.publish(snapshot.stage(folder, snapshot.freeze(1, stacks.engine.dump())))
    _, state = snapshot.read(path)
    stacks.engine = Engine.load(stacks.history, stacks.settings, state)
