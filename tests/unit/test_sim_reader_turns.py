"""When an emulated reader listens, how long, and in which order: triggers, stops, hubs, attempts, inputs, priorities."""

from __future__ import annotations

import msgspec
import pytest
from helpers.machines import CONTENT, NOW, SECOND, OneTag, ask, code, events, ready, reported, spec

from edge.llrp import messages as m
from edge.llrp.events import AISpecEnd, EventEntry, EventSpec, InputEvent, InputState, ROSpecEvent
from edge.llrp.impinj import AntennaAttempt, AntennaSettings, AttemptEvents, Loop
from edge.llrp.rospec import (
    AISpec,
    AISpecStop,
    Boundary,
    InputTrigger,
    InventorySpec,
    Observation,
    ReportSpec,
    ROSpec,
    StartTrigger,
    StopTrigger,
)
from firmware_sim.radio import Answer, Listen
from firmware_sim.readers.box import IMPINJ, Box
from firmware_sim.readers.machine import Machine
from firmware_sim.readers.runs import ROUND_US, SHORTEST_US, SLICE_US


class Arriving:
    """Tags that come one by one, each a second after the one before; antenna 2 hears nothing."""

    def __init__(self) -> None:
        self.listened: list[Listen] = []

    def answers(self, listen: Listen) -> list[Answer]:
        self.listened.append(listen)
        here = 1 + (listen.from_us - NOW) // SECOND
        return [
            Answer(epc=f"{number:024X}", pc=0x3000, count=2, rssi_dbm=-50, first_us=listen.from_us, last_us=listen.to_us)
            for number in range(here if listen.port == 1 else 0)
        ]  # fmt: skip


def observing(stop: Observation, antennas: tuple[int, ...] = (1,), number: int = 7) -> ROSpec:
    ai = AISpec(
        antennas=antennas,
        stop=AISpecStop(kind=3, observation=stop),
        inventories=(InventorySpec(id=1),),
    )
    return ROSpec(
        id=number,
        boundary=Boundary(StartTrigger(kind=1), StopTrigger()),
        specs=(ai,),
        report=ReportSpec(trigger=1, content=CONTENT),
    )


def ran(plan: ROSpec, box: Box | None = None) -> tuple[Machine, Arriving]:
    air = Arriving()
    machine = ready(box or Box(name="R1", antennas=4, restarts=False), field=air)
    assert code(ask(machine, m.AddROSpec(plan))) == 0
    ask(machine, m.EnableROSpec(plan.id))
    return machine, air


def ended_us(machine: Machine) -> int:
    """When the ROSpec ended by itself, after its start."""
    at_us = NOW
    while at_us < NOW + 60 * SECOND:
        at_us += 10_000
        if any(isinstance(event, AISpecEnd) for event in events(machine.advance(at_us))):
            return at_us - NOW
    raise AssertionError("it never ended")


def test_a_turn_that_waits_for_n_tags_ends_with_the_nth() -> None:
    machine, _ = ran(observing(Observation(kind=0, tags=3, timeout_ms=30_000)))
    assert 2 * SECOND <= ended_us(machine) <= 2 * SECOND + 2 * SLICE_US


def test_a_turn_that_waits_for_n_tags_in_vain_ends_with_its_timeout() -> None:
    machine, _ = ran(observing(Observation(kind=0, tags=300, timeout_ms=3_000)))
    assert 3 * SECOND <= ended_us(machine) <= 3 * SECOND + SLICE_US


def test_a_turn_that_waits_until_nothing_is_new_ends_after_that_silence() -> None:
    machine, _ = ran(observing(Observation(kind=1, quiet_ms=800, timeout_ms=30_000)))
    assert 800_000 <= ended_us(machine) <= 800_000 + SLICE_US


def test_a_turn_of_n_attempts_ends_after_so_many_rounds() -> None:
    machine, _ = ran(observing(Observation(kind=2, attempts=100, timeout_ms=30_000)))
    assert 100 * ROUND_US <= ended_us(machine) <= 200 * ROUND_US


def test_antennas_that_share_an_observation_have_each_a_turn_before_its_timeout() -> None:
    machine, air = ran(observing(Observation(kind=0, tags=300, timeout_ms=500), antennas=(1, 2, 3, 4)))
    machine.advance(NOW + SECOND)
    assert [listen.port for listen in air.listened] == [1, 2, 3, 4]
    assert air.listened[-1].to_us == NOW + 500_000


@pytest.mark.parametrize("stop", [Observation(kind=0), Observation(kind=3, timeout_ms=100)])
def test_an_observation_that_would_never_end_or_is_unknown_is_refused(stop: Observation) -> None:
    assert code(ask(ready(), m.AddROSpec(observing(stop)))) == 100


