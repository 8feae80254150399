"""The outbox: what is on disk stays, in order, numbered for ever, within its bounds."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from helpers.edge import dwell

from edge.config import MIB, OutboxConfig
from edge.outbox import DAMAGED, HOUR_US, Outbox
from edge.window import QUIET_US, Window
from shelfwire.codec import decode_from_agent, encode
from shelfwire.errors import FullError, InputError
from shelfwire.messages import Lost, Report, Silence

SMALL = OutboxConfig(max_bytes=MIB, max_age_h=1.0)
LOG = "log-1"
WALL_US = 1_900_000_000_000_000


def lost(seq: int, upto: int, reason: str, spans: Sequence[Silence]) -> bytes:
    return encode(
        Lost(
            agent="edge-1",
            log=LOG,
            seq=seq,
            upto=upto,
            boot="b",
            made_at_us=1,
            wall_at_us=1,
            reason=reason,
            spans=list(spans),
        )
    )


def report(seq: int, tags: int = 1, *, reader: str = "R1") -> bytes:
    return encode(
        Report(
            agent="edge-1",
            log=LOG,
            seq=seq,
            boot="b",
            made_at_us=1,
            wall_at_us=1,
            dwells=[dwell(seq, reader=reader, port=1 + seq % 3, tags=tags, at_us=10**15 + seq)],
        )
    )


class Box:
    """Opens the same outbox again and again, as restarts do."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.opened: list[Outbox] = []

    def open(
        self, *, log: str = LOG, agent: str = "edge-1", now_us: int = 0, wall_us: int = WALL_US
    ) -> Outbox:
        for old in self.opened:
            old.close()
        outbox = Outbox(
            self.folder,
            SMALL,
            site="demo",
            agent=agent,
            new_log=log,
            make_lost=lost,
            now_us=now_us,
            wall_us=wall_us,
        )
        self.opened.append(outbox)
        return outbox


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    found = Box(tmp_path / "outbox")
    yield found
    for outbox in found.opened:
        outbox.close()


def fill(outbox: Outbox, reports: int, *, tags: int = 1, now_us: int = 0) -> None:
    for _ in range(reports):
        outbox.append(report(outbox.next_seq, tags), now_us)
    outbox.commit()


def message(outbox: Outbox, seq: int) -> Report | Lost:
    item = outbox.item(seq)
    assert item is not None
    return decode_from_agent(item.payload)


def test_a_report_is_given_out_as_the_very_bytes_that_went_in(box: Box) -> None:
    outbox = box.open()
    fill(outbox, 3)
    assert [outbox.item(seq) for seq in (1, 2, 3)] == [(seq, seq, report(seq)) for seq in (1, 2, 3)]


def test_a_report_is_not_given_out_before_it_is_on_disk(box: Box) -> None:
    outbox = box.open()
    outbox.append(report(1), 0)
    assert outbox.item(1) is None
    outbox.commit()
    assert outbox.item(1) is not None


def test_numbers_go_on_after_a_restart_and_the_log_stays(box: Box) -> None:
    fill(box.open(), 5)
    outbox = box.open(log="another")
    assert (outbox.log, outbox.next_seq, outbox.reports) == (LOG, 6, 5)
    fill(outbox, 1)
    assert message(outbox, 6).seq == 6


def test_acknowledged_reports_are_not_sent_again_after_a_restart(box: Box) -> None:
    outbox = box.open()
    fill(outbox, 5)
    assert outbox.acked(3)
    outbox.commit()
    outbox = box.open()
    assert outbox.upto == 3
    assert outbox.item(3) is None
    assert outbox.item(4) is not None


def test_numbers_go_on_even_when_everything_was_acknowledged(box: Box) -> None:
    outbox = box.open()
    fill(outbox, 300, tags=20)
    outbox.acked(300)
    outbox.commit()
    assert len(list(outbox.folder.glob("*.seg"))) == 1
    assert box.open().next_seq == 301


def test_an_acknowledgement_of_what_was_never_made_is_refused(box: Box) -> None:
    outbox = box.open()
    fill(outbox, 2)
    outbox.append(report(3), 0)
    assert not outbox.acked(3), "3 is not on disk, so nobody can have it"
    assert outbox.upto == 0


