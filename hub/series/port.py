"""The port to time series: numeric aggregates only, never an item, so that their number grows with shelves, not with books."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, Protocol

import msgspec

from hub.effects import Point
from shelfwire.errors import InputError

Aggregate = Literal["mean", "min", "max", "sum", "last"]

MAX_BUCKETS: Final = 11_000
"""Points in one answer: more than any screen has columns, a year in hours fits."""


class SeriesStatus(msgspec.Struct, frozen=True, kw_only=True):
    """For the health page."""

    kind: str
    backlog_points: int
    """Points on the spool that wait for the server."""
    backlog_bytes: int
    dropped: int
    """Points that a bound, a damaged disk or the server's refusal cost since the spool was made."""
    written: int
    """Points that the server took since the start."""
    last_error: str
    """In words; empty: the last try went well."""


class SeriesReader(Protocol):
    """Reads points; for web."""

    def query(  # noqa: PLR0917 (a question has these parts)
        self,
        measurement: str,
        tags: Mapping[str, str],
        field: str,
        from_us: int,
        to_us: int,
        bucket_s: int,
        how: Aggregate = "mean",
    ) -> list[tuple[int, float]]:
        """(start of the bucket in UTC us, value) of all buckets that have points, oldest first; `to_us` is not included.

        `tags`: those that must match; series that differ in others are taken together. Blocking. Raises `InputError` for absurd
        bounds, `AwayError` while the server does not answer.
        """
        ...

    def close(self) -> None:
        """Stop, give everything back. What waits on the spool stays there."""
        ...


class Series(SeriesReader, Protocol):
    """Writes and reads points; for the hub."""

    def write(self, points: Sequence[Point]) -> None:
        """Take points. Never waits for the server and never raises for it: they go to the spool on disk. Thread-safe."""
        ...

    def status(self) -> SeriesStatus:
        """How it goes. Thread-safe."""
        ...


class Sink(Protocol):
    """Where the flusher of the spool sends points: one blocking try, no retry of its own."""

    def send(self, points: Sequence[Point]) -> int:
        """Write `points`; how many of them the server refused for good. Sending them again changes nothing.

        Raises `AwayError` or `FullError` when it should be tried again later, `PeerError` when the server refuses these points as
        a whole.
        """
        ...

    def retain(self, now_us: int) -> None:
        """Remove what is too old or too much, where that is our business."""
        ...

    def close(self) -> None:
        """Give connections back."""
        ...


def check_query(from_us: int, to_us: int, bucket_s: int) -> None:
    """Raises `InputError` for a question whose answer would be absurdly large."""
    if bucket_s < 1:
        raise InputError("bucket_s: want 1 or more seconds")
    if (to_us - from_us) / (bucket_s * 1_000_000) > MAX_BUCKETS:
        raise InputError(f"bucket_s: this span has more than {MAX_BUCKETS} buckets; ask for longer ones")


class NoSeries:
    """Series switched off: takes everything, keeps nothing."""

    def write(self, points: Sequence[Point]) -> None:
        """Nothing."""

    def query(self, *_: Any, **__: Any) -> list[tuple[int, float]]:
        """Nothing."""
        return []

    def status(self) -> SeriesStatus:
        """Nothing waits."""
        return SeriesStatus(
            kind="none", backlog_points=0, backlog_bytes=0, dropped=0, written=0, last_error=""
        )

    def close(self) -> None:
        """Nothing to close."""
