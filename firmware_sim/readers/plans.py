"""The ROSpecs of an emulated reader: their states, when they start and stop, and what happens when a turn ends. Pure.

disabled → (enable) → inactive → (trigger, START_ROSPEC) → active → inactive … One is on the air at a time: a better priority (lower number) preempts, any other start waits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from edge.llrp.events import (
    ON_AISPEC,
    ON_AISPEC_DETAILS,
    ON_ROSPEC,
    ROSPEC_END,
    ROSPEC_PREEMPTED,
    ROSPEC_START,
    AISpecEnd,
    ROSpecEvent,
)
from edge.llrp.impinj import AntennaAttempt
from edge.llrp.rospec import (
    ACTIVE,
    DISABLED,
    INACTIVE,
    START_IMMEDIATE,
    START_INPUT,
    STOP_DURATION,
    STOP_INPUT,
    ROSpec,
)
from edge.llrp.status import OK, LlrpStatus
from firmware_sim.readers.box import Box
from firmware_sim.readers.checks import field_status, loops
from firmware_sim.readers.faults import Faults
from firmware_sim.readers.gathering import Gathering
from firmware_sim.readers.runs import Run, Step, next_start_us, starts_us
from firmware_sim.readers.settings import Settings
from firmware_sim.readers.voice import Voice

MOST_STEPS: Final = 64
"""Turns that are made up for in one go; then the other readers of this process come first."""


class Plans:
    """All ROSpecs and the one that runs. `faults` is asked each time: a test may put another one in."""

    def __init__(
        self,
        box: Box,
        settings: Settings,
        voice: Voice,
        gathering: Gathering,
        faults: Callable[[], Faults],
    ) -> None:
        self.specs: dict[int, ROSpec] = {}
        self._box, self._settings, self._voice, self._gathering = box, settings, voice, gathering
        self._faults = faults
        self._run: Run | None = None
        self._starts_us: dict[int, int] = {}
        self._wait: list[int] = []

    @property
    def next_us(self) -> int | None:
        """When something is to happen."""
        times = list(self._starts_us.values())
        if self._run is not None:
            limit_us = _limit_us(self._run)
            times.append(self._run.next_us if limit_us is None else min(limit_us, self._run.next_us))
        return min(times, default=None)

    def advance(self, now_us: int) -> None:
        """Let time pass up to `now_us`; with much to make up for, not all of it at once."""
        for number, at_us in sorted(self._starts_us.items(), key=lambda due: (due[1], due[0])):
            if at_us <= now_us:
                self._repeat(number, at_us, now_us)
                self.start(number, at_us)
        for _ in range(MOST_STEPS):
            if self._run is None or not self._advance_run(self._run, now_us):
                break

    def listed(self) -> tuple[ROSpec, ...]:
        """With their present states."""
        running = self._run.spec.id if self._run is not None else None
        return tuple(
            msgspec.structs.replace(spec, state=ACTIVE) if number == running else spec
            for number, spec in self.specs.items()
        )

    def delete(self, number: int, now_us: int) -> LlrpStatus:
        """One, or all with 0."""

        def drop(ids: Sequence[int]) -> None:
            self._leave(ids, now_us)
            self._gathering.forget(ids)
            for each in ids:
                del self.specs[each]

        return self._each(number, drop)

    def enable(self, number: int, now_us: int) -> LlrpStatus:
        """One, or all with 0; one with an immediate start goes on the air."""

        def switch(ids: Sequence[int]) -> None:
            for each in ids:
                if self.specs[each].state == DISABLED:
                    self._set_state(each, INACTIVE)
                    at_us = starts_us(self.specs[each], now_us)
                    if at_us is not None:
                        self._starts_us[each] = at_us

        return self._each(number, switch)

    def disable(self, number: int, now_us: int) -> LlrpStatus:
        """One, or all with 0."""

        def switch(ids: Sequence[int]) -> None:
            self._leave(ids, now_us)
            for each in ids:
                self._set_state(each, DISABLED)

        return self._each(number, switch)

    def start_asked(self, number: int, now_us: int) -> LlrpStatus:
        """START_ROSPEC."""
        spec = self.specs.get(number)
        if spec is None or spec.state == DISABLED:
            return field_status("ROSpecID: unknown or disabled")
        self.start(number, now_us)
        return OK

    def stop_asked(self, number: int, now_us: int) -> LlrpStatus:
        """STOP_ROSPEC."""
        if number not in self.specs:
            return field_status("ROSpecID")
        if number in self._wait:
            self._wait.remove(number)
        self.stop(number, now_us)
        return OK

    def input_changed(self, port: int, now_us: int, *, level: bool) -> None:
        """An input starts or stops what waits for it."""
        for number, spec in self.specs.items():
            start, stop = spec.boundary.start, spec.boundary.stop
            begins = start.input is not None and (start.input.port, start.input.level) == (port, level)
            ends = stop.input is not None and (stop.input.port, stop.input.level) == (port, level)
            if spec.state != DISABLED and start.kind == START_INPUT and begins:
                self.start(number, now_us)
            elif stop.kind == STOP_INPUT and ends:
                self.stop(number, now_us)

    def start(self, number: int, at_us: int) -> None:
        """Put on the air, now or after the one that runs."""
        run = self._run
        if run is not None and run.spec.id == number:
            return
        if run is not None and run.spec.priority <= self.specs[number].priority:
            if number not in self._wait:
                self._wait.append(number)
            return
        if run is not None:
            self._end(run, at_us, ROSPEC_PREEMPTED, number)
            self._wait.insert(0, run.spec.id)
        spec = self.specs[number]
        report = spec.report or self._settings.report
        self._run = Run(self._box, spec, self._settings.antennas, report, at_us)
        self._run.late_us = self._faults().late_us
        self._voice.event(at_us, ON_ROSPEC, ROSpecEvent(ROSPEC_START, number))
        self._attempt(self._run)

    def stop(self, number: int, at_us: int) -> None:
        """Take off the air in the middle; nothing if it does not run."""
        if self._run is not None and self._run.spec.id == number:
            self._end(self._run, at_us, ROSPEC_END)
            self._next_waiting(at_us)

    # One run

    def _advance_run(self, run: Run, now_us: int) -> bool:
        """The next thing that is due by now; False: nothing is."""
        limit_us = _limit_us(run)
        if limit_us is not None and limit_us <= min(now_us, run.next_us):
            self.stop(run.spec.id, limit_us)
            return True
        turn = run.ended(now_us)
        if turn is None:
            return False
        faults = self._faults()
        run.late_us = faults.late_us
        answers = self._gathering.listen(turn, faults)
        report = run.spec.report or self._settings.report
        doubled = faults.doubled_reports
        self._gathering.take(answers, turn, run.spec.id, report, doubled=doubled)
        step = run.close(turn, answers)
        if step.spec_over:
            self._gathering.spec_over(run.spec.id, report, rospec_over=False, doubled=doubled)
            self._tell_end(run.spec.id, step, len(answers), faults)
        if step.list_over and not self._goes_on(run):
            self._finish(run, step.at_us)
        else:
            self._attempt(run)
        return True

    def _goes_on(self, run: Run) -> bool:
        wanted = loops(run.spec)
        return wanted == 0 or (wanted is not None and run.lists < wanted)

    def _finish(self, run: Run, at_us: int) -> None:
        """The list of AISpecs is over; an immediate ROSpec may begin again by itself."""
        self._end(run, at_us, ROSPEC_END)
        self._next_waiting(at_us)
        if run.spec.boundary.start.kind == START_IMMEDIATE and self._box.restarts:
            self.start(run.spec.id, at_us)

    def _end(self, run: Run, at_us: int, kind: int, preempting: int = 0) -> None:
        """Leave the air: what was heard until now is told first."""
        faults = self._faults()
        report = run.spec.report or self._settings.report
        turn = run.cut(at_us)
        if turn is not None:
            answers = self._gathering.listen(turn, faults)
            self._gathering.take(answers, turn, run.spec.id, report, doubled=faults.doubled_reports)
        self._gathering.spec_over(run.spec.id, report, rospec_over=True, doubled=faults.doubled_reports)
        self._run = None
        self._voice.event(at_us, ON_ROSPEC, ROSpecEvent(kind, run.spec.id, preempting))

    def _next_waiting(self, at_us: int) -> None:
        if self._wait and self._run is None:
            best = min(self._wait, key=lambda number: self.specs[number].priority)
            self._wait.remove(best)
            self.start(best, at_us)

    def _tell_end(self, rospec: int, step: Step, tags: int, faults: Faults) -> None:
        if faults.mute_aispec:
            return
        end = AISpecEnd(rospec=rospec, spec_index=step.spec_index)
        if ON_AISPEC in self._settings.events:
            self._voice.event(step.at_us, ON_AISPEC, end)
        elif ON_AISPEC_DETAILS in self._settings.events:
            end = msgspec.structs.replace(end, slots=(tags, 2 * tags))
            self._voice.event(step.at_us, ON_AISPEC_DETAILS, end)

    def _attempt(self, run: Run) -> None:
        """Impinj's event: work on an antenna begins."""
        begun = run.attempt()
        if begun is not None and self._settings.attempts:
            antenna, at_us = begun
            self._voice.tell(self._voice.notification(at_us, AntennaAttempt(antenna)))

    # All of them

    def _repeat(self, number: int, begun_us: int, now_us: int) -> None:
        again_us = next_start_us(self.specs[number], begun_us, now_us)
        if again_us is None:
            del self._starts_us[number]
        else:
            self._starts_us[number] = again_us

    def _leave(self, ids: Sequence[int], now_us: int) -> None:
        """These do not run, wait or start any more."""
        self._wait = [number for number in self._wait if number not in ids]
        for number in ids:
            self._starts_us.pop(number, None)
        for number in ids:
            self.stop(number, now_us)

    def _set_state(self, number: int, state: int) -> None:
        self.specs[number] = msgspec.structs.replace(self.specs[number], state=state)

    def _each(self, number: int, do: Callable[[Sequence[int]], None]) -> LlrpStatus:
        """One ROSpec, or all with 0."""
        if number and number not in self.specs:
            return field_status("ROSpecID")
        do([number] if number else list(self.specs))
        return OK


def _limit_us(run: Run) -> int | None:
    """When the ROSpec's own stop trigger ends it, None: it has no time for that."""
    stop = run.spec.boundary.stop
    if stop.kind == STOP_DURATION:
        return run.started_us + stop.duration_ms * 1000
    if stop.kind == STOP_INPUT and stop.input is not None and stop.input.timeout_ms:
        return run.started_us + stop.input.timeout_ms * 1000
    return None
