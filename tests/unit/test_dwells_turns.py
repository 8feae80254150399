"""Dwells from the reader's own word on its turns."""

from __future__ import annotations

from helpers.dwells import EPC, at, builder, read, seen, turn

from edge.dwells import DwellBuilder
from edge.reads import NO_RSSI_DBM, Heard, Sums, whole_words
from shelfwire.messages import MAX_TAGS_A_DWELL, Air


def test_an_antenna_that_heard_nothing_still_makes_a_dwell() -> None:
    shelf = builder()
    shelf.started(at(0))
    assert seen(shelf.turn_ended(1, at(1))) == [(1, 0, 1, "exact", 0)]
    assert seen(shelf.turn_ended(2, at(2.1))) == [(2, 1, 2.1, "exact", 0)]
    assert shelf.gaps == 0


def test_what_was_heard_stands_in_the_dwell_of_its_antenna() -> None:
    shelf = builder()
    shelf.started(at(0))
    shelf.heard([read(1, 0.5)], at(1))
    (dwell,) = shelf.turn_ended(1, at(1))
    assert dwell.tags.epc == [EPC]
    assert dwell.tags.pc == [0x3400]
    assert dwell.power_dbm == 30.0
    assert dwell.air == Air(session=1, target="AB", search="dual")
    assert seen(shelf.turn_ended(2, at(2))) == [(2, 1, 2, "exact", 0)]


def test_the_cycle_goes_round_with_starts_and_ends() -> None:
    shelf = builder()
    for cycle in range(3):
        shelf.started(at(2 * cycle))
        assert seen(shelf.turn_ended(1, at(2 * cycle + 1))) == [(1, 2 * cycle, 2 * cycle + 1, "exact", 0)]
        assert seen(shelf.turn_ended(2, at(2 * cycle + 2))) == [(2, 2 * cycle + 1, 2 * cycle + 2, "exact", 0)]
        assert shelf.ended(at(2 * cycle + 2)) == []
    assert shelf.gaps == 0


def test_without_cycle_events_the_cycle_is_taken_to_go_round() -> None:
    shelf = builder()
    assert seen(shelf.turn_ended(1, at(1))) == [(1, 0, 1, "estimated", 0)]
    assert seen(shelf.turn_ended(2, at(2))) == [(2, 1, 2, "exact", 0)]
    assert seen(shelf.turn_ended(1, at(3))) == [(1, 2, 3, "exact", 0)]


def test_time_between_two_cycles_is_nobodys_dwell() -> None:
    shelf = builder(turn(1))
    shelf.started(at(0))
    shelf.turn_ended(1, at(1))
    shelf.ended(at(1))
    shelf.started(at(5))
    assert seen(shelf.turn_ended(1, at(6))) == [(1, 5, 6, "exact", 0)]


def test_a_lost_event_makes_an_estimated_dwell_and_a_gap() -> None:
    shelf = builder(turn(1), turn(2), turn(3))
    shelf.started(at(0))
    assert seen(shelf.turn_ended(2, at(2))) == [(2, 1, 2, "estimated", 0)]
    assert shelf.gaps == 1
    assert seen(shelf.turn_ended(3, at(3))) == [(3, 2, 3, "exact", 0)]


def test_reads_of_a_turn_whose_end_was_lost_are_kept_and_prove_no_silence() -> None:
    shelf = builder(turn(1), turn(2), turn(3))
    shelf.started(at(0))
    shelf.heard([read(1, 0.5)], at(1))
    found = seen(shelf.turn_ended(2, at(2)))
    assert found == [(1, 0.5, 0.5, "doubtful", 1), (2, 1, 2, "estimated", 0)]


def test_a_whole_cycle_of_lost_events_does_not_make_one_long_dwell() -> None:
    shelf = builder(turn(1), turn(2))
    shelf.turn_ended(2, at(2))
    assert seen(shelf.turn_ended(1, at(9))) == [(1, 8, 9, "estimated", 0)]


def test_a_cycle_stopped_in_the_middle_cuts_the_dwell() -> None:
    shelf = builder()
    shelf.started(at(0))
    shelf.turn_ended(1, at(1))
    assert seen(shelf.ended(at(1.4))) == [(2, 1, 1.4, "cut", 0)]


def test_a_new_cycle_cuts_what_the_old_one_had_open() -> None:
    shelf = builder(turn(1))
    shelf.started(at(0))
    assert seen(shelf.begin((turn(2),), Air(), "sweep-1", at(0.6))) == [(1, 0, 0.6, "cut", 0)]
    shelf.started(at(1))
    (dwell,) = shelf.turn_ended(1, at(2))
    assert (dwell.port, dwell.sweep) == (2, "sweep-1")


def test_a_lost_link_leaves_the_open_dwell_out_and_keeps_what_was_heard() -> None:
    shelf = builder()
    shelf.started(at(0))
    shelf.heard([read(1, 0.3)], at(0.4))
    assert seen(shelf.lost(at(0.8))) == [(1, 0.3, 0.3, "doubtful", 1)]
    assert shelf.ended(at(1)) == []


