"""A ROSpec that runs: whose turn it is to listen, and when it ends. Pure; time comes in as an argument.

An AISpec is a row of *turns*: one antenna each, one after the other. A turn is asked of the radio in one piece, or in *slices* where something is to be told or decided
before its end: reports of N tags, a stop by observation, an AISpec without any stop.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal

import msgspec

from edge.llrp.impinj import SEARCH_SINGLE, SEARCH_SUPPRESS, SearchMode
from edge.llrp.rospec import (
    REPORT_ASKED,
    START_IMMEDIATE,
    START_PERIODIC,
    STOP_DURATION,
    STOP_OBSERVATION,
    AntennaConfig,
    Filter,
    Observation,
    ReportSpec,
    ROSpec,
)
from firmware_sim.radio import Answer
from firmware_sim.readers.box import Box

SLICE_US: Final = 250_000
"""Real readers report read by read; a quarter of a second is a round or two of fifty tags, and as long as one channel lasts."""

OVERRUN_US: Final = 400
"""A dwell ends a little after its wish: the started round is finished."""

SHORTEST_US: Final = 10_000
"""A round of a few tags cannot be shorter, whatever is asked for; else one client could keep the whole process busy with turns of a millisecond."""

ASLEEP_US: Final = 5_000_000
"""When the emulator itself was stopped longer than this it does not make up for the dwells in between."""

ROUND_US: Final = 20_000
"""An inventory round without tags: carrier up, select, and the empty slots of a small frame. Assumption."""

READ_US: Final = 6_500
"""Per tag of a round: 157 to 177 reads a second were recorded from fixed readers."""

N_TAGS, NO_NEW_TAG, N_ATTEMPTS = range(3)
"""Kinds of `Observation`."""


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One antenna's turn, or a slice of it, as it is asked of the radio."""

    spec_index: int
    antenna: int
    from_us: int
    to_us: int
    power_dbm: float
    target: Literal["A", "AB"]
    session: int
    weakest_dbm: float
    """What is quieter is not heard: the receiver's sensitivity."""
    filters: tuple[Filter, ...]
    inventory_spec: int
    over: bool
    """The last slice of the antenna's turn."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What a slice's end meant."""

    spec_index: int
    at_us: int
    spec_over: bool
    """False: the AISpec goes on."""
    list_over: bool
    """The last AISpec of the list is over."""


