"""The conversation with a reader: what is asked, in which order, and what a refusal, silence or nonsense leads to."""

from __future__ import annotations

import pytest
from helpers.llrp_peer import CYCLE, Talk, event, status

from edge.llrp import events as ev
from edge.llrp import messages as msg
from edge.llrp.actions import TAKEN_S
from edge.llrp.codec import encode
from edge.llrp.impinj import AntennaAttempt, SearchMode
from edge.llrp.rospec import AntennaConfig, ROSpec
from edge.llrp.tags import TagReport
from edge.ports import Cycle

EPC = "1703000398130803F4040000"


def turn_of(rospec: int, index: int) -> ev.AISpecEnd:
    return ev.AISpecEnd(rospec=rospec, spec_index=index)


def start(rospec: int) -> ev.ROSpecEvent:
    return ev.ROSpecEvent(ev.ROSPEC_START, rospec)


def end(rospec: int) -> ev.ROSpecEvent:
    return ev.ROSpecEvent(ev.ROSPEC_END, rospec)


def test_nothing_is_said_before_the_reader_has_spoken() -> None:
    assert Talk().asked == []


def test_the_normal_conversation_has_the_stated_order() -> None:
    talk = Talk()
    talk.runs()
    assert [type(message) for message in talk.asked] == [
        msg.GetReaderCapabilities,
        msg.ImpinjEnable,
        msg.DeleteAccessSpec,
        msg.DeleteROSpec,
        msg.SetReaderConfig,
        msg.AddROSpec,
        msg.EnableROSpec,
        msg.EnableEventsAndReports,
    ]
    assert talk.session.ready
    assert talk.session.notes == {}


def test_the_settings_switch_on_what_dwells_need_and_all_else_off() -> None:
    talk = Talk()
    talk.greets()
    talk.goes_on_until(msg.SetReaderConfig)
    settings = talk.last()
    assert isinstance(settings, msg.SetReaderConfig)
    assert settings.events is not None
    assert [entry.event for entry in settings.events.entries if entry.on] == [2, 3, 4, 6, 8]
    assert [entry.event for entry in settings.events.entries] == list(range(9))
    assert settings.keepalive == ev.KeepaliveSpec(1, 10_000)
    assert settings.holding == ev.Holding(on=True)
    assert not settings.reset


def test_a_keepalive_is_acknowledged_with_its_number() -> None:
    talk = Talk()
    talk.runs()
    talk.says(msg.Keepalive(), 77)
    assert (talk.last(), talk.numbers[-1]) == (msg.KeepaliveAck(), 77)


def test_events_and_reports_become_dwells() -> None:
    talk = Talk()
    rospec = talk.runs()
    talk.happens(start(rospec))
    talk.wait(1)
    talk.hears(
        TagReport(
            epc=EPC, antenna=1, spec_index=1, rssi_dbm=-58, rssi_cdbm=-5750, count=5, pc=0x3400, channel=1
        )
    )
    talk.happens(turn_of(rospec, 1))
    talk.wait(1)
    talk.happens(turn_of(rospec, 2), end(rospec))
    first, second = talk.dwells
    assert (first.port, first.quality, first.tags.epc, first.tags.rssi_dbm) == (1, "exact", [EPC], [-57.5])
    assert first.tags.channel_khz == [909250]
    assert (second.port, second.quality, second.tags.epc) == (2, "exact", [])
    assert second.ended_at_us - second.started_at_us == 1_000_000


def test_events_of_one_moment_may_stand_in_any_order() -> None:
    talk = Talk()
    rospec = talk.runs()
    talk.happens(start(rospec))
    talk.wait(1)
    talk.happens(turn_of(rospec, 1))
    talk.wait(1)
    talk.happens(start(rospec), end(rospec), turn_of(rospec, 2))
    talk.wait(1)
    talk.happens(turn_of(rospec, 1))
    assert [(dwell.port, dwell.quality) for dwell in talk.dwells] == [
        (1, "exact"),
        (2, "exact"),
        (1, "exact"),
    ]


def test_a_reader_that_begins_again_by_itself_is_left_alone() -> None:
    talk = Talk(Cycle(antennas=(1,)))
    rospec = talk.runs()
    for _ in range(3):
        talk.happens(start(rospec))
        talk.wait(1)
        talk.happens(turn_of(rospec, 1), end(rospec))
        talk.wait(0.5)
    assert not any(isinstance(message, msg.StartROSpec) for message in talk.asked)


