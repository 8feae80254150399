"""What a rerun came to: plain data for the table, the page and programs. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

import msgspec

from hub.rerun.compare import Outcome, Pair, Row
from hub.rerun.episodes import Episode
from hub.settings import EngineSettings

RunName = Literal["really", "today", "other"]
EXAMPLES: Final = 12
"""Shown of each kind and outcome; the counts are whole."""
OUTCOMES: Final[tuple[Outcome, ...]] = ("only_other", "only_base", "sooner", "later")


class Setting(msgspec.Struct, frozen=True):
    """One number that differs."""

    name: str
    today: Any
    other: Any


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """A finding of one run, on the time line."""

    opened_at_us: int
    ended_at_us: int | None
    shelf: str | None
    confidence: float
    state: str


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """One finding that the runs disagree about."""

    kind: str
    outcome: Outcome
    item_id: int
    barcode: str
    title: str
    name: str
    """Antenna or shelf, for findings that are about none."""
    bars: dict[RunName, Bar]
    """Runs that have it."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """One run against another."""

    base: RunName
    other: RunName
    rows: list[Row]
    examples: list[Example]


class Span(msgspec.Struct, frozen=True):
    """A time without reports."""

    kind: str
    from_us: int
    to_us: int


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What history gave, and what it could not give."""

    raw_files: int
    journal_files: int
    reports: int
    dwells: int
    observations: int
    first_us: int
    last_us: int
    gaps: list[Span]
    gaps_beyond: int
    faults: list[str]
    guessed_states: int
    unknown_tags: int
    """Findings about unknown tags that really were; history does not hold such tags."""
    acts_without_finding: int
    engine_faults: list[str]


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    site: str
    timezone: str
    run_in_us: int
    """From when the engines ran, to know the library."""
    from_us: int
    to_us: int
    step_s: float
    """0: as the hub ticked."""
    took_s: float
    settings: list[Setting]
    held: Held
    comparisons: list[Comparison]


def differing(today: EngineSettings, other: EngineSettings) -> list[Setting]:
    """The settings that differ, those of sweeps under ``sweeps.``; never a secret."""
    found = _differing(msgspec.structs.asdict(today), msgspec.structs.asdict(other), "")
    return [one for one in found if "secret" not in one.name]


def _differing(today: dict[str, Any], other: dict[str, Any], under: str) -> list[Setting]:
    found: list[Setting] = []
    for name, value in today.items():
        if isinstance(value, msgspec.Struct):
            found += _differing(
                msgspec.structs.asdict(value), msgspec.structs.asdict(other[name]), f"{name}."
            )
        elif value != other[name]:
            found.append(Setting(under + name, value, other[name]))
    return found


def chosen(pairs: Sequence[Pair]) -> list[Pair]:
    """The first of each kind and outcome."""
    counts: dict[tuple[str, Outcome], int] = {}
    found: list[Pair] = []
    for pair in pairs:
        key = (pair.about.kind, pair.outcome)
        counts[key] = counts.get(key, 0) + 1
        if pair.outcome in OUTCOMES and counts[key] <= EXAMPLES:
            found.append(pair)
    return sorted(found, key=lambda pair: (pair.about.kind, OUTCOMES.index(pair.outcome), pair.first_us))


def bar(one: Episode) -> Bar:
    """An episode as it is drawn."""
    return Bar(
        opened_at_us=one.opened_at_us, ended_at_us=one.ended_at_us, shelf=one.shelf, confidence=one.confidence,
        state=one.state,
    )  # fmt: skip
