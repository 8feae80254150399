"""From the spool to the server: in order, past bad points, through outages. With a server in memory."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.databases import wait_for
from helpers.series import FakeSink, point, points, wait_until_sent

from hub.series.port import NoSeries
from hub.series.spool import Spool
from hub.series.spooled import SpooledSeries


def opened(folder: Path, sink: FakeSink) -> SpooledSeries:
    return SpooledSeries("fake", Spool(folder, 1024 * 1024), sink, NoSeries())


def test_points_wait_while_the_server_is_away_and_go_in_order_when_it_is_back(tmp_path: Path) -> None:
    sink = FakeSink()
    sink.away = True
    series = opened(tmp_path, sink)
    series.write(points(0, 50))
    wait_for(lambda: series.status().last_error != "", 5)
    assert series.status().backlog_points == 50
    series.write(points(50, 60))
    sink.away = False
    wait_until_sent(series)
    assert sink.taken == points(0, 60)
    wait_for(lambda: series.status().last_error == "", 5)
    assert (series.status().written, series.status().dropped) == (60, 0)
    series.close()


def test_a_stopped_hub_leaves_its_points_for_the_next_start(tmp_path: Path) -> None:
    sink = FakeSink()
    sink.away = True
    series = opened(tmp_path, sink)
    series.write(points(0, 50))
    series.close()
    sink.away = False
    again = opened(tmp_path, sink)
    wait_until_sent(again)
    again.close()
    assert sink.taken == points(0, 50)


def test_closing_sends_what_was_written_a_moment_ago(tmp_path: Path) -> None:
    sink = FakeSink()
    series = opened(tmp_path, sink)
    series.write(points(0, 3))
    series.close()
    assert sink.taken == points(0, 3)


def test_a_point_that_the_server_refuses_is_dropped_alone_and_counted(tmp_path: Path) -> None:
    sink = FakeSink()
    series = opened(tmp_path, sink)
    series.write([*points(0, 20), point(20, -1.0), *points(21, 40), point(40, -2.0)])
    wait_until_sent(series)
    wait_for(lambda: series.status().written == 39, 5)
    assert series.status().dropped == 2
    assert sorted(p.at_us for p in sink.taken) == [p.at_us for p in [*points(0, 20), *points(21, 40)]]
    series.close()


def test_a_disk_that_refuses_never_stops_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sink = FakeSink()
    series = opened(tmp_path, sink)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("hub.series.spool.os.write", full)
        series.write(points(0, 5))
        assert "No space" in series.status().last_error
    series.write(points(5, 6))
    wait_until_sent(series)
    assert series.status().dropped == 5
    series.close()