def test_a_reader_that_does_not_begin_again_is_started_after_a_second_and_from_then_on_at_once() -> None:
    talk = Talk(Cycle(antennas=(1,)))
    rospec = talk.runs()
    talk.happens(start(rospec))
    talk.wait(1)
    talk.happens(turn_of(rospec, 1), end(rospec))
    talk.wait(0.9)
    assert not isinstance(talk.last(), msg.StartROSpec)
    talk.wait(0.2)
    assert talk.last() == msg.StartROSpec(rospec)
    talk.answers()
    talk.happens(start(rospec))
    talk.wait(1)
    talk.happens(turn_of(rospec, 1), end(rospec))
    talk.wait(0)
    assert talk.last() == msg.StartROSpec(rospec)


def _runs_and_tells_only_cycles(talk: Talk) -> int:
    """A reader that refuses keepalives and the events of turns; the id of its ROSpec."""
    talk.greets()
    talk.goes_on_until(msg.SetReaderConfig)
    talk.refuses()  # the whole
    talk.refuses()  # turns
    talk.answers()  # cycles
    talk.answers()  # health
    talk.refuses()  # keepalives
    talk.goes_on_until(msg.EnableROSpec)
    enable, _ = talk.waiting
    assert isinstance(enable, msg.EnableROSpec)
    talk.answers()
    return enable.rospec


def test_a_cycle_that_ends_while_an_answer_is_due_is_started_once_it_has_come() -> None:
    talk = Talk(Cycle(antennas=(1,)))
    rospec = _runs_and_tells_only_cycles(talk)
    talk.happens(start(rospec))
    talk.wait(10)
    assert talk.last() == msg.GetROSpecs()
    talk.happens(end(rospec))
    talk.wait(2)
    assert talk.last() == msg.GetROSpecs(), "one request at a time"
    talk.answers()
    assert talk.last() == msg.StartROSpec(rospec)
    talk.answers()
    talk.happens(start(rospec))
    talk.wait(1)
    assert talk.open()


def test_a_cycle_that_began_by_itself_while_an_answer_was_due_is_left_alone() -> None:
    talk = Talk(Cycle(antennas=(1,)))
    rospec = _runs_and_tells_only_cycles(talk)
    talk.happens(start(rospec))
    talk.wait(10)
    talk.happens(end(rospec))
    talk.wait(2)
    talk.happens(start(rospec))
    talk.answers()
    assert not any(isinstance(message, msg.StartROSpec) for message in talk.asked)


def test_a_reader_that_told_its_cycles_and_stops_is_given_up_though_it_lives() -> None:
    talk = Talk(Cycle(antennas=(1,)))
    rospec = _runs_and_tells_only_cycles(talk)
    for _ in range(10):
        talk.happens(start(rospec))
        talk.wait(1)
        talk.happens(end(rospec))
    talk.happens(start(rospec))
    for _ in range(10):
        talk.wait(2)
        talk.hears(TagReport(epc=EPC, antenna=1))
    assert talk.open(), "it still hears tags"
    for _ in range(8):
        talk.wait(2)
        if talk.open():
            talk.says(msg.Keepalive())
    assert not talk.open()
    assert "its antennas stand still" in talk.closed.reason


def test_a_reader_that_tells_no_end_of_a_cycle_is_never_thought_to_stand_still() -> None:
    talk = Talk(Cycle(antennas=(1,)))
    talk.happens(start(_runs_and_tells_only_cycles(talk)))
    for _ in range(20):
        talk.wait(5)
        talk.says(msg.Keepalive())
    assert talk.open()


def test_a_refused_start_leads_to_a_new_plan() -> None:
    talk = Talk(Cycle(antennas=(1,)))
    rospec = talk.runs()
    talk.happens(start(rospec))
    talk.happens(end(rospec))
    talk.wait(1)
    talk.refuses()
    assert talk.last() == msg.DisableROSpec(rospec)
    talk.answers()
    talk.answers()
    assert isinstance(talk.last(), msg.AddROSpec)
    assert talk.rospec().id == rospec + 1


