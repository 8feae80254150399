"""What holds for every reader with MQTT of its own, whoever made it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from helpers.iot import NOW, SECOND

from edge.config import ReaderConfig
from edge.impinj import preset
from edge.impinj.session import ImpinjSession
from edge.iot.actions import Action, Ask, Out, Publish
from edge.iot.control import IotControl
from edge.iot.session import IotSession
from edge.ports import Cycle
from edge.zebra import mode
from edge.zebra.session import ZebraSession
from shelfwire.link import BrokerConfig

CONFIG = ReaderConfig(id="R1", kind="any", broker=BrokerConfig(), topic="t", antennas=[1, 2, 3], session=0)
USUAL = Cycle.usual(CONFIG)


def impinj(*, controlled: bool) -> IotSession:
    options = preset.Options(control="http://127.0.0.1:1/api/v1" if controlled else None)
    return ImpinjSession(CONFIG, options, USUAL, NOW)


def zebra(*, controlled: bool) -> IotSession:
    options = mode.Options(control="control", responses="responses") if controlled else mode.Options()
    return ZebraSession(CONFIG, options, USUAL, NOW)


every_maker = pytest.mark.parametrize("make", [impinj, zebra])
Make = Callable[..., IotSession]


@every_maker
def test_a_cycle_that_no_command_can_bring_about_is_said_until_the_usual_one_is_back(make: Make) -> None:
    session = make(controlled=False)
    assert "control" not in session.out.notes
    for wish in (None, Cycle(antennas=(1,), power_dbm=20.0), Cycle(antennas=(1,), port_power_dbm={1: 20.0})):
        session.set_cycle(wish, NOW)
        assert "no command reaches it" in session.out.notes["control"]
    session.set_cycle(USUAL, NOW)
    assert "control" not in session.out.notes


@every_maker
def test_its_antennas_are_those_of_the_cycle_and_without_one_those_of_the_configuration(make: Make) -> None:
    session = make(controlled=True)
    session.set_cycle(Cycle(antennas=(2,)), NOW)
    assert session.ports == [2]
    session.set_cycle(None, NOW)
    assert session.ports == [1, 2, 3]


@every_maker
def test_only_a_reader_that_is_known_to_be_off_may_be_silent(make: Make) -> None:
    assert not make(controlled=False).resting
    session = make(controlled=True)
    session.set_cycle(None, NOW)
    assert not session.resting, "wished, and not answered yet"


@every_maker
def test_the_radio_is_switched_off_at_the_end_only_where_it_is_ours(make: Make) -> None:
    assert make(controlled=False).stop(NOW) == []
    (last,) = make(controlled=True).stop(NOW)
    assert isinstance(last, Ask | Publish)


@every_maker
def test_messages_that_were_dropped_are_said(make: Make) -> None:
    session = make(controlled=False)
    session.missed(NOW)
    assert "faster than they were handled" in session.details()[0]


# Control


class Told(IotControl):
    """Obeys at once, or fails."""

    def off(self) -> Action:
        return Publish("t", b"off")

    def deadline(self) -> int | None:
        return self._next_us

    def advance(self, now_us: int) -> None:
        self._now = self._wish
        self._succeeded(now_us)

    def fail(self, now_us: int) -> None:
        self._failed(": no answer", now_us)

    def stopped(self, now_us: int) -> None:
        self._undone("stopped by hand", now_us)


def test_radio_off_is_a_wish_too_that_must_be_brought_about() -> None:
    control = Told(Out())
    control.wish(None, NOW)
    settled = [control.settled]
    control.advance(NOW)
    settled.append(control.settled)
    assert settled == [False, True]
    assert control.cycle is None


def test_a_failure_is_said_and_tried_again_later_and_later_up_to_a_minute() -> None:
    out = Out()
    control = Told(out)
    waits = []
    for _ in range(6):
        control.fail(NOW)
        waits.append(((control.deadline() or 0) - NOW) / SECOND)
    assert waits == sorted(waits)
    assert waits[-1] <= 60
    assert out.notes["control"] == "it cannot be controlled: no answer"
    control.advance(NOW)
    assert out.notes == {}


def test_what_somebody_else_undid_is_told_anew_at_once() -> None:
    control = Told(Out())
    control.wish(USUAL, NOW)
    control.advance(NOW)
    control.stopped(NOW + SECOND)
    assert (control.settled, control.cycle, control.deadline()) == (False, None, NOW + SECOND)


def test_a_new_wish_does_not_wait_for_the_next_look() -> None:
    control = Told(Out())
    control.fail(NOW)
    control.wish(USUAL, NOW)
    assert control.deadline() == NOW
