"""Tags that are no item's: counted, watched under a hash of the day, and dropped. Pure.

Law (design, section 7): clothes, cards and lent books are carried past antennas. A tag that does not stay leaves
nothing but a count; its EPC is never kept, only a hash with a key that changes every day, for 24 h at most.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

import msgspec

_DAY_S: Final = 86_400
STAYS_GAP_S: Final = 3_600
"""A tag silent for an hour did not stay; its time begins anew."""


class Stranger(msgspec.Struct, array_like=True):
    """One unknown tag, today."""

    first_s: int
    last_s: int
    antenna: int
    """That heard it last."""
    heard: int
    """Dwells."""
    asked: int = -1
    """Number of the catalogue that was asked whose it is; -1: none yet."""
    owner: str = ""
    """The sign of another library, if the tag tells one."""
    read: int = 0
    """Which banks were read when it was asked (`hub.engine.reading`)."""


class Strangers:
    """Unknown tags by hash, oldest first; at most `most`."""

    def __init__(self, secret: str, most: int) -> None:
        self._secret = secret.encode()
        self._most = most
        self.seen: dict[str, Stranger] = {}
        self.reads = 0
        self.not_watched = 0
        self.cards = 0
        """Reads of patrons' cards: nothing else is kept of them."""
        self._day = -1
        self._key = b""

    def hear(self, key: str, antenna: int, at_s: int) -> Stranger | None:
        """An unknown tag was heard. None: there are too many to watch this one."""
        self.reads += 1
        name = self._hash(key, at_s)
        known = self.seen.get(name)
        if known is not None and at_s - known.last_s <= STAYS_GAP_S:
            known.last_s, known.antenna = max(at_s, known.last_s), antenna
            known.heard += 1
            return known
        if known is not None or len(self.seen) < self._most:
            self.seen.pop(name, None)
            self.seen[name] = new = Stranger(at_s, at_s, antenna, 1)
            return new
        self.not_watched += 1
        return None

    def drop(self, key: str, at_s: int) -> None:
        """It is no stranger, or nothing may be kept of it."""
        self.seen.pop(self._hash(key, at_s), None)

    def forget(self, now_s: int) -> None:
        """Drop what was not heard for `STAYS_GAP_S`, and everything after 24 h."""
        gone = [
            name for name, one in self.seen.items()
            if now_s - one.last_s > STAYS_GAP_S or now_s - one.first_s > _DAY_S
        ]  # fmt: skip
        for name in gone:
            del self.seen[name]

    def step_back(self, now_s: int) -> None:
        """The hub's clock was set back to `now_s`: nothing was heard later."""
        for one in self.seen.values():
            one.first_s, one.last_s = min(one.first_s, now_s), min(one.last_s, now_s)

    def stayed(self, for_s: float) -> list[tuple[str, Stranger]]:
        """Those heard over at least that time."""
        return [(name, one) for name, one in self.seen.items() if one.last_s - one.first_s >= for_s]

    def _hash(self, key: str, at_s: int) -> str:
        day = at_s // _DAY_S
        if day != self._day:
            self._day = day
            self._key = hashlib.blake2s(str(day).encode(), key=self._secret[:32]).digest()
        return hashlib.blake2s(key.encode(), key=self._key, digest_size=10).hexdigest()

    def dump(self) -> dict[str, Any]:
        """Plain data; no EPC in it."""
        rows = [
            [name, one.first_s, one.last_s, one.antenna, one.heard, one.asked, one.owner, one.read]
            for name, one in self.seen.items()
        ]
        counts = {"reads": self.reads, "not_watched": self.not_watched, "cards": self.cards}
        return {"seen": rows} | counts

    def restore(self, state: dict[str, Any]) -> None:
        """As `dump` left it."""
        self.seen = {name: Stranger(*rest) for name, *rest in state["seen"]}
        self.reads, self.not_watched = state["reads"], state["not_watched"]
        self.cards = state.get("cards", 0)
