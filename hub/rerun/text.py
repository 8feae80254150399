"""A rerun as text for a terminal. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hub.percent import percent
from hub.rerun.compare import Outcome, Row
from hub.rerun.result import Comparison, Example, Result, RunName
from hub.rerun.times import length, moment

RUNS: Final[dict[RunName, str]] = {"really": "really", "today": "today's settings", "other": "other settings"}
GAPS: Final = {
    "silent": "the hub ran and no report came",
    "off": "the hub did not run",
    "not_kept": "not kept: the raw log lacks it",
}
_OUTCOMES: Final[dict[Outcome, str]] = {"sooner": "sooner", "later": "later"}
_HEAD: Final = ("both", "only a", "only b", "b sooner", "b later", "median", "open a", "open b")
_SHOWN: Final = 10


def lines(result: Result) -> Iterator[str]:
    """Everything, one line each."""
    yield from _about(result)
    for comparison in result.comparisons:
        yield ""
        yield from _table(comparison)
    for comparison in result.comparisons[:1]:
        if comparison.examples:
            yield ""
            yield f"Examples, {RUNS[comparison.base]} against {RUNS[comparison.other]}:"
            for example in comparison.examples:
                yield f"  {_example(example, comparison, result.timezone)}"
    yield from _not_held(result)


def _about(result: Result) -> Iterator[str]:
    zone, held = result.timezone, result.held
    yield f"site {result.site}, {moment(result.from_us, zone)} to {moment(result.to_us, zone)} ({zone})"
    run_in_s = (result.from_us - result.run_in_us) / 1e6
    yield (
        f"run in since {moment(result.run_in_us, zone)} ({length(run_in_s)})"
        if run_in_s >= 1
        else "without a run-in: history begins here; findings that were open before cannot be known"
    )
    speed = held.observations / result.took_s if result.took_s else 0
    yield (
        f"{held.observations:,} observations in {held.reports:,} reports, from {held.raw_files} files of the raw log and "
        f"{held.journal_files} of the journal; {result.took_s:.1f} s, {speed:,.0f} observations a second"
    )
    step = (
        f"a tick each {result.step_s:g} s (--step 0: as the hub made them)"
        if result.step_s
        else "ticks as the hub made them, at least one a second"
    )
    yield f"{step}; nothing was written"
    for one in result.settings:
        yield f"  {one.name}: {one.today} -> {one.other}"


def _table(comparison: Comparison) -> Iterator[str]:
    yield f"a = {RUNS[comparison.base]}, b = {RUNS[comparison.other]}"
    yield f"  {'':15}{'a':>8}{'b':>8}" + "".join(f"{name:>10}" for name in _HEAD)
    for row in comparison.rows:
        yield f"  {row.kind:15}{row.base:8,}{row.other:8,}" + "".join(f"{cell:>10}" for cell in _cells(row))
        if row.dismissed:
            yield f"  {'':15}of the {row.only_base} only in a, people dismissed {row.dismissed}"
    if not comparison.rows:
        yield "  neither shows a finding in this time"


def _cells(row: Row) -> tuple[str, ...]:
    shift = "" if row.shift_s is None else length(row.shift_s)
    counts = (row.both, row.only_base, row.only_other, row.sooner, row.later)
    return (
        *(f"{count:,}" for count in counts),
        shift,
        length(row.base_open_h * 3600),
        length(row.other_open_h * 3600),
    )


def _example(example: Example, comparison: Comparison, zone: str) -> str:
    said = _OUTCOMES.get(example.outcome)
    only = comparison.base if example.outcome == "only_base" else comparison.other
    head = said or f"only {RUNS[only]}"
    found = []
    for name in (comparison.base, comparison.other):
        bar = example.bars.get(name)
        if bar is not None and (said or name == only):
            end = "open" if bar.ended_at_us is None else moment(bar.ended_at_us, zone)
            where = f" on {bar.shelf}" if bar.shelf else ""
            found.append(f"{moment(bar.opened_at_us, zone)} to {end}{where} ({percent(bar.confidence)} %)")
    return f"{head}: {example.kind} {example.barcode or example.name or example.item_id}: {' / '.join(found)}"


def _not_held(result: Result) -> Iterator[str]:
    held = result.held
    said = list(limits(result))
    if said:
        yield ""
        yield "What history does not hold:"
        for text in said:
            yield f"  {text}"
    for fault in held.faults:
        yield f"fault: {fault}"
    for fault in held.engine_faults:
        yield f"a bug in the engine: {fault}"


def limits(result: Result) -> Iterator[str]:
    """In words, what this rerun could not know."""
    held = result.held
    zone = result.timezone
    for gap in held.gaps[:_SHOWN]:
        yield (
            f"no reports from {moment(gap.from_us, zone)} to {moment(gap.to_us, zone)} "
            f"({length((gap.to_us - gap.from_us) / 1e6)}): {GAPS[gap.kind]}"
        )
    more = max(0, len(held.gaps) - _SHOWN) + held.gaps_beyond
    if more:
        yield f"and {more} more gaps"
    if held.guessed_states:
        yield f"the state of {held.guessed_states} items before their first change; the usual one was taken"
    if held.unknown_tags:
        yield f"tags that are no item's: {held.unknown_tags} findings about them are not compared"
    if held.acts_without_finding:
        yield f"{held.acts_without_finding} acts of people were about findings that a run did not have; they were left"
    yield "homes and flags that the catalogue gave in the past: those of today stand for them"
