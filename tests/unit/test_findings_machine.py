import string

import msgspec
import pytest

from hub.effects import Finding, FindingKind
from hub.findings.machine import FLICKER_US, Machine, RefusedError, Subject
from hub.findings.sentences import TEMPLATES, parts, sentence

SUBJECT = Subject("misplaced", 7, "AA")


def finding(**changes: object) -> Finding:
    plain = Finding(
        id="f1",
        kind="misplaced",
        state="open",
        opened_at_us=1,
        changed_at_us=1,
        confidence=0.97,
        item_id=7,
        shelf="1-B03-S1",
        home_from="1-B01-S3",
        home_to="1-B01-S3",
        why={"heard": 5, "dwells": 6, "since_us": 1_767_600_000_000_000},
    )
    return msgspec.structs.replace(plain, **changes)


@pytest.fixture
def machine() -> Machine:
    made = Machine()
    made.suspect(SUBJECT, 1, {})
    made.confirm(SUBJECT, 1, finding)
    return made


def state(machine: Machine) -> str:
    return machine.findings[SUBJECT].state


def test_a_suspicion_is_told_to_nobody() -> None:
    machine = Machine()
    machine.suspect(SUBJECT, 1, {"a": 1})
    assert machine.refute(SUBJECT, 2) == []
    assert machine.suspicions == {}


def test_a_suspicion_keeps_its_beginning() -> None:
    machine = Machine()
    machine.suspect(SUBJECT, 1, {"a": 1})
    assert machine.suspect(SUBJECT, 9, {"a": 5}).since_us == 1


def test_what_holds_again_opens_nothing_new(machine: Machine) -> None:
    assert machine.confirm(SUBJECT, 2, finding) == []


def test_a_refuted_finding_is_verified_whatever_people_did(machine: Machine) -> None:
    machine.act("finding.claim", "f1", "staff", {}, 2)
    (put,) = machine.refute(SUBJECT, 3)
    assert put.finding.state == "verified"
    assert machine.findings == {}


def test_a_resolved_finding_that_still_holds_is_open_again(machine: Machine) -> None:
    machine.act("finding.resolve", "f1", "staff", {}, 2)
    (put,) = machine.confirm(SUBJECT, 3, lambda: finding(confidence=0.99))
    assert (put.finding.id, put.finding.state, put.finding.confidence) == ("f1", "open", 0.99)


def test_a_dismissed_finding_is_quiet_until_the_condition_has_ended(machine: Machine) -> None:
    machine.act("finding.dismiss", "f1", "staff", {"reason": "on display"}, 2)
    assert machine.confirm(SUBJECT, 3, finding) == []
    assert machine.update(SUBJECT, 3, finding()) == []
    assert machine.refute(SUBJECT, 4) == []
    assert len(machine.confirm(SUBJECT, 5, lambda: finding(id="f2"))) == 1


@pytest.mark.parametrize(
    ("first", "then", "words"),
    [
        ("finding.claim", "finding.claim", "claimed already"),
        (None, "finding.release", "does not fit"),
        ("finding.resolve", "finding.resolve", "does not fit"),
        ("finding.resolve", "finding.claim", "is resolved already"),
    ],
)
def test_acts_that_do_not_fit_are_refused(machine: Machine, first: str | None, then: str, words: str) -> None:
    if first is not None:
        machine.act(first, "f1", "staff", {}, 2)
    with pytest.raises(RefusedError, match=words):
        machine.act(then, "f1", "staff", {}, 3)


def test_a_finding_that_moved_keeps_its_id_and_its_claim(machine: Machine) -> None:
    machine.act("finding.claim", "f1", "staff", {}, 2)
    (put,) = machine.update(SUBJECT, 3, finding(id="other", shelf="1-B02-S1"))
    assert (put.finding.id, put.finding.shelf, put.finding.state) == ("f1", "1-B02-S1", "claimed")


def test_when_the_clock_is_set_back_nothing_lies_in_the_future(machine: Machine) -> None:
    later = Subject("misplaced", 8, "BB")
    machine.suspect(later, 900, {})
    machine.confirm(later, 900, lambda: finding(id="f2", opened_at_us=900, changed_at_us=950))
    machine.step_back(500)
    assert machine.suspicions[later].since_us == 500
    assert (machine.findings[later].opened_at_us, machine.findings[later].changed_at_us) == (500, 500)
    assert (machine.findings[SUBJECT].opened_at_us, machine.findings[SUBJECT].changed_at_us) == (1, 1)
    assert machine.subject_of("f2") == later


def test_patience_runs_out_as_soon_as_ever_when_the_clock_is_set_back(machine: Machine) -> None:
    machine.refute(SUBJECT, 5 * FLICKER_US)
    machine.step_back(FLICKER_US)
    assert machine.patience(SUBJECT, FLICKER_US + 1) == 2
    assert machine.patience(SUBJECT, 2 * FLICKER_US) == 1


def test_dump_and_load_give_the_same_machine(machine: Machine) -> None:
    machine.suspect(Subject("missing", 8, "BB"), 5, {"ant-1": 4})
    plain = msgspec.msgpack.decode(msgspec.msgpack.encode(machine.dump()))
    again = Machine.load(plain)
    assert again.findings == machine.findings
    assert again.suspicions == machine.suspicions
    assert again.subject_of("f1") == SUBJECT


# --- sentences ---


def test_a_sentence_says_where_when_how_often_how_sure_and_where_it_belongs() -> None:
    assert sentence(finding()) == (
        "Heard on 1-B03-S1 in 5 of the last 6 looks since 2026-01-05 08:00 UTC; belongs to 1-B01-S3. 97 % sure."
    )


def test_a_home_span_is_named_by_both_ends() -> None:
    assert "belongs to 1-B01-S3 to 1-B02-S1." in sentence(finding(home_to="1-B02-S1"))


def test_nothing_is_a_hundred_percent_sure() -> None:
    assert "99 % sure" in sentence(finding(confidence=1.0))


@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_every_word_of_every_template_can_be_filled(template: str) -> None:
    kind: FindingKind = "misplaced"
    full = finding(
        kind=kind,
        antenna="ant-000",
        why={
            "template": template, "heard": 1, "dwells": 2, "usual": 3, "since_us": 1, "last_heard_us": 1, "returned_us": 2,
            "last_shelf": "s", "status": "on_loan", "off": 5, "known": 6, "owner": "DE-1", "loss": 4,
            "items": 412, "order": 98, "homes": 430, "from_area": "1-R", "to_area": "2-R",
        },
    )  # fmt: skip
    text, words = parts(full)
    wanted = {name for _, name, _, _ in string.Formatter().parse(text) if name}
    assert wanted <= set(words)


def test_an_old_finding_without_a_word_is_still_readable() -> None:
    assert "in ? of the last ? looks" in sentence(finding(why={}))
