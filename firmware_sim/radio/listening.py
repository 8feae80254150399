"""The small form of the air: what an emulated reader asks at the end of a dwell, and what it is told. Pure.

The bulk form of the same air is `firmware_sim.hearing`.
"""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec


class Listen(msgspec.Struct, frozen=True, kw_only=True):
    """One dwell: which port listened, when, and with what."""

    reader: str
    port: int
    from_us: int
    to_us: int
    power_dbm: float = 30.0
    target: Literal["A", "AB"] = "AB"
    """``A``: a tag that answered stays silent until its flag falls. ``AB``: it answers again and again."""
    session: int = 1
    """Gen2 session, 0 to 3."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One tag as one antenna heard it in one dwell."""

    epc: str
    pc: int
    count: int
    rssi_dbm: float
    """The loudest read, in steps of 0.5 dB."""
    first_us: int
    last_us: int
    phase_deg: float = 0.0
    """Of the loudest read, 0 ≤ x < 360; means something only beside others of the same antenna and channel."""
    channel: int = 1
    """Of the loudest read, 1 to 50: 902.75 MHz and 0.5 MHz more for each."""


class Field(Protocol):
    """What stands in front of a reader's antennas; an emulator asks it at the end of each dwell."""

    def answers(self, listen: Listen) -> list[Answer]:
        """All tags that this port hears in that dwell."""
        ...