def test_an_overflow_makes_the_running_dwell_doubtful_and_only_that() -> None:
    shelf = builder()
    shelf.started(at(0))
    shelf.doubt()
    assert seen(shelf.turn_ended(1, at(1))) == [(1, 0, 1, "doubtful", 0)]
    assert seen(shelf.turn_ended(2, at(2))) == [(2, 1, 2, "exact", 0)]


def test_a_late_read_is_no_part_of_a_later_dwell() -> None:
    shelf = builder(turn(1), turn(2), turn(3))
    shelf.started(at(0))
    shelf.turn_ended(1, at(1))
    assert seen(shelf.heard([read(1, 0.9)], at(1.1))) == [(1, 0.9, 0.9, "doubtful", 1)]


def test_antennas_that_share_a_turn_are_never_exact() -> None:
    shelf = builder(turn(1, 2))
    shelf.started(at(0))
    shelf.heard([read(2, 0.5)], at(1))
    assert seen(shelf.turn_ended(1, at(2))) == [(1, 0, 2, "estimated", 0), (2, 0, 2, "estimated", 1)]


def test_an_event_that_comes_twice_makes_no_second_dwell() -> None:
    shelf = builder()
    shelf.started(at(0))
    shelf.turn_ended(1, at(1))
    assert shelf.turn_ended(1, at(1)) == []
    assert shelf.gaps == 1
    assert seen(shelf.turn_ended(2, at(2))) == [(2, 1, 2, "exact", 0)]


def test_a_reader_that_floods_us_with_events_makes_no_flood_of_dwells() -> None:
    shelf = builder()
    made = 0
    for number in range(10_000):
        moment = at(number / 10_000)
        made += len(shelf.started(moment)) + len(shelf.turn_ended(1, moment)) + len(shelf.ended(moment))
    assert made <= 11


def test_a_turn_that_does_not_exist_is_a_gap_and_nothing_else() -> None:
    shelf = builder()
    assert shelf.turn_ended(9, at(1)) == []
    assert shelf.turn_ended(0, at(1)) == []
    assert shelf.gaps == 2


def test_reads_on_an_unknown_antenna_are_heard_all_the_same() -> None:
    shelf = builder()
    shelf.started(at(0))
    assert seen(shelf.heard([read(7, 0.5)], at(0.6))) == [(7, 0.5, 0.5, "doubtful", 1)]


def test_without_a_cycle_nothing_is_made() -> None:
    idle = DwellBuilder("R1")
    assert idle.turn_ended(1, at(1)) == []
    assert idle.started(at(1)) == []
    assert idle.tick(at(100)) == []
    assert idle.deadline() is None


def test_reads_of_one_tag_become_one_row_with_the_strongest_answer() -> None:
    sums = Sums()
    for rssi, count, phase in ((-60.0, 3, 10.0), (-52.5, 2, 20.0), (-70.0, 0, 30.0)):
        sums.add(
            Heard(
                epc=EPC, antenna=1, pc=0x3400, rssi_dbm=rssi, count=count, phase_deg=phase, channel_khz=866300
            )
        )
    tags = sums.tags()
    assert (tags.epc, tags.count, tags.rssi_dbm) == ([EPC], [6], [-52.5])
    assert (tags.phase_deg, tags.channel_khz) == ([20.0], [866300])


def test_a_column_that_some_tags_lack_is_left_out_but_pc_words() -> None:
    sums = Sums()
    sums.add(Heard(epc=EPC, antenna=1, pc=0x3400, rssi_dbm=-50.0, phase_deg=1.0))
    sums.add(Heard(epc="E280", antenna=1))
    tags = sums.tags()
    assert tags.pc == [0x3400, 1 << 11]
    assert tags.phase_deg is None
    assert tags.rssi_dbm == [-50.0, NO_RSSI_DBM]


def test_the_same_epc_with_another_pc_word_is_another_tag() -> None:
    sums = Sums()
    sums.add(Heard(epc=EPC, antenna=1, pc=0x3400))
    sums.add(Heard(epc=EPC, antenna=1, pc=0x3500))
    assert sums.tags().pc == [0x3400, 0x3500]


def test_an_epc_is_whole_words_or_none() -> None:
    assert whole_words("") == ""
    assert whole_words("AB") == "AB00"
    assert whole_words("A" * 124) == "A" * 124
    assert whole_words("A" * 126) is None
    assert whole_words("xyz1") is None


def test_a_dwell_holds_a_bounded_number_of_tags() -> None:
    sums = Sums()
    for number in range(MAX_TAGS_A_DWELL + 5):
        sums.add(Heard(epc=f"{number:08X}", antenna=1))
    assert len(sums.tags().epc) == MAX_TAGS_A_DWELL
    assert sums.refused == 5
