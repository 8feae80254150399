"""How a finding ended follows from the finding alone, and only what was seen on the spot decides who was right."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from hub.effects import Finding, FindingKind
from hub.findings.machine import Machine, RefusedError, Subject
from hub.findings.promises import CHOICES, Promise, promise_of


def shown(machine: Machine, kind: FindingKind = "misplaced", confidence: float = 0.97) -> Subject:
    """Opens a finding of this kind."""
    subject = Subject(kind, 7, "AA")
    plain = Finding(
        id="f1", kind=kind, state="open", opened_at_us=1, changed_at_us=1, confidence=confidence,
        item_id=7, why={"raw": 0.999},
    )  # fmt: skip
    machine.confirm(subject, 1, lambda: plain)
    return subject


def act(machine: Machine, kind: str, **body: Any) -> Promise | None:
    return promise_of(machine.act(f"finding.{kind}", "f1", "shelver", body, 5).finding)


def sensed_right(machine: Machine, subject: Subject) -> Promise | None:
    (put,) = machine.refute(subject, 9)
    return promise_of(put.finding)


def outcome(promise: Promise | None) -> str:
    assert promise is not None
    return promise.outcome


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.mark.parametrize("kind", list(CHOICES))
def test_whoever_says_it_was_as_the_card_says_makes_it_right(machine: Machine, kind: FindingKind) -> None:
    shown(machine, kind)
    assert outcome(act(machine, "resolve", told="as_said")) == "right"


def test_a_book_that_stood_in_its_place_makes_it_wrong_and_is_not_asked_about_again(machine: Machine) -> None:
    subject = shown(machine)
    promise = act(machine, "dismiss", told="in_place")
    assert outcome(promise) == "wrong"
    assert machine.findings[subject].state == "dismissed"
    assert machine.refute(subject, 9) == []


def test_a_mere_done_proves_nothing_until_the_antenna_hears_the_change(machine: Machine) -> None:
    subject = shown(machine)
    assert outcome(act(machine, "resolve")) == "untold"
    assert outcome(sensed_right(machine, subject)) == "right"


def test_a_missing_book_that_is_heard_after_somebody_looked_for_it_proves_nothing(machine: Machine) -> None:
    subject = shown(machine, "missing")
    act(machine, "resolve")
    assert outcome(sensed_right(machine, subject)) == "untold"


def test_what_ends_by_itself_is_nobodys_word(machine: Machine) -> None:
    assert outcome(sensed_right(machine, shown(machine))) == "untold"


def test_the_promise_of_the_opening_counts_whatever_the_card_says_later(machine: Machine) -> None:
    subject = shown(machine)
    surer = msgspec.structs.replace(machine.findings[subject], confidence=0.999, why={"raw": 1.0})
    machine.update(subject, 3, surer)
    promise = act(machine, "resolve", told="as_said")
    assert promise is not None
    assert (promise.promised, promise.raw) == (0.97, 0.999)


def test_what_opens_again_forgets_a_done_but_not_what_was_seen(machine: Machine) -> None:
    subject = shown(machine)
    fresh = machine.findings[subject]
    for body, kept in (({}, None), ({"told": "as_said"}, "as_said")):
        machine.act("finding.resolve", "f1", "shelver", body, 5)
        machine.confirm(subject, 7, lambda: fresh)
        assert machine.findings[subject].why.get("told") == kept


@pytest.mark.parametrize(
    ("act_kind", "kind", "told"),
    [
        ("resolve", "misplaced", "in_place"),
        ("dismiss", "misplaced", "as_said"),
        ("resolve", "missing", "not_there"),
        ("resolve", "stale_shelf", "as_said"),
        ("resolve", "misplaced", ["as_said"]),
    ],
)
def test_what_cannot_be_said_of_a_finding_is_refused_in_words(
    machine: Machine, act_kind: str, kind: FindingKind, told: object
) -> None:
    shown(machine, kind)
    with pytest.raises(RefusedError):
        act(machine, act_kind, told=told)


def test_a_reason_alone_dismisses_and_says_nothing_about_the_promise(machine: Machine) -> None:
    shown(machine)
    assert outcome(act(machine, "dismiss", reason="in use in the reading room")) == "untold"


def test_what_nobody_can_confirm_on_the_spot_is_not_counted(machine: Machine) -> None:
    shown(machine, "stale_shelf")
    assert act(machine, "resolve") is None
