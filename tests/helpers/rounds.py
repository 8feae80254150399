"""A small library whose books differ in loudness: what each antenna hears of its own shelf and of the next ones."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import numpy as np
from helpers.shelves import DUAL, SECOND, Book, Library

from shelfwire.messages import Dwell, Tags

FLOOR_DBM, OWN_DBM, NEAR_DBM = -66.0, -55.0, -72.0


class LoudLibrary:
    """Books on their shelves, each with a loudness of its own at each antenna, and rounds in which all antennas listen."""

    def __init__(self, library: Library, books_a_shelf: int = 14, seed: int = 1) -> None:
        self.library = library
        self._dice = np.random.default_rng(seed)
        self.shelf_of: dict[int, str] = {}
        for shelf in library.history.now.shelf_by_id:
            for _ in range(books_a_shelf):
                self.shelf_of[library.book(shelf).item_id] = shelf
        self._level: dict[tuple[int, str], float] = {}

    def rounds(
        self,
        times: int,
        *,
        every_s: float = 60.0,
        wired: Mapping[str, str] | None = None,
        quieter_db: Mapping[str, float] | None = None,
        constant_dbm: float | None = None,
    ) -> None:
        """`wired`: antenna → the antenna whose place its cable really leads to; `quieter_db`: loss of a cable."""
        quieter_db = quieter_db or {}
        for _ in range(times):
            self.library.now_us += int(every_s * SECOND)
            dwells = [
                self._dwell(name, (wired or {}).get(name, name), quieter_db.get(name, 0.0), constant_dbm)
                for name in self.library.history.antenna_ids
            ]
            self.library.report(*dwells)

    def _dwell(self, name: str, really: str, quieter_db: float, constant_dbm: float | None) -> Dwell:
        site, ids = self.library.history.now, self.library.history.antenna_ids
        antenna, at = site.antennas[ids.index(name)], site.antennas[ids.index(really)]
        heard = []
        for book in self.library.books:
            loud_dbm = self._loud_dbm(book, really, at.hears) - quieter_db
            if loud_dbm > FLOOR_DBM:
                heard.append((book.epc, loud_dbm if constant_dbm is None else constant_dbm))
        if quieter_db < 20.0:
            heard += [(tag, -50.0) for tag in at.reference_tags]
        now_us = self.library.now_us
        dwell = Dwell(
            reader=antenna.reader, port=antenna.port, started_at_us=now_us - SECOND, ended_at_us=now_us, quality="exact", air=DUAL,
            tags=Tags(epc=[epc for epc, _ in heard], count=[3] * len(heard), rssi_dbm=[dbm for _, dbm in heard]),
        )  # fmt: skip
        return msgspec.structs.replace(dwell)

    def _loud_dbm(self, book: Book, antenna: str, own: tuple[str, ...]) -> float:
        key = book.item_id, antenna
        if key not in self._level:
            mean = OWN_DBM if self.shelf_of[book.item_id] in own else NEAR_DBM
            self._level[key] = float(self._dice.normal(mean, 5.0))
        return self._level[key] + float(self._dice.normal(0.0, 1.5))
