"""How a reader stands, in words for the health page: told at each change, but never faster than a person can read. Pure."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from edge.config import ReaderConfig
from edge.dwells import DwellBuilder
from edge.llrp.session import Session
from shelfwire.messages import ReaderState

State = Literal["connected", "connecting", "refused", "lost", "stopped"]

TOLD_LETTERS: Final = 400
"""What the wire allows for a detail."""
PAUSE_US: Final = 1_000_000
"""Counts and remarks are told once a second at the most: a hostile reader makes as many as it likes. A change of state is told at once."""
MAX_OFFSET_US: Final = 2**53
"""The bound of the message."""
OFFSET_STEP_US: Final = 100_000
"""Smaller changes of the clock's offset are delays of the network."""


class Standing:
    """Makes `ReaderState`s of one reader and remembers what was told last."""

    def __init__(self, config: ReaderConfig, dwells: DwellBuilder) -> None:
        self._config = config
        self._dwells = dwells
        self._told: ReaderState | None = None
        self._told_us = 0
        self._known = ReaderState(reader=config.id, state="connecting", ports=list(config.antennas or []))

    def change(
        self, state: State, detail: str, now_us: int, session: Session | None = None
    ) -> ReaderState | None:
        """The state to tell now, or None if it was told already or too little time has passed."""
        known = self._known
        if session is not None and session.reader is not None:
            known = msgspec.structs.replace(
                known,
                ports=session.ports or known.ports,
                model=session.reader.model,
                firmware=session.reader.firmware,
                clock_offset_us=self._offset(session.clock_offset_us),
            )
        self._known = known = msgspec.structs.replace(
            known,
            state=state,
            detail=detail[:TOLD_LETTERS],
            gaps=self._dwells.gaps,
            estimated=self._dwells.computed,
        )
        told = self._told
        if known == told or (told and told.state == state and now_us - self._told_us < PAUSE_US):
            return None
        self._told, self._told_us = known, now_us
        return known

    def _offset(self, offset_us: int | None) -> int | None:
        if (
            offset_us is not None
        ):  # a reader may say any 64 bits; a status with more than the wire's bound would be refused
            offset_us = max(-MAX_OFFSET_US, min(MAX_OFFSET_US, offset_us))
        last_us = self._known.clock_offset_us
        if offset_us is None or last_us is None or abs(offset_us - last_us) > OFFSET_STEP_US:
            return offset_us
        return last_us


def details(session: Session, dwells: DwellBuilder) -> str:
    """What is to be said about a reader that works."""
    parts = list(session.notes.values())
    if dwells.computed:
        parts.insert(0, "it does not say when its antennas work: dwells are computed")
    if session.dropped or dwells.refused:
        parts.append(f"unusable messages or reads: {session.dropped + dwells.refused}")
    if not session.ports:
        parts.insert(0, "at rest")
    return "; ".join(parts)
