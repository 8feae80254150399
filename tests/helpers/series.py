"""Small words for tests of the series."""

from __future__ import annotations

from collections.abc import Sequence

from helpers.databases import wait_for

from hub.effects import Point
from hub.series.port import Series
from shelfwire.errors import AwayError, PeerError

START_US = 1_780_000_000_000_000
SECOND_US = 1_000_000


def point(number: int, value: float | None = None, **tags: str) -> Point:
    """The point of second `number`."""
    fields = {"value": float(number) if value is None else value}
    return Point("dwells", tags or {"antenna": "ant-0001"}, fields, START_US + number * SECOND_US)


def points(first: int, last: int) -> list[Point]:
    """The points of seconds `first` … `last` - 1."""
    return [point(number) for number in range(first, last)]


def numbers(series: Series, seconds: int = 20_000) -> list[int]:
    """The seconds whose points can be read back, each checked for its value."""
    found: list[int] = []
    for start in range(0, seconds, 5_000):
        from_us = START_US + start * SECOND_US
        for at_us, value in series.query("dwells", {}, "value", from_us, from_us + 5_000 * SECOND_US, 1):
            assert at_us == START_US + int(value) * SECOND_US
            found.append(int(value))
    return found


def wait_until_sent(series: Series, seconds: float = 30.0) -> None:
    """Wait until nothing waits on the spool."""
    wait_for(lambda: series.status().backlog_points == 0, seconds, lambda: repr(series.status()))


class FakeSink:
    """A server in memory: can be away, or refuse points with a negative value."""

    def __init__(self) -> None:
        self.away = False
        self.taken: list[Point] = []
        self.sizes: list[int] = []

    def send(self, points: Sequence[Point]) -> int:
        if self.away:
            raise AwayError("the server is away")
        if any(value < 0 for point in points for value in point.fields.values()):
            raise PeerError("negative")
        self.taken += points
        self.sizes.append(len(points))
        return 0

    def retain(self, now_us: int) -> None:
        """Nothing is too old."""

    def close(self) -> None:
        """Nothing is open."""
