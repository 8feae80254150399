"""What a connector to a library system over the network has to offer, beside the connectors that read a file.

Both kinds are found by the entry-point group ``shelfwire.catalogs``. A file connector is a function
``read(path, options) -> Iterator[Item | RowFault]``; a system connector is a class that keeps `System`. Nothing here
writes to the library's own system, and nothing about a patron may leave a connector: what a protocol sends of one is
dropped where the answer is taken apart, before anything is kept, logged or raised.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self, runtime_checkable

import msgspec

from hub.catalog.model import Gone, Item, ItemState, RowFault

Tell = Callable[[str], None]
"""Takes one line for people: what is waited for and why (“Koha answered 503, trying again in 4 s”)."""


class Mark(msgspec.Struct, frozen=True):
    """A place from which a listing can go on: everything before it was handed over.

    A `cursor` is text that only its own connector understands, at most 4,000 signs.
    """

    cursor: str
    done: bool = False
    """The listing is at its end; the cursor then begins the next one, of what will have changed."""
    total: int | None = None
    """How many items there are, where the system says so."""


Row = Item | Gone | RowFault | Mark


@runtime_checkable
class System(Protocol):
    """One library system. Blocking; used by one thread. Every answer is bounded in size and time.

    Raises `AwayError` (nobody there, too slow, 5xx after all tries: try later), `PeerError` (answers that are none of
    the protocol) and `InputError` (configuration: address, secret, right refused).
    """

    lists: ClassVar[bool]
    """Whether the system can list its items; SIP2 only answers about one."""

    @classmethod
    def open(cls, options: dict[str, Any], base: Path, tell: Tell) -> Self:
        """Check `options` (plain data of hub.yaml) with all faults at once; `base`: what paths in it are relative to."""
        ...

    def check(self) -> str:
        """Connect, log in, and say in one line who answered and what it offers.

        A class that tries often names in ``check_options`` what options hold at the most while a person waits for this line.
        """
        ...

    def items(self, cursor: str | None) -> Iterator[Row]:
        """All items (None), or from a `Mark`. A row that cannot be taken is a `RowFault`; the listing goes on."""
        ...

    def states(self, barcodes: Sequence[str]) -> Iterator[ItemState | Gone | RowFault]:
        """What the system says of some items now; one answer a barcode, in any order. At most 500 at a time.

        A class with statuses for which its protocol has no word names them in ``unsaid`` (a frozenset): its ``on_shelf``
        then refutes none of these.
        """
        ...

    def close(self) -> None:
        """Let go; may be called twice."""
        ...
