"""Making a Zebra reader do the wished cycle: stop, set the mode, start; each command waits for its answer. Pure."""

from __future__ import annotations

from typing import Any, Final

from edge.config import ReaderConfig
from edge.iot import fields
from edge.iot.actions import Action, Out, Publish
from edge.iot.bodies import Body
from edge.iot.control import IotControl
from edge.ports import Cycle
from edge.zebra import mode
from edge.zebra.mode import Options

ANSWER_US: Final = 10_000_000
"""For any answer; changing the mode takes a reader a second or two."""


class Control(IotControl):
    """One reader's control topic. `prefix` makes command ids that no earlier life of the agent used."""

    def __init__(self, config: ReaderConfig, options: Options, out: Out, prefix: str) -> None:
        super().__init__(out)
        self._config, self._topic, self._prefix = config, options.control or "", prefix
        self._for: Cycle | None = None
        self._steps: list[tuple[str, dict[str, Any]]] = []
        self._due_us = 0
        self._up = False

    def wish(self, cycle: Cycle | None, now_us: int) -> None:
        """Wish another cycle (None: radio off)."""
        super().wish(cycle, now_us)
        if cycle is not None and mode.dwell_ms(cycle) != cycle.dwell_ms:
            self._out.note(
                "dwell", f"with so many antennas it listens for {mode.dwell_ms(cycle)} ms at the least"
            )
        else:
            self._out.note("dwell", "")

    def up(self, now_us: int) -> None:
        """The broker is there."""
        self._up, self._next_us = True, now_us

    def down(self) -> None:
        """The broker is gone, and with it the answer."""
        self._up, self._asked, self._steps = False, None, []

    def restarted(self, now_us: int) -> None:
        """The reader does not do what it was told any more."""
        if self.settled and self._wish is not None:
            self._undone("somebody else stopped it, or it started again; it is told its cycle anew", now_us)

    def off(self) -> Action:
        """The command that switches its radio off."""
        return Publish(self._topic, mode.command("stop", "shelfwire-goes", {}))

    def deadline(self) -> int | None:
        """When `advance` has something to do."""
        if not self._up or (self._asked is None and self.settled):
            return None
        return self._due_us if self._asked is not None else self._next_us

    def advance(self, now_us: int) -> None:
        """Send the next command, if it is time."""
        if self._asked is not None:
            if now_us >= self._due_us:
                self._give_up("no answer within 10 s", now_us)
            return
        if not self._up or self.settled or now_us < self._next_us:
            return
        if not self._steps or self._for != self._wish:
            self._for = self._wish
            self._steps = [("stop", {})]
            if self._wish is not None:
                start = ("start", {"doNotPersistState": True})
                self._steps += [("set_mode", mode.mode(self._config, self._wish)), start]
        name, payload = self._steps[0]
        self._number += 1
        self._asked, self._due_us = f"{self._prefix}-{self._number}", now_us + ANSWER_US
        self._out.add(Publish(self._topic, mode.command(name, self._asked, payload)))

    def answered(self, body: Body, now_us: int) -> None:
        """A message on the response topic; one for somebody else is left alone."""
        if self._asked is None or fields.text(body, "command_id") != self._asked:
            return
        name = self._steps[0][0]
        good = fields.text(body, "response") == "success"
        if not good and name != "stop":  # a reader at rest may refuse to stop
            words = fields.text(body, "payload", "message") or fields.text(
                fields.inner(body, "payload"), "message"
            )
            self._give_up(f"{name} was refused: {(words or 'no reason given')[:120]}", now_us)
            return
        self._asked = None
        self._succeeded(now_us)
        del self._steps[0]
        if not self._steps:
            self._now = self._for

    def _give_up(self, words: str, now_us: int) -> None:
        self._asked, self._steps = None, []
        self._failed(f": {words}", now_us)
