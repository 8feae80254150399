"""What is true when, from the truth log alone: `docs/scoring.md` in code. Pure.

A *condition* is a stretch in which a finding of one kind is
true of one tag, shelf or antenna.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from firmware_sim.scoring.doors import Doors
from firmware_sim.scoring.history import History, Stay
from firmware_sim.scoring.outages import Outage
from firmware_sim.world.places import AWAY
from hub.catalog.model import EXPECTED_ON_SHELF
from hub.settings import EngineSettings
from shelfwire.site.model import Site

_S: Final = 1_000_000
_HOUR: Final = 3600 * _S

IN_HAND_US: Final = 600 * _S
"""A book taken up for less ends nothing: a browser picked a misplaced book up and put it back."""

WAIT: Final = frozenset({"missing", "unexpected", "held", "security", "unknown_tag", "stale_shelf"})
"""Kinds that are true only after a time; a finding may come a cycle early, since a hub counts from when it heard the tag last."""

LENT: Final = "on_loan"
HELD: Final = "hold_shelf"
COMING: Final = "in_processing"


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """The product's own promises, and how strictly they are held against it."""

    tolerance: int
    longest_use_us: int
    unexpected_us: int
    processing_us: int
    security_us: int
    unknown_us: int
    stale_us: int
    early_us: int
    grace_us: int
    due_us: int
    """A condition must last so long to be due."""
    due_looks: int
    """… and through so many independent covered looks, where looks are known."""
    cycle_us: int
    """One round of the antennas."""

    @classmethod
    def of(cls, settings: EngineSettings, *, cycle_s: float) -> Rules:
        """For a direct run whose antennas come round every `cycle_s` seconds."""
        cycle_us = int(cycle_s * _S)
        slack_us = cycle_us + int(settings.watermark_s * _S)
        return cls(
            tolerance=settings.tolerance_shelves, longest_use_us=int(settings.longest_use_h * _HOUR),
            unexpected_us=int(settings.unexpected_after_s * _S), processing_us=int(settings.processing_after_h * _HOUR),
            security_us=int(settings.security_after_s * _S), unknown_us=int(settings.unknown_stays_h * _HOUR),
            stale_us=int(settings.stale_after_s * _S), early_us=slack_us, grace_us=slack_us, due_us=1800 * _S, due_looks=5,
            cycle_us=cycle_us,
        )  # fmt: skip

    @classmethod
    def of_played(cls, settings: EngineSettings, *, round_s: float, speed: float = 1.0) -> Rules:
        """For a real hub by the wall's clock beside a library `speed` times as fast; `round_s`: one round of its antennas by the wall."""
        usual = cls.of(settings, cycle_s=round_s * speed)
        one_us = speed * _S
        return msgspec.structs.replace(
            usual, early_us=int((round_s + 3) * one_us), grace_us=int(5 * one_us), due_us=int(5 * round_s * one_us), due_looks=0,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Condition:
    """`kind` is true of a tag, shelf or antenna from … to (the end of the run, if it goes on)."""

    kind: str
    tag: int
    """World tag number; −1: about an antenna or a shelf."""
    place: int
    """Where it stands, or the shelf that it left (`missing`), or the stale shelf; −1: none."""
    from_us: int
    to_us: int
    began_us: int
    """When what made it so began: the deed, before the product's own waiting time."""
    antenna: str = ""
    excused: bool = False
    """A finding is not false, none is not missed."""
    moved: bool = False
    """About a book of a mass move."""
    outside: bool = True
    """`missing`: the book was carried out of the building, not left at a table."""


def conditions(history: History, outages: Sequence[Outage], rules: Rules, doors: Doors) -> list[Condition]:
    """Everything that was true in the run, in order of kind and time."""
    found: list[Condition] = []
    for tag in history.odd(0):
        stays = history.stays(tag)
        if tag >= history.start.strangers_from:
            found += _unknown(history, stays, rules)
            continue
        found += _misplaced(history, stays, rules)
        found += _missing(history, stays, rules, doors)
        found += _unexpected(history, stays, rules)
        found += _security(history, stays, rules)
    found += _of_antennas(history.site, outages, rules, history.end_us)
    return [one for one in found if one.from_us - rules.early_us < one.to_us]


def _misplaced(history: History, stays: Sequence[Stay], rules: Rules) -> Iterator[Condition]:
    """Outside the home span; within the tolerance it is excused. Taken up for a moment, it goes on."""

    def sort(stay: Stay) -> str:
        if not _shelved(history, stay) or stay.status not in EXPECTED_ON_SHELF:
            return ""
        if history.at_home(stay.tag, stay.place, 0):
            return ""
        return "drifted" if history.at_home(stay.tag, stay.place, rules.tolerance) else "outside"

    for sorted_as, parts in _runs(stays, sort):
        yield Condition(
            "misplaced", parts[0].tag, parts[-1].place, parts[0].from_us, parts[-1].to_us, parts[0].from_us,
            excused=sorted_as == "drifted", moved=any(history.moved(part) for part in parts),
        )  # fmt: skip


def _missing(history: History, stays: Sequence[Stay], rules: Rules, doors: Doors) -> Iterator[Condition]:
    """Off the shelves and promised by the catalogue: after the longest use, or from the first closing on."""
    for _, parts in _runs(
        stays,
        lambda stay: "" if _shelved(history, stay) or stay.status not in EXPECTED_ON_SHELF else "off",
        bridge=False,
    ):
        began_us, tag = parts[0].from_us, parts[0].tag
        closes_us = doors.first_closed(began_us)
        from_us = began_us + rules.longest_use_us
        from_us = from_us if closes_us is None else min(from_us, closes_us)
        left = _left(history, stays, parts[0])
        moved = any(part.cause == "mass_move" for part in parts)
        yield Condition(
            "missing", tag, left, from_us, parts[-1].to_us, began_us, moved=moved,
            outside=parts[-1].place == AWAY,
        )  # fmt: skip


def _unexpected(history: History, stays: Sequence[Stay], rules: Rules) -> Iterator[Condition]:
    def sort(stay: Stay) -> str:
        if not _shelved(history, stay) or stay.status in EXPECTED_ON_SHELF:
            return ""
        return "held" if stay.status == HELD else "unexpected"

    for kind, parts in _runs(stays, sort):
        began_us = parts[0].from_us
        wait_us = rules.processing_us if parts[0].status == COMING else rules.unexpected_us
        yield Condition(kind, parts[0].tag, parts[-1].place, began_us + wait_us, parts[-1].to_us, began_us)


def _unknown(history: History, stays: Sequence[Stay], rules: Rules) -> Iterator[Condition]:
    for stay in stays:
        if _shelved(history, stay):
            from_us = stay.from_us + rules.unknown_us
            yield Condition("unknown_tag", stay.tag, stay.place, from_us, stay.to_us, stay.from_us)


def _security(history: History, stays: Sequence[Stay], rules: Rules) -> Iterator[Condition]:
    """On a shelf, and the tag's security contradicts the loan: on although lent, or off although expected there."""
    if not stays or not history.tells_security[stays[0].tag]:
        return

    def sort(stay: Stay) -> str:
        wrong = (
            stay.security if stay.status == LENT else (not stay.security and stay.status in EXPECTED_ON_SHELF)
        )
        return "security" if wrong and _shelved(history, stay) else ""

    for _, parts in _runs(stays, sort):
        began_us, last = parts[0].from_us, parts[-1]
        yield Condition("security", last.tag, last.place, began_us + rules.security_us, last.to_us, began_us)


def _of_antennas(site: Site, outages: Iterable[Outage], rules: Rules, end_us: int) -> Iterator[Condition]:
    """`silent_antenna` of each deaf one; `stale_shelf` where all antennas of a shelf were out at once."""
    out: dict[str, list[Outage]] = {}
    for one in outages:
        out.setdefault(one.antenna, []).append(one)
        if one.silent:
            yield Condition(
                "silent_antenna", -1, -1, one.from_us, min(one.to_us, end_us), one.from_us, antenna=one.antenna,
                excused=one.excused,
            )  # fmt: skip
    for shelf, antennas in site.heard_by.items():
        spans = [out.get(antenna.id, []) for antenna in antennas]
        for from_us, to_us, excused in _all_out(spans):
            yield Condition(
                "stale_shelf", -1, site.shelf_by_id[shelf].index, from_us + rules.stale_us, min(to_us, end_us), from_us,
                excused=excused,
            )  # fmt: skip


def _all_out(spans: Sequence[Sequence[Outage]]) -> list[tuple[int, int, bool]]:
    """When all antennas were out at the same time, and whether that is excused: where at least one of them was out only by an excused fault."""
    both = _joined(spans[0])
    for others in spans[1:]:
        both = [
            (max(a[0], b[0]), min(a[1], b[1]), a[2] or b[2])
            for a in both for b in _joined(others) if max(a[0], b[0]) < min(a[1], b[1])
        ]  # fmt: skip
    return both


def _joined(outages: Sequence[Outage]) -> list[tuple[int, int, bool]]:
    """Overlapping outages as one span; those that are excused apart from those that are not."""
    found: list[tuple[int, int, bool]] = []
    for excused in (False, True):
        last = len(found)
        for one in sorted(
            (each for each in outages if each.excused == excused), key=lambda each: each.from_us
        ):
            if len(found) > last and one.from_us <= found[-1][1]:
                found[-1] = (found[-1][0], max(found[-1][1], one.to_us), excused)
            else:
                found.append((one.from_us, one.to_us, excused))
    return found


def _runs(stays: Sequence[Stay], sort: Any, *, bridge: bool = True) -> Iterator[tuple[str, list[Stay]]]:
    """Stretches of stays of one sort; with `bridge` over short times in a hand between two of them."""
    run: list[Stay] = []
    name, pause = "", None
    for stay in stays:
        this = sort(stay)
        if run and this == name:
            run.append(stay)
            pause = None
        elif run and bridge and pause is None and stay.place < 0 and stay.to_us - stay.from_us < IN_HAND_US:
            pause = stay
        else:
            if run:
                yield name, run
            run, name, pause = ([stay], this, None) if this else ([], "", None)
    if run:
        yield name, run


def _shelved(history: History, stay: Stay) -> bool:
    return stay.place >= 0 and bool(history.watched[stay.place])


def _left(history: History, stays: Sequence[Stay], first: Stay) -> int:
    """The shelf that the book left; without one, the first of its home."""
    before = [stay.place for stay in stays if stay.from_us < first.from_us and _shelved(history, stay)]
    return before[-1] if before else int(history.home_from[first.tag])
