"""A Zebra reader's interval reports and counters become dwells that are estimated, or less; never exact."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from helpers.iot import NOW, SECOND, dwells, heartbeat, published, stamp, zebra

from edge.config import ReaderConfig
from edge.iot.actions import Action
from edge.ports import Cycle
from edge.reads import MAX_COUNT
from edge.zebra.events import Alert, Heartbeat, Report, management, reports
from edge.zebra.mode import Options, mode, options_of
from edge.zebra.session import ZebraSession
from shelfwire import codec, messages
from shelfwire.errors import InputError, PeerError
from shelfwire.link import BrokerConfig
from shelfwire.messages import AgentStatus, Dwell, ReaderState

CONFIG = ReaderConfig(
    id="R1",
    kind="zebra-iotc",
    broker=BrokerConfig(),
    topic="data",
    antennas=[1, 2, 3],
    dwell_ms=300,
    session=0,
)
CYCLE = Cycle(antennas=(1, 2, 3), dwell_ms=300)
FREE = Options(events="events")
TOLD = Options(events="events", control="control", responses="responses")
CUSTOM = (
    b'{"data":{"CRC":"0b18","PC":"3400","antenna":1,"channel":866.3,"eventNum":22,"format":"epc","idHex":"aa0004ef55555555aa21bf43",'
    b'"peakRssi":-34,"phase":148.04,"reads":1},"timestamp":"2026-08-13T09:14:28.651+0000","type":"CUSTOM"}'
)
SIMPLE = (
    b'{"data":{"antenna":1,"eventNum":1759,"format":"epc","idHex":"112233445566778899aabbcc","peakRssi":-53,"reads":387321},'
    b'"timestamp":"2026-08-13T11:15:02.004+0200","type":"SIMPLE"}'
)


class Reader:
    """A session, and the host's clock beside it."""

    def __init__(
        self, options: Options = FREE, cycle: Cycle | None = CYCLE, config: ReaderConfig = CONFIG
    ) -> None:
        self.now = NOW
        self.session = ZebraSession(config, options, cycle, NOW)
        self.actions: list[Action] = list(self.session.up(NOW))

    def says(self, body: bytes, topic: str = "data", *, at_s: float, retained: bool = False) -> None:
        self.now = NOW + int(at_s * SECOND)
        self.actions += self.session.received(topic, body, retained=retained, now_us=self.now)

    def reports(self, at_s: float, *ports: int, **more: Any) -> None:
        """An interval is over: one tag at each of `ports`."""
        for port in ports:
            self.says(zebra(port, port, NOW + int(at_s * SECOND), **more), at_s=at_s)

    def beats(self, at_s: float, counters: dict[int, int], **more: Any) -> None:
        self.says(heartbeat(NOW + int(at_s * SECOND), counters, **more), "events", at_s=at_s)

    def passes(self, at_s: float) -> list[Dwell]:
        self.now = NOW + int(at_s * SECOND)
        self.actions += self.session.tick(self.now)
        return self.dwells

    def replies(self, word: str = "success", **payload: str) -> str:
        """Answer the last command; its name."""
        command: dict[str, str] = json.loads(published(self.actions)[-1].payload)
        body = {"command": command["command"], "command_id": command["command_id"], "response": word}
        self.says(
            json.dumps(body | {"payload": payload}).encode(), "responses", at_s=(self.now - NOW) / SECOND
        )
        return command["command"]

    @property
    def dwells(self) -> list[Dwell]:
        return dwells(self.actions)


def test_the_published_samples_are_read_with_their_units() -> None:
    first, second = (next(reports(json.loads(sample))) for sample in (CUSTOM, SIMPLE))
    assert first == Report(
        at_us=1_786_612_468_651_000, mode="CUSTOM", port=1, epc="AA0004EF55555555AA21BF43", pc=0x3400, rssi_dbm=-34.0,
        phase_deg=148.04, channel_khz=866_300, reads=1, number=22,
    )  # fmt: skip
    assert isinstance(second, Report)
    assert (second.at_us, second.reads) == (1_786_612_502_004_000, 387_321)


