"""Intake: each report once, gaps asked for, bad peers counted."""

from __future__ import annotations

import msgspec
import pytest
from helpers.hubs import AGENT, SITE, heard, lost, report, status

from hub import intake
from hub.events import Event, PeerMisbehaved, ReportTaken, StatusHeard
from hub.frames import Entry
from hub.intake import Intake
from shelfwire import codec
from shelfwire.messages import MAX_PAYLOAD_BYTES, Lost
from shelfwire.topics import AgentTopic

S = 1_000_000
T0 = 1_790_000_000 * S


def fresh() -> Intake:
    return Intake(frozenset({AGENT, "edge-2"}))


def events(one: Intake, *messages: object, at: int = T0) -> list[Event]:
    return [taken.event for message in messages for taken in one.admit(heard(message), at)]


def faults(made: list[Event]) -> list[str]:
    return [event.fault for event in made if isinstance(event, PeerMisbehaved)]


def test_a_report_is_taken_once_and_its_double_is_counted() -> None:
    one = fresh()
    assert [type(event) for event in events(one, report(1), report(1), report(2))] == [
        ReportTaken,
        ReportTaken,
    ]
    sequence = one.state.agents[AGENT].logs["log-a"]
    assert (sequence.upto, sequence.taken, sequence.doubled) == (2, 2, 1)


def test_a_report_out_of_order_goes_into_the_journal_at_once() -> None:
    one = fresh()
    assert len(events(one, report(3))) == 1
    assert one.ack(AGENT, "log-a", T0).upto == 0
    events(one, report(1), report(2))
    assert one.ack(AGENT, "log-a", T0).upto == 3


def test_a_gap_is_asked_for_only_when_it_lasts() -> None:
    one = fresh()
    events(one, report(1), report(4), report(6))
    assert one.chase(T0) == []
    assert one.chase(T0 + S) == []
    ((agent, ack),) = one.chase(T0 + 2 * S)
    assert (agent, ack.upto, ack.want) == (AGENT, 1, [(2, 3), (5, 5)])
    assert one.chase(T0 + 3 * S) == []
    assert len(one.chase(T0 + 7 * S)) == 1


def test_a_closed_gap_is_not_asked_for() -> None:
    one = fresh()
    events(one, report(1), report(3))
    one.chase(T0)
    events(one, report(2))
    assert one.chase(T0 + 60 * S) == []


def test_numbers_that_an_older_hub_acknowledged_are_given_up_after_a_minute() -> None:
    one = fresh()
    events(one, report(5_000))
    now = T0
    for second in range(90):
        now = T0 + second * S
        events(one, report(5_000), at=now)  # the agent's window is full: it only repeats
        one.chase(now)
    sequence = one.state.agents[AGENT].logs["log-a"]
    assert (sequence.upto, sequence.given_up) == (5_000, 4_999)
    assert one.take_note() is not None


def test_an_agent_that_is_away_is_not_given_up() -> None:
    one = fresh()
    events(one, report(2))
    for second in range(0, 3_600, 5):
        one.chase(T0 + second * S)
    assert one.state.agents[AGENT].logs["log-a"].gaps() == [(1, 1)]


def test_a_lost_record_takes_the_place_of_its_range() -> None:
    one = fresh()
    made = events(one, report(1), lost(2, 5), report(6))
    assert isinstance(made[1], ReportTaken)
    assert isinstance(made[1].message, Lost)
    sequence = one.state.agents[AGENT].logs["log-a"]
    assert (sequence.upto, sequence.lost) == (6, 4)


def test_a_lost_record_that_says_nothing_new_is_a_double() -> None:
    one = fresh()
    assert events(one, *(report(n) for n in range(1, 5)), lost(2, 3))[4:] == []
    assert one.state.agents[AGENT].logs["log-a"].doubled == 1


def test_a_new_log_begins_a_new_sequence() -> None:
    one = fresh()
    events(one, report(7, log="log-a"), report(1, log="log-b"))
    assert one.ack(AGENT, "log-b", T0).upto == 1
    assert one.ack(AGENT, "log-a", T0).upto == 0


def test_an_old_log_in_flight_is_no_conflict() -> None:
    one = fresh()
    made = events(one, report(1, log="log-a"))
    made += events(one, report(1, log="log-b"), at=T0 + S)
    made += events(one, report(2, log="log-a"), at=T0 + 3 * S)
    assert faults(made) == []


