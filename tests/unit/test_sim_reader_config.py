"""The configuration of an emulated reader, and its faults on command."""

from __future__ import annotations

import pytest
from helpers.machines import NOW, SECOND, OneTag, ask, code, events, ready, spec

from edge.llrp import messages as m
from edge.llrp.codec import Framer, LinkError, encode
from edge.llrp.events import (
    AntennaEvent,
    ConnectionClose,
    EventEntry,
    EventSpec,
    ExceptionEvent,
    InputState,
    KeepaliveSpec,
    Output,
)
from edge.llrp.impinj import Hub, LinkMonitor, RequestedData
from edge.llrp.rospec import AntennaConfig, Receiver, ReportSpec, Transmitter
from firmware_sim.readers.box import IMPINJ, Box
from firmware_sim.readers.faults import LineFaults, bend
from firmware_sim.readers.machine import Machine
from firmware_sim.readers.pace import BURST, Pace
from firmware_sim.readers.settings import DEFAULT_REPORT

ALL_VENDORS = RequestedData(2000)


def config(machine: Machine, **asked: object) -> m.GetReaderConfigResponse:
    answer = ask(machine, m.GetReaderConfig(**asked))[0].message  # type: ignore[arg-type]  # any question
    assert isinstance(answer, m.GetReaderConfigResponse)
    return answer


def test_only_what_is_sent_changes_and_is_shown() -> None:
    machine = ready()
    set_ = AntennaConfig(antenna=2, receiver=Receiver(3), transmitter=Transmitter(1, 1, 41))
    ask(machine, m.SetReaderConfig(antennas=(set_,), outputs=(Output(2, level=True),)))
    shown = config(machine, antenna=2)
    assert shown.antennas == (set_,)
    assert [(one.port, one.level) for one in shown.outputs] == [(1, False), (2, True), (3, False), (4, False)]
    assert shown.report == DEFAULT_REPORT
    assert config(machine, requested=2).antennas == ()


@pytest.mark.parametrize("asked", [{"antenna": 9}, {"requested": 12}, {"gpi": 5}, {"gpo": 5}])
def test_a_question_about_what_is_not_there_is_refused(asked: dict[str, int]) -> None:
    status = config(ready(), **asked).status
    assert status.code == 101
    assert status.field_error is not None
    assert status.field_error.field == ["antenna", "requested", "gpi", "gpo"].index(next(iter(asked)))


@pytest.mark.parametrize(
    "wrong",
    [
        m.SetReaderConfig(keepalive=KeepaliveSpec(1, 1)),
        m.SetReaderConfig(antennas=(AntennaConfig(antenna=1, receiver=Receiver(99)),)),
        m.SetReaderConfig(report=ReportSpec(trigger=9, content=DEFAULT_REPORT.content)),
        m.SetReaderConfig(inputs=(InputState(9, enabled=True, level=0),)),
        m.SetReaderConfig(custom=(LinkMonitor(1, 2),)),
    ],
)
def test_a_wrong_setting_is_refused_and_nothing_of_the_message_is_taken(wrong: m.SetReaderConfig) -> None:
    machine = ready()
    before = config(machine)
    assert code(ask(machine, wrong)) >= 100
    assert config(machine) == before


def test_capabilities_of_an_unknown_kind_are_refused() -> None:
    assert code(ask(ready(), m.GetReaderCapabilities(requested=7))) == 101


