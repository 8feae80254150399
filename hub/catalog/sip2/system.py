"""The connector ``sip2``: keeps `hub.catalog.source.System` over a socket."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Self

from hub.catalog.model import Gone, ItemState, ItemStatus, RowFault
from hub.catalog.sip2 import codec, words
from hub.catalog.sip2.connection import Connection
from hub.catalog.sip2.options import Settings, settings
from hub.catalog.sip2.session import Session
from hub.catalog.source import Row, Tell
from shelfwire.errors import InputError


class Sip2:
    """A library system that is asked about one item at a time. Blocking; used by one thread."""

    lists: ClassVar[bool] = False
    unsaid: ClassVar[frozenset[ItemStatus]] = words.UNSAID
    """Statuses that it has no word for: its ``on_shelf`` does not refute them."""

    def __init__(self, found: Settings, tell: Tell) -> None:
        self._session = Session(found, tell)
        self._connection = Connection(found.options.host, found.options.port, found.trust)
        self._apart_s = 1 / found.options.questions_a_second
        self._next_s = 0.0

    @classmethod
    def open(cls, options: dict[str, Any], base: Path, tell: Tell) -> Self:
        """Options as in docs/catalogs/sip2.md. Raises `InputError` with all faults."""
        return cls(settings(options, base), tell)

    def check(self) -> str:
        """Connect, log in, and say in one line who answered and what it offers."""
        return self._connection.run(self._session.check())

    def items(self, cursor: str | None) -> Iterator[Row]:
        """SIP2 cannot list. Raises `InputError`."""
        del cursor
        raise InputError(
            f"{self._session.where}: SIP2 cannot list items; bring the catalogue in from a file or another connector"
        )

    def states(self, barcodes: Sequence[str]) -> Iterator[ItemState | Gone | RowFault]:
        """One answer a barcode, in their order, at most `questions_a_second`."""
        for barcode in barcodes:
            now_s = time.monotonic()
            if now_s < self._next_s:
                time.sleep(self._next_s - now_s)
            self._next_s = max(now_s, self._next_s) + self._apart_s
            at = codec.stamp(datetime.now().astimezone())
            yield self._connection.run(self._session.state(barcode, at))

    def close(self) -> None:
        """Let go; may be called twice."""
        self._connection.close()
