"""Whether each tag is armed, as its last read said: the gate would ring. Pure.

A tag of the alliance says it in the first bit of its EPC, so each *form* of an EPC says it once and for all; a tag of
ISO/TS 28560-4 says it in the AFI, in the PC word of each read; others say nothing. What the key's own form says is asked once a
tag and kept here, 1 byte; other forms have it in their code (`hub.belief.index`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hub.belief.interface import Ints
from shelfwire.tags.sets import security_of
from shelfwire.tags.tag import AfiUse, Security, Tag

UNSAID: Final = 0
ARMED: Final = 1
OFF: Final = 2
"""States of a tag."""

NOT_ASKED, NOTHING, FORM_ARMED, FORM_OFF, IN_PC, WANTS_PC = range(6)
"""What a form of an EPC says; the last: nothing without its PC word, which was not reported, so it is asked again with it."""
_TOGGLE: Final = 0x0100
_STATE: Final[dict[Security | None, int]] = {None: UNSAID, "armed": ARMED, "off": OFF}
_OF_FORM: Final = np.array([UNSAID, UNSAID, ARMED, OFF, UNSAID, UNSAID], dtype=np.uint8)


def form_of(tag: Tag, *, used: bool) -> int:
    """What the form of an EPC says, of which `tag` was read."""
    if not used:
        return NOTHING
    if tag.family == "iso28560-4":
        return IN_PC
    if tag.family == "raw" and "pc_unknown" in tag.tolerated:
        return WANTS_PC
    return {"armed": FORM_ARMED, "off": FORM_OFF, None: NOTHING}[tag.security]


class TagSecurity:
    """One row a known tag."""

    _ARRAYS: Final = ("form", "state", "at_s")

    def __init__(self, afi: AfiUse = "standard") -> None:
        self.form: NDArray[np.uint8] = np.zeros(0, dtype=np.uint8)
        """Of the key itself."""
        self.state: NDArray[np.uint8] = np.zeros(0, dtype=np.uint8)
        self.at_s: NDArray[np.uint32] = np.zeros(0, dtype=np.uint32)
        """When it said so last."""
        self.use(afi)

    def use(self, afi: AfiUse) -> None:
        """What the AFI means at the site."""
        low = [_STATE[security_of(value, afi)] for value in range(256)]
        self._of_word = np.array([UNSAID] * 256 + low, dtype=np.uint8)
        """By the low nine bits of a PC word: without the toggle its low byte is no AFI."""

    def stock(self, kept: Ints) -> None:
        """New rows: row i was row `kept[i]`; -1: new."""
        have = np.flatnonzero(kept >= 0)
        for name in self._ARRAYS:
            old = getattr(self, name)
            new = np.zeros(len(kept), dtype=old.dtype)
            new[have] = old[kept[have]]
            setattr(self, name, new)

    def grow(self, rows: int) -> None:
        """So many new tags behind the others."""
        for name in self._ARRAYS:
            old = getattr(self, name)
            setattr(self, name, np.concatenate([old, np.zeros(rows, dtype=old.dtype)]))

    def forget(self) -> None:
        """The site uses its tags in another way now: all forms are asked anew."""
        for name in self._ARRAYS:
            getattr(self, name)[:] = 0

    def hear(
        self,
        rows: Ints,
        says: Ints,
        at_s: Ints,
        *,
        words: Callable[[], Ints] | None,
        ask: Callable[[int], int],
    ) -> Ints:
        """Apply reads in the order of time; returns the rows that say something else now.

        `says`: of a variant its form, 0 for the key itself. `words()`: PC words, -1 where not reported; None: nowhere. `ask(i)`: the form of
        read i, or `NOT_ASKED` if that has to wait.
        """
        form = np.where(says > 0, says, self.form[rows])
        fresh = np.flatnonzero(form == NOT_ASKED)
        if words is not None and len(waits := np.flatnonzero(form == WANTS_PC)):
            fresh = np.union1d(fresh, waits[words()[waits] >= 0])
        if len(fresh):
            for at in fresh[np.unique(rows[fresh], return_index=True)[1]].tolist():
                told = ask(at)
                if told == NOT_ASKED:
                    break
                self.form[rows[at]] = told
            form[fresh] = self.form[rows[fresh]]
        if not len(form) or int(form.max()) <= NOTHING or int(form.min()) == WANTS_PC:
            return np.zeros(0, dtype=np.int64)
        state = _OF_FORM[form]
        in_pc = np.flatnonzero(form == IN_PC)
        if words is not None and len(in_pc):
            word = words()[in_pc]
            state[in_pc] = np.where(word >= 0, self._of_word[word & (_TOGGLE | 0xFF)], UNSAID)
        tells = np.flatnonzero((state != UNSAID) & (at_s >= self.at_s[rows]))
        told_rows, before = rows[tells], self.state[rows[tells]]
        self.state[told_rows] = state[tells]
        self.at_s[told_rows] = at_s[tells]
        return np.unique(told_rows[before != self.state[told_rows]])

    def step_back(self, now_s: int) -> None:
        """The hub's clock was set back to `now_s`: nothing was heard later."""
        np.minimum(self.at_s, np.uint32(now_s), out=self.at_s)

    def dump(self) -> dict[str, Any]:
        """The arrays by name."""
        return {name: getattr(self, name).copy() for name in self._ARRAYS}

    def restore(self, state: dict[str, Any]) -> None:
        """As `dump` left it."""
        for name in self._ARRAYS:
            setattr(self, name, np.array(state[name], dtype=getattr(self, name).dtype))
