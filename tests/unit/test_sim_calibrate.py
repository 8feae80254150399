"""The comparison with recordings: counted as published, judged with stated tolerances, drawn and told."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from html import escape
from pathlib import Path

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner

from firmware_sim.calibrate import commands, measure, passes, picture, recorded, share
from firmware_sim.calibrate.counts import Trip, count
from firmware_sim.calibrate.level import budget
from firmware_sim.calibrate.ordering import Order
from firmware_sim.calibrate.rows import Row, all_within, rows
from firmware_sim.radio import RadioSettings
from shelfwire.errors import InputError

MODEL = measure.Model(
    usual=[0.827, 0.932, 0.963, 0.976],
    bad=[0.573, 0.70, 0.76, 0.789],
    shops=[recorded.SHOP],
    reads_a_second=160.0,
    one_tag=130.0,
    sixteen_tags=140.0,
    within_channel_db=0.5,
    between_channels_db=1.3,
    slope_db=22.0,
    zone_1_s=0.61,
    zone_10_s=0.78,
    order=Order(0.82, 0.975, 0.5),
)
SHARED = Path(os.environ.get("SHELFWIRE_SHARED", Path(__file__).resolve().parents[2].parent / "shared"))
SHOP_FOLDER = SHARED / "data" / "reads" / "detego_shop"


def _trip(session: int, tags: list[int]) -> Trip:
    at_ms = np.arange(len(tags), dtype=np.int64) * 20
    return Trip(session, at_ms, np.array(tags, dtype=np.int32), np.full(len(tags), -60.0))


def test_a_walk_is_counted_as_the_published_table_counts() -> None:
    found = count([_trip(0, [0, 0, 1, 5]), _trip(1, [0, 2, 2, 5, 6])], expected=4)
    assert found.rates == (0.5, 0.5)
    assert found.seen_in == (1, 2, 1)
    assert found.after == (2, 3)
    assert found.once == (1, 1)
    assert found.strays == (1, 2)
    assert found.stray_reads == (0.25, 0.4)
    assert found.stray_seen_in == (0, 1, 1)


def test_equal_tags_that_miss_independently_show_no_overdispersion() -> None:
    rates = recorded.SHOP.rates
    alone = replace(
        recorded.SHOP,
        rates=rates,
        seen_in=tuple(round(100 * part) for part in recorded.SHOP.expected_if_independent),
    )
    assert alone.overdispersion == pytest.approx(1.0, abs=0.02)
    assert recorded.SHOP.overdispersion > 1.3


@pytest.mark.parametrize(
    ("one", "read", "times", "stays"), [(0.827, 0.932, 2, 0.47), (0.573, 0.789, 4, 0.71), (0.8, 0.96, 2, 0.0)]
)
def test_one_pass_and_several_tell_which_share_of_the_variance_stays(
    one: float, read: float, times: int, stays: float
) -> None:
    assert share.stays(one, read, times) == pytest.approx(stays, abs=0.005)
    assert share.together(one, stays, times) == pytest.approx(read, abs=0.002)


def test_the_lowest_budget_that_reaches_the_share_is_found() -> None:
    assert budget(lambda at_db: 0.5 + at_db / 40.0, 0.6) == pytest.approx(4.0, abs=0.1)


def test_figures_like_the_recorded_ones_are_all_within() -> None:
    found = rows(MODEL)
    assert all_within(found)
    assert {row.basis for row in found} == {"set", "fitted", "follows", "left out"}


def test_independent_misses_would_be_outside() -> None:
    flattering = replace(MODEL, usual=[0.827, 0.970, 0.995, 0.999], bad=[0.573, 0.818, 0.922, 0.967])
    outside = {row.what for row in rows(flattering) if not row.within and row.basis != "left out"}
    assert outside == {
        "two passes",
        "bad arrangement, four passes",
        "bad arrangement, what a second pass adds",
        "share of the variance that stays, from these two",
        "bad arrangement, share of the variance that stays",
    }


def test_what_is_left_out_is_shown_and_does_not_count() -> None:
    left_out = [row for row in rows(MODEL) if row.basis == "left out"]
    assert left_out
    assert not any(row.within for row in left_out)


def test_how_far_off_is_told_in_tolerances() -> None:
    row = Row(
        group="g",
        what="w",
        unit="share",
        lowest=0.4,
        highest=0.6,
        model=0.7,
        tolerance=0.2,
        basis="set",
        why="y",
    )
    assert row.off == pytest.approx(0.5)
    assert msgspec.structs.replace(row, model=0.1).off == pytest.approx(-1.5)
    assert msgspec.structs.replace(row, model=0.5).off == 0.0


def test_further_passes_add_less_than_independent_ones() -> None:
    found = passes.read_shares(RadioSettings(), 0.8, passes=2, faces=1, seed=4)
    assert found[0] == pytest.approx(0.8, abs=0.03)
    assert found[0] + 0.04 < found[1] < passes.independent(found[0], 2) - 0.01


def test_the_drawing_names_every_figure_and_stands_alone() -> None:
    found = rows(MODEL)
    drawing = picture.svg(MODEL, found, recorded.SHOP)
    for row in found:
        assert row.what in drawing
    assert "http" not in drawing.replace("http://www.w3.org/2000/svg", "")
    assert "prefers-color-scheme: dark" in drawing
    page = picture.page(drawing, found)
    assert all(escape(row.why) in page for row in found)


def _run(monkeypatch: pytest.MonkeyPatch, model: measure.Model, *words: str) -> tuple[int, str]:
    monkeypatch.setattr(measure, "measure", lambda *_, **__: model)
    done = CliRunner().invoke(commands.calibrate, list(words), standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    return done.return_value, done.stdout


def test_the_command_ends_with_1_when_a_figure_is_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _run(monkeypatch, MODEL)[0] == 0
    status, told = _run(monkeypatch, replace(MODEL, usual=[0.827, 0.97, 0.99, 0.99]))
    assert status == 1
    assert told.count("OUTSIDE") == 2


def test_the_command_speaks_json_and_draws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    status, told = _run(monkeypatch, MODEL, "--json", "--plot", str(tmp_path / "air.html"))
    found = json.loads(told)
    assert status == 0
    assert found["within"] is True
    assert {"what", "lowest", "highest", "model", "tolerance", "basis", "why", "within"} <= set(
        found["rows"][0]
    )
    assert "<svg" in (tmp_path / "air.html").read_text(encoding="utf-8")


def test_a_folder_without_the_recording_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"expected_tags\.csv"):
        recorded.recount(tmp_path)


def test_a_line_that_is_no_number_is_named(tmp_path: Path) -> None:
    (tmp_path / "expected_tags.csv").write_text("tag,panel\nx,1\n", encoding="utf-8")
    with pytest.raises(InputError, match="tag: 'x' is no whole number"):
        recorded.recount(tmp_path)


@pytest.mark.skipif(
    not SHOP_FOLDER.is_dir(),
    reason="the recorded walks are not ours to pass on; they lie beside the project where it is built",
)
def test_the_published_counts_come_out_of_the_recorded_files() -> None:
    found = recorded.recount(SHOP_FOLDER)
    for name in ("rates", "stray_reads", "reads_a_second", "jump_db"):
        assert getattr(found, name) == pytest.approx(getattr(recorded.SHOP, name), abs=0.06)
    for name in ("seen_in", "after", "once", "strays", "stray_seen_in", "rssi_expected", "rssi_stray"):
        assert getattr(found, name) == getattr(recorded.SHOP, name)


@pytest.mark.slow
def test_the_model_lies_within_its_tolerances_of_what_was_recorded() -> None:
    found = rows(measure.measure(RadioSettings(), seed=1))
    assert [row.what for row in found if not row.within and row.basis != "left out"] == []
