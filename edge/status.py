"""What the agent says about itself, and when: at once after a change, but not more often than once a second. Pure but for the bell."""

from __future__ import annotations

import asyncio
from typing import Final, NamedTuple

from edge.config import EdgeConfig
from shelfwire import __version__
from shelfwire.messages import AgentStatus, ReaderState

SPACING_US: Final = 1_000_000
"""A reader that comes and goes ten times a second is one line a second on the health page."""

REFRESH_US: Final = 30_000_000
"""The outbox's numbers change all the time; somebody who looks at them can wait half a minute."""

TROUBLE_LETTERS: Final = 400
"""What the message allows."""


class Numbers(NamedTuple):
    """The outbox in numbers."""

    reports: int
    size_bytes: int
    lost_reports: int


class StatusBoard:
    """The newest status, and whether it is still to be said. Rings `bell` when something changed. Times are monotonic."""

    def __init__(self, config: EdgeConfig, boot: str) -> None:
        self.bell = asyncio.Event()
        self.log = ""
        """Of the outbox; set when it is open."""
        self.strange = 0
        """Messages that made no sense, since the start."""
        self._agent, self._boot = config.agent, boot
        self._readers = {
            reader.id: ReaderState(reader=reader.id, state="connecting", ports=reader.antennas or [])
            for reader in config.readers
        }
        self._troubles: dict[str, str] = {}
        self._changed = False
        self._up = False
        self._said_us = self._looked_us = -REFRESH_US
        self._said = Numbers(0, 0, 0)

    def reader(self, state: ReaderState) -> None:
        """How a reader is now."""
        if self._readers.get(state.reader) != state:
            self._readers[state.reader] = state
            self._change()

    def trouble(self, what: str, text: str) -> None:
        """Something is wrong, in words; an empty text: no more."""
        if self._troubles.get(what, "") != text:
            self._troubles[what] = text
            self._change()

    def count_strange(self, text: str) -> None:
        """A peer sent what makes no sense: ignored, counted, and the last one told."""
        self.strange += 1
        self.trouble("strange", f"{self.strange} messages to this agent made no sense; the last: {text}")

    def up(self) -> None:
        """The broker may have forgotten everything, or told our death: say it all again."""
        self._up = True
        self._said_us = -REFRESH_US
        self._change()

    def down(self) -> None:
        """There is nobody to say it to; the next connection hears it all."""
        self._up = False

    def failed(self) -> None:
        """It was not heard: it is said again."""
        self._change()

    def wait_us(self, now_us: int) -> int | None:
        """Until `due` should be asked; None: when the bell rings."""
        if not self._up:
            return None
        next_us = self._said_us + SPACING_US if self._changed else self._looked_us + REFRESH_US
        return max(0, next_us - now_us)

    def due(self, now_us: int, wall_us: int, numbers: Numbers) -> AgentStatus | None:
        """The status, if there is something to say and it is time."""
        if not self._up or now_us - self._said_us < SPACING_US:
            return None
        if not self._changed:
            if now_us - self._looked_us < REFRESH_US:
                return None
            self._looked_us = now_us
            if numbers == self._said:
                return None
        self._changed = False
        self._said_us = self._looked_us = now_us
        self._said = numbers
        return self._status(now_us, wall_us, numbers, online=True)

    def death(self) -> AgentStatus:
        """The Last Will: the death of this boot."""
        return AgentStatus(agent=self._agent, boot=self._boot, log=self.log, online=False)

    def goodbye(self, now_us: int, wall_us: int, numbers: Numbers) -> AgentStatus:
        """The last words of a clean stop."""
        return self._status(now_us, wall_us, numbers, online=False)

    def _change(self) -> None:
        self._changed = True
        self.bell.set()

    def _status(self, now_us: int, wall_us: int, numbers: Numbers, *, online: bool) -> AgentStatus:
        return AgentStatus(
            agent=self._agent,
            boot=self._boot,
            log=self.log,
            online=online,
            at_us=now_us,
            wall_at_us=wall_us,
            software=f"shelfwire {__version__}",
            readers=list(self._readers.values()),
            outbox_reports=numbers.reports,
            outbox_bytes=numbers.size_bytes,
            lost_reports=numbers.lost_reports,
            trouble="; ".join(text for text in self._troubles.values() if text)[:TROUBLE_LETTERS],
        )
