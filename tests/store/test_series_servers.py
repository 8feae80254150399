"""Series on the real thing: SQLite, InfluxDB 1.6, v2 writes into VictoriaMetrics. Outages included."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest
from helpers.databases import InfluxDB, VictoriaMetrics, free_port, listening_silently, wait_for
from helpers.series import SECOND_US, START_US, numbers, point, points, wait_until_sent

from hub.effects import Point
from hub.series.config import SeriesConfig
from hub.series.open import open_reader, open_series
from hub.series.port import Series
from shelfwire.errors import AwayError, InputError


def config_for(server: InfluxDB) -> SeriesConfig:
    """A database of its own for each test; kept for ever, because the points of tests are old."""
    return SeriesConfig(kind="influx1", url=server.url, database=f"t_{uuid4().hex}", keep_days=36_500)


@pytest.fixture(
    params=[
        pytest.param("sqlite", id="sqlite"),
        pytest.param("influx1", id="influx1", marks=pytest.mark.needs("influxdb")),
    ]
)
def config(request: pytest.FixtureRequest) -> SeriesConfig:
    if request.param == "sqlite":
        return SeriesConfig(keep_days=36_500)
    server: InfluxDB = request.getfixturevalue("influxdb")
    return config_for(server)


@pytest.fixture
def series(config: SeriesConfig, tmp_path: Path) -> Iterator[Series]:
    opened = open_series(config, tmp_path)
    yield opened
    opened.close()


def ask(series: Series, *, how: str = "mean", bucket_s: int = 10, **tags: str) -> list[tuple[int, float]]:
    return series.query(
        "dwells",
        tags,
        "value",
        START_US,
        START_US + 60 * SECOND_US,
        bucket_s,
        how,  # type: ignore[arg-type]  # one of its words
    )


def test_points_come_back_in_buckets(series: Series) -> None:
    series.write(points(0, 60))
    wait_until_sent(series)
    first = START_US // (10 * SECOND_US) * 10 * SECOND_US
    assert ask(series)[0][0] == first
    assert [at_us for at_us, _ in ask(series)] == [
        first + n * 10 * SECOND_US for n in range(len(ask(series)))
    ]
    assert sum(value for _, value in ask(series, how="sum")) == sum(range(60))
    assert max(value for _, value in ask(series, how="max")) == 59
    assert min(value for _, value in ask(series, how="min")) == 0
    assert ask(series, how="last")[-1][1] == 59


def test_tags_choose_and_missing_ones_are_taken_together(series: Series) -> None:
    series.write([point(1, 10.0, antenna="a", shelf="s"), point(1, 30.0, antenna="b", shelf="s")])
    wait_until_sent(series)
    assert [value for _, value in ask(series, antenna="a")] == [10.0]
    assert [value for _, value in ask(series, shelf="s")] == [20.0]
    assert ask(series, antenna="c") == []
    assert series.query("nothing", {}, "value", START_US, START_US + SECOND_US, 1) == []


def test_the_same_point_again_changes_nothing(series: Series) -> None:
    for _ in range(3):
        series.write(points(0, 5))
        wait_until_sent(series)
    assert numbers(series, 60) == list(range(5))


def test_hostile_names_stay_names(series: Series) -> None:
    name = "x' OR 'a'='a\"; DROP DATABASE y,=\n\\"
    series.write([Point(name, {f"t{name}": name}, {f"f{name}": 4.0}, START_US), *points(0, 2)])
    wait_until_sent(series)
    to_us = START_US + SECOND_US
    assert [value for _, value in series.query(name, {f"t{name}": name}, f"f{name}", START_US, to_us, 1)] == [
        4.0
    ]
    assert series.query("dwells", {"antenna": "x' OR 'a'='a"}, "value", START_US, to_us, 1) == []
    assert series.status().dropped == 0


def test_what_is_no_number_is_counted_and_the_rest_arrives(series: Series) -> None:
    series.write([point(0), point(1, float("nan")), point(2)])
    wait_until_sent(series)
    assert numbers(series, 60) == [0, 2]


def test_an_absurd_question_is_refused_in_words(series: Series) -> None:
    with pytest.raises(InputError, match="more than"):
        series.query("dwells", {}, "value", 0, START_US, 1)
    with pytest.raises(InputError, match="1 or more"):
        series.query("dwells", {}, "value", 0, 1, 0)


def test_web_reads_without_a_spool_beside_the_hub_and_when_no_hub_runs(
    config: SeriesConfig, tmp_path: Path
) -> None:
    series = open_series(config, tmp_path)
    series.write(points(0, 3))
    wait_until_sent(series)
    for closed in (False, True):
        if closed:
            series.close()
        reader = open_reader(config, tmp_path)
        assert len(reader.query("dwells", {}, "value", START_US, START_US + 5 * SECOND_US, 1)) == 3
        reader.close()


@pytest.mark.needs("influxdb")
def test_influxdb_killed_in_the_middle_loses_no_point(tmp_path: Path) -> None:
    with InfluxDB() as server:
        config = config_for(server)
        series = open_series(config, tmp_path)
        series.write(points(0, 5_000))
        wait_until_sent(series)
        server.kill()
        for first in range(5_000, 12_000, 500):
            series.write(points(first, first + 500))
        wait_for(lambda: "does not answer" in series.status().last_error, 20)
        assert series.status().backlog_points == 7_000
        with pytest.raises(AwayError, match="does not answer"):
            ask(series)
        series.close()  # the hub is restarted meanwhile
        series = open_series(config, tmp_path)
        series.write(points(12_000, 13_000))
        server.start()
        wait_until_sent(series, 40)
        assert numbers(series) == list(range(13_000))
        assert series.status().dropped == 0
        series.close()


@pytest.mark.needs("influxdb")
def test_a_server_that_is_away_at_the_start_gets_all_later(tmp_path: Path) -> None:
    server = InfluxDB()
    try:
        series = open_series(config_for(server), tmp_path)
        series.write(points(0, 100))
        wait_for(lambda: series.status().last_error != "", 10)
        server.start()
        wait_until_sent(series, 40)
        assert numbers(series, 120) == list(range(100))
        series.close()
    finally:
        server.close()


@pytest.mark.needs("influxdb")
def test_a_point_of_another_type_is_refused_alone(influxdb: InfluxDB, tmp_path: Path) -> None:
    config = config_for(influxdb)
    series = open_series(config, tmp_path)
    series.write(points(0, 1))
    wait_until_sent(series)
    with urllib.request.urlopen(
        f"{influxdb.url}/write?db={config.database}&precision=u", data=f'bad value="text" {START_US}'.encode()
    ):
        pass
    bad = Point("bad", {}, {"value": 1.0}, START_US + 1)
    series.write([*points(1, 10), bad, *points(10, 20)])
    wait_until_sent(series)
    assert numbers(series, 60) == list(range(20))
    assert series.status().dropped == 1
    series.close()


@pytest.mark.needs("influxdb")
def test_a_refused_login_is_said_in_words_and_costs_no_point(tmp_path: Path) -> None:
    with InfluxDB(login=True) as server:
        server.make_user()
        secret = tmp_path / "password.txt"
        secret.write_text("wrong\n")
        config = msgspec.structs.replace(config_for(server), username="hub", password_file="password.txt")
        series = open_series(config, tmp_path / "state", tmp_path)
        series.write(points(0, 10))
        wait_for(lambda: "refuses the login (401)" in series.status().last_error, 10)
        series.close()
        secret.write_text("geheim\n")
        series = open_series(config, tmp_path / "state", tmp_path)
        wait_until_sent(series)
        assert numbers(series, 60) == list(range(10))
        assert series.status().dropped == 0
        series.close()


@pytest.mark.needs("influxdb")
def test_what_v1_wrote_is_read_by_the_reader_of_v2(influxdb: InfluxDB, tmp_path: Path) -> None:
    """InfluxQL is what all versions share; here against the one that we can run."""
    config = config_for(influxdb)
    series = open_series(config, tmp_path)
    series.write(points(0, 5))
    wait_until_sent(series)
    series.close()
    (tmp_path / "token").write_text("a-token")
    reader = open_reader(msgspec.structs.replace(config, kind="influx2", token_file="token"), tmp_path)
    assert len(reader.query("dwells", {}, "value", START_US, START_US + 60 * SECOND_US, 1)) == 5
    reader.close()


@pytest.mark.needs("influxdb")
def test_points_older_than_the_retention_do_not_block_the_others(influxdb: InfluxDB, tmp_path: Path) -> None:
    config = SeriesConfig(kind="influx1", url=influxdb.url, database=f"t_{uuid4().hex}", keep_days=1)
    now_us = time.time_ns() // 1000
    series = open_series(config, tmp_path)
    series.write([Point("m", {}, {"f": 1.0}, 1_000_000), Point("m", {}, {"f": 2.0}, now_us)])
    wait_until_sent(series)
    assert [value for _, value in series.query("m", {}, "f", now_us - 10, now_us + 1, 1)] == [2.0]
    assert series.status().dropped == 1
    series.close()


def test_a_server_that_accepts_and_never_answers_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.series.influx.TIMEOUT_S", 0.3)
    with listening_silently() as url:
        series = open_series(SeriesConfig(kind="influx1", url=url), tmp_path)
        begin = time.monotonic()
        series.write(points(0, 10))
        assert time.monotonic() - begin < 0.2
        wait_for(lambda: series.status().last_error != "", 10)
        assert series.status().backlog_points == 10
        series.close()


@pytest.mark.needs("victoria-metrics")
def test_v2_writes_reach_victoria_metrics(victoria: VictoriaMetrics, tmp_path: Path) -> None:
    series = open_series(SeriesConfig(kind="influx2", url=victoria.url), tmp_path)
    first = time.time_ns() // 1_000_000 - 3_600_000
    measurement = f"m{uuid4().hex}"
    series.write(
        [
            Point(measurement, {"antenna": "a b"}, {"value": float(n)}, (first + n) * 1000)
            for n in range(6_000)
        ]
    )
    wait_until_sent(series)
    assert series.status().dropped == 0
    wait_for(lambda: len(exported(victoria, measurement)) == 6_000, 20)
    assert exported(victoria, measurement) == {first + n: float(n) for n in range(6_000)}
    series.close()


def exported(server: VictoriaMetrics, measurement: str) -> dict[int, float]:
    """Time in ms → value, of one measurement; flushed first, because it shows new points after a second."""
    with urllib.request.urlopen(f"{server.url}/internal/force_flush"):
        pass
    with urllib.request.urlopen(f"{server.url}/api/v1/export?match[]={measurement}_value") as answer:
        rows = [json.loads(line) for line in answer.read().splitlines()]
    assert all(row["metric"]["antenna"] == "a b" for row in rows)
    return {
        at_ms: value for row in rows for at_ms, value in zip(row["timestamps"], row["values"], strict=True)
    }


@pytest.mark.needs("victoria-metrics")
def test_v2_survives_a_killed_server(tmp_path: Path) -> None:
    with VictoriaMetrics() as server:
        series = open_series(SeriesConfig(kind="influx2", url=server.url), tmp_path)
        server.kill()
        first = time.time_ns() // 1_000_000 - 3_600_000
        series.write(
            [Point("m", {"antenna": "a b"}, {"value": float(n)}, (first + n) * 1000) for n in range(100)]
        )
        wait_for(lambda: "does not answer" in series.status().last_error, 20, lambda: repr(series.status()))
        server.start()
        wait_until_sent(series, 40)
        wait_for(lambda: len(exported(server, "m")) == 100, 20)
        series.close()


def test_nobody_on_the_port_is_said_in_words_for_v2(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    series = open_series(SeriesConfig(kind="influx2", url=url), tmp_path)
    series.write(points(0, 1))
    wait_for(lambda: "does not answer" in series.status().last_error, 10)
    series.close()


def test_switched_off_series_take_and_keep_nothing(tmp_path: Path) -> None:
    series = open_series(SeriesConfig(kind="none"), tmp_path)
    series.write(points(0, 3))
    assert numbers(series, 60) == []
    assert series.status().backlog_points == 0
    series.close()


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"kind": "influx1", "url": "file:///etc/passwd"}, "is no address"),
        ({"kind": "influx2", "token_file": "nowhere"}, "cannot be read"),
    ],
)
def test_a_configuration_that_cannot_work_is_refused_in_words(
    tmp_path: Path, more: dict[str, str], says: str
) -> None:
    with pytest.raises(InputError, match=says):
        open_series(SeriesConfig(**more), tmp_path)  # type: ignore[arg-type]  # the values are texts


def test_sqlite_keeps_days_and_bytes(tmp_path: Path) -> None:
    from hub.series.sqlite import DAY_US, SqliteReader, SqliteSink  # noqa: PLC0415 (white box)

    sink = SqliteSink(tmp_path / "s.db", keep_days=10, max_bytes=1024 * 1024)
    now_us = START_US + 30 * DAY_US
    sink.send([Point("m", {}, {"f": 1.0}, now_us - n * DAY_US) for n in range(20)])
    sink.retain(now_us)
    reader = SqliteReader(tmp_path / "s.db")
    kept = reader.query("m", {}, "f", START_US, now_us + 1, 86_400)
    assert len(kept) == 11
    for first in range(0, 100_000, 5_000):
        sink.send(
            [
                Point("m", {"shelf": str(n % 7)}, {"f": 1.0}, now_us - n * 1000)
                for n in range(first, first + 5_000)
            ]
        )
    sink.retain(now_us)
    size = sum(path.stat().st_size for path in tmp_path.glob("s.db"))
    assert size < 1.5 * 1024 * 1024
    assert reader.query("m", {}, "f", now_us - 1, now_us + 1, 1)[-1][1] == 1.0
    reader.close()
    sink.close()