class Run:
    """An active ROSpec. `ended` gives the next slice that is over by now, `close` what it meant."""

    def __init__(
        self, box: Box, spec: ROSpec, defaults: dict[int, AntennaConfig], report: ReportSpec, start_us: int
    ) -> None:
        self.spec = spec
        self.started_us = start_us
        self.late_us = 0
        """How much longer than wished each turn lasts now."""
        self.lists = 0
        """How often the list of AISpecs has been gone through."""
        self._box = box
        self._defaults = defaults
        self._fine = report.n > 0 or report.trigger == REPORT_ASKED
        self._place = 0
        self._ai = spec.aispecs[0]
        self._antennas: tuple[int, ...] = ()
        self._which = 0
        self._spec_us = self._turn_us = self._slice_us = self._newest_us = start_us
        self._told = False
        self._seen: set[str] = set()
        self._rounds = 0
        self._begin_spec(start_us)

    @property
    def next_us(self) -> int:
        """When the running slice ends."""
        end_us = self._turn_us + self._length_us()
        if not self._fine and self._ai.stop.kind == STOP_DURATION:
            return end_us
        from_us = max(self._slice_us, self._on_air_us())
        return end_us if end_us - from_us < 2 * SLICE_US else from_us + SLICE_US

    def attempt(self) -> tuple[int, int] | None:
        """Antenna and time of a turn that began and was not told yet."""
        if self._told:
            return None
        self._told = True
        return self._antennas[self._which], self._on_air_us()

    def ended(self, now_us: int) -> Turn | None:
        """The slice that ended first by `now_us`, None if none did; `close` it, then ask again."""
        if self.next_us > now_us:
            return None
        if now_us - self.next_us > ASLEEP_US:
            behind_us = now_us - self.next_us
            self._turn_us, self._slice_us = self._turn_us + behind_us, self._slice_us + behind_us
            self._spec_us += behind_us
        return self._turn(self.next_us)

    def cut(self, now_us: int) -> Turn | None:
        """The running slice as it is when the ROSpec is stopped in the middle; None: its antenna was not on the air yet."""
        return self._turn(now_us) if now_us > max(self._slice_us, self._on_air_us()) else None

    def close(self, turn: Turn, answers: Sequence[Answer]) -> Step:
        """Go on behind `turn`, in which `answers` were heard."""
        if self._ai.stop.kind == STOP_OBSERVATION:
            self._observe(turn, answers)
        at_us = turn.to_us
        index = self._place + 1
        over = self._spec_over(turn)
        if over:
            last = self._place == len(self.spec.aispecs) - 1
            self.lists += last
            self._place = 0 if last else self._place + 1
            self._begin_spec(at_us)
            return Step(spec_index=index, at_us=at_us, spec_over=True, list_over=last)
        self._slice_us = at_us
        if turn.over:
            self._begin_turn((self._which + 1) % len(self._antennas), at_us)
        return Step(spec_index=index, at_us=at_us, spec_over=False, list_over=False)

    def _begin_spec(self, at_us: int) -> None:
        self._ai = self.spec.aispecs[self._place]
        everyone = 0 in self._ai.antennas
        self._antennas = tuple(range(1, self._box.antennas + 1)) if everyone else self._ai.antennas
        self._spec_us = at_us
        self._seen = set()
        self._newest_us = at_us
        self._rounds = 0
        self._begin_turn(0, at_us)

    def _begin_turn(self, which: int, at_us: int) -> None:
        self._which, self._turn_us, self._slice_us = which, at_us, at_us
        self._told = False

    def _on_air_us(self) -> int:
        """Behind a hub the antenna is switched first."""
        return self._turn_us + self._box.switch_us

    def _length_us(self) -> int:
        """Of this turn, switching and overrun included."""
        stop = self._ai.stop
        if stop.kind != STOP_DURATION:
            return self._box.switch_us + self._slice_of_turn_us()
        share_us = stop.duration_ms * 1000 // len(self._antennas)
        overrun_us = OVERRUN_US if self._which == len(self._antennas) - 1 else 0
        return self._box.switch_us + max(SHORTEST_US, share_us) + overrun_us + self.late_us

    def _slice_of_turn_us(self) -> int:
        """Antennas without a time of their own take short turns, so that each has had one before an observation's timeout."""
        seen = self._ai.stop.observation
        if seen is None or not seen.timeout_ms:
            return SLICE_US
        fair_us = seen.timeout_ms * 1000 // len(self._antennas) - self._box.switch_us
        return min(SLICE_US, max(SHORTEST_US, fair_us))

    def _spec_over(self, turn: Turn) -> bool:
        stop = self._ai.stop
        if stop.kind == STOP_DURATION:
            return turn.over and self._which == len(self._antennas) - 1
        if stop.kind == STOP_OBSERVATION and stop.observation is not None:
            return self._observed(stop.observation, turn.to_us)
        return False

    def _observe(self, turn: Turn, answers: Sequence[Answer]) -> None:
        for answer in answers:
            if answer.epc not in self._seen:
                self._seen.add(answer.epc)
                self._newest_us = max(self._newest_us, answer.first_us)
        self._rounds += max(1, (turn.to_us - turn.from_us) // (ROUND_US + READ_US * len(answers)))

    def _observed(self, stop: Observation, at_us: int) -> bool:
        if stop.timeout_ms and at_us - self._spec_us >= stop.timeout_ms * 1000:
            return True
        if stop.kind == N_TAGS:
            return len(self._seen) >= stop.tags > 0
        if stop.kind == NO_NEW_TAG:
            return at_us - self._newest_us >= stop.quiet_ms * 1000
        return self._rounds >= stop.attempts * len(self._antennas)

    def _turn(self, to_us: int) -> Turn:
        antenna = self._antennas[self._which]
        configs = list(self._configs(antenna))
        inventories = [config.inventory for config in configs if config.inventory is not None]
        singulations = [one.singulation for one in inventories if one.singulation is not None]
        receivers = [config.receiver for config in configs if config.receiver is not None]
        powers = [config.transmitter.power for config in configs if config.transmitter is not None]
        single = any(
            one.state_aware or any(mode in {SEARCH_SINGLE, SEARCH_SUPPRESS} for mode in _modes(one.custom))
            for one in inventories[:1]
        )
        return Turn(
            spec_index=self._place + 1,
            antenna=antenna,
            from_us=min(to_us, max(self._slice_us, self._on_air_us())),
            to_us=to_us,
            power_dbm=self._box.powers_cdbm[powers[0]] / 100.0 if powers else self._box.power_dbm,
            target="A" if single else "AB",
            session=singulations[0].session if singulations else 1,
            weakest_dbm=self._box.weakest_dbm(receivers[0].sensitivity if receivers else 1),
            filters=inventories[0].filters if inventories else (),
            inventory_spec=self._ai.inventories[0].id,
            over=to_us >= self._turn_us + self._length_us(),
        )

    def _configs(self, antenna: int) -> Iterator[AntennaConfig]:
        """What holds for an antenna, nearest first: its own settings in the AISpec, those for all there, the reader's."""
        own = self._ai.inventories[0].antennas
        yield from (config for config in own if config.antenna == antenna)
        yield from (config for config in own if config.antenna == 0)
        if antenna in self._defaults:
            yield self._defaults[antenna]


def _modes(custom: Sequence[object]) -> list[int]:
    return [one.mode for one in custom if isinstance(one, SearchMode)]


def starts_us(spec: ROSpec, now_us: int) -> int | None:
    """When an enabled ROSpec begins by itself; None: it waits for START_ROSPEC or an input."""
    start = spec.boundary.start
    if start.kind == START_IMMEDIATE:
        return now_us
    if start.kind == START_PERIODIC and start.periodic is not None:
        return now_us + start.periodic.offset_ms * 1000
    return None


def next_start_us(spec: ROSpec, begun_us: int, now_us: int) -> int | None:
    """When a periodic ROSpec that began at `begun_us` is to begin again, later than now; None: it is not periodic, or once only."""
    periodic = spec.boundary.start.periodic
    if spec.boundary.start.kind != START_PERIODIC or periodic is None or not periodic.period_ms:
        return None
    period_us = periodic.period_ms * 1000
    return begun_us + period_us * max(1, (now_us - begun_us) // period_us + 1)
