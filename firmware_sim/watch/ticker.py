"""What happened, newest first: deeds that a visitor would care for, and findings with their verdict. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from firmware_sim.scoring.match import ABOUT_PLACES, Judged
from firmware_sim.scoring.subject import Shown
from firmware_sim.scoring.truth import Condition
from firmware_sim.world import Deed

KEPT: Final = 40
TOLD: Final = frozenset(
    {
        "misplace", "put_elsewhere", "reshelve_wrong", "put_on_top", "take", "bring_back", "unchecked", "fix", "stranger",
        "stranger_gone", "withdraw", "mass_move",
    }
)  # fmt: skip
"""Browsing, tables, trucks, loans and returns are the noise in which these happen."""


@dataclass(frozen=True, slots=True)
class Line:
    """One deed, or one finding as it opened or closed."""

    number: int
    at_us: int
    sort: Literal["deed", "opened", "closed"]
    tag: int
    shelf: int
    """Where a visitor should look; −1: nowhere."""
    deed: Deed | None = None
    shown: Shown | None = None
    more: int = 0
    """So many shelves or antennas besides, all at once: one dead reader is one line and not seventy."""


@dataclass(slots=True)
class Ticker:
    """The last lines."""

    lines: deque[Line] = field(default_factory=lambda: deque(maxlen=KEPT))
    count: int = 0
    _known: dict[int, bool] = field(default_factory=dict)
    """Findings by place in the list of all: whether it was open when last looked at."""

    def deeds(self, deeds: Iterable[Deed]) -> None:
        """What people did."""
        for deed in deeds:
            if deed.kind in TOLD:
                shelf = deed.went_to if deed.went_to >= 0 else deed.came_from
                self._add(deed.at_us, "deed", deed.tag, shelf, deed=deed)

    def findings(self, shown: list[Shown]) -> None:
        """All findings of the hub so far; what opened or closed since the last look is told."""
        news: dict[tuple[str, str], list[Shown]] = {}
        for at, one in enumerate(shown):
            is_open = one.closed_us is None
            was = self._known.get(at)
            about = one.kind if one.kind in ABOUT_PLACES else f"{one.kind} {at}"
            if was is None:
                news.setdefault(("opened", about), []).append(one)
            if not is_open and was is not False:
                news.setdefault(("closed", about), []).append(one)
            self._known[at] = is_open
        for (sort, _), found in news.items():
            first, more = found[0], len(found) - 1
            if sort == "opened":
                self._add(first.opened_us, "opened", first.tag, first.place, shown=first, more=more)
            else:
                at_us = first.closed_us or first.opened_us
                self._add(at_us, "closed", first.tag, first.place, shown=first, more=more)

    def _add(
        self,
        at_us: int,
        sort: Literal["deed", "opened", "closed"],
        tag: int,
        shelf: int,
        *,
        deed: Deed | None = None,
        shown: Shown | None = None,
        more: int = 0,
    ) -> None:
        self.count += 1
        self.lines.appendleft(Line(self.count, at_us, sort, tag, shelf, deed, shown, more))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a finding was worth."""

    word: str
    """`true`, `repeat`, `excused`, `moved`, `false`."""
    after_s: float | None
    """From the deed that made it so to the finding."""


def verdicts(judged: Iterable[Judged], conditions: list[Condition]) -> dict[int, Verdict]:
    """By identity of the finding (`id(Shown)`): the list of findings only grows, and its entries stay."""
    found = {}
    for one in judged:
        after_s = None
        if one.condition is not None and one.verdict in {"true", "repeat"}:
            after_s = (one.shown.opened_us - conditions[one.condition].began_us) / 1e6
        found[id(one.shown)] = Verdict(one.verdict, after_s)
    return found
