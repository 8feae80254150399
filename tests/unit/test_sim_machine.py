from __future__ import annotations

import msgspec
import pytest
from helpers.machines import (
    NOW,
    SECOND,
    OneTag,
    ask,
    code,
    events,
    ready,
    reported,
    spec,
)

from edge.llrp import messages as m
from edge.llrp.codec import Frame, decode, encode
from edge.llrp.events import (
    AISpecEnd,
    BufferOverflow,
    ConnectionAttempt,
    Holding,
    KeepaliveSpec,
    ROSpecEvent,
)
from edge.llrp.impinj import Selector, WantPhase, WantRssi
from edge.llrp.rospec import (
    ROSpec,
)
from edge.llrp.wire import HEADER
from firmware_sim.readers.box import IMPINJ, Box
from firmware_sim.readers.machine import Machine


def test_the_reader_speaks_first() -> None:
    outs = Machine(Box(name="R1"), OneTag(), NOW).connect(NOW)
    assert events(outs) == [ConnectionAttempt(0)]


def test_a_dwell_is_a_report_and_an_end_and_an_empty_one_is_an_end_alone() -> None:
    machine = ready()
    assert code(ask(machine, m.AddROSpec(spec()))) == 0
    assert code(ask(machine, m.EnableROSpec(7))) == 0
    outs = machine.advance(NOW + 2 * SECOND + 10_000)
    end = [AISpecEnd(rospec=7, spec_index=place) for place in (1, 2)]
    start, stop = ROSpecEvent(0, 7), ROSpecEvent(1, 7)
    assert events(outs) == [start, [1], end[0], end[1], stop, start]


def test_a_report_holds_exactly_the_selected_fields() -> None:
    machine = ready()
    ask(machine, m.AddROSpec(spec()))
    ask(machine, m.EnableROSpec(7))
    outs = machine.advance(NOW + SECOND + 10_000)
    report = next(out.message for out in outs if isinstance(out.message, m.ROAccessReport))
    tag = report.tags[0]
    assert (tag.epc, tag.pc, tag.antenna, tag.count, tag.spec_index) == (
        "6D0000000000000000000001",
        0x3000,
        1,
        3,
        1,
    )
    assert tag.rssi_dbm in {-50, -51}
    assert (tag.rospec, tag.channel, tag.crc, tag.phase) == (None, None, None, None)
    assert tag.first_utc_us == NOW


def test_every_message_of_the_emulator_survives_the_codec() -> None:
    machine = ready()
    outs = ask(machine, m.GetReaderCapabilities()) + ask(machine, m.GetReaderConfig())
    ask(machine, m.AddROSpec(spec()))
    outs += ask(machine, m.GetROSpecs())
    for out in outs:
        raw = encode(out.message, out.id)
        assert decode(HEADER.unpack_from(raw)[0] & 0x3FF, raw[10:]) == out.message


@pytest.mark.parametrize(
    "wrong",
    [
        spec(number=0),
        spec(state=1),
        spec(antennas=(5,)),
        spec(power=200),
        spec(hop=9),
        spec(mode=77),
        spec(ms=0),
        spec(start=3),
        msgspec.structs.replace(spec(), specs=()),
        msgspec.structs.replace(spec(), priority=5),
    ],
)
def test_a_wrong_rospec_is_refused_and_changes_nothing(wrong: ROSpec) -> None:
    machine = ready()
    assert code(ask(machine, m.AddROSpec(wrong))) == 100
    listed = ask(machine, m.GetROSpecs())[0].message
    assert isinstance(listed, m.GetROSpecsResponse)
    assert listed.rospecs == ()


def test_the_state_of_a_new_rospec_is_refused_in_the_standards_words() -> None:
    answer = ask(ready(), m.AddROSpec(spec(state=1)))[0].message
    assert isinstance(answer, m.AddROSpecResponse)
    inner = answer.status.parameter_error
    assert inner is not None
    assert inner.field_error is not None
    assert (inner.parameter, inner.code, inner.field_error.field, inner.field_error.code) == (
        177,
        201,
        2,
        301,
    )