def test_older_names_lists_and_the_wrapper_are_read_too() -> None:
    tags = [
        {"idHex": "AA01", "antennaId": 2},
        {"idHex": "zz"},
        5,
        {"idHex": "AA02", "antenna": "3", "reads": "4"},
    ]
    for body in ({"data": {"tags": tags}, "type": "inventory"}, {"data": tags, "type": "inventory"}):
        found = list(reports(body))
        assert [isinstance(one, Report) for one in found] == [True, False, False, True]
        assert [one.port for one in found if isinstance(one, Report)] == [2, 3]
    assert isinstance(next(reports({"type": "x"})), PeerError)


def test_a_heartbeat_says_whether_the_radio_works_and_what_each_antenna_counted() -> None:
    body = json.loads(heartbeat(NOW, {1: 5, 2: 0}, a2="disconnected", a1="connected"))
    assert management(body) == Heartbeat(
        at_us=NOW, active=True, reads={1: 5, 2: 0}, connected={2: False, 1: True}
    )
    assert management({"type": "GPI", "pin": 1}) == Alert(kind="GPI")
    with pytest.raises(PeerError, match="type"):
        management({})


def test_an_antenna_in_a_report_listened_in_that_interval() -> None:
    reader = Reader()
    for second in range(1, 4):
        reader.reports(float(second), 1, 2)
        reader.passes(second + 0.5)
    found = reader.dwells
    assert {dwell.quality for dwell in found} == {"estimated"}
    assert [dwell.port for dwell in found] == [1, 2] * 3, "antenna 3 gave no sign, and gets no dwell"
    assert [(d.ended_at_us - d.started_at_us) / SECOND for d in found] == [1.0] * 6
    assert found[0].tags.count == [3]
    assert found[0].tags.pc == [0x3400]
    assert found[2].started_at_us == found[0].ended_at_us


def test_a_counter_that_stands_still_while_the_radio_works_is_a_silent_antenna() -> None:
    reader = Reader()
    reader.beats(0.0, {1: 100, 2: 100, 3: 7})
    reader.reports(5.0, 1, 2)
    reader.beats(10.0, {1: 200, 2: 150, 3: 7})
    silent = [dwell for dwell in reader.passes(11.0) if not dwell.tags.epc]
    assert [(d.port, d.quality, (d.ended_at_us - d.started_at_us) / SECOND) for d in silent] == [
        (3, "estimated", 10.0)
    ]


@pytest.mark.parametrize(
    "beat",
    [
        {"counters": {1: 1, 2: 1, 3: 0}},
        {"counters": {1: 200, 2: 150, 3: 7}, "activity": "inactive"},
        {"counters": {1: 200, 2: 150}},
    ],
    ids=["started again", "radio off", "not told"],
)
def test_a_silence_that_is_not_proven_makes_no_dwell(beat: dict[str, Any]) -> None:
    reader = Reader()
    reader.beats(0.0, {1: 100, 2: 100, 3: 7})
    reader.reports(5.0, 1, 2)
    reader.beats(10.0, **beat)
    assert all(dwell.tags.epc for dwell in reader.passes(11.0))


def test_counters_that_grow_without_reports_are_told_and_make_the_next_interval_doubtful() -> None:
    reader = Reader()
    reader.beats(0.0, {1: 100, 2: 100, 3: 7})
    reader.reports(5.0, 1)
    reader.beats(10.0, {1: 200, 2: 150, 3: 7})
    assert any("antenna 2" in words for words in reader.session.details())
    reader.reports(11.0, 1)
    assert reader.passes(12.0)[-1].quality == "doubtful"


def test_a_gap_in_the_numbers_makes_the_interval_doubtful_and_is_counted() -> None:
    reader = Reader()
    for number in (1, 2, 5):
        reader.says(zebra(1, number, NOW + number, eventNum=number), at_s=1.0)
    reader.says(zebra(1, 9, NOW + 2 * SECOND, eventNum=6), at_s=2.0)
    reader.says(zebra(1, 9, NOW + 3 * SECOND, eventNum=1), at_s=3.0)  # it started again
    assert [dwell.quality for dwell in reader.passes(4.0)] == ["doubtful", "estimated", "estimated"]
    assert reader.session.gaps == 2