def test_another_cycle_is_taken_up_on_the_fly() -> None:
    talk = Talk()
    rospec = talk.runs()
    talk.do(
        talk.session.set_cycle(Cycle(antennas=(3,), dwell_ms=4000, power_dbm=20, sweep="s1"), talk.now_us)
    )
    assert talk.last() == msg.DisableROSpec(rospec)
    talk.answers()
    assert talk.last() == msg.DeleteROSpec(0)
    talk.goes_on_until(msg.EnableROSpec)
    (spec,) = talk.rospec().aispecs
    assert (spec.antennas, spec.stop.duration_ms) == ((3,), 4000)
    assert talk.rospec().id != rospec


def test_the_same_cycle_again_changes_nothing() -> None:
    talk = Talk()
    talk.runs()
    asked = len(talk.asked)
    talk.do(talk.session.set_cycle(Cycle(antennas=(1, 2), dwell_ms=1000, power_dbm=30.0), talk.now_us))
    assert len(talk.asked) == asked


def test_no_cycle_switches_the_radio_off_and_a_new_one_on_again() -> None:
    talk = Talk()
    talk.runs()
    talk.do(talk.session.set_cycle(None, talk.now_us))
    talk.answers()
    talk.answers()
    assert talk.session.ready
    assert talk.session.ports == []
    talk.do(talk.session.set_cycle(CYCLE, talk.now_us))
    assert isinstance(talk.last(), msg.AddROSpec)


def test_a_cycle_that_changes_while_the_plan_is_made_is_not_forgotten() -> None:
    talk = Talk()
    talk.greets()
    talk.goes_on_until(msg.AddROSpec)
    talk.do(talk.session.set_cycle(Cycle(antennas=(4,)), talk.now_us))
    talk.goes_on_until(msg.EnableROSpec)
    talk.answers()
    assert isinstance(talk.last(), msg.DisableROSpec)


def test_the_end_is_polite() -> None:
    talk = Talk()
    rospec = talk.runs()
    talk.do(talk.session.stop(talk.now_us))
    assert talk.last() == msg.DisableROSpec(rospec)
    talk.answers()
    talk.answers()
    assert talk.last() == msg.CloseConnection()
    talk.answers()
    assert not talk.open()
    assert talk.closed.polite


def test_the_end_comes_within_two_seconds_even_if_the_reader_says_nothing() -> None:
    talk = Talk()
    talk.runs()
    talk.do(talk.session.stop(talk.now_us))
    talk.wait(2.1)
    assert not talk.open()
    assert talk.closed.polite


# Refusals


@pytest.mark.parametrize(
    ("reason", "words"), [(1, "another client"), (2, "another client"), (3, "refuses connections")]
)
def test_a_refused_connection_is_not_tried_again_for_half_a_minute(reason: int, words: str) -> None:
    talk = Talk()
    talk.says(event(ev.ConnectionAttempt(reason)))
    assert not talk.open()
    assert words in talk.closed.reason
    assert talk.closed.refused
    assert talk.closed.wait_s == TAKEN_S == 30.0
    assert talk.asked == []


def test_settings_refused_as_a_whole_are_tried_one_by_one() -> None:
    talk = Talk()
    talk.greets()
    talk.goes_on_until(msg.SetReaderConfig)
    talk.refuses()
    tried = []
    while isinstance(settings := talk.last(), msg.SetReaderConfig):
        tried.append([entry.event for entry in settings.events.entries] if settings.events else "keepalive")
        talk.answers()
    assert tried == [[6], [2], [3, 4, 8], "keepalive"]
    assert isinstance(talk.last(), msg.AddROSpec)
    assert "refuses the settings as a whole" in talk.session.notes["config"]


def test_a_reader_without_keepalives_is_asked_instead() -> None:
    talk = Talk()
    talk.greets()
    talk.goes_on_until(msg.SetReaderConfig)
    while not isinstance(talk.last(), msg.AddROSpec):
        talk.refuses()
    talk.answers()
    talk.answers()
    talk.wait(10)
    assert talk.last() == msg.GetROSpecs()
    talk.answers()
    talk.wait(9.9)
    assert talk.open()
    talk.wait(11)
    assert not talk.open()
    assert "no answer to GET_ROSPECS" in talk.closed.reason


