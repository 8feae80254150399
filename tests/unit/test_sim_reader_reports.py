"""What an emulated reader reports: exactly the selected fields, sums as the standard says, filters, memory, access, and a buffer that ends."""

from __future__ import annotations

import msgspec
import pytest
from helpers.machines import CONTENT, NOW, SECOND, ask, code, events, ready, reported, spec

from edge.llrp import messages as m
from edge.llrp.codec import Frame
from edge.llrp.events import BufferOverflow, ConnectionAttempt
from edge.llrp.impinj import Selector, WantDoppler, WantPhase, WantRssi, WantTid
from edge.llrp.rospec import (
    AccessCommand,
    AccessSpec,
    AccessStop,
    Action,
    AntennaConfig,
    BankSelector,
    ContentSelector,
    Filter,
    InventoryCommand,
    InventorySpec,
    Mask,
    ReadOp,
    Receiver,
    ReportSpec,
    ROSpec,
    TagSpec,
    TargetTag,
)
from edge.llrp.tags import TagReport
from firmware_sim.radio import Answer, Listen
from firmware_sim.readers.box import CHANNELS, IMPINJ, Box, capabilities, hop_place
from firmware_sim.readers.machine import Machine
from firmware_sim.readers.memory import TID_HEAD

PLAIN = "6D0000000000000000000001"
LONG = "141CC04FC70BADB5C6E2DA1DED4DD319"


class Three:
    """Three tags: two short, one long and quiet; the channel changes with the time."""

    def answers(self, listen: Listen) -> list[Answer]:
        channel = 1 + (listen.from_us - NOW) // 500_000 % 2
        return [
            Answer(
                epc=epc, pc=pc, count=4, rssi_dbm=rssi, first_us=listen.from_us, last_us=listen.to_us, phase_deg=90.0,
                channel=channel,
            )
            for epc, pc, rssi in ((PLAIN, 0x3000, -50.5), ("6D0000000000000000000002", 0x3000, -60.0), (LONG, 0x4400, -70.0))
        ]  # fmt: skip


ALL_FIELDS = ContentSelector(
    rospec=True, spec_index=True, inventory_spec=True, antenna=True, channel=True, rssi=True, first_seen=True,
    last_seen=True, count=True, access_spec=True, bank=BankSelector(crc=True, pc=True),
)  # fmt: skip


def heard(plan: ROSpec, seconds: float = 1.1, machine: Machine | None = None) -> list[TagReport]:
    machine = machine or ready(Box(name="R1", antennas=4, vendor=IMPINJ), field=Three())
    ask(machine, m.ImpinjEnable())
    assert code(ask(machine, m.AddROSpec(plan))) == 0
    ask(machine, m.EnableROSpec(plan.id))
    outs = machine.advance(NOW + round(seconds * SECOND))
    return [tag for out in outs if isinstance(out.message, m.ROAccessReport) for tag in out.message.tags]


def reporting(report: ReportSpec, **more: object) -> ROSpec:
    return msgspec.structs.replace(spec(**more), report=report)  # type: ignore[arg-type]  # any wish


def test_every_field_that_is_asked_for_is_there() -> None:
    vendor = Selector(tid=WantTid(), phase=WantPhase(), rssi=WantRssi(), doppler=WantDoppler())
    tag = heard(reporting(ReportSpec(trigger=1, content=ALL_FIELDS, custom=(vendor,))))[0]
    assert (tag.epc, tag.pc, tag.antenna, tag.rospec, tag.spec_index, tag.inventory_spec, tag.access_spec) == (
        PLAIN, 0x3000, 1, 7, 1, 1, 0,
    )  # fmt: skip
    assert (tag.rssi_dbm, tag.rssi_cdbm, tag.phase, tag.doppler, tag.count) == (-50, -5050, 1024, 0, 4)
    assert (tag.first_utc_us, tag.last_utc_us) == (NOW, NOW + SECOND + 400)
    assert tag.tid is not None
    assert tag.tid.startswith(TID_HEAD.hex().upper())
    assert tag.channel == hop_place(1)


def test_no_field_that_was_not_asked_for_is_there() -> None:
    tag = heard(reporting(ReportSpec(trigger=1, content=ContentSelector())))[0]
    assert tag == TagReport(epc=PLAIN)


def test_a_channel_in_a_report_is_a_place_in_the_hop_table() -> None:
    band = capabilities(Box(name="R1"), 3).regulatory
    assert band is not None
    assert band.band is not None
    assert band.band.frequencies is not None
    table = band.band.frequencies.hop_tables[0].khz
    assert table != tuple(sorted(table))
    assert [table[hop_place(channel) - 1] for channel in range(1, CHANNELS + 1)] == sorted(table)


def test_with_the_antenna_switched_off_the_reads_of_all_antennas_melt_into_one_item() -> None:
    seen_by_two = spec(antennas=(1, 2), trigger=2)
    apart = heard(seen_by_two, 2.1)
    content = ContentSelector(count=True, rssi=True)
    melted = heard(msgspec.structs.replace(seen_by_two, report=ReportSpec(trigger=2, content=content)), 2.1)
    assert len(apart) == 6
    assert [(tag.epc, tag.count) for tag in melted if tag.epc == PLAIN] == [(PLAIN, 8)]


