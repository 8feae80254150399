"""An R700's events become dwells: exact where two activations say so, and less wherever anything is not known."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from helpers.iot import NOW, SECOND, activation, asks, dwells, impinj, stamp, tag

from edge.config import ReaderConfig
from edge.impinj.events import TagRead, event
from edge.impinj.preset import Options, options_of, preset
from edge.impinj.session import MAX_LOST, ImpinjSession
from edge.iot.actions import Action
from edge.ports import Cycle
from shelfwire.errors import InputError, PeerError
from shelfwire.link import BrokerConfig
from shelfwire.messages import Dwell

CONFIG = ReaderConfig(
    id="R1", kind="impinj-iot", broker=BrokerConfig(), topic="readers/R1/events", antennas=[1, 2, 3]
)
CYCLE = Cycle(antennas=(1, 2, 3))
SAMPLE = (
    b'{"timestamp":"2026-02-26T17:13:37.432087177Z","hostname":"impinj-01-23-45","eventType":"tagInventory","tagInventoryEvent":'
    b'{"epc":"ftqQOAUQAnEAAsCu","epcHex":"7EDA9038051002710002C0AE","tid":"4oARcCAAFM2bWgjs","tidHex":"E2801170200014CD9B5A08EC",'
    b'"pc":"NAA=","antennaPort":1,"antennaName":"shelf 1","peakRssiCdbm":-6150,"frequency":927250,"transmitPowerCdbm":3000,'
    b'"lastSeenTime":"2026-02-26T17:13:37.432087177Z","phaseAngle":69.00}}'
)


class Reader:
    """A session, and the host's clock beside it."""

    def __init__(self, options: Options | None = None, cycle: Cycle | None = CYCLE) -> None:
        self.now = NOW
        self.session = ImpinjSession(CONFIG, options or Options(), cycle, NOW)
        self.actions: list[Action] = []

    def says(self, *bodies: bytes, at_s: float = 0.0, retained: bool = False) -> None:
        self.now = max(self.now, NOW + int(at_s * SECOND))
        for body in bodies:
            self.actions += self.session.received("t", body, retained=retained, now_us=self.now)

    def activates(self, port: int, at_s: float) -> None:
        self.says(activation(port, NOW + int(at_s * SECOND)), at_s=at_s)

    def hears(self, port: int, number: int, at_s: float) -> None:
        self.says(tag(port, number, NOW + int(at_s * SECOND)), at_s=at_s)

    def passes(self, at_s: float) -> list[Dwell]:
        self.now = NOW + int(at_s * SECOND)
        self.actions += self.session.tick(self.now)
        return self.dwells

    @property
    def dwells(self) -> list[Dwell]:
        return dwells(self.actions)


def test_the_published_sample_is_read_with_its_units() -> None:
    found = event(json.loads(SAMPLE))
    assert found == TagRead(
        at_us=1_772_126_017_432_087, port=1, epc="7EDA9038051002710002C0AE", pc=0x3400, rssi_dbm=-61.5,
        phase_deg=69.0, channel_khz=927_250, power_dbm=30.0,
    )  # fmt: skip


def test_hex_is_off_by_default_and_base64_says_the_same() -> None:
    body = json.loads(SAMPLE)
    both = event(body)
    del body["tagInventoryEvent"]["epcHex"]
    assert event(body) == both
    body["tagInventoryEvent"]["epc"] = ""
    empty = event(body)
    assert isinstance(empty, TagRead)
    assert empty.epc == ""
    del body["tagInventoryEvent"]["epc"]
    with pytest.raises(PeerError, match="EPC"):
        event(body)


def test_both_names_of_the_status_field_are_read_and_unknown_kinds_left_alone() -> None:
    for name in ("status", "inventoryStatus"):
        inside: dict[str, Any] = {name: "idle"}
        assert event(json.loads(impinj("inventoryStatus", **inside))) is not None
    assert event(json.loads(impinj("gpiTransition", gpi=1))) is None


