"""The one outside thing that the pages need as a port: numeric history, whatever server holds it (`hub.series`)."""

from __future__ import annotations

from typing import Protocol


class Charts(Protocol):
    """Aggregates over time; never an item."""

    def query(
        self,
        measurement: str,
        tags: dict[str, str],
        field: str,
        from_us: int,
        to_us: int,
        bucket_s: int,
    ) -> list[tuple[int, float]]:
        """(start of the bucket, mean), rising in time; empty buckets are left out. Raises `AwayError`."""
        ...