def test_acknowledgements_free_the_disk(box: Box) -> None:
    outbox = box.open()
    fill(outbox, 400, tags=20)
    full = outbox.size_bytes
    outbox.acked(390)
    assert outbox.size_bytes < full / 5


def test_an_outbox_that_the_hub_keeps_empty_stays_small(box: Box) -> None:
    folder = box.folder
    outbox = Outbox(
        folder,
        OutboxConfig(),
        site="demo",
        agent="edge-1",
        new_log=LOG,
        make_lost=lost,
        now_us=0,
        wall_us=WALL_US,
    )
    box.opened.append(outbox)
    for _ in range(40):
        fill(outbox, 10, tags=200)
        assert outbox.acked(outbox.last)
    assert outbox.size_bytes < 2 * MIB
    outbox.tidy(0)
    assert outbox.size_bytes < 1_000
    outbox.tidy(0)
    assert (box.open().next_seq, len(list(folder.glob("*.seg")))) == (401, 1)


@pytest.mark.parametrize("cut", [1, 10, 19, 25, 60])
def test_a_torn_tail_is_cut_and_all_before_it_stays(box: Box, cut: int) -> None:
    fill(box.open(), 5)
    box.opened[-1].close()
    [segment] = box.folder.glob("*.seg")
    os.truncate(segment, segment.stat().st_size - cut)
    outbox = box.open()
    assert outbox.next_seq == 5
    fill(outbox, 2)
    outbox = box.open()
    assert [message(outbox, seq).seq for seq in range(1, 7)] == [1, 2, 3, 4, 5, 6]


def test_a_tail_of_zeros_as_after_a_power_cut_is_cut(box: Box) -> None:
    fill(box.open(), 2)
    box.opened[-1].close()
    [segment] = box.folder.glob("*.seg")
    with segment.open("ab") as file:
        file.write(bytes(5_000))
    outbox = box.open()
    fill(outbox, 1)
    assert [message(outbox, seq).seq for seq in (1, 2, 3)] == [1, 2, 3]


def test_a_damaged_report_becomes_a_lost_record_and_its_neighbours_stay(box: Box) -> None:
    fill(box.open(), 5)
    box.opened[-1].close()
    [segment] = box.folder.glob("*.seg")
    data = bytearray(segment.read_bytes())
    data[data.index(report(3)) + 50] ^= 0xFF
    segment.write_bytes(data)
    outbox = box.open()
    assert outbox.next_seq == 6, "its number is never given again"
    found = message(outbox, 3)
    assert isinstance(found, Lost)
    assert (found.seq, found.upto, found.reason) == (3, 3, DAMAGED)
    assert outbox.lost_reports == 1
    assert message(outbox, 4) == decode_from_agent(report(4))


def test_beyond_its_bound_in_bytes_the_oldest_reports_become_one_lost_record(box: Box) -> None:
    outbox = box.open()
    fill(outbox, 2_000, tags=20)
    assert outbox.size_bytes <= SMALL.max_bytes
    found = message(outbox, 1)
    assert isinstance(found, Lost)
    assert found.seq == 1
    assert {(span.reader, span.port) for span in found.spans} == {("R1", 1), ("R1", 2), ("R1", 3)}
    assert min(span.started_at_us for span in found.spans) == 10**15 + 1
    assert max(span.ended_at_us for span in found.spans) == 10**15 + found.upto + 1_000_000
    assert outbox.lost_reports == found.upto
    assert isinstance(message(outbox, found.upto + 1), Report), "the newest stay"


def test_a_lost_record_survives_restarts_and_grows_until_it_is_acknowledged(box: Box) -> None:
    fill(box.open(), 1_500, tags=20)
    outbox = box.open()
    first = message(outbox, 1)
    fill(outbox, 1_000, tags=20)
    outbox = box.open()
    second = message(outbox, 1)
    assert isinstance(first, Lost)
    assert isinstance(second, Lost)
    assert second.upto > first.upto
    assert outbox.lost_reports == second.upto
    assert outbox.acked(second.upto)
    assert outbox.item(second.upto) is None
    assert isinstance(message(outbox, second.upto + 1), Report)


