"""Whose a tag is, and what a dwell proves by the tags of one partition. Pure."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from hub.belief.trust import Sample
from hub.engine.hearing import Listened
from shelfwire.messages import Tags

FINEST: Final = float(1 << 20)
"""Parts of a decibel that sums of loudness are whole in: readers tell hundredths, so partitions add up to exactly what one would."""


def owner(key: str, parts: int) -> int:
    """Which of so many partitions owns a tag key; the same in every process and release."""
    return zlib.crc32(key.encode()) % parts


@dataclass(frozen=True)
class Header:
    """What a dwell proves by some of its tags; headers of one dwell can be added."""

    known: int
    """Item tags."""
    references: int
    """Reference tags of its own antenna."""
    residents: int
    """Books believed on its antenna's shelves, their loudness together in `FINEST` parts of a decibel, and books believed elsewhere."""
    loud: int
    strays: int

    def __add__(self, other: Header) -> Header:
        return Header(
            self.known + other.known,
            self.references + other.references,
            self.residents + other.residents,
            self.loud + other.loud,
            self.strays + other.strays,
        )

    @property
    def sample(self) -> Sample:
        """As the antennas judge it."""
        mean = self.loud / FINEST / self.residents if self.residents else float("nan")
        return Sample(self.residents, mean, self.strays)


def headers_of(heard: Listened) -> list[Header]:
    """One a dwell."""
    made = []
    for at, (known, references) in enumerate(heard.proofs):
        one = heard.samples[at]
        loud = round(one.loud_dbm * one.residents * FINEST) if one.residents else 0
        made.append(Header(known, references, one.residents, loud, one.strays))
    return made


def pick(tags: Tags, at: list[int]) -> Tags:
    """Some rows of all columns."""
    columns: dict[str, Any] = {
        name: None if column is None else [column[i] for i in at]
        for name, column in msgspec.structs.asdict(tags).items()
    }
    return Tags(**columns)