def test_hubs_are_told_to_those_who_know_the_vendor_and_one_that_is_away_hears_nothing() -> None:
    machine = ready(Box(name="R1", antennas=20, vendor=IMPINJ), field=OneTag())
    assert config(machine, custom=(ALL_VENDORS,)).custom == ()
    ask(machine, m.ImpinjEnable())
    assert config(machine, custom=(ALL_VENDORS,)).custom == (Hub(1, 2, 0), Hub(2, 2, 0), Hub(3, 2, 0))
    machine.faults.hubs_away.add(2)
    assert config(machine, custom=(ALL_VENDORS,)).custom[1] == Hub(2, 1, 8)
    assert all(one.connected for one in config(machine).properties)
    ask(machine, m.AddROSpec(spec(antennas=(7, 9, 17), ms=100)))
    ask(machine, m.EnableROSpec(7))
    found = [event for event in events(machine.advance(NOW + SECOND // 2)) if isinstance(event, list)]
    assert [7] in found
    assert [17] in found
    assert [9] not in found


def test_without_hubs_the_reader_sees_its_cables() -> None:
    machine = ready()
    assert events(machine.unplug(3, NOW)) == [AntennaEvent(0, 3)]
    assert [one.connected for one in config(machine).properties] == [True, True, False, True]
    assert events(machine.plug(3, NOW)) == [AntennaEvent(1, 3)]


def test_an_event_that_is_switched_off_is_not_sent() -> None:
    machine = ready()
    assert events(machine.exception("hot", NOW)) == [ExceptionEvent(text="hot")]
    ask(machine, m.SetReaderConfig(events=EventSpec((EventEntry(4, on=False),))))
    assert machine.exception("hot", NOW) == []


def test_the_vendors_link_monitor_says_how_many_keepalives_may_be_missed_and_the_reader_says_that_it_goes() -> (
    None
):
    machine = ready(Box(name="R1", antennas=4, vendor=IMPINJ))
    ask(machine, m.ImpinjEnable())
    ask(machine, m.SetReaderConfig(keepalive=KeepaliveSpec(1, 1_000), custom=(LinkMonitor(1, 1),)))
    assert not any(out.close for out in machine.advance(NOW + SECOND))
    last = machine.advance(NOW + 2 * SECOND)
    assert events(last) == [ConnectionClose()]
    assert last[-1].close


def test_late_answers_come_late_and_swallowed_ones_never() -> None:
    machine = ready()
    machine.faults.answers_late_us = 300_000
    assert ask(machine, m.GetROSpecs()) == []
    assert machine.next_us() == NOW + 300_000
    assert [type(out.message) for out in machine.advance(NOW + 300_000)] == [m.GetROSpecsResponse]
    machine.faults.answers_late_us = 0
    machine.faults.drop_answers = 1
    assert ask(machine, m.GetROSpecs()) == []
    assert len(ask(machine, m.GetROSpecs())) == 1


def test_a_message_goes_out_whole_in_pieces_or_half() -> None:
    whole = encode(m.Keepalive(), 5)
    assert bend(whole, LineFaults()) == [whole]
    pieces = bend(whole, LineFaults(split_bytes=3))
    assert (len(pieces), b"".join(pieces)) == (4, whole)
    assert bend(whole, LineFaults(cut_next=True)) == [whole[:5]]


def test_damage_hits_its_share_of_messages_the_same_ones_each_time_and_now_and_then_the_head() -> None:
    frame = encode(m.GetROSpecsResponse(), 5) + bytes(8)

    def sent() -> list[bytes]:
        line = LineFaults(damaged_share=0.25, seed=4)
        return [b"".join(bend(frame, line)) for _ in range(1_000)]

    wounded = [data for data in sent() if data != frame]
    assert sent() == sent()
    assert 200 <= len(wounded) <= 300
    heads = sum(data[:10] != frame[:10] for data in wounded)
    assert 10 <= heads <= 60
    framer = Framer()
    framer.feed(next(data for data in wounded if data[:10] != frame[:10]))
    with pytest.raises(LinkError):
        framer.take()


def test_a_client_may_ask_much_at_once_and_waits_when_it_goes_on_asking() -> None:
    pace = Pace()
    assert [pace.wait_s(0.0) for _ in range(BURST)] == [0.0] * BURST
    assert pace.wait_s(0.0) > 0
    assert pace.wait_s(10.0) == 0.0