@pytest.mark.parametrize(
    "message", [m.StartROSpec(5), m.StopROSpec(5), m.EnableROSpec(5), m.DisableROSpec(5), m.DeleteROSpec(5)]
)
def test_an_unknown_rospec_is_a_field_error(message: m.Message) -> None:
    assert code(ask(ready(), message)) == 101


def test_a_disabled_rospec_cannot_be_started() -> None:
    machine = ready()
    ask(machine, m.AddROSpec(spec(start=0)))
    assert code(ask(machine, m.StartROSpec(7))) == 101
    ask(machine, m.EnableROSpec(7))
    assert code(ask(machine, m.StartROSpec(7))) == 0


def test_without_a_restart_the_rospec_ends_once() -> None:
    machine = ready(Box(name="R1", antennas=4, restarts=False))
    ask(machine, m.AddROSpec(spec()))
    ask(machine, m.EnableROSpec(7))
    assert events(machine.advance(NOW + 3 * SECOND))[-1] == ROSpecEvent(1, 7)
    assert machine.next_us() is None


def test_a_periodic_rospec_begins_again_with_its_period() -> None:
    machine = ready()
    ask(machine, m.AddROSpec(spec(start=2, period_ms=4_000)))
    ask(machine, m.EnableROSpec(7))
    starts = []
    for step in range(90):
        outs = machine.advance(NOW + step * SECOND // 10)
        starts += [step for event in events(outs) if event == ROSpecEvent(0, 7)]
    assert starts == [0, 40, 80]


def test_with_n_1_each_read_is_a_message_of_its_own_and_comes_before_the_end_of_the_turn() -> None:
    machine = ready()
    ask(machine, m.AddROSpec(spec(antennas=(1, 3), trigger=2, n=1)))
    ask(machine, m.EnableROSpec(7))
    early = machine.advance(NOW + SECOND // 2)
    assert reported(early) == [[(1, 1)]] * 6
    late = machine.advance(NOW + 2_001_000)
    assert reported(late) == [[(1, 1)]] * 6 + [[(3, 1)]] * 12
    times = [out.message.tags[0].first_utc_us for out in early if isinstance(out.message, m.ROAccessReport)]
    assert times == sorted(times, key=lambda us: us or 0)
    assert (
        len(set(times)) == 5
    )  # three reads a slice, the last of one slice at the time of the first of the next


def test_with_n_0_and_trigger_1_the_reads_of_a_turn_are_summed_up() -> None:
    machine = ready()
    ask(machine, m.AddROSpec(spec(antennas=(1, 3))))
    ask(machine, m.EnableROSpec(7))
    assert reported(machine.advance(NOW + 2_001_000)) == [[(1, 3)], [(3, 3)]]


def test_a_report_on_request_alone_waits_for_the_request() -> None:
    machine = ready()
    ask(machine, m.AddROSpec(spec(trigger=0)))
    ask(machine, m.EnableROSpec(7))
    assert reported(machine.advance(NOW + SECOND + 1_000)) == []
    assert reported(ask(machine, m.GetReport(), NOW + SECOND)) == [[(1, 12)]]
    assert reported(ask(machine, m.GetReport(), NOW + SECOND)) == [[]]


def test_a_request_that_fails_gets_its_own_answer_and_an_unknown_type_an_error() -> None:
    machine = ready()
    outs = machine.receive(Frame(type=42, id=5, body=b"\0\0\0\7"), NOW)
    assert isinstance(outs[0].message, m.EnableAccessSpecResponse)
    assert code(outs) == 101
    outs = machine.receive(Frame(type=999, id=6, body=b""), NOW)
    assert isinstance(outs[0].message, m.ErrorMessage)
    assert (code(outs), outs[0].id) == (109, 6)


def test_another_version_is_answered_with_110_and_an_error_is_never_answered() -> None:
    machine = ready()
    assert code(machine.receive(Frame(type=46, id=5, body=b"", version=2), NOW)) == 110
    assert machine.receive(Frame(type=100, id=5, body=b"", version=2), NOW) == []


def test_a_mangled_request_is_refused_in_its_own_answer() -> None:
    outs = ready().receive(Frame(type=20, id=5, body=b"\x00\xb1\xff\xff"), NOW)
    assert isinstance(outs[0].message, m.AddROSpecResponse)
    assert code(outs) >= 100


def test_vendor_parameters_need_the_vendors_extensions() -> None:
    box = Box(name="R1", antennas=4, vendor=IMPINJ)
    fine = spec()
    assert fine.report is not None
    report = msgspec.structs.replace(fine.report, custom=(Selector(phase=WantPhase(), rssi=WantRssi()),))
    machine = ready(box)
    assert code(ask(machine, m.AddROSpec(msgspec.structs.replace(fine, report=report)))) == 100
    ask(machine, m.ImpinjEnable())
    assert code(ask(machine, m.AddROSpec(msgspec.structs.replace(fine, report=report)))) == 0
    ask(machine, m.EnableROSpec(7))
    found = next(
        o.message for o in machine.advance(NOW + SECOND + 1_000) if isinstance(o.message, m.ROAccessReport)
    )
    assert found.tags[0].rssi_cdbm == -5050


def test_three_missed_keepalives_are_a_dead_client() -> None:
    machine = ready(keepalive=KeepaliveSpec(1, 10_000))
    closed = []
    for second in range(0, 60, 5):
        outs = machine.advance(NOW + second * SECOND)
        closed += [second for out in outs if out.close]
    assert closed == [40, 50]


def test_an_acknowledged_keepalive_keeps_the_client() -> None:
    machine = ready(keepalive=KeepaliveSpec(1, 10_000))
    for second in range(0, 200, 5):
        assert not any(out.close for out in machine.advance(NOW + second * SECOND))
        ask(machine, m.KeepaliveAck(), NOW + second * SECOND)


def test_a_holding_reader_keeps_what_happened_until_it_is_asked() -> None:
    machine = ready(Box(name="R1", antennas=4, buffer_messages=50), holding=Holding(on=True))
    ask(machine, m.EnableEventsAndReports())
    ask(machine, m.AddROSpec(spec()))
    ask(machine, m.EnableROSpec(7))
    machine.advance(NOW + 1_000)
    machine.disconnect()
    machine.advance(NOW + 2 * SECOND + 10_000)
    assert events(machine.connect(NOW + 3 * SECOND)) == [ConnectionAttempt(0)]
    late = events(ask(machine, m.EnableEventsAndReports(), NOW + 3 * SECOND))
    assert late[:2] == [[1], AISpecEnd(rospec=7, spec_index=1)]


def test_a_full_buffer_says_overflow() -> None:
    machine = ready(Box(name="R1", antennas=4, buffer_messages=3), holding=Holding(on=True))
    ask(machine, m.AddROSpec(spec()))
    ask(machine, m.EnableROSpec(7))
    machine.disconnect()
    machine.advance(NOW + 4 * SECOND)
    machine.connect(NOW + 4 * SECOND)
    assert BufferOverflow() in events(ask(machine, m.EnableEventsAndReports(), NOW + 4 * SECOND))


def test_a_silent_antenna_still_ends_its_turns() -> None:
    machine = ready()
    machine.faults.silent.add(1)
    ask(machine, m.AddROSpec(spec()))
    ask(machine, m.EnableROSpec(7))
    assert events(machine.advance(NOW + SECOND + 1_000))[1:] == [AISpecEnd(rospec=7, spec_index=1)]


def test_a_reset_puts_the_factory_back() -> None:
    machine = ready(keepalive=KeepaliveSpec(1, 10_000))
    ask(machine, m.AddROSpec(spec()))
    ask(machine, m.SetReaderConfig(reset=True))
    shown = ask(machine, m.GetReaderConfig())[0].message
    assert isinstance(shown, m.GetReaderConfigResponse)
    assert shown.keepalive == KeepaliveSpec(0, 0)
    assert shown.events is not None
    assert {entry.event for entry in shown.events.entries if entry.on} == {4, 8}


def test_the_same_script_gives_the_same_bytes() -> None:
    def bytes_of_run() -> bytes:
        machine = ready()
        outs = ask(machine, m.AddROSpec(spec())) + ask(machine, m.EnableROSpec(7))
        for step in range(50):
            outs += machine.advance(NOW + step * SECOND // 5)
        return b"".join(encode(out.message, out.id) for out in outs)

    assert bytes_of_run() == bytes_of_run()
