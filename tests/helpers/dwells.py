"""A small vocabulary for dwells: turns of one second on antennas 1, 2, …, times in seconds."""

from __future__ import annotations

from edge.dwells import DwellBuilder, Turn
from edge.reads import Heard
from shelfwire.messages import Air, Dwell

BASE_US = 1_767_225_600_000_000
EPC = "1703000398130803F4040000"


def at(seconds: float) -> int:
    """A time of the test, in microseconds."""
    return BASE_US + round(seconds * 1_000_000)


def turn(*antennas: int, seconds: float = 1.0) -> Turn:
    """One turn; more than one antenna share it."""
    return Turn(antennas=antennas, duration_us=round(seconds * 1_000_000), power_dbm=(30.0,) * len(antennas))


def builder(*turns: Turn, begins: float = 0.0) -> DwellBuilder:
    """A builder whose cycle of `turns` (default: antennas 1 and 2) is enabled."""
    made = DwellBuilder("R1")
    made.begin(turns or (turn(1), turn(2)), Air(session=1, target="AB", search="dual"), None, at(begins))
    return made


def read(antenna: int, when: float, *, epc: str = EPC, rssi: float = -58.0, count: int = 1) -> Heard:
    """One read, with the turn left to the antenna."""
    return Heard(
        epc=epc, antenna=antenna, pc=0x3400, rssi_dbm=rssi, count=count, first_us=at(when), last_us=at(when)
    )


def seen(dwells: list[Dwell]) -> list[tuple[int, float, float, str, int]]:
    """Port, start and end in seconds, quality, number of tags."""
    return [
        (
            dwell.port,
            (dwell.started_at_us - BASE_US) / 1_000_000,
            (dwell.ended_at_us - BASE_US) / 1_000_000,
            dwell.quality,
            len(dwell.tags.epc),
        )
        for dwell in dwells
    ]