def test_two_activations_make_an_exact_dwell_also_without_any_tag() -> None:
    reader = Reader()
    reader.activates(1, 0.0)
    reader.hears(1, 7, 0.4)
    reader.activates(2, 1.0)
    reader.activates(3, 2.0)
    first, second = reader.passes(3.0)
    assert (first.port, first.quality, first.started_at_us, first.ended_at_us) == (
        1,
        "exact",
        NOW,
        NOW + SECOND,
    )
    assert first.tags.epc == ["E28011000000000000000007"]
    assert (first.tags.pc, first.tags.count, first.tags.rssi_dbm) == ([0x3400], [1], [-61.5])
    assert (second.port, second.quality, second.tags.epc) == (2, "exact", [])


def test_the_turn_in_which_the_inventory_ends_is_cut() -> None:
    reader = Reader()
    reader.activates(1, 0.0)
    reader.says(impinj("inventoryStatus", NOW + SECOND // 2, status="idle"), at_s=0.5)
    assert [dwell.quality for dwell in reader.passes(2.0)] == ["cut"]
    assert reader.session.resting


def test_an_end_that_is_stamped_before_its_beginning_costs_the_silence_and_no_read() -> None:
    reader = Reader()
    reader.activates(1, 1.0)
    reader.hears(1, 5, 1.1)
    reader.says(impinj("inventoryStatus", NOW + SECOND, status="idle"), at_s=1.2)
    (dwell,) = reader.passes(3.0)
    assert (dwell.quality, dwell.tags.count) == ("doubtful", [1])


def test_reads_that_overtake_an_activation_stay_in_their_own_turn() -> None:
    reader = Reader()
    reader.activates(1, 0.0)
    reader.activates(2, 1.0)
    reader.hears(1, 5, 0.9)
    reader.hears(2, 6, 1.1)
    reader.activates(3, 2.0)
    first, second = reader.passes(3.0)
    assert [len(first.tags.epc), len(second.tags.epc)] == [1, 1]
    assert first.quality == second.quality == "exact"


def test_a_read_that_comes_twice_counts_once() -> None:
    reader = Reader()
    reader.activates(1, 0.0)
    reader.hears(1, 5, 0.5)
    reader.hears(1, 5, 0.5)
    reader.hears(1, 5, 0.6)
    reader.activates(2, 1.0)
    assert [dwell.tags.count for dwell in reader.passes(2.0)] == [[2]]
    assert reader.session.out.old == 1


def test_a_retained_message_is_no_fresh_read_and_no_sign_of_life() -> None:
    reader = Reader()
    reader.says(activation(1), tag(1), retained=True)
    reader.passes(5.0)
    assert reader.dwells == []
    assert reader.session.heard_us is None


def test_reads_without_activations_count_and_prove_no_silence() -> None:
    reader = Reader()
    for number in range(150):
        reader.hears(1 + number % 2, number, number * 0.02)
    found = reader.passes(6.0)
    assert {dwell.quality for dwell in found} == {"doubtful"}
    assert sum(sum(dwell.tags.count) for dwell in found) == 150
    assert reader.session.estimated
    assert "antennaActivationEventDelivery" in reader.session.details()[0]


def test_summed_reports_that_fit_no_turn_make_silence_worth_nothing() -> None:
    reader = Reader()
    for second in range(4):
        reader.activates(1 + second % 3, float(second))
    reader.hears(1, 9, 2.5)  # antenna 3 works then
    reader.activates(1, 4.0)
    found = reader.passes(6.0)
    assert found[0].quality == "exact", "handed on before anything was wrong"
    assert {dwell.quality for dwell in found[2:]} == {"doubtful"}
    assert any("reportingIntervalSeconds" in words for words in reader.session.details())


@pytest.mark.parametrize("how", ["overflow", "missed", "down"])
def test_silence_proves_nothing_where_reads_may_be_lost(how: str) -> None:
    reader = Reader()
    reader.activates(1, 0.0)
    reader.hears(1, 3, 0.5)
    if how == "overflow":
        lost: dict[str, Any] = {"firstEventTimestamp": stamp(NOW), "lastEventTimestamp": stamp(NOW + SECOND)}
        reader.says(impinj("overflow", NOW + SECOND // 2, **lost), at_s=0.6)
    elif how == "missed":
        reader.actions += reader.session.missed(reader.now)
    else:
        reader.actions += reader.session.down(reader.now)
    reader.activates(2, 1.0)
    found = reader.passes(2.0)
    assert [(dwell.port, dwell.quality) for dwell in found] == [(1, "doubtful")]
    assert found[0].tags.epc


def test_a_turn_that_is_too_long_was_several() -> None:
    reader = Reader()
    reader.activates(1, 0.0)
    reader.hears(1, 3, 0.5)
    reader.activates(2, 60.0)
    (dwell,) = reader.passes(62.0)
    assert (dwell.quality, dwell.ended_at_us) == ("doubtful", NOW + SECOND // 2), (
        "what was heard then is no news of now"
    )
    assert reader.session.gaps == 1
    reader.activates(3, 120.0)
    assert reader.passes(122.0) == [dwell], "a minute in which nothing was heard or told is no dwell at all"


def test_an_antenna_that_works_alone_is_cut_into_dwells_by_its_reads() -> None:
    reader = Reader()
    reader.activates(1, 0.0)
    for tenth in range(1, 250):
        reader.hears(1, 4, tenth / 10)
        reader.passes(tenth / 10)
    found = reader.passes(26.0)
    assert {dwell.quality for dwell in found} == {"estimated"}
    assert 18 <= (found[-1].ended_at_us - found[0].started_at_us) / SECOND <= 25


def test_a_flood_of_activations_makes_no_dwells() -> None:
    reader = Reader()
    for number in range(1000):
        reader.activates(1 + number % 3, number * 0.001)
    assert reader.passes(3.0) == []
    assert reader.session.gaps >= 900


def test_nonsense_is_counted_and_costs_nothing_else() -> None:
    reader = Reader()
    reader.activates(1, 0.0)
    reader.says(
        b"\xff\x00", b"[[[", impinj("tagInventory", antennaPort=1), impinj("antennaActivation"), b'{"a":1}'
    )
    reader.activates(2, 1.0)
    assert [dwell.quality for dwell in reader.passes(2.0)] == ["exact"]
    assert reader.session.out.unusable == 5


# Control

CONTROL = Options(control="http://127.0.0.1:1/api/v1")


def answered(reader: Reader, *answers: tuple[int, bytes]) -> list[tuple[str, str]]:
    """Answer each request in turn; what was asked."""
    asked = []
    for status, body in answers:
        ask = asks(reader.actions)[-1]
        asked.append((ask.method, ask.path))
        reader.actions += reader.session.answered(ask.number, status, body, reader.now)
    return asked


def test_a_cycle_is_stop_store_start_and_then_a_look_now_and_then() -> None:
    reader = Reader(CONTROL)
    reader.passes(0.0)
    name = "/profiles/inventory/presets/shelfwire"
    wanted = [("POST", "/profiles/stop"), ("PUT", name), ("POST", f"{name}/start")]
    assert answered(reader, (204, b""), (204, b""), (204, b"")) == wanted
    assert reader.session.set_cycle(CYCLE, reader.now) == []
    reader.passes(31.0)
    assert answered(reader, (200, b'{"status":"idle"}')) == [("GET", "/status")]
    assert asks(reader.actions)[-1].path == "/profiles/stop", "it is started again"


def test_the_preset_asks_for_every_read_with_its_pc_word_and_the_wished_power() -> None:
    cycle = Cycle(antennas=(2, 3), power_dbm=27.6, port_power_dbm={3: 20.0})
    body = preset(CONFIG, CONTROL, cycle, activations=True)
    assert [(one["antennaPort"], one["transmitPowerCdbm"]) for one in body["antennaConfigs"]] == [
        (2, 2750),
        (3, 2000),
    ]
    assert body["antennaConfigs"][0]["inventorySearchMode"] == "dual-target"
    tags = body["eventConfig"]["tagInventory"]
    assert (tags["pc"], tags["tagReporting"]) == ("enabled", {"reportingIntervalSeconds": 0})
    assert body["eventConfig"]["antennaActivationEventDelivery"] == "enabled"


def test_a_preset_that_is_refused_is_tried_without_the_switch_and_the_reason_is_told() -> None:
    reader = Reader(CONTROL)
    reader.passes(0.0)
    answered(reader, (204, b""), (400, b"unknown"), (204, b""), (204, b""))
    stored = json.loads([ask for ask in asks(reader.actions) if ask.method == "PUT"][-1].body)
    assert "antennaActivationEventDelivery" not in stored["eventConfig"]
    assert any("by hand" in words for words in reader.session.details())


def test_no_answer_and_a_refused_account_are_told_and_tried_again() -> None:
    reader = Reader(CONTROL)
    reader.passes(0.0)
    answered(reader, (0, b"connection refused"))
    assert "connection refused" in reader.session.details()[0]
    before = len(asks(reader.actions))
    reader.passes(1.0)
    assert len(asks(reader.actions)) == before
    reader.passes(6.0)
    answered(reader, (401, b""))
    assert "account" in reader.session.details()[0]


def test_what_the_reader_cannot_be_told_is_said() -> None:
    reader = Reader(CONTROL)
    reader.session.set_cycle(Cycle(antennas=(1,), dwell_ms=2000), reader.now)
    assert "2000 ms is not obeyed" in reader.session.details()[0]
    free = Reader()
    free.session.set_cycle(Cycle(antennas=(1, 2, 3), power_dbm=20.0), reader.now)
    assert "no command reaches it" in free.session.details()[0]


def test_dwells_carry_the_air_and_the_sweep_only_where_they_are_known() -> None:
    free = Reader()
    free.activates(1, 0.0)
    free.activates(2, 1.0)
    assert free.passes(2.0)[0].air.session is None
    made = Reader(CONTROL, Cycle(antennas=(1, 2), power_dbm=25.0, sweep="s-1"))
    made.passes(0.0)
    answered(made, (204, b""), (204, b""), (204, b""))
    for number in range(4):
        made.activates(1 + number % 2, float(number))
    last = made.passes(5.0)[-1]
    assert (last.air.session, last.air.target, last.sweep, last.power_dbm) == (1, "AB", "s-1", 25.0)


def test_turns_before_a_change_belong_to_the_cycle_before_and_the_one_in_it_proves_nothing() -> None:
    made = Reader(CONTROL)
    made.passes(0.0)
    answered(made, (204, b""), (204, b""), (204, b""))
    made.activates(1, 0.0)
    made.activates(2, 1.0)
    made.actions += made.session.set_cycle(Cycle(antennas=(3,), power_dbm=20.0, sweep="s-1"), made.now)
    answered(made, (204, b""), (204, b""), (204, b""))
    made.activates(3, 1.2)
    made.activates(3, 2.0)
    found = made.passes(3.0)
    assert [(dwell.port, dwell.quality) for dwell in found] == [(1, "exact"), (2, "doubtful"), (3, "exact")]
    assert [(dwell.sweep, dwell.power_dbm) for dwell in (found[0], found[2])] == [(None, 30.0), ("s-1", 20.0)]


def test_a_flood_of_lost_cables_is_bounded_and_a_known_one_can_still_come_back() -> None:
    reader = Reader()
    for port in range(1, 3_001):
        reader.says(impinj("antennaDisconnected", NOW + port, antennaPort=port))
    assert reader.session.out.unusable == 3_000 - MAX_LOST
    for port in range(1, 3_001):
        reader.says(impinj("antennaConnected", NOW + 5_000 + port, antennaPort=port))
    assert not any("cable" in words for words in reader.session.details())


def test_lost_cables_are_one_remark() -> None:
    reader = Reader()
    for port in (3, 1):
        reader.says(impinj("antennaDisconnected", antennaPort=port))
    assert reader.session.details() == ["it lost the cable of antenna 1, 3"]
    for port in (1, 3):
        reader.says(impinj("antennaConnected", NOW + 1, antennaPort=port))
    assert reader.session.details() == []


def test_the_radio_is_switched_off_at_the_end() -> None:
    assert [ask.path for ask in asks(Reader(CONTROL).session.stop(NOW))] == ["/profiles/stop"]
    assert asks(Reader().session.stop(NOW)) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"broker": None}, "broker"),
        ({"topic": None}, "topic"),
        ({"options": {"colour": "red"}}, "colour"),
        ({"options": {"control": "ftp://x"}}, "address"),
        ({"options": {"control": "http://192.0.2.1/api/v1"}}, "https"),
        ({"options": {"control": "https://r1/api/v1"}, "antennas": None}, "antennas"),
    ],
)
def test_a_wrong_configuration_is_refused_with_its_reason(change: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        options_of(msgspec.structs.replace(CONFIG, **change))
