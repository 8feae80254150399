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
from edge.iot.actions import Ask, Out
from edge.iot.bodies import objects
from edge.ports import Cycle
from shelfwire.errors import PeerError
from shelfwire.retry import Backoff

LOOK_US: Final = 30_000_000
"""Between two looks at its state: a person who pressed stop in its web page is noticed, and nobody is disturbed."""

AGAIN: Final = Backoff(first_s=5.0, longest_s=60.0, jitter=0.0)
"""After a failure. One client asks, so that there is nobody to keep apart from."""

_GOOD: Final = range(200, 300)
_REFUSED: Final = range(400, 500)
_NO_ACCESS: Final = (401, 403)


class _Nothing:
    """No cycle was ever set."""


class Control:
    """One reader's REST interface. `Ask`s go out through `out`."""

    def __init__(self, config: ReaderConfig, options: Options, out: Out) -> None:
        self._config, self._options, self._out = config, options, out
        self._wish: Cycle | None = None
        self._now: Cycle | _Nothing | None = _Nothing()
        self._step = 0
        self._steps_for: Cycle | _Nothing | None = _Nothing()
        self._number = 0
        self._asked: str | None = None
        self._failures = 0
        self._next_us = 0
        self._activations = True

    @property
    def cycle(self) -> Cycle | None:
        """What the reader was last made to do; None: nothing."""
        return None if isinstance(self._now, _Nothing) else self._now

    @property
    def settled(self) -> bool:
        """Whether the reader does what is wished."""
        return not isinstance(self._now, _Nothing) and self._now == self._wish

    def wish(self, cycle: Cycle | None, now_us: int) -> None:
        """Wish another cycle (None: radio off)."""
        self._wish = cycle
        if not self.settled:
            self._next_us = min(self._next_us, now_us)
        long_ms = self._config.dwell_ms if cycle is None else cycle.dwell_ms
        words = f"the reader itself decides how long an antenna listens: {long_ms} ms is not obeyed"
        self._out.note("dwell", words if long_ms != self._config.dwell_ms else "")

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
        if self._steps_for != self._wish or isinstance(self._steps_for, _Nothing):
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
            self._failed(asked, status, body, now_us)

    def _ask(self, method: str, path: str, body: bytes = b"") -> None:
        self._number += 1
        self._asked = path
        self._out.add(Ask(self._number, method, path, body))

    def _done(self, now_us: int) -> None:
        self._failures = 0
        self._out.note("control", "")
        self._next_us = now_us
        self._step += 1
        last = 1 if self._steps_for is None else 3
        if self._step == last:
            self._now, self._steps_for = self._steps_for, _Nothing()
            if self.settled:
                self._next_us = now_us + LOOK_US

    def _looked(self, status: int, body: bytes, now_us: int) -> None:
        if status not in _GOOD:
            self._failed(preset.STATUS, status, body, now_us)
            return
        self._failures = 0
        self._out.note("control", "")
        self._next_us = now_us + LOOK_US
        found = next(objects(body), None)
        word = None if found is None or isinstance(found, PeerError) else fields.text(found, "status")
        if word == "idle" and self._wish is not None:
            self._out.note("stopped", "somebody else stopped its inventory; it is started again")
            self._now, self._next_us = _Nothing(), now_us

    def _failed(self, asked: str, status: int, body: bytes, now_us: int) -> None:
        self._failures += 1
        self._step, self._steps_for = 0, _Nothing()
        wait_s = AGAIN.wait_s(self._failures, 0.5)
        self._next_us = now_us + int(wait_s * 1e6)
        words = body[:120].decode("utf-8", "replace")
        if status in _NO_ACCESS:
            reason = f"it refuses the account (HTTP {status}); mend options.username and password_file"
        else:
            reason = f"no answer ({words})" if status == 0 else f"HTTP {status}: {words}"
        self._out.note("control", f"it cannot be controlled at {asked}: {reason}")
