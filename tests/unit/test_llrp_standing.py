"""How a reader stands is told at each change of state at once, and never faster than a person can read."""

from __future__ import annotations

from helpers.llrp_peer import Talk, config

from edge.dwells import DwellBuilder
from edge.llrp.impinj import AntennaAttempt
from edge.llrp.standing import Standing, details
from shelfwire.messages import ReaderState

SECOND = 1_000_000


def standing() -> Standing:
    return Standing(config(), DwellBuilder("R1"))


def state_of(told: ReaderState | None) -> str | None:
    return None if told is None else told.state


def test_a_change_of_state_is_told_at_once_and_the_same_state_once() -> None:
    reader = standing()
    assert state_of(reader.change("connecting", "", 0)) == "connecting"
    assert state_of(reader.change("connecting", "", 1)) is None
    assert state_of(reader.change("lost", "gone", 2)) == "lost"


def test_remarks_are_told_once_a_second_at_the_most_and_the_last_one_stands() -> None:
    reader = standing()
    reader.change("connected", "", 0)
    assert [reader.change("connected", f"remark {number}", number) for number in range(1, 50)] == [None] * 49
    told = reader.change("connected", "remark 49", SECOND)
    assert told is not None
    assert told.detail == "remark 49"


def test_what_is_known_of_a_reader_survives_its_loss() -> None:
    talk, reader = Talk(), standing()
    talk.runs()
    told = reader.change("connected", "", 0, talk.session)
    assert told is not None
    assert (told.ports, told.model) == ([1, 2], "Impinj 2001002")
    lost = reader.change("lost", "no sign of life for 30 s", 1)
    assert lost is not None
    assert (lost.model, lost.firmware) == ("Impinj 2001002", "5.14.0.240")


def test_a_detail_is_never_longer_than_the_wire_allows() -> None:
    told = standing().change("lost", "x" * 5000, 0)
    assert told is not None
    assert len(told.detail) == 400


def test_the_details_say_what_a_person_must_know() -> None:
    talk = Talk(None)
    talk.greets()
    for _ in range(5):
        talk.answers()
    talk.happens(AntennaAttempt(1))
    talk.sends(bytes.fromhex("043D0000001B0000003300F0003C8D1703000398130803F4040000"))
    said = details(talk.session, talk.builder)
    assert said.startswith("at rest; ")
    assert "unusable messages or reads: 1" in said


def test_a_reader_with_an_absurd_clock_is_told_within_the_bound_of_the_wire() -> None:
    assert [standing()._offset(offset) for offset in (2**62, -(2**62), 5, None)] == [2**53, -(2**53), 5, None]
