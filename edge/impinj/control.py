"""Making an R700 do the wished cycle over its REST interface: stop, store the preset, start; then look every half minute whether it runs. Pure.

Answers come back as HTTP status and body; status 0: there was none, and the body says why.
"""

from __future__ import annotations

from typing import Final

import msgspec

from edge.config import ReaderConfig
from edge.impinj import preset
from edge.impinj.preset import Options
from edge.iot import fields
from edge.iot.actions import Action, Ask, Out
from edge.iot.bodies import objects
from edge.iot.control import IotControl, NeverTold
from edge.ports import Cycle
from shelfwire.errors import PeerError

LOOK_US: Final = 30_000_000
"""Between two looks at its state: a person who pressed stop in its web page is noticed, and nobody is disturbed."""

_GOOD: Final = range(200, 300)
_REFUSED: Final = range(400, 500)
_NO_ACCESS: Final = (401, 403)


class Control(IotControl):
    """One reader's REST interface. `Ask`s go out through `out`."""

    def __init__(self, config: ReaderConfig, options: Options, out: Out) -> None:
        super().__init__(out)
        self._config, self._options = config, options
        self._step = 0
        self._steps_for: Cycle | NeverTold | None = NeverTold()
        self._activations = True

    def wish(self, cycle: Cycle | None, now_us: int) -> None:
        """Wish another cycle (None: radio off)."""
        super().wish(cycle, now_us)
        long_ms = self._config.dwell_ms if cycle is None else cycle.dwell_ms
        words = f"the reader itself decides how long an antenna listens: {long_ms} ms is not obeyed"
        self._out.note("dwell", words if long_ms != self._config.dwell_ms else "")

    def off(self) -> Action:
        """The request that switches its radio off."""
        return Ask(0, "POST", preset.STOP)

    def deadline(self) -> int | None:
        """When `advance` has something to do; None: it waits for an answer."""
        return None if self._asked is not None else self._next_us

    def advance(self, now_us: int) -> None:
        """Ask the next thing, if it is time."""
        if self._asked is not None or now_us < self._next_us:
            return
        if self.settled:
            self._ask("GET", preset.STATUS)
            return
        if self._steps_for != self._wish or isinstance(self._steps_for, NeverTold):
            self._steps_for, self._step = self._wish, 0
        name = preset.path(self._options)
        if self._step == 0:
            self._ask("POST", preset.STOP)
        elif self._step == 1 and self._wish is not None:
            body = preset.preset(self._config, self._options, self._wish, activations=self._activations)
            self._ask("PUT", name, msgspec.json.encode(body))
        else:
            self._ask("POST", f"{name}/start")

    def answered(self, number: int, status: int, body: bytes, now_us: int) -> None:
        """The answer to a request."""
        if self._asked is None or number != self._number:
            return
        asked, self._asked = self._asked, None
        if asked == preset.STATUS:
            self._looked(status, body, now_us)
        elif status in _GOOD or (asked == preset.STOP and status in _REFUSED and status not in _NO_ACCESS):
            self._done(now_us)
        elif self._step == 1 and status in _REFUSED and status not in _NO_ACCESS and self._activations:
            self._activations = False
            self._next_us = now_us
            self._out.note(
                "activations",
                "it refuses the switch for antenna activations in a preset; switch antennaActivationEventDelivery on by hand",
            )
        else:
            self._refused(asked, status, body, now_us)

    def _ask(self, method: str, path: str, body: bytes = b"") -> None:
        self._number += 1
        self._asked = path
        self._out.add(Ask(self._number, method, path, body))

    def _done(self, now_us: int) -> None:
        self._succeeded(now_us)
        self._step += 1
        last = 1 if self._steps_for is None else 3
        if self._step == last:
            self._now, self._steps_for = self._steps_for, NeverTold()
            if self.settled:
                self._next_us = now_us + LOOK_US

    def _looked(self, status: int, body: bytes, now_us: int) -> None:
        if status not in _GOOD:
            self._refused(preset.STATUS, status, body, now_us)
            return
        self._succeeded(now_us + LOOK_US)
        found = next(objects(body), None)
        word = None if found is None or isinstance(found, PeerError) else fields.text(found, "status")
        if word == "idle" and self._wish is not None:
            self._undone("somebody else stopped its inventory; it is started again", now_us)

    def _refused(self, asked: str, status: int, body: bytes, now_us: int) -> None:
        self._step, self._steps_for = 0, NeverTold()
        words = body[:120].decode("utf-8", "replace")
        if status in _NO_ACCESS:
            reason = f"it refuses the account (HTTP {status}); mend options.username and password_file"
        else:
            reason = f"no answer ({words})" if status == 0 else f"HTTP {status}: {words}"
        self._failed(f" at {asked}: {reason}", now_us)
