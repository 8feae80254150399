"""A series whose points go to the spool first, and from there to their server by one background thread, in order."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Final

from hub.effects import Point
from hub.series.port import Aggregate, SeriesReader, SeriesStatus, Sink
from hub.series.spool import Spool
from shelfwire.errors import AwayError, FullError, PeerError
from shelfwire.retry import Backoff

log = logging.getLogger(__name__)

BATCH_POINTS: Final = 5_000
"""InfluxDB's own advice for one request; about 600 kB of line protocol."""

GATHER_S: Final = 0.25
"""After the first point of a silence: several small groups of the hub become one request."""

BACKOFF: Final = Backoff(first_s=0.5, longest_s=15.0)
"""A server that is back is used within 15 s; one that is away is asked four times a minute."""

CLOSE_S: Final = 5.0
"""A stopping hub sends no longer than this; a service manager would kill it after 90 s, and the rest is safe on disk."""

RETAIN_EVERY_S: Final = 600.0


class SpooledSeries:
    """See `hub.series.port.Series`."""

    def __init__(self, kind: str, spool: Spool, sink: Sink, reader: SeriesReader) -> None:
        self._kind = kind
        self._spool = spool
        self._sink = sink
        self._reader = reader
        self._some = threading.Event()
        self._stop = threading.Event()
        self._written = 0
        self._error = ""
        self._retain_at = 0.0
        self._close_by = float("inf")
        self._thread = threading.Thread(target=self._run, name=f"series-{kind}", daemon=True)
        self._some.set()  # what an earlier process left
        self._thread.start()

    def write(self, points: Sequence[Point]) -> None:
        """As the port says. A disk that refuses costs these points, counted; never the hub."""
        if not points:
            return
        try:
            self._spool.append(points)
        except OSError as fault:
            self._fail(f"the spool of the series cannot be written: {fault.strerror}; points are dropped")
        self._some.set()

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
        """As the port says; what still waits on the spool is not in the answer."""
        return self._reader.query(measurement, tags, field, from_us, to_us, bucket_s, how)

    def status(self) -> SeriesStatus:
        """As the port says."""
        return SeriesStatus(
            kind=self._kind,
            backlog_points=self._spool.waiting,
            backlog_bytes=self._spool.size_bytes,
            dropped=self._spool.dropped,
            written=self._written,
            last_error=self._error,
        )

    def close(self) -> None:
        """Send what waits if the server is there, then stop; what is left stays on disk."""
        self._close_by = time.monotonic() + CLOSE_S
        self._stop.set()
        self._some.set()
        self._thread.join()
        self._sink.close()
        self._reader.close()
        self._spool.close()

    def _run(self) -> None:
        failures = 0
        while not self._stop.is_set():
            self._some.wait()
            self._stop.wait(GATHER_S)
            self._some.clear()
            failures = 0 if self._drain() else failures + 1
            if failures:
                self._some.set()
                self._stop.wait(BACKOFF.wait_s(failures, random.random()))  # noqa: S311 (spreads retries, no secret)
        if not failures:
            self._drain()

    def _drain(self) -> bool:
        """Send all that waits; False: the server is away, try again later."""
        try:
            self._retain()
            while (
                time.monotonic() < self._close_by and (batch := self._spool.oldest(BATCH_POINTS)) is not None
            ):
                refused = self._send(batch.points)
                self._spool.sent(batch, refused)
                self._written += len(batch.points) - refused
        except (AwayError, FullError) as fault:
            self._fail(str(fault))
            return False
        except OSError as fault:
            self._fail(f"the spool of the series cannot be read: {fault}")
            return False
        except Exception as fault:
            # A bug; the hub must live on without its charts, and the thread with it.
            log.exception("series: a fault of ours")
            self._fail(f"a fault of ours, see the log: {fault!r}")
            return False
        if self._error:
            log.info("series: goes on; %s", self._error)
            self._error = ""
        return True

    def _send(self, points: Sequence[Point]) -> int:
        """How many were refused for good. A batch that is refused as a whole is halved, until the bad ones stand alone."""
        if not points:
            return 0
        try:
            return self._sink.send(points)
        except PeerError as fault:
            if len(points) == 1:
                log.warning("series: a point of %s was refused: %s", points[0].measurement, fault)
                return 1
            middle = len(points) // 2
            return self._send(points[:middle]) + self._send(points[middle:])

    def _retain(self) -> None:
        if time.monotonic() >= self._retain_at:
            self._sink.retain(time.time_ns() // 1000)
            self._retain_at = time.monotonic() + RETAIN_EVERY_S

    def _fail(self, error: str) -> None:
        if error != self._error:
            log.warning("series: %s", error)
            self._error = error
