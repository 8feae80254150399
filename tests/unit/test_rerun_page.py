"""A rerun as text and as a page."""

from __future__ import annotations

import re

import pytest

from hub.rerun.compare import Row
from hub.rerun.page import page
from hub.rerun.result import Bar, Comparison, Example, Held, Result, Span, differing
from hub.rerun.text import lines
from hub.rerun.times import length, moment, moment_us
from hub.settings import EngineSettings, SweepSettings
from shelfwire.errors import InputError

T0 = 1_790_000_000_000_000
HOUR = 3_600_000_000


def result(title: str = "Dust") -> Result:
    today = Bar(
        opened_at_us=T0, ended_at_us=T0 + HOUR, shelf="2F-R01A-B01-S1", confidence=0.97, state="verified"
    )
    later = Bar(opened_at_us=T0 + HOUR, ended_at_us=None, shelf=None, confidence=0.9, state="open")
    row = Row(
        kind="misplaced", base=3, other=2, both=1, only_base=2, only_other=1, sooner=0, later=1, shift_s=3600.0,
        base_open_h=4.0, other_open_h=2.0, dismissed=1,
    )  # fmt: skip
    examples = [
        Example(kind="misplaced", outcome="later", item_id=7, barcode="B7", title=title, name="",
                bars={"today": today, "other": later}),
        Example(kind="silent_antenna", outcome="only_other", item_id=-1, barcode="", title="", name="ant-1", bars={"other": later}),
    ]  # fmt: skip
    held = Held(
        raw_files=2, journal_files=1, reports=10, dwells=20, observations=3_000, first_us=T0 - HOUR, last_us=T0 + 9 * HOUR,
        gaps=[Span(kind, T0 + n * HOUR, T0 + (n + 1) * HOUR) for n, kind in enumerate(("silent", "off", "not_kept"))],
        gaps_beyond=4, faults=["a.parquet: is damaged"], guessed_states=3, unknown_tags=2, acts_without_finding=1,
        engine_faults=[],
    )  # fmt: skip
    return Result(
        site="demo", timezone="Europe/London", run_in_us=T0 - HOUR, from_us=T0, to_us=T0 + 9 * HOUR, step_s=30.0, took_s=2.0,
        settings=differing(EngineSettings(), EngineSettings(misplaced_looks=6, sweeps=SweepSettings(looks=4), unknown_secret="s3")),
        held=held,
        comparisons=[Comparison(base="today", other="other", rows=[row], examples=examples)],
    )  # fmt: skip


def test_settings_that_differ_are_told_and_never_a_secret() -> None:
    assert [(one.name, one.today, one.other) for one in result().settings] == [
        ("misplaced_looks", 3, 6), ("sweeps.looks", 3, 4),
    ]  # fmt: skip


def test_the_text_says_what_was_compared_and_what_history_does_not_hold() -> None:
    said = "\n".join(lines(result()))
    for part in (
        "3,000 observations in 10 reports, from 2 files of the raw log and 1 of the journal; 2.0 s, 1,500 observations a second",
        "a tick each 30 s", "misplaced_looks: 3 -> 6", "people dismissed 1", "later: misplaced B7", "only other settings: silent_antenna ant-1",
        "the hub did not run", "the raw log lacks it", "and 4 more gaps", "3 items before their first change", "fault: a.parquet",
    ):  # fmt: skip
        assert part in said
    assert all(len(line) < 160 for line in said.splitlines())


def test_the_page_speaks_both_languages_and_needs_no_other_file() -> None:
    text = page(result())
    assert "用历史数据重新运行" in text
    assert "Again over history" in text
    assert not re.search(r"""(src|href)\s*=|url\(|@import""", text)
    for tag in ("table", "ul", "main", "header", "svg", "div", "p"):
        assert len(re.findall(f"<{tag}[ >]", text)) == text.count(f"</{tag}>")


def test_what_a_catalogue_says_is_text_and_never_markup() -> None:
    text = page(result("<script>alert(1)</script> & <b>"))
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &lt;b&gt;" in text


@pytest.mark.parametrize("wrong", ["", "yesterday", "2026-13-01", "9999-99-99", "1969-01-01", "0001-01-01"])
def test_what_is_no_time_is_refused_in_words(wrong: str) -> None:
    with pytest.raises(InputError, match="--from"):
        moment_us(wrong, "Europe/London", "--from")


def test_times_are_those_of_the_site() -> None:
    summer = moment_us("2026-07-01T08:00", "Europe/London", "--from")
    assert summer == moment_us("2026-07-01T07:00+00:00", "Asia/Shanghai", "--from")
    assert moment(summer, "Asia/Shanghai") == "2026-07-01 15:00:00"
    assert [length(n) for n in (5, -90, 600, 9_000, 400_000)] == ["5 s", "-90 s", "10 min", "2.5 h", "4.6 d"]