def test_a_refused_plan_is_tried_with_less_in_the_stated_order() -> None:
    talk = Talk()
    talk.greets()
    talk.goes_on_until(msg.AddROSpec)
    full = talk.rospec()
    assert full.report is not None
    assert full.report.custom
    talk.refuses(text="custom")
    second = talk.rospec()
    assert second.report is not None
    assert not second.report.custom
    assert all(not config.inventory.custom for config in _configs(second) if config.inventory)
    assert _configs(second)
    talk.refuses(text="antenna")
    assert _configs(talk.rospec()) == []
    talk.answers()
    assert talk.session.notes["dropped"].startswith("left out: vendor's settings")
    assert "power, session, mode" in talk.session.notes["dropped"]


def _configs(spec: ROSpec) -> list[AntennaConfig]:
    return [config for one in spec.aispecs for inventory in one.inventories for config in inventory.antennas]


def test_a_reader_that_refuses_every_plan_is_given_up_with_its_reason() -> None:
    talk = Talk()
    talk.greets()
    talk.goes_on_until(msg.AddROSpec)
    for _ in range(3):
        talk.refuses(101, "never")
    assert not talk.open()
    assert "refuses every plan: wrong field (101); 'never'" in talk.closed.reason


def test_a_refused_vendor_extension_leaves_out_the_vendors_parameters() -> None:
    talk = Talk()
    talk.greets()
    talk.answers()
    talk.refuses(109)
    talk.goes_on_until(msg.AddROSpec)
    report = talk.rospec().report
    assert report is not None
    assert report.custom == ()


def test_an_impinj_reader_is_asked_for_dual_target_and_says_so_in_its_dwells() -> None:
    talk = Talk()
    rospec = talk.runs()
    (settings, *_) = _configs(talk.rospec())
    assert settings.inventory is not None
    assert settings.inventory.custom == (SearchMode(2),)
    talk.happens(start(rospec))
    talk.happens(turn_of(rospec, 1))
    assert (talk.dwells[0].air.session, talk.dwells[0].air.target) == (1, "AB")


def test_a_capabilities_request_that_is_refused_ends_the_connection() -> None:
    talk = Talk()
    talk.greets()
    talk.answers(msg.GetReaderCapabilitiesResponse(status=status(401)))
    assert not talk.open()
    assert "device error (401)" in talk.closed.reason


def test_an_error_message_is_the_answer_to_what_it_names() -> None:
    talk = Talk()
    talk.greets()
    talk.answers()
    assert isinstance(talk.last(), msg.ImpinjEnable)
    talk.answers(msg.ErrorMessage(status(109)))
    assert isinstance(talk.last(), msg.DeleteAccessSpec)


# Silence


def test_a_reader_that_says_nothing_after_accepting_tcp_is_left_after_ten_seconds() -> None:
    talk = Talk()
    talk.wait(9.9)
    assert talk.open()
    talk.wait(0.2)
    assert not talk.open()
    assert "said nothing" in talk.closed.reason


def test_an_answer_that_stays_away_ends_the_connection_after_ten_seconds() -> None:
    talk = Talk()
    talk.greets()
    talk.wait(10.1)
    assert not talk.open()
    assert talk.closed.reason == "no answer to GET_READER_CAPABILITIES within 10 s"


def test_a_link_without_a_byte_for_three_keepalives_is_dead() -> None:
    talk = Talk()
    talk.runs()
    talk.wait(20)
    talk.says(msg.Keepalive())
    talk.wait(29.9)
    assert talk.open()
    talk.wait(0.2)
    assert not talk.open()
    assert "no sign of life for 30 s" in talk.closed.reason


def test_a_message_that_stays_unfinished_for_30_s_ends_the_connection() -> None:
    talk = Talk()
    talk.runs()
    talk.sends(encode(msg.Keepalive(), 1)[:9])
    for _ in range(3):
        talk.wait(9)
        assert talk.open()
    talk.wait(4)
    assert not talk.open()


def test_a_reader_whose_antennas_stand_still_is_given_up_though_it_lives() -> None:
    talk = Talk()
    rospec = talk.runs()
    talk.happens(start(rospec))
    talk.happens(turn_of(rospec, 1))
    for _ in range(3):
        talk.wait(5)
        if talk.open():
            talk.says(msg.Keepalive())
    assert not talk.open()
    assert "its antennas stand still" in talk.closed.reason


def test_a_lost_link_makes_no_empty_dwell_of_the_open_turn() -> None:
    talk = Talk()
    rospec = talk.runs()
    talk.happens(start(rospec))
    talk.wait(0.7)
    talk.do(talk.session.lost(talk.now_us))
    assert talk.dwells == []


