"""A library system that plays from a script, for tests of what follows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

from hub.catalog.model import Gone, Item, ItemState, RowFault
from hub.catalog.source import Mark, Row, Tell

Answer = ItemState | Gone | RowFault


class Scripted:
    """Lists `pages`, one a mark, and answers from `shelf`; `before` may raise what a bad day brings."""

    lists: ClassVar[bool] = True

    def __init__(self, pages: Sequence[Sequence[Item | Gone | RowFault]] = ()) -> None:
        self.pages: list[Sequence[Item | Gone | RowFault]] = list(pages)
        self.shelf: dict[str, Answer] = {}
        self.before: Callable[[str], None] = lambda _: None
        self.listed: list[str | None] = []
        """The cursors that listings began with."""
        self.asked: list[list[str]] = []
        self.ends = True
        self.closed = 0

    @classmethod
    def open(cls, options: dict[str, Any], base: Path, tell: Tell) -> Self:
        raise NotImplementedError

    def check(self) -> str:
        return "scripted"

    def items(self, cursor: str | None) -> Iterator[Row]:
        self.listed.append(cursor)
        first = int(cursor.removeprefix("page-")) if cursor and cursor.startswith("page-") else 0
        for number in range(first, len(self.pages)):
            self.before(f"page-{number}")
            yield from self.pages[number]
            if number + 1 < len(self.pages):
                yield Mark(f"page-{number + 1}", total=sum(map(len, self.pages)))
        if self.ends:
            yield Mark("since-now", done=True)

    def states(self, barcodes: Sequence[str]) -> Iterator[Answer]:
        self.before("states")
        self.asked.append(list(barcodes))
        for barcode in barcodes:
            yield self.shelf.get(barcode, Gone(barcode=barcode))

    def close(self) -> None:
        self.closed += 1
