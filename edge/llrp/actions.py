"""What a session asks of its driver, and the numbers of the conversation. Pure."""

from __future__ import annotations

from typing import Final

import msgspec

from edge.llrp import codec
from edge.llrp.messages import Message
from shelfwire.messages import Dwell

GREETING_US: Final = 10_000_000
"""For the reader's first word after TCP. A reader that is silent then is taken by another client, or is no reader."""
RESPONSE_US: Final = 10_000_000
"""For any answer; the capabilities of big readers take seconds."""
CLOSE_US: Final = 2_000_000
"""For the polite way out, all steps together; then TCP is closed anyway."""
KEEPALIVE_US: Final = 10_000_000
"""Short enough that a shelf is known to be dark within half a minute; known clients use 30 s."""
DEAD_US: Final = 3 * KEEPALIVE_US
"""Without one byte for three periods the link is dead; also the longest that a message may stay unfinished."""
RESTART_US: Final = 1_000_000
"""After the end of a cycle the reader may begin again by itself; if it has not within a second, we start it."""
STALL_US: Final = 10_000_000
"""Beyond three turns: a reader that told the ends of turns and stops telling them, yet lives, has stopped its radio."""
TAKEN_S: Final = 30.0
"""A reader that another client holds is not asked more often: each attempt disturbs the owner."""
MAX_NOTES: Final = 20
"""Different remarks about a reader that are kept for the health page; a hostile one makes no more."""


class Send(msgspec.Struct, frozen=True):
    """Write these bytes."""

    data: bytes


class Heard(msgspec.Struct, frozen=True):
    """A dwell is complete."""

    dwell: Dwell


class Note(msgspec.Struct, frozen=True):
    """Worth a line in the log; no EPC stands in it."""

    text: str
    trouble: bool = True


class Close(msgspec.Struct, frozen=True):
    """Close TCP now. The session is over."""

    reason: str
    polite: bool = False
    """We wanted it."""
    refused: bool = False
    """Another client has the reader, or it wants nobody."""
    wait_s: float | None = None
    """Not before this; None: as the back-off says."""


Action = Send | Heard | Note | Close


class Out:
    """Collects actions, numbers what is sent, and keeps what is not as it should be."""

    def __init__(self) -> None:
        self._actions: list[Action] = []
        self._number = 0
        self.closed = False
        self.dropped = 0
        """Messages and report items that were unusable."""
        self.notes: dict[str, str] = {}
        """For the health page: one text a subject."""

    def take(self) -> list[Action]:
        """What is to be done, once."""
        actions, self._actions = self._actions, []
        return actions

    def send(self, message: Message, number: int | None = None) -> int:
        """Send with the next number, or with that of the message that is acknowledged."""
        if number is None:
            self._number = number = self._number % 0xFFFF_FFFF + 1
        self._actions.append(Send(codec.encode(message, number)))
        return number

    def dwells(self, dwells: list[Dwell]) -> None:
        """Hand on complete dwells."""
        self._actions += [Heard(dwell) for dwell in dwells]

    def say(self, text: str) -> None:
        """Log what is in order."""
        self._actions.append(Note(text, trouble=False))

    def note(self, subject: str, text: str) -> None:
        """Keep and log what is not in order; the same words about a subject are logged once."""
        if self.notes.get(subject) == text or (subject not in self.notes and len(self.notes) >= MAX_NOTES):
            return
        self.notes[subject] = text
        self._actions.append(Note(text))

    def unusable(self, text: str) -> None:
        """Count a message that is of no use."""
        self.dropped += 1
        self.note("protocol", text)

    def close(
        self, reason: str, *, polite: bool = False, refused: bool = False, wait_s: float | None = None
    ) -> None:
        """End the session; the first reason stands."""
        if not self.closed:
            self.closed = True
            self._actions.append(Close(reason, polite, refused, wait_s))
