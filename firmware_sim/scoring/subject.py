"""Who is judged: the hub, or a rival. All take the same deliveries in the same run. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from firmware_sim.hearing import Delivery

NOWHERE = -1
"""Believed on no shelf."""

NEVER_HEARD = -2
"""Nothing is known of it yet."""


class Shown(msgspec.Struct, kw_only=True):
    """A finding from the moment on at which a person could see it."""

    kind: str
    """A `hub.effects.FindingKind`."""
    tag: int
    """World tag number; for findings about a shelf or an antenna −1. For unknown tags −1 too: their key is hashed."""
    place: int
    """Shelf index: where it was heard, or the stale shelf; −1: none (missing, or an antenna)."""
    antenna: str = ""
    opened_us: int
    closed_us: int | None = None
    confidence: float | None = None
    """What it promised when it opened; None: makes no promise."""
    raw: float | None = None
    """What the belief said before experience corrected it; None: the promise is a fixed one."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where a subject believes the books to be, one row a book of the world."""

    shelf: NDArray[np.int32]
    """Shelf index, `NOWHERE` or `NEVER_HEARD`."""
    confidence: NDArray[np.float32]
    """Probability of just that; nan: makes no promise."""


class Subject(Protocol):
    """One that listens and says what it believes."""

    name: str

    def take(self, delivery: Delivery) -> None:
        """Dwells arrived."""
        ...

    def status(self, tag: int, status: str, now_us: int) -> None:
        """The catalogue's status of a book changed (the desk has booked it)."""
        ...

    def tick(self, now_us: int) -> None:
        """Time has passed; decide."""
        ...

    def shown(self) -> list[Shown]:
        """All findings so far, in the order of their opening; closed ones too."""
        ...

    def places(self) -> Places:
        """What it believes now."""
        ...
