"""A scanned shelf as a drawing: spines from the left to the right, those to move lifted, and an arc to where they go. Pure."""

from __future__ import annotations

from itertools import groupby
from typing import Final

import msgspec

from hub.ordercheck import Check, Verdict

SPINE: Final = 16
GAP: Final = 2
LEFT: Final = 22
BOARD: Final = 176
"""Where the spines stand, from the top."""
LIFT: Final = 22
LOWEST, HIGHEST = 58, 82
LEAST_WIDTH: Final = 340
ARC_TOP: Final = 12
"""No arc is higher than this; long ones are flat."""


class Spine(msgspec.Struct, frozen=True):
    """One scanned book."""

    x: int
    y: int
    height: int
    verdict: Verdict
    position: int
    number: int
    """Of its instruction, from 1; 0: it does not move."""


class Goal(msgspec.Struct, frozen=True):
    """Where the books of one instruction go."""

    x: int
    number: int


class Arc(msgspec.Struct, frozen=True):
    """The way of some neighbours that move together."""

    path: str
    number: int


class DrawnShelf(msgspec.Struct, frozen=True):
    """What the template draws."""

    width: int
    height: int
    board: int
    spines: tuple[Spine, ...]
    goals: tuple[Goal, ...]
    arcs: tuple[Arc, ...]


def draw(check: Check) -> DrawnShelf | None:
    """None when nothing was scanned."""
    if not check.scanned:
        return None
    number_of = {
        barcode: number
        for number, instruction in enumerate(check.instructions, 1)
        for barcode in instruction.take
    }
    spines = []
    middle: dict[str, int] = {}
    for at, one in enumerate(check.scanned):
        moves = one.verdict == "moves"
        height = LOWEST + (at * 37 + len(one.barcode) * 11) % (HIGHEST - LOWEST)
        x = LEFT + at * (SPINE + GAP)
        y = BOARD - height - (LIFT if moves else 0)
        spines.append(
            Spine(x, y, height, one.verdict, one.position, number_of.get(one.barcode, 0) if moves else 0)
        )
        middle.setdefault(one.barcode, x + SPINE // 2)
    goals = []
    for number, instruction in enumerate(check.instructions, 1):
        half = (SPINE + GAP) // 2
        beside = instruction.after or instruction.before
        x = LEFT if beside is None else middle[beside] + (half if instruction.after else -half)
        goals.append(Goal(x, number))
    width = max(LEAST_WIDTH, 2 * LEFT + len(spines) * (SPINE + GAP))
    return DrawnShelf(width, BOARD + 26, BOARD, tuple(spines), tuple(goals), tuple(_arcs(spines, goals)))


def _arcs(spines: list[Spine], goals: list[Goal]) -> list[Arc]:
    """One arc for neighbours of one instruction, from their middle to their goal."""
    to = {goal.number: goal.x for goal in goals}
    arcs = []
    for number, run in groupby(spines, lambda spine: spine.number):
        group = list(run)
        if not number:
            continue
        start = (group[0].x + group[-1].x + SPINE) // 2
        top = min(spine.y for spine in group) - 4
        end, end_y = to[number], BOARD - HIGHEST - 16
        high = max(ARC_TOP, min(top, end_y) - 14 - abs(end - start) // 6)
        arcs.append(Arc(f"M{start} {top}C{start} {high} {end} {high} {end} {end_y}", number))
    return arcs