def test_a_reader_that_knows_no_observation_refuses_it() -> None:
    machine = ready(Box(name="R1", antennas=4, refuses_observation=True))
    assert code(ask(machine, m.AddROSpec(observing(Observation(kind=0, tags=1, timeout_ms=100))))) == 100


def test_an_aispec_without_a_stop_goes_round_its_antennas_until_the_rospec_is_stopped() -> None:
    plan = spec()
    ai = msgspec.structs.replace(plan.aispecs[0], antennas=(1, 2, 3), stop=AISpecStop(kind=0))
    air = Arriving()
    machine = ready(field=air)
    ask(machine, m.AddROSpec(msgspec.structs.replace(plan, specs=(ai,))))
    ask(machine, m.EnableROSpec(7))
    assert reported(machine.advance(NOW + SECOND)) == []
    assert [listen.port for listen in air.listened] == [1, 2, 3, 1]
    outs = ask(machine, m.StopROSpec(7), NOW + SECOND + 1_000)
    assert sum(len(report) for report in reported(outs)) == 1


def test_a_rospec_with_a_duration_ends_in_the_middle_of_a_turn_and_tells_what_it_heard() -> None:
    plan = spec(antennas=(1, 3), ms=1_000)
    timed = msgspec.structs.replace(
        plan, boundary=Boundary(StartTrigger(kind=1), StopTrigger(kind=1, duration_ms=1_500))
    )
    machine = ready(Box(name="R1", antennas=4, restarts=False))
    ask(machine, m.AddROSpec(timed))
    ask(machine, m.EnableROSpec(7))
    found = events(machine.advance(NOW + 3 * SECOND))
    assert found == [ROSpecEvent(0, 7), [1], AISpecEnd(rospec=7, spec_index=1), [3], ROSpecEvent(1, 7)]


def test_a_turn_of_a_millisecond_lasts_as_long_as_a_round_does() -> None:
    machine, air = ran(spec(antennas=(1,), ms=1), Box(name="R1", antennas=4))
    machine.advance(NOW + SECOND)
    assert all(listen.to_us - listen.from_us >= SHORTEST_US for listen in air.listened)


def test_behind_a_hub_an_antenna_is_switched_first_and_then_listens_its_whole_time() -> None:
    machine, air = ran(spec(antennas=(1, 32)), Box(name="R1", antennas=32))
    machine.advance(NOW + 3 * SECOND)
    first, second = air.listened[:2]
    assert first.from_us == NOW + 20_000
    assert first.to_us - first.from_us >= SECOND
    assert second.from_us - first.to_us == 20_000


