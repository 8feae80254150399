"""The path of a moving antenna: corners, speed, and where it is at each step. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from firmware_sim.dice import Floats

STEP_S: Final = 0.05
"""One step; a walk at 1 m/s moves a third of a cell of multipath in it."""


@dataclass(frozen=True, slots=True)
class Waypoint:
    """A corner of a path. The antenna points along (`aim_x`, `aim_y`), of length 1, on the way to the next."""

    x_m: float
    y_m: float
    z_m: float
    aim_x: float
    aim_y: float


@dataclass(frozen=True, slots=True)
class Track:
    """Where the antenna is meant to be at each step of `STEP_S`; columns of equal length."""

    at_s: Floats
    x_m: Floats
    y_m: Floats
    z_m: Floats
    along_m: Floats
    """Way since the beginning."""
    aim_x: Floats
    aim_y: Floats

    def __len__(self) -> int:
        return len(self.at_s)

    def part(self, first: int, end: int) -> Track:
        """Steps `first` to `end`, the last not counted."""
        columns = (self.at_s, self.x_m, self.y_m, self.z_m, self.along_m, self.aim_x, self.aim_y)
        return Track(*(column[first:end] for column in columns))


def track(points: Sequence[Waypoint], speed_m_s: float) -> Track:
    """The way over two `points` or more at even speed."""
    columns: list[list[float]] = [[] for _ in range(7)]
    at_s = along = 0.0
    for here, there in pairwise(points):
        length = math.sqrt((there.x_m - here.x_m) ** 2 + (there.y_m - here.y_m) ** 2)
        steps = max(1, round(length / speed_m_s / STEP_S))
        for step in range(steps):
            part = step / steps
            row = (
                at_s + step * STEP_S,
                here.x_m + part * (there.x_m - here.x_m),
                here.y_m + part * (there.y_m - here.y_m),
                here.z_m + part * (there.z_m - here.z_m),
                along + part * length,
                here.aim_x,
                here.aim_y,
            )
            for column, value in zip(columns, row, strict=True):
                column.append(value)
        at_s += steps * STEP_S
        along += length
    made: list[Floats] = [np.array(column, dtype=np.float64) for column in columns]
    return Track(*made)


def standing(point: Waypoint, for_s: float) -> Track:
    """An antenna that stays where it is."""
    steps = max(1, round(for_s / STEP_S))
    same = np.ones(steps)
    return Track(
        np.arange(steps, dtype=np.float64) * STEP_S,
        point.x_m * same,
        point.y_m * same,
        point.z_m * same,
        0.0 * same,
        point.aim_x * same,
        point.aim_y * same,
    )
