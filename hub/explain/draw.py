"""An explanation as tables with bars, for a terminal."""

from __future__ import annotations

from typing import Final, cast

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from hub.effects import Finding
from hub.explain.model import AWAY, Explanation
from hub.explain.sentences import Teller, Told, times
from hub.findings.sentences import PlainNames, sentence

BAR: Final = 24
"""Signs of a full bar."""
EIGHTHS: Final = " ▏▎▍▌▋▊▉"


class _Names(PlainNames):
    """Ids as they are, times as `teller` tells them."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller

    def time(self, at_us: int) -> str:
        return self._teller.time(at_us)


def draw(said: Explanation, told: Told, teller: Teller, console: Console | None = None) -> None:
    """Print it; `console`: standard output."""
    out = console or Console(highlight=False, markup=False)
    out.print(Text(f"{said.title or said.barcode}  ", style="bold").append(said.barcode, style="dim"))
    if told.as_of:
        out.print(Text(told.as_of, style="yellow"))
    out.print(told.answer + (f" {told.rival}" if told.rival else ""))
    if said.candidates:
        out.print()
        out.print(Padding(_candidates(said, teller), (0, 2)))
    if said.evidence:
        out.print()
        out.print(Text("What weighs most", style="bold"))
        out.print(Padding(_evidence(said, told), (0, 2)))
    if told.doubts:
        out.print()
        out.print(Text("What is missing, and what would change our mind", style="bold"))
        for doubt in told.doubts:
            out.print(Padding(f"- {doubt}", (0, 2)))
    for finding, weighed in zip(said.findings, told.findings, strict=True):
        # A view has every attribute under the same name.
        why = sentence(cast("Finding", finding), _Names(teller))
        head = Text(f"Finding: {finding.kind.replace('_', ' ')}, {finding.state}. ", style="bold")
        out.print()
        out.print(Text.assemble(head, why, f" {weighed}"))


def bar(share: float) -> str:
    """A bar for a share of 1, in eighths of a sign; something always shows."""
    eighths = max(1, round(max(0.0, min(1.0, share)) * BAR * 8))
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()


def _candidates(said: Explanation, teller: Teller) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(width=BAR, no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    for place, chance in said.candidates:
        note = "home" if place in said.at_home else ""
        style = "bold" if place == said.answer else ""
        name = Text("away" if place == AWAY else place, style=style)
        table.add_row(name, Text(bar(chance), style="cyan"), teller.share(chance), Text(note, style="dim"))
    return table


def _evidence(said: Explanation, told: Told) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(width=BAR // 2, no_wrap=True)
    table.add_column(ratio=1)
    most = max((abs(one.weight or 0.0) for one in said.evidence), default=0.0)
    for one, words in zip(said.evidence, told.evidence, strict=True):
        if one.weight is None or not most:
            table.add_row("", "", Text(words))
            continue
        sign, style = ("×", "green") if one.weight >= 0 else ("÷", "yellow")
        length = bar(abs(one.weight) / most / 2)
        table.add_row(f"{sign} {times(abs(one.weight))}", Text(length, style=style), Text(words))
    return table