def test_with_the_channel_switched_on_each_channel_has_its_own_item() -> None:
    content = ContentSelector(antenna=True, channel=True, count=True)
    tags = heard(reporting(ReportSpec(trigger=0, content=content), antennas=(1,)), 1.1)
    assert tags == []
    machine = ready(field=Three())
    heard(reporting(ReportSpec(trigger=0, content=content), antennas=(1,)), 1.1, machine)
    (report,) = [out.message for out in ask(machine, m.GetReport(), NOW + SECOND)]
    assert isinstance(report, m.ROAccessReport)
    mine = [tag for tag in report.tags if tag.epc == PLAIN]
    assert [tag.channel for tag in mine] == [hop_place(1), hop_place(2)]
    assert [tag.count for tag in mine] == [8, 8]


def test_reads_of_one_by_one_are_as_many_as_their_sum_and_none_is_louder() -> None:
    tags = [tag for tag in heard(spec(antennas=(1,), n=1)) if tag.epc == PLAIN]
    assert [tag.count for tag in tags] == [1] * 16
    assert max(tag.rssi_dbm or 0 for tag in tags) == -50
    assert len({tag.first_utc_us for tag in tags}) > 10


def test_pieces_of_n_hold_n_tags_and_the_rest_comes_at_the_end() -> None:
    machine = ready(field=Three())
    ask(machine, m.AddROSpec(spec(antennas=(1,), n=2)))
    ask(machine, m.EnableROSpec(7))
    sizes = [len(report) for report in reported(machine.advance(NOW + SECOND + 1_000))]
    assert set(sizes[:-1]) == {2}
    assert sizes[-1] in {1, 2}


def filtered(*filters: Filter, receiver: Receiver | None = None) -> list[str]:
    config = AntennaConfig(receiver=receiver, inventory=InventoryCommand(filters=filters))
    plan = spec(antennas=(1,))
    ai = msgspec.structs.replace(plan.aispecs[0], inventories=(InventorySpec(id=1, antennas=(config,)),))
    return [tag.epc for tag in heard(msgspec.structs.replace(plan, specs=(ai,)))]


def test_a_filter_lets_only_tags_take_part_whose_memory_fits() -> None:
    on_6d = Mask(bank=1, pointer=32, bits=(8, b"\x6d"))
    assert filtered(Filter(mask=on_6d)) == [PLAIN, "6D0000000000000000000002"]
    assert filtered(Filter(mask=on_6d, action=Action(4))) == [LONG]
    on_pc = Mask(bank=1, pointer=16, bits=(5, b"\x40"))
    assert filtered(Filter(mask=on_pc, action=Action(0))) == [LONG]
    last = Mask(bank=1, pointer=32 + 94, bits=(2, b"\x80"))
    assert filtered(Filter(mask=on_6d), Filter(mask=last, action=Action(3))) == [PLAIN]


def test_a_deaf_receiver_hears_only_what_is_loud() -> None:
    assert filtered(receiver=Receiver(1)) == [PLAIN, "6D0000000000000000000002", LONG]
    assert filtered(receiver=Receiver(26)) == [PLAIN]


def reading(
    number: int = 3, *, bank: int = 1, pointer: int = 2, words: int = 2, stop: AccessStop | None = None, mask: bytes = b"",
) -> AccessSpec:  # fmt: skip
    target = TargetTag(
        bank=1, match=True, pointer=32, mask=(8 * len(mask), b"\xff" * len(mask)), data=(8 * len(mask), mask)
    )
    return AccessSpec(
        id=number,
        stop=stop or AccessStop(0),
        command=AccessCommand(
            tags=TagSpec((target,)), reads=(ReadOp(id=9, bank=bank, pointer=pointer, words=words),)
        ),
    )


def worked(access: AccessSpec) -> dict[str, tuple[int, bytes]]:
    machine = ready(Box(name="R1", antennas=4, vendor=IMPINJ), field=Three())
    assert code(ask(machine, m.AddAccessSpec(access))) == 0
    assert code(ask(machine, m.EnableAccessSpec(access.id))) == 0
    tags = heard(reporting(ReportSpec(trigger=1, content=ALL_FIELDS), antennas=(1,)), machine=machine)
    return {
        tag.epc: (tag.reads[0].result, tag.reads[0].data)
        for tag in tags
        if tag.reads and tag.access_spec == 3
    }


def test_an_access_spec_reads_the_bank_and_words_that_it_names() -> None:
    assert worked(reading())[PLAIN] == (0, bytes.fromhex("6D000000"))
    assert worked(reading(bank=2, pointer=0, words=0))[LONG][1].startswith(TID_HEAD)
    assert worked(reading(mask=b"\x6d")).keys() == {PLAIN, "6D0000000000000000000002"}


