"""What a session asks of its driver, and what it keeps for the health page. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable
from typing import Final

import msgspec

from shelfwire.messages import Dwell

MAX_NOTES: Final = 20
"""Different remarks about a reader that are kept; a hostile one makes no more."""

REMEMBERED: Final = 8_192
"""Events that are known, so that one that comes twice counts once. After a reconnect a broker repeats what was in flight: some hundred."""


class Heard(msgspec.Struct, frozen=True):
    """A dwell is complete."""

    dwell: Dwell


class Note(msgspec.Struct, frozen=True):
    """Worth a line in the log; no EPC stands in it."""

    text: str
    trouble: bool = True


class Ask(msgspec.Struct, frozen=True):
    """A request over HTTP; its answer comes back through `answered`."""

    number: int
    method: str
    path: str
    body: bytes = b""


class Publish(msgspec.Struct, frozen=True):
    """A message to the reader."""

    topic: str
    payload: bytes


Action = Heard | Note | Ask | Publish


class Out:
    """Collects actions, and keeps what is not as it should be."""

    def __init__(self) -> None:
        self._actions: list[Action] = []
        self.notes: dict[str, str] = {}
        """For the health page: one text a subject."""
        self.unusable = 0
        """Messages or parts of them that made no sense."""
        self.old = 0
        """Events that were too old to count, or came a second time."""

    def take(self) -> list[Action]:
        """What is to be done, once."""
        actions, self._actions = self._actions, []
        return actions

    def add(self, *actions: Action) -> None:
        """Do this."""
        self._actions += actions

    def dwells(self, dwells: Iterable[Dwell]) -> None:
        """Hand on complete dwells."""
        self._actions += [Heard(dwell) for dwell in dwells]

    def note(self, subject: str, words: str) -> None:
        """Keep and log what is not in order; the same words about a subject are logged once. No words: it is in order again."""
        if not words:
            self.notes.pop(subject, None)
        elif self.notes.get(subject) != words and (subject in self.notes or len(self.notes) < MAX_NOTES):
            self.notes[subject] = words
            self._actions.append(Note(words))

    def strange(self, words: str) -> None:
        """Count what made no sense."""
        self.unusable += 1
        self.note("protocol", f"sends what makes no sense: {words[:120]}")


class Known:
    """Remembers the last `REMEMBERED` events."""

    def __init__(self) -> None:
        self._set: set[Hashable] = set()
        self._order: deque[Hashable] = deque()

    def again(self, event: Hashable) -> bool:
        """Whether `event` came before; it is known from now on."""
        if event in self._set:
            return True
        self._set.add(event)
        self._order.append(event)
        if len(self._order) > REMEMBERED:
            self._set.discard(self._order.popleft())
        return False