# Nonsense


def test_another_version_ends_the_connection() -> None:
    talk = Talk()
    talk.sends(encode(msg.Keepalive(), 1, version=2))
    assert not talk.open()
    assert "version 2 of LLRP" in talk.closed.reason


def test_an_absurd_length_ends_the_connection() -> None:
    talk = Talk()
    talk.runs()
    talk.sends(bytes.fromhex("043DFFFFFFFF00000001"))
    assert not talk.open()
    assert "4294967295 bytes" in talk.closed.reason


def test_other_protocols_end_the_connection() -> None:
    talk = Talk()
    talk.sends(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    assert not talk.open()


def test_an_unusable_message_is_counted_and_the_link_stays() -> None:
    talk = Talk()
    talk.runs()
    talk.sends(bytes.fromhex("043D0000001B0000003300F0003C8D1703000398130803F4040000"))
    assert (talk.session.dropped, talk.open()) == (1, True)


def test_unknown_messages_answers_and_directions_are_counted_and_left_alone() -> None:
    talk = Talk()
    talk.runs()
    talk.says(msg.Unknown(999, b"abc"))
    talk.says(msg.AddROSpecResponse(), 4711)
    talk.says(msg.CloseConnection())
    talk.says(msg.CustomMessage(161, 9, b"x"))
    assert (talk.session.dropped, talk.open()) == (4, True)


def test_an_answer_of_the_wrong_kind_is_a_refusal_of_that_request() -> None:
    talk = Talk()
    talk.greets()
    talk.answers(msg.SetReaderConfigResponse())
    assert not talk.open()
    assert "refuses GET_READER_CAPABILITIES: SET_READER_CONFIG_RESPONSE" in talk.closed.reason


def test_an_unusable_answer_is_a_refusal_of_that_request() -> None:
    talk = Talk()
    talk.greets()
    talk.answers()
    talk.answers()
    talk.sends(bytes.fromhex("0433") + (11).to_bytes(4) + talk.numbers[-1].to_bytes(4) + b"\x00")
    assert isinstance(talk.last(), msg.DeleteROSpec)


def test_events_of_other_plans_are_not_ours() -> None:
    talk = Talk()
    rospec = talk.runs()
    talk.happens(start(rospec + 5))
    talk.happens(turn_of(rospec + 5, 1))
    talk.happens(AntennaAttempt(1))
    assert (talk.dwells, talk.builder.gaps) == ([], 0)


def test_reports_held_back_from_an_earlier_plan_are_left_out() -> None:
    talk = Talk()
    rospec = talk.runs()
    talk.happens(start(rospec))
    talk.hears(TagReport(epc=EPC, antenna=1, rospec=rospec - 7), TagReport(epc=EPC, antenna=1, rospec=rospec))
    talk.happens(turn_of(rospec, 1))
    assert talk.dwells[0].tags.count == [1]


def test_skipped_fields_are_carried_over_from_the_item_before() -> None:
    talk = Talk()
    rospec = talk.runs()
    talk.happens(start(rospec))
    talk.hears(TagReport(epc=EPC, antenna=1, rssi_dbm=-50, count=3), TagReport(epc="E280"))
    talk.happens(turn_of(rospec, 1))
    assert talk.dwells[0].tags.epc == [EPC, "E280"]
    assert talk.dwells[0].tags.rssi_dbm == [-50.0, -50.0]
    assert talk.dwells[0].tags.count == [3, 3]


def test_an_overflow_makes_the_running_dwell_doubtful() -> None:
    talk = Talk()
    rospec = talk.runs()
    talk.happens(start(rospec))
    talk.happens(ev.BufferOverflow())
    talk.happens(turn_of(rospec, 1))
    assert talk.dwells[0].quality == "doubtful"
    assert "overflowed" in talk.session.notes["buffer"]


def test_a_clean_goodbye_of_the_reader_allows_an_immediate_return() -> None:
    talk = Talk()
    talk.runs()
    talk.happens(ev.ConnectionClose())
    assert not talk.open()
    assert talk.closed.wait_s == 0.0


def test_remarks_about_a_reader_are_bounded() -> None:
    talk = Talk()
    talk.runs()
    for antenna in range(500):
        talk.happens(ev.AntennaEvent(0, antenna))
    assert len(talk.session.notes) == 20
    assert len(talk.notes) < 30
