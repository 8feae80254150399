"""The status is said after each change, but not in a flood, and again after each reconnect."""

from __future__ import annotations

from edge.config import EdgeConfig, ReaderConfig
from edge.status import REFRESH_US, SPACING_US, Numbers, StatusBoard
from shelfwire.codec import decode_status, encode
from shelfwire.messages import ReaderState

EMPTY = Numbers(0, 0, 0)


def board() -> StatusBoard:
    config = EdgeConfig(site="demo", agent="edge-1", state_dir="x", readers=[ReaderConfig(id="R1", host="h")])
    found = StatusBoard(config, "boot-1")
    found.log = "log-1"
    return found


def state(detail: str) -> ReaderState:
    return ReaderState(reader="R1", state="connected", detail=detail, ports=[1])


def test_nothing_is_said_while_the_broker_is_away() -> None:
    found = board()
    found.reader(state("here"))
    assert found.wait_us(0) is None
    assert found.due(0, 0, EMPTY) is None


def test_the_birth_comes_at_once_and_a_change_after_a_second_at_the_earliest() -> None:
    found = board()
    found.up()
    birth = found.due(0, 7, EMPTY)
    assert birth is not None
    assert (birth.online, birth.boot, birth.log, birth.wall_at_us) == (True, "boot-1", "log-1", 7)
    for number in range(10):
        found.reader(state(f"change {number}"))
    assert found.due(1, 0, EMPTY) is None
    assert found.wait_us(1) == SPACING_US - 1
    change = found.due(SPACING_US, 0, EMPTY)
    assert change is not None
    assert change.readers[0].detail == "change 9"
    assert found.due(2 * SPACING_US, 0, EMPTY) is None, "nothing is new"


def test_a_state_that_is_no_change_is_not_said() -> None:
    found = board()
    found.reader(state("here"))
    found.up()
    found.due(0, 0, EMPTY)
    found.reader(state("here"))
    assert found.due(SPACING_US, 0, EMPTY) is None


def test_the_numbers_of_the_outbox_are_said_every_half_minute_when_they_move() -> None:
    found = board()
    found.up()
    found.due(0, 0, EMPTY)
    assert found.due(REFRESH_US - 1, 0, Numbers(5, 500, 0)) is None
    status = found.due(REFRESH_US, 0, Numbers(5, 500, 0))
    assert status is not None
    assert (status.outbox_reports, status.outbox_bytes) == (5, 500)
    assert found.due(2 * REFRESH_US, 0, Numbers(5, 500, 0)) is None


def test_all_is_said_again_after_a_reconnect() -> None:
    found = board()
    found.up()
    found.due(0, 0, EMPTY)
    found.down()
    assert found.due(10, 0, EMPTY) is None
    found.up()
    assert found.due(11, 0, EMPTY) is not None


def test_a_status_that_was_not_heard_is_said_again() -> None:
    found = board()
    found.up()
    found.due(0, 0, EMPTY)
    found.failed()
    assert found.due(SPACING_US - 1, 0, EMPTY) is None
    assert found.due(SPACING_US, 0, EMPTY) is not None


def test_troubles_are_told_together_within_the_bound_and_end() -> None:
    found = board()
    found.up()
    found.trouble("disk", "the disk is full")
    found.count_strange("y" * 1_000)
    status = found.due(0, 0, EMPTY)
    assert status is not None
    assert status.trouble.startswith("the disk is full; 1 messages")
    decode_status(encode(status))
    found.trouble("disk", "")
    status = found.due(SPACING_US, 0, EMPTY)
    assert status is not None
    assert "disk" not in status.trouble


def test_death_and_goodbye_are_of_the_same_boot() -> None:
    found = board()
    for status in (found.death(), found.goodbye(1, 2, EMPTY)):
        assert (status.online, status.boot, status.log) == (False, "boot-1", "log-1")