@pytest.mark.parametrize("kind", ["SIMPLE", "simple", "PORTAL", "CONVEYOR"])
def test_modes_that_report_a_tag_once_prove_no_silence(kind: str) -> None:
    reader = Reader()
    reader.reports(1.0, 1, kind=kind)
    found = reader.passes(2.0)
    assert [dwell.quality for dwell in found] == ["doubtful"]
    assert any("reports a tag once" in words for words in reader.session.details())


def test_a_running_total_is_not_taken_for_a_count() -> None:
    reader = Reader()
    reader.says(zebra(1, 1, NOW, kind="SIMPLE", reads=387_321), at_s=0.0)
    assert reader.passes(1.0)[0].tags.count == [1]


def test_what_a_hostile_reader_counts_stays_within_what_the_hub_takes() -> None:
    reader = Reader(msgspec.structs.replace(FREE, interval_s=600))
    for number in range(2_200):
        reader.says(zebra(1, 1, NOW + number, eventNum=number * 2**40, reads=1_000_000), at_s=0.0)
    dwell = reader.passes(700.0)[0]
    assert dwell.tags.count == [MAX_COUNT]
    report = messages.Report(
        agent="a", log="l" * 16, seq=1, boot="b" * 16, made_at_us=NOW, wall_at_us=NOW, dwells=[dwell]
    )
    assert codec.decode_from_agent(codec.encode(report)) == report
    assert reader.session.gaps == MAX_COUNT
    state = ReaderState(reader="R1", state="connected", ports=[1], gaps=reader.session.gaps)
    status = AgentStatus(
        agent="a", boot="b" * 16, log="l" * 16, online=True, at_us=1, wall_at_us=1, readers=[state]
    )
    assert codec.decode_status(codec.encode(status)) == status


def test_a_word_that_is_no_mode_is_not_remembered_whatever_its_length() -> None:
    known = next(reports(json.loads(zebra(1, kind="inventory"))))
    strange = next(reports(json.loads(zebra(1, kind="x" * 500_000))))
    assert isinstance(known, Report)
    assert isinstance(strange, Report)
    assert (known.mode, strange.mode) == ("INVENTORY", "")


def test_a_report_without_antenna_counts_only_where_there_is_one() -> None:
    single = Reader(config=msgspec.structs.replace(CONFIG, antennas=[4]))
    single.says(zebra(1, 1, NOW, antenna=None), at_s=0.0)
    assert [dwell.port for dwell in single.passes(1.0)] == [4]
    many = Reader()
    many.says(zebra(1, 1, NOW, antenna=None), at_s=0.0)
    assert many.passes(1.0) == []
    assert any("ANTENNA" in words for words in many.session.details())


def test_what_was_retained_is_old_or_comes_twice_counts_not() -> None:
    reader = Reader()
    reader.says(zebra(1), at_s=0.0, retained=True)
    assert reader.session.heard_us is None
    reader.reports(1.0, 1)
    reader.reports(1.0, 1)
    reader.says(zebra(1, 1, NOW - 600 * SECOND), at_s=1.1)
    assert [dwell.tags.count for dwell in reader.passes(2.0)] == [[3]]
    assert reader.session.out.old == 3


