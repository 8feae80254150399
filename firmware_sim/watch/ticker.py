"""What happened, newest first: deeds that a visitor would care for, and findings with their verdict. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from firmware_sim.scoring.match import Judged
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
        for at, one in enumerate(shown):
            is_open = one.closed_us is None
            was = self._known.get(at)
            if was is None:
                self._add(one.opened_us, "opened", one.tag, one.place, shown=one)
            if not is_open and was is not False:
                self._add(one.closed_us or one.opened_us, "closed", one.tag, one.place, shown=one)
            self._known[at] = is_open

    def _add(
        self,
        at_us: int,
        sort: Literal["deed", "opened", "closed"],
        tag: int,
        shelf: int,
        *,
        deed: Deed | None = None,
        shown: Shown | None = None,
    ) -> None:
        self.count += 1
        self.lines.appendleft(Line(self.count, at_us, sort, tag, shelf, deed, shown))


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