def test_acknowledged_reports_are_never_lost(box: Box) -> None:
    outbox = box.open()
    for _ in range(20):
        fill(outbox, 100, tags=20)
        outbox.acked(outbox.last)
    assert outbox.lost_reports == 0


def test_lost_records_for_thousands_of_antennas_are_split(box: Box) -> None:
    outbox = box.open()
    for number in range(3_000):
        outbox.append(report(outbox.next_seq, 4, reader=f"R{number}"), 0)
    outbox.commit()
    outbox.enforce(2 * HOUR_US)
    records = []
    seq = 1
    while (item := outbox.item(seq)) is not None and item.last > item.first:
        found = decode_from_agent(item.payload)
        assert isinstance(found, Lost)
        records.append(found)
        seq = item.last + 1
    assert len(records) > 1
    assert all(len(record.spans) <= 2_000 for record in records)
    assert outbox.lost_reports == records[-1].upto == 3_000


def test_beyond_its_bound_in_age_reports_are_given_up(box: Box) -> None:
    outbox = box.open()
    fill(outbox, 3, now_us=0)
    outbox.enforce(HOUR_US)
    assert isinstance(message(outbox, 1), Report), "an hour is not more than an hour"
    outbox.enforce(HOUR_US + 1)
    found = message(outbox, 1)
    assert isinstance(found, Lost)
    assert (found.seq, found.upto) == (1, 3)
    assert outbox.reports == 3, "the lost record waits for its acknowledgement"
    outbox.enforce(9 * HOUR_US)
    assert message(outbox, 3) == found


def test_the_age_of_an_earlier_boot_counts_but_a_clock_of_1970_does_not(box: Box) -> None:
    fill(box.open(), 1)
    [segment] = box.folder.glob("*.seg")
    os.utime(segment, (WALL_US / 1e6 - 7_200, WALL_US / 1e6 - 7_200))
    outbox = box.open()
    outbox.enforce(0)
    assert isinstance(message(outbox, 1), Lost)

    fill(outbox, 1, now_us=0)
    for segment in box.folder.glob("*.seg"):
        os.utime(segment, (3_600, 3_600))
    outbox = box.open()
    outbox.enforce(0)
    assert isinstance(message(outbox, 2), Report)


