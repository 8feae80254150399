"""What the hub says to others: notices, the lane to the broker, its own health, reports of sweeps."""

from __future__ import annotations

import json
from pathlib import Path

from hub import health, notices
from hub.effects import Finding, FindingState, SendCommand, ShelfChanged
from hub.health import HubHealth, Trouble, Troubles
from hub.hubtime import STEP_BACK_US, HubTime
from hub.lane import Lane
from hub.sweep.commands import as_csv, as_json, as_text
from hub.views import SweepRowView, SweepView
from shelfwire import codec
from shelfwire.messages import Ping

T0 = 1_790_000_000_000_000


def finding(state: FindingState = "open") -> Finding:
    return Finding(
        id="f1",
        kind="misplaced",
        state=state,
        opened_at_us=T0,
        changed_at_us=T0,
        confidence=0.9,
        shelf="1F-R01A-B01-S1",
    )


def test_an_open_finding_stays_on_its_topic_and_a_finished_one_is_cleared() -> None:
    said = notices.finding("demo", finding(), "00001", "Heard on 1F-R01A-B01-S1.")
    message = codec.finding.decode(said.payload)
    assert (said.retain, message.barcode, message.heard_shelf) == (True, "00001", "1F-R01A-B01-S1")
    states: list[FindingState] = ["verified", "dismissed", "suspected"]
    for state in states:
        over = notices.finding("demo", finding(state), None, "")
        assert (over.topic, over.payload, over.retain) == (said.topic, b"", True)


def test_a_command_is_not_retained_and_expires() -> None:
    said = notices.command("demo", SendCommand("edge-1", Ping(id="c1", expires_at_us=T0)))
    assert (said.retain, said.expires_at_us) == (False, T0)
    assert said.topic == "shelfwire/v1/demo/agent/edge-1/command"


def test_a_shelf_is_said_as_it_is() -> None:
    changed = ShelfChanged(shelf="S", at_us=T0, state="stale", looked_at_us=None, items=3, away=1, findings=0)
    assert codec.shelf_state.decode(notices.shelf("demo", changed).payload).state == "stale"


def test_only_the_newest_of_a_key_waits_for_the_broker() -> None:
    lane = Lane()
    lane.put("a", b"1")
    lane.put("b", b"2")
    lane.put("a", b"3")
    lane.put_older("b", b"old", key="b", retain=True)
    lane.put("c", b"late", expires_at_us=T0)
    assert len(lane) == 3
    lane.forget_old(T0 + 1)
    assert [item.payload for item in lane._waiting.values()] == [b"3", b"2"]
    assert lane.dropped == 1


def test_health_is_written_in_place_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "health.json"
    said = HubHealth(
        at_us=T0, started_at_us=T0 - 5, software="0", pid=1, ready=True, taking=False,
        troubles=[Trouble(what="journal", text="full", since_us=T0)],
    )  # fmt: skip
    health.write(path, health.to_bytes(said))
    inode = path.stat().st_ino
    health.write(path, health.to_bytes(said))
    assert health.read(path) == said
    assert (path.stat().st_ino, path.stat().st_size) == (inode, health.FILE_BYTES)
    assert health.is_fresh(said, T0 + 1)
    assert not health.is_fresh(said, T0 + health.STALE_US)


def test_a_trouble_keeps_the_time_of_its_beginning() -> None:
    troubles = Troubles()
    troubles.begin("broker", "away", 5)
    troubles.begin("broker", "still away", 9)
    assert troubles.list() == [Trouble(what="broker", text="still away", since_us=5)]
    troubles.end("broker")
    troubles.end("broker")
    assert troubles.list() == []


def test_the_hubs_time_waits_for_a_clock_that_was_set_back_a_little_and_follows_one_that_was_wrong() -> None:
    time = HubTime(T0)
    assert [time.at(T0 + 5), time.at(T0 - 1_000), time.at(T0 + 6)] == [T0 + 5, T0 + 5, T0 + 6]
    assert time.at(T0 - 2 * STEP_BACK_US) == T0 - 2 * STEP_BACK_US


SWEEP = SweepView(
    id="s1", scope="all", state="done", asked_by="staff", started_at_us=T0, ended_at_us=T0 + 1, shelves=["a"], covered=["a"],
    expected=2, found_in_place=1, found_elsewhere=0, missing=1, unexpected=0, unknown=0, not_covered=0, detail="",
)  # fmt: skip
ROWS = [
    SweepRowView(outcome="found_in_place", item_id=1, barcode="1", title="=cmd()", call_number="A", home="a", heard="a", confidence=1.0),
    SweepRowView(outcome="missing", item_id=2, barcode="2", title="Gone", call_number="B", home="a", heard=None, confidence=0.9),
]  # fmt: skip


def test_a_report_of_a_sweep_reads_as_text_csv_and_json() -> None:
    text = as_text(SWEEP, ROWS)
    assert "missing           1" in text
    assert "Gone" in text
    assert "=cmd()" not in text, "what is in place needs nobody"
    lines = as_csv(SWEEP, ROWS).splitlines()
    assert lines[0] == "outcome,barcode,title,call_number,home,heard,confidence"
    assert lines[1].split(",")[2] == "'=cmd()", "no cell is a formula"
    assert [row["outcome"] for row in json.loads(as_json(SWEEP, ROWS))["rows"]] == [
        "found_in_place",
        "missing",
    ]