def test_work_on_a_tag_costs_reads() -> None:
    machine = ready(Box(name="R1", antennas=4, vendor=IMPINJ), field=Three())
    ask(machine, m.AddAccessSpec(reading(mask=b"\x6d")))
    ask(machine, m.EnableAccessSpec(3))
    tags = heard(reporting(ReportSpec(trigger=1, content=ALL_FIELDS), antennas=(1,)), machine=machine)
    assert {tag.epc: tag.count for tag in tags}[PLAIN] == 2
    assert {tag.epc: tag.count for tag in tags}[LONG] == 4


def test_words_that_a_tag_does_not_have_are_the_tags_error() -> None:
    assert worked(reading(bank=3, pointer=0, words=8))[PLAIN] == (1, b"")


def test_an_access_spec_that_has_done_its_work_is_gone() -> None:
    assert len(worked(reading(stop=AccessStop(1, 2)))) == 2


def test_access_specs_are_kept_listed_switched_and_deleted() -> None:
    machine = ready()
    assert code(ask(machine, m.AddAccessSpec(reading()))) == 0
    assert code(ask(machine, m.AddAccessSpec(reading()))) == 100
    assert code(ask(machine, m.AddAccessSpec(msgspec.structs.replace(reading(4), active=True)))) == 100
    assert code(ask(machine, m.EnableAccessSpec(0))) == 0
    shown = ask(machine, m.GetAccessSpecs())[0].message
    assert isinstance(shown, m.GetAccessSpecsResponse)
    assert [(one.id, one.active) for one in shown.specs] == [(3, True)]
    assert code(ask(machine, m.DisableAccessSpec(8))) == 101
    assert code(ask(machine, m.DeleteAccessSpec(0))) == 0
    assert code(ask(machine, m.DeleteAccessSpec(3))) == 101


@pytest.mark.parametrize(
    "wrong",
    [
        reading(0),
        msgspec.structs.replace(reading(), antenna=9),
        msgspec.structs.replace(reading(), protocol=2),
        msgspec.structs.replace(reading(), command=AccessCommand()),
    ],
)
def test_a_wrong_access_spec_is_refused(wrong: AccessSpec) -> None:
    assert code(ask(ready(), m.AddAccessSpec(wrong))) == 100


def test_a_client_that_does_not_read_fills_the_buffer_and_hears_of_what_was_lost() -> None:
    machine = ready(Box(name="R1", antennas=4, buffer_tags=4), field=Three())
    ask(machine, m.AddROSpec(spec(antennas=(1,), ms=100)))
    ask(machine, m.EnableROSpec(7))
    assert machine.congestion(NOW, on=True) == []
    assert machine.advance(NOW + SECOND) == []
    late = machine.congestion(NOW + SECOND, on=False)
    assert BufferOverflow() in events(late)
    assert sum(len(report) for report in reported(late)) == 3
    assert reported(machine.advance(NOW + SECOND + 200_000))


def test_tags_that_nobody_asks_for_fill_the_buffer_and_no_more() -> None:
    machine = ready(Box(name="R1", antennas=4, buffer_tags=2), field=Three())
    ask(machine, m.AddROSpec(reporting(ReportSpec(trigger=0, content=CONTENT), antennas=(1,))))
    ask(machine, m.EnableROSpec(7))
    found = events(machine.advance(NOW + SECOND + 1_000))
    assert BufferOverflow() in found
    assert len(reported(ask(machine, m.GetReport()))[0]) == 2


def test_a_flood_of_others_is_told_to_the_owner_a_few_times_only() -> None:
    machine = ready()
    told = [events(machine.somebody_tried(NOW + step * 1_000)) for step in range(200)]
    assert sum(len(one) for one in told) == 2
    assert told[0] == [ConnectionAttempt(4)]


def version(
    kind: int, head: int, body: bytes = b"", box: Box | None = None
) -> tuple[Machine, m.Message, int]:
    machine = ready(box)
    out = machine.receive(Frame(type=kind, id=4, body=body, version=head), NOW)[0]
    return machine, out.message, out.version


def test_a_reader_of_1_0_1_says_110_to_a_head_of_1_1_and_109_to_the_question_itself() -> None:
    _, answer, head = version(46, 2)
    assert isinstance(answer, m.ErrorMessage)
    assert (answer.status.code, head) == (110, 1)
    _, answer, _ = version(46, 1)
    assert isinstance(answer, m.ErrorMessage)
    assert answer.status.code == 109


def test_a_reader_of_1_1_says_so_and_speaks_it_when_asked() -> None:
    box = Box(name="R1", antennas=4, highest_version=2)
    _, answer, head = version(46, 2, box=box)
    assert answer == m.GetSupportedVersionResponse(current=1, highest=2)
    assert head == 2
    machine, answer, _ = version(47, 2, b"\2", box)
    assert answer == m.SetProtocolVersionResponse()
    assert code(machine.receive(Frame(type=26, id=5, body=b"", version=1), NOW)) == 110
    listed = machine.receive(Frame(type=26, id=5, body=b"", version=2), NOW)[0]
    assert (listed.version, code([listed])) == (2, 0)
    machine.disconnect()
    assert machine.connect(NOW)[0].version == 1
    _, answer, _ = version(47, 2, b"\5", box)
    assert isinstance(answer, m.SetProtocolVersionResponse)
    assert answer.status.code == 110