def _no_space(*args: Any) -> int:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_loses_nothing_that_was_taken(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    outbox = box.open()
    fill(outbox, 3)
    with monkeypatch.context() as full:
        full.setattr(os, "pwrite", _no_space)
        with pytest.raises(FullError, match="No space left"):
            outbox.append(report(4), 0)
    assert outbox.next_seq == 4
    fill(outbox, 1)
    outbox = box.open()
    assert [message(outbox, seq).seq for seq in (1, 2, 3, 4)] == [1, 2, 3, 4]


def test_a_disk_that_takes_half_a_record_takes_none(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    outbox = box.open()
    fill(outbox, 1)
    pwrite = os.pwrite

    def half(handle: int, data: bytes, offset: int) -> int:
        if len(data) < 50:
            return _no_space()
        return pwrite(handle, data[: len(data) // 2], offset)

    with monkeypatch.context() as full:
        full.setattr(os, "pwrite", half)
        with pytest.raises(FullError):
            outbox.append(report(2), 0)
    fill(outbox, 1)
    assert [message(box.open(), seq).seq for seq in (1, 2)] == [1, 2]


def test_what_the_disk_does_not_write_through_was_never_taken(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox = box.open()
    fill(outbox, 1)
    outbox.append(report(2), 0)
    with monkeypatch.context() as broken:
        broken.setattr(os, "fdatasync", _no_space, raising=False)
        with pytest.raises(FullError):
            outbox.commit()
    outbox.take_back()
    assert (outbox.next_seq, outbox.committed) == (2, 1)
    assert box.open().next_seq == 2


def test_a_bound_reached_on_a_full_disk_gives_nothing_up_without_its_record(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox = box.open()
    fill(outbox, 3)
    with monkeypatch.context() as full:
        full.setattr(os, "pwrite", _no_space)
        with pytest.raises(FullError):
            outbox.enforce(2 * HOUR_US)
    assert isinstance(message(outbox, 1), Report)
    assert outbox.lost_reports == 0


def test_two_processes_never_share_an_outbox(box: Box) -> None:
    outbox = box.open()
    with pytest.raises(InputError, match="another agent"):
        Outbox(
            outbox.folder,
            SMALL,
            site="demo",
            agent="edge-1",
            new_log="x",
            make_lost=lost,
            now_us=0,
            wall_us=0,
        )


def test_an_outbox_of_another_agent_is_refused(box: Box) -> None:
    fill(box.open(), 1)
    with pytest.raises(InputError, match="is the outbox of agent edge-1"):
        box.open(agent="edge-2")


def test_a_newer_format_is_refused_in_words(box: Box) -> None:
    from edge import segments  # noqa: PLC0415 (only this test writes a foreign file)

    box.folder.mkdir()
    body = b'{"format":2,"site":"demo","agent":"edge-1","log":"x","upto":0,"lost_reports":0}'
    (box.folder / f"{1:016d}.seg").write_bytes(segments.pack(segments.HEAD, 1, body))
    with pytest.raises(InputError, match="newer Shelfwire"):
        box.open()


def test_a_half_made_segment_is_cleaned_away(box: Box) -> None:
    fill(box.open(), 1)
    (box.folder / f"{2:016d}.part").write_bytes(b"half")
    assert box.open().next_seq == 2
    assert not list(box.folder.glob("*.part"))


def test_a_folder_that_cannot_be_made_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="choose another state_dir"):
        Box(tmp_path / "file" / "outbox").open()


def test_segments_that_nobody_can_read_are_kept_aside_and_a_new_outbox_begins(box: Box) -> None:
    fill(box.open(), 300, tags=20)
    box.opened[-1].close()
    found = sorted(box.folder.glob("*.seg"))
    assert len(found) > 1
    for segment in found:
        data = bytearray(segment.read_bytes())
        data[30] ^= 0xFF
        segment.write_bytes(data)
    outbox = box.open(log="log-2")
    assert (outbox.log, outbox.next_seq, outbox.reports) == ("log-2", 1, 0)
    assert len(list(box.folder.glob("*.bad"))) == len(found)
    assert box.open(log="log-3").log == "log-2"


def test_the_end_of_a_segment_that_the_disk_lost_becomes_a_lost_record(box: Box) -> None:
    fill(box.open(), 300, tags=20)
    box.opened[-1].close()
    first, second = sorted(box.folder.glob("*.seg"))[:2]
    os.truncate(first, 10_000)
    outbox = box.open()
    beyond = int(second.stem)
    whole = [seq for seq in range(1, beyond) if isinstance(message(outbox, seq), Report)]
    assert whole == list(range(1, len(whole) + 1))
    assert 0 < len(whole) < beyond - 1
    assert message(outbox, beyond) == decode_from_agent(report(beyond, 20))
    assert outbox.lost_reports == beyond - 1 - len(whole)


@pytest.mark.parametrize("spoilt", [slice(30, 31), slice(0, None)])
def test_a_last_segment_without_a_readable_head_is_followed_by_a_sound_one(box: Box, spoilt: slice) -> None:
    fill(box.open(), 100, tags=20)
    box.opened[-1].close()
    last = max(box.folder.glob("*.seg"))
    data = bytearray(last.read_bytes())
    data[spoilt] = bytes(byte ^ 0xFF for byte in data[spoilt])
    last.write_bytes(data)
    outbox = box.open()
    fill(outbox, 1)
    number = outbox.last
    outbox.acked(number - 1)
    outbox = box.open()
    assert (outbox.log, outbox.next_seq) == (LOG, number + 1)
    assert isinstance(message(outbox, number), Report)


def test_a_lost_record_that_is_half_acknowledged_is_given_out_whole_to_the_window(box: Box) -> None:
    outbox, window = box.open(), Window()
    window.up(0)
    while outbox.lost_reports < 12:
        fill(outbox, 1, tags=450)
    assert window.due(0, outbox.upto, outbox.committed) == 1
    item = outbox.item(1)
    assert item is not None
    window.sent(item.first, item.last, 100, 0)
    assert outbox.acked(10)  # the hub had these as reports, and the record got lost
    window.acked(10, 0)
    window.want([(11, item.last)], outbox.committed)
    again = window.due(QUIET_US, outbox.upto, outbox.committed)
    assert again is not None
    assert outbox.item(again) == item
