"""Multipath as a field in space, and the loss of the way: what a moving antenna walks through. Pure, without a sine, in bulk."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from firmware_sim.dice import Floats, Numbers, gauss, mix, normal
from firmware_sim.hearing import Int64

CELL_M: Final = 0.16
"""Half a wavelength at 915 MHz: two points further apart have independent multipath."""


def field(number: Numbers, along_m: Floats, side_m: Floats, seed: int) -> tuple[Floats, Floats]:
    """Two independent standard normal fields over (way, side), steps × targets: bilinear between cells, spread kept."""
    cell, part = _cells(along_m)
    beside, side_part = _cells(side_m)
    fade = np.zeros((len(along_m), len(number)))
    swing = np.zeros_like(fade)
    square = np.zeros(len(along_m))
    for right in (0, 1):
        for up in (0, 1):
            weight = (part if right else 1.0 - part) * (side_part if up else 1.0 - side_part)
            corners = np.stack([cell + right, beside + up], axis=1)
            unique, back = np.unique(corners, axis=0, return_inverse=True)
            at = unique.astype(np.uint64)
            words = mix(seed, number[None, :], at[:, 0][:, None], at[:, 1][:, None], _OF_FIELD)
            back = back.reshape(-1)
            fade += weight[:, None] * gauss(words, 0)[back]
            swing += weight[:, None] * gauss(words, 1)[back]
            square += weight * weight
    spread = np.sqrt(square)[:, None]
    return fade / spread, swing / spread


def _cells(metres: Floats) -> tuple[Int64, Floats]:
    """Cell and part of the way to the next; cells may be negative."""
    whole = np.floor(metres / CELL_M)
    return whole.astype(np.int64), metres / CELL_M - whole


def along(steps: Floats, names: tuple[int, ...]) -> Floats:
    """A standard normal throw for each whole step, straight lines between, spread kept."""
    whole = np.floor(steps)
    part = steps - whole
    at = whole.astype(np.uint64)
    line = (1.0 - part) * normal(*names, at) + part * normal(*names, at + np.uint64(1))
    return line / np.sqrt(part * part + (1.0 - part) * (1.0 - part))


def path_loss(metres: Floats) -> Floats:
    """20·log10(metres), from a table in centimetres."""
    return _LOSS_DB[np.minimum((metres * 100.0).astype(np.int64), len(_LOSS_DB) - 1)]


_LOSS_DB: Final = np.array([round(20.0 * math.log10(max(n, 1) / 100.0) * 1024) / 1024 for n in range(6_000)])
_OF_FIELD: Final = 105