def test_a_slow_reader_ends_its_turns_late() -> None:
    machine, air = ran(spec(antennas=(1,), ms=100), Box(name="R1", antennas=4))
    machine.advance(NOW + SECOND // 2)
    machine.faults.slow = 10.0
    machine.advance(NOW + 2 * SECOND)
    lengths = [listen.to_us - listen.from_us for listen in air.listened]
    assert lengths[0] < 110_000
    assert lengths[-1] > 180_000


def test_a_loop_without_end_goes_on_and_one_of_two_ends_after_two() -> None:
    for count, ends in ((0, 0), (2, 1)):
        machine = ready(Box(name="R1", antennas=4, vendor=IMPINJ, restarts=False))
        ask(machine, m.ImpinjEnable())
        plan = spec(antennas=(1,), ms=100)
        ask(machine, m.AddROSpec(msgspec.structs.replace(plan, specs=(*plan.specs, Loop(count)))))
        ask(machine, m.EnableROSpec(7))
        found = events(machine.advance(NOW + SECOND))
        assert found.count(ROSpecEvent(1, 7)) == ends
        assert found.count(AISpecEnd(rospec=7, spec_index=1)) == (2 if ends else 9)


def test_work_on_an_antenna_is_told_when_it_begins_where_that_is_asked_for() -> None:
    machine = ready(Box(name="R1", antennas=4, vendor=IMPINJ))
    wish = m.SetReaderConfig(custom=(AntennaSettings(attempts=AttemptEvents(on=True)),))
    assert code(ask(machine, wish)) == 100
    ask(machine, m.ImpinjEnable())
    assert code(ask(machine, wish)) == 0
    ask(machine, m.AddROSpec(spec()))
    ask(machine, m.EnableROSpec(7))
    found = events(machine.advance(NOW + SECOND + 1_000))
    assert found == [
        ROSpecEvent(0, 7), AntennaAttempt(1), [1], AISpecEnd(rospec=7, spec_index=1), AntennaAttempt(2),
    ]  # fmt: skip


def test_an_input_starts_and_stops_what_waits_for_it() -> None:
    machine = ready()
    plan = msgspec.structs.replace(
        spec(ms=10_000),
        boundary=Boundary(
            StartTrigger(kind=3, input=InputTrigger(port=2, level=True)),
            StopTrigger(kind=2, input=InputTrigger(port=2, level=False)),
        ),
    )
    assert code(ask(machine, m.AddROSpec(plan))) == 0
    ask(machine, m.EnableROSpec(7))
    assert machine.input(2, NOW, level=True) == []
    ask(machine, m.SetReaderConfig(inputs=(InputState(2, enabled=True, level=0),)))
    machine.input(2, NOW, level=False)
    assert events(machine.input(2, NOW, level=True)) == [ROSpecEvent(0, 7)]
    assert events(machine.input(2, NOW + SECOND, level=False)) == [[1], ROSpecEvent(1, 7)]
    shown = ask(machine, m.GetReaderConfig(requested=9))[0].message
    assert isinstance(shown, m.GetReaderConfigResponse)
    assert [(one.enabled, one.level) for one in shown.inputs] == [
        (False, 2),
        (True, 0),
        (False, 2),
        (False, 2),
    ]


def test_an_event_of_an_input_is_sent_where_it_is_switched_on() -> None:
    machine = ready()
    wish = m.SetReaderConfig(
        inputs=(InputState(1, enabled=True, level=0),),
        events=EventSpec((EventEntry(1, on=True),)),
    )
    ask(machine, wish)
    assert events(machine.input(1, NOW, level=True)) == [InputEvent(1, level=True)]


def test_the_better_priority_preempts_and_the_other_begins_anew_afterwards() -> None:
    machine = ready(Box(name="R1", antennas=4, max_rospecs=3, restarts=False))
    low = msgspec.structs.replace(spec(antennas=(1,), ms=5_000), priority=1)
    high = spec(antennas=(3,), ms=1_000, number=8, start=0)
    for plan in (low, high):
        assert code(ask(machine, m.AddROSpec(plan))) == 0
    ask(machine, m.EnableROSpec(0))
    machine.advance(NOW + 2 * SECOND)
    outs = ask(machine, m.StartROSpec(8), NOW + 2 * SECOND)
    assert events(outs[1:]) == [[1], ROSpecEvent(2, 7, 8), ROSpecEvent(0, 8)]
    assert events(machine.advance(NOW + 4 * SECOND)) == [
        [3], AISpecEnd(rospec=8, spec_index=1), ROSpecEvent(1, 8), ROSpecEvent(0, 7),
    ]  # fmt: skip


def test_a_start_of_equal_priority_waits_for_its_turn() -> None:
    machine = ready(Box(name="R1", antennas=4, max_rospecs=2, restarts=False))
    ask(machine, m.AddROSpec(spec(antennas=(1,))))
    ask(machine, m.AddROSpec(spec(antennas=(3,), number=8)))
    ask(machine, m.EnableROSpec(0))
    found = [event for event in events(machine.advance(NOW + 3 * SECOND)) if isinstance(event, ROSpecEvent)]
    assert found == [ROSpecEvent(0, 7), ROSpecEvent(1, 7), ROSpecEvent(0, 8), ROSpecEvent(1, 8)]


def test_periods_that_were_missed_are_not_made_up_for() -> None:
    machine = Machine(Box(name="R1", antennas=4, restarts=False), OneTag(), NOW)
    machine.connect(NOW)
    ask(machine, m.AddROSpec(spec(antennas=(1,), ms=100, start=2, period_ms=1)))
    ask(machine, m.EnableROSpec(7))
    for step in range(20):
        machine.advance(NOW + step * SECOND)
        next_us = machine.next_us()
        assert next_us is not None
        assert next_us > NOW + step * SECOND


def test_a_process_that_slept_does_not_make_up_for_the_turns_in_between() -> None:
    machine, air = ran(spec(antennas=(1, 2), ms=1_000), Box(name="R1", antennas=4))
    machine.advance(NOW + SECOND + 1_000)
    slept_us = 3_600 * SECOND
    machine.advance(NOW + slept_us)
    assert len(air.listened) == 2
    assert air.listened[1].to_us == NOW + slept_us
    assert air.listened[1].to_us - air.listened[1].from_us < 2 * SECOND


def test_what_has_piled_up_is_worked_off_in_portions() -> None:
    machine, air = ran(spec(antennas=(1,), ms=10), Box(name="R1", antennas=4))
    machine.advance(NOW)
    machine.advance(NOW + 4 * SECOND)
    assert len(air.listened) == 64
    for _ in range(10):
        machine.advance(NOW + 4 * SECOND)
    assert air.listened[-1].to_us > NOW + 4 * SECOND - 20_000
