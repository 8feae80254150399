"""A survey as text for a terminal. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from hub.calibrate.advice import Advice
from hub.calibrate.survey import Survey, Surveyed
from hub.calibrate.walking import Walked
from hub.calibrate.words import HEADS, sentence
from hub.rerun.times import length, moment

SHOWN: Final = 10
"""Of one kind of advice, and rows of the table; the page and `--json` have all."""
PATIENT: Final = frozenset({"no_lap", "wait"})
"""Only time is needed: three lines of these are enough."""


def lines(survey: Survey, advice: Sequence[Advice], now_us: int) -> Iterator[str]:
    """Everything, one line each. `now_us`: to say how old the snapshot is."""
    learned = sum(one.laps > 0 for one in survey.antennas)
    yield f"site {survey.site}, as the hub knew it at {moment(survey.at_us, survey.timezone)} ({survey.timezone}), {old(survey, now_us)} ago"
    yield (
        f"{len(survey.antennas)} antennas, {learned} of them know their own levels; {survey.located:,} of {survey.tags:,} tags are located"
    )
    yield ""
    if not advice:
        yield "Nothing to do: every antenna hears its own shelves, and every shelf has one."
    for kind, group in groupby(advice, key=lambda one: one.kind):
        found = list(group)
        yield f"{HEADS[kind][0]} ({len(found)})"
        shown = 3 if kind in PATIENT else SHOWN
        for one in found[:shown]:
            yield f"  {sentence(one)[0]}"
        if len(found) > shown:
            yield f"  … and {len(found) - shown} more"
    yield ""
    yield from _table(survey.antennas)


def old(survey: Survey, now_us: int) -> str:
    """The age of what the survey knows."""
    return length(max(0, now_us - survey.at_us) / 1e6)


def wait_for_next(survey: Survey, now_us: int, every_s: float) -> str:
    """Why nothing can be said of a snapshot from the hub's first moments, and when to ask again."""
    hung = [one for one in survey.antennas if one.shelves]
    silent = sum(not one.dwells for one in hung)
    taken = (
        f"was taken {old(survey, now_us)} ago, in the first moments of the hub"
        if survey.at_us
        else "knows no time yet"
    )
    next_us = (survey.at_us or now_us) + int(every_s * 1e6)
    if next_us >= now_us:
        then = f"the next one comes at {moment(next_us, survey.timezone)} at the latest ({survey.timezone}); ask again then"
    else:
        then = f"the next one should have come at {moment(next_us, survey.timezone)} ({survey.timezone}); does the hub run?"
    return f"the youngest snapshot {taken}: {silent} of {len(hung)} antennas had not spoken, which says nothing about them yet; {then}"


def _table(antennas: Sequence[Surveyed]) -> Iterator[str]:
    """The antennas with the least margin over their floor."""
    shown = sorted(antennas, key=lambda one: (one.margin_db, one.antenna))[:SHOWN]
    if not shown:
        return
    if not any(one.laps for one in antennas):
        yield "No antenna has learned its levels yet; until then all are taken for what hub.yaml and the defaults say."
        return
    yield f"{'weakest antennas':<18}{'shelf':<20}{'floor':>8}{'own':>8}{'margin':>8}{'next':>8}{'heard':>8}{'next':>7}"
    for one in shown:
        shelf = one.shelves[0] if one.shelves else "-"
        shelf += f" +{len(one.shelves) - 1}" if len(one.shelves) > 1 else ""
        yield (
            f"{one.antenna:<18}{shelf:<20}{one.floor_dbm:>8.1f}{one.own_dbm:>8.1f}{one.margin_db:>8.1f}{one.near_dbm:>8.1f}"
            f"{percent(one.own_heard):>8}{percent(one.near_heard):>7}"
        )
    if len(antennas) > len(shown):
        yield f"… and {len(antennas) - len(shown)} more; --out FILE.html draws all of them"


def walked_lines(found: Sequence[Walked], dwells: int) -> Iterator[str]:
    """What the antennas heard of a test tag."""
    if not dwells:
        yield "no antenna of the site was at work: do agents and readers run?"
        return
    if not found:
        yield f"not heard in {dwells} dwells"
        return
    yield f"{'antenna':<18}{'meant for':<24}{'heard in':>14}{'loudness':>12}"
    for one in found[:SHOWN]:
        shelf = one.shelves[0] if one.shelves else "-"
        shelf += f" +{len(one.shelves) - 1}" if len(one.shelves) > 1 else ""
        loud = "-" if one.loud_dbm is None else f"{one.loud_dbm:.1f} dBm"
        yield f"{one.antenna:<18}{shelf:<24}{f'{one.heard} of {one.dwells}':>14}{loud:>12}"


def percent(share: float | None) -> str:
    """A share for people; a dash where it is not known."""
    return "-" if share is None else f"{100 * share:.0f} %"