def test_two_live_logs_are_a_conflict_and_both_are_taken() -> None:
    one = fresh()
    made: list[Event] = []
    for second in range(30):
        made += events(one, report(second + 1, log="log-a"), at=T0 + second * S)
        made += events(one, report(second + 1, log="log-b", boot="boot-b"), at=T0 + second * S)
    assert faults(made) == ["two_logs"]
    assert sum(isinstance(event, ReportTaken) for event in made) == 60
    assert one.state.agents[AGENT].conflict_at_us > 0


def test_two_copies_of_one_agent_with_one_log_are_visible() -> None:
    one = fresh()
    made = events(one, report(1), report(2), report(3), report(2, boot="boot-b"))
    assert faults(made) == ["cloned_log"]
    assert one.state.agents[AGENT].faults == {"cloned_log": 1}


def test_a_restarted_agent_that_goes_on_with_its_log_is_no_clone() -> None:
    one = fresh()
    made = events(one, report(1), report(2), report(3, boot="boot-b"), report(2), report(4, boot="boot-b"))
    assert faults(made) == []


@pytest.mark.parametrize(
    ("payload", "fault"),
    [
        (b"", "unreadable"),
        (b"{", "unreadable"),
        (b"\xff\x00\x13", "unreadable"),
        (b"[" * 100_000, "unreadable"),
        (b'{"kind":"dwells","v":9,"new":true}', "future_version"),
        (b'{"kind":"dwells"}', "unreadable"),
        (b" " * (MAX_PAYLOAD_BYTES + 1), "too_large"),
    ],
)
def test_what_is_no_message_is_counted_and_never_fatal(payload: bytes, fault: str) -> None:
    one = fresh()
    (taken,) = one.admit(intake.read(AgentTopic(SITE, AGENT, "dwells"), payload), T0)
    assert isinstance(taken.event, PeerMisbehaved)
    assert (taken.event.fault, one.state.agents[AGENT].faults) == (fault, {fault: 1})


def test_an_agent_cannot_speak_for_another() -> None:
    one = fresh()
    (taken,) = one.admit(intake.read(AgentTopic(SITE, "edge-2", "dwells"), codec.encode(report(1))), T0)
    assert isinstance(taken.event, PeerMisbehaved)
    assert taken.event.fault == "topic_mismatch"


def test_nobody_that_the_site_does_not_know_is_taken() -> None:
    one = fresh()
    made = [
        taken.event
        for n in range(500)
        for taken in one.admit(
            intake.read(AgentTopic(SITE, f"x{n}", "dwells"), codec.encode(report(1, agent=f"x{n}"))), T0
        )
    ]
    assert set(faults(made)) == {"unknown_agent"}
    assert len(one.state.agents) <= intake.MAX_STRANGERS + 2
    assert sum(sum(book.faults.values()) for book in one.state.agents.values()) == 500


def test_a_flood_of_nonsense_is_one_event_a_second_and_all_of_it_is_counted() -> None:
    one = fresh()
    nonsense = intake.read(AgentTopic(SITE, AGENT, "dwells"), b"nonsense")
    made = [taken for _ in range(1_000) for taken in one.admit(nonsense, T0)]
    made += one.admit(nonsense, T0 + S)
    assert len(made) == 2
    assert one.state.agents[AGENT].faults == {"unreadable": 1_001}


def test_a_birth_is_taken_with_its_time() -> None:
    assert events(fresh(), status()) == [StatusHeard(status(), T0)]


def test_holes_without_end_are_bounded_and_stay_with_the_agent() -> None:
    one = fresh()
    events(one, *(report(2 * n) for n in range(1, 1_200)))
    assert len(one.state.agents[AGENT].logs["log-a"].beyond) == 1_000
    assert one.held_back == 199
    assert events(one, report(2 * 1_000 + 1)), "a number beside a known one still has room"


def test_outboxes_without_end_are_bounded() -> None:
    one = fresh()
    for n in range(200):
        events(one, report(1, log=f"log-{n}"), at=T0 + n)
    assert len(one.state.agents[AGENT].logs) == intake.MAX_LOGS


def test_a_replay_of_entries_and_notes_gives_the_same_state() -> None:
    one, again = fresh(), fresh()
    entries = []
    for n, message in enumerate(
        [
            report(1),
            report(3),
            report(3),
            status(),
            report(2, boot="boot-z"),
            lost(4, 9),
            report(5),
            report(12),
        ]
    ):
        entries += [
            Entry(T0 + n, SITE, kind, payload) for kind, payload, _ in one.admit(heard(message), T0 + n)
        ]
    one.chase(T0 + 9)
    note = one.take_note()
    assert note is not None
    for entry in entries:
        event = intake.event_of(entry)
        assert event is not None
        again.book(event, entry.now_us)
    again.book_note(note)
    assert msgspec.to_builtins(again.state) == msgspec.to_builtins(one.state)