def test_reads_reported_one_by_one_are_cut_into_intervals() -> None:
    reader = Reader()
    for tenth in range(50):
        reader.says(zebra(1, tenth, NOW + tenth * SECOND // 10, kind="CUSTOM", reads=1), at_s=tenth / 10)
        reader.passes(tenth / 10)
    found = reader.passes(6.0)
    assert 4 <= len(found) <= 6
    assert sum(sum(dwell.tags.count) for dwell in found) == 50


def test_a_lost_link_makes_what_was_open_doubtful() -> None:
    reader = Reader()
    reader.reports(1.0, 1)
    reader.actions += reader.session.down(reader.now)
    assert [dwell.quality for dwell in reader.passes(2.0)] == ["doubtful"]


# Control


def test_a_cycle_is_stop_mode_start_each_after_the_answer_of_the_one_before() -> None:
    reader = Reader(TOLD)
    assert [reader.replies(), reader.replies(), reader.replies()] == ["stop", "set_mode", "start"]
    assert {message.topic for message in published(reader.actions)} == {"control"}
    reader.reports(1.0, 1)
    dwell = reader.passes(2.0)[-1]
    assert (dwell.air.session, dwell.air.target, dwell.power_dbm) == (0, "A", 30.0)
    reader.actions += reader.session.set_cycle(None, reader.now)
    assert reader.replies() == "stop"
    assert reader.session.resting


def test_the_mode_holds_antennas_powers_dwell_and_an_interval_of_one_cycle() -> None:
    cycle = Cycle(antennas=(1, 2, 3), dwell_ms=1000, power_dbm=27.55, port_power_dbm={3: 20.0})
    body = mode(CONFIG, cycle)
    assert (body["antennas"], body["transmitPower"]) == ([1, 2, 3], [27.5, 27.5, 20.0])
    assert body["antennaStopCondition"][0] == {"type": "DURATION", "value": 1000}
    assert body["modeSpecificSettings"]["interval"] == {"unit": "seconds", "value": 3}
    assert set(body["tagMetaData"]) == {"ANTENNA", "RSSI", "SEEN_COUNT", "PC"}
    assert body["query"][0]["session"] == "S0"


def test_many_antennas_have_a_shortest_dwell_and_the_wish_is_answered_in_words() -> None:
    cycle = Cycle(antennas=tuple(range(1, 13)), dwell_ms=60)
    assert mode(CONFIG, cycle)["antennaStopCondition"][0]["value"] == 125
    reader = Reader(TOLD)
    reader.session.set_cycle(cycle, NOW)
    assert any("125 ms" in words for words in reader.session.details())


def test_a_refusal_and_a_missing_answer_are_told_and_tried_again() -> None:
    reader = Reader(TOLD)
    reader.replies()
    reader.replies("failure", message="no such antenna")
    assert any("no such antenna" in words for words in reader.session.details())
    before = len(published(reader.actions))
    reader.passes(6.0)
    assert len(published(reader.actions)) == before + 1
    reader.passes(17.0)
    assert any("no answer" in words for words in reader.session.details())


def test_a_reader_that_was_stopped_by_somebody_is_started_again() -> None:
    reader = Reader(TOLD)
    for _ in range(3):
        reader.replies()
    reader.beats(5.0, {1: 1}, activity="inactive")
    assert json.loads(published(reader.actions)[-1].payload)["command"] == "stop"
    assert any("anew" in words for words in reader.session.details())


def test_session_one_with_a_single_target_is_warned_of() -> None:
    reader = Reader(TOLD, config=msgspec.structs.replace(CONFIG, session=1))
    assert any("session: 0" in words for words in reader.session.details())


def test_the_radio_is_switched_off_at_the_end() -> None:
    last = published(Reader(TOLD).session.stop(NOW))
    assert [json.loads(message.payload)["command"] for message in last] == ["stop"]
    assert published(Reader().session.stop(NOW)) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"broker": None}, "broker"),
        ({"options": {"colour": 1}}, "colour"),
        ({"options": {"control": "c"}}, "together"),
        ({"options": {"control": "a/+", "responses": "b"}}, "control"),
        ({"options": {"events": "data"}}, "different"),
        ({"options": {"control": "c", "responses": "r"}, "antennas": None}, "antennas"),
    ],
)
def test_a_wrong_configuration_is_refused_with_its_reason(change: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        options_of(msgspec.structs.replace(CONFIG, **change))


def test_times_with_and_without_colon_in_the_zone_are_the_same() -> None:
    for zone in ("+0000", "+00:00", "Z"):
        body = {
            "data": {"idHex": "AA01", "antenna": 1},
            "timestamp": stamp(NOW, zone, 3),
            "type": "INVENTORY",
        }
        found = next(reports(body))
        assert isinstance(found, Report)
        assert found.at_us == NOW
