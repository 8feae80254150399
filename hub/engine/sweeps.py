"""Runs the sweeps of a site: starts, follows, ends; the deciding is in `hub.sweep.plan`. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from hub.effects import Effect, SweepChanged
from hub.engine.sights import found_so_far, report_on
from hub.engine.state import EngineState
from hub.findings.machine import RefusedError
from hub.sweep import plan
from hub.sweep.plan import Sweep, SweepState
from shelfwire.ids import digest_id

_S: Final = 1_000_000
MAX_RUNNING: Final = 4
"""Sweeps at a time; more would only fight over the readers."""
PROGRESS_US: Final = 2_000_000
"""Distance of progress rows."""


class Sweeps:
    """The running sweeps."""

    def __init__(self, engine: EngineState) -> None:
        self._engine = engine
        self.running: dict[str, Sweep] = {}
        self._told_us = 0
        self._night = ""
        """Local date of the last nightly sweep that was started, or looked at when the hub came up."""

    def start(self, act_id: str, role: str, body: dict[str, Any], now_us: int) -> tuple[list[Effect], str]:
        """Start a sweep. Raises `RefusedError` in words."""
        engine = self._engine
        scope = str(body.get("scope", "all"))[:60]
        settings = engine.settings.sweeps
        given = {
            name: body[name]
            for name in ("dwell_ms", "power_dbm", "looks", "limit_s")
            if body.get(name) is not None
        }
        try:
            settings = msgspec.convert(msgspec.to_builtins(settings) | given, type(settings))
        except msgspec.ValidationError as fault:
            raise RefusedError(f"the sweep cannot run so: {fault}") from fault
        if not plan.scope_shelves(engine.geometry.site, scope):
            raise RefusedError(f"the site has no floor, range, face, bay or shelf {scope!r}")
        new = digest_id(engine.site_id, "sweep", act_id)
        if new in self.running or len(self.running) >= MAX_RUNNING:
            raise RefusedError(f"{len(self.running)} sweeps are running; wait for one to end or cancel it")
        sweep = plan.start(new, scope, role, engine.geometry, settings, now_us=now_us)
        if sweep is None:
            raise RefusedError(f"no antenna hears any shelf of {scope!r}: it cannot be swept")
        taken = {a for one in self.running.values() for a in one.looks}
        if taken.intersection(sweep.looks):
            raise RefusedError("another sweep is running over part of this area; wait for it or cancel it")
        plan.freeze(sweep, engine.stock, len(engine.geometry.shelf_ids))
        engine.antennas.begin_sweep(list(sweep.looks), now_us)
        self.running[new] = sweep
        text = f"0 of {len(sweep.shelves)} shelves covered"
        first = plan.changed(sweep, engine.geometry, "running", text)
        sent = plan.commands(sweep, engine.geometry, now_us, over=False)
        return [first, *sent], f"sweep {new} runs over {len(sweep.shelves)} shelves"

    def cancel(self, sweep_id: str, now_us: int) -> list[Effect]:
        """Cancel; what was found so far is reported. Raises `RefusedError` in words."""
        sweep = self.running.get(sweep_id)
        if sweep is None:
            raise RefusedError(f"no sweep {sweep_id[:60]!r} is running")
        if sweep.ending is not None:
            raise RefusedError("the sweep is over already; its report is being made")
        return self._end(sweep, "cancelled", "cancelled by a person", now_us)

    def step_back(self, now_us: int) -> None:
        """The hub's clock was set back to `now_us`: a sweep that began later begins anew.

        It begins in the next second, because what was heard in the span that comes again, also before the sweep, is dated now.
        One that is over already keeps what it heard.
        """
        self._told_us = min(self._told_us, now_us)
        anew_us = (now_us // _S + 1) * _S
        for sweep in self.running.values():
            if sweep.started_at_us > now_us and sweep.ending is not None:
                sweep.started_at_us = now_us
            elif sweep.started_at_us > now_us:
                sweep.started_at_us = anew_us
                self._engine.antennas.begin_sweep(list(sweep.looks), anew_us)

    def tick(self, now_us: int) -> list[Effect]:
        """Follow the running sweeps, and start the nightly one in its minute."""
        effects = self._nightly(now_us)
        tell = not 0 <= now_us - self._told_us < PROGRESS_US
        for sweep in list(self.running.values()):
            if sweep.ending is not None:
                effects += self._report(sweep, sweep.ending, now_us)
                continue
            before = len(sweep.covered)
            done = plan.progress(sweep, self._engine.geometry, self._engine.antennas.sweep_looks)
            late = now_us - sweep.started_at_us > sweep.limit_s * 1e6
            if done:
                effects += self._end(sweep, "done", "all watched shelves were covered", now_us)
            elif late:
                effects += self._end(
                    sweep, "done" if sweep.covered else "failed", self._silent(sweep), now_us
                )
            elif tell and len(sweep.covered) != before:
                effects.append(self._running(sweep))
        if tell:
            self._told_us = now_us
        return effects

    def _running(self, sweep: Sweep) -> SweepChanged:
        found = found_so_far(self._engine, sweep)
        text = f"{len(sweep.covered)} of {len(sweep.shelves)} shelves covered"
        return plan.changed(sweep, self._engine.geometry, "running", text, found=found)

    def _silent(self, sweep: Sweep) -> str:
        """Which readers kept the sweep from its goal, in words."""
        owing = {
            antenna.reader
            for antenna in self._engine.geometry.site.antennas
            if sweep.looks.get(antenna.index, sweep.need) < sweep.need
        }
        readers = ", ".join(sorted(owing)[:8])
        return (
            f"the time was up; too few trusted looks from the antennas of {readers}"
            if owing
            else "the time was up"
        )

    def _end(self, sweep: Sweep, state: SweepState, detail: str, now_us: int) -> list[Effect]:
        """The readers go back to their usual cycle, and the report is begun; a small one is done at once."""
        sweep.ending, sweep.detail = state, detail
        back = plan.commands(sweep, self._engine.geometry, now_us, over=True)
        return [*self._report(sweep, state, now_us), *back]

    def _report(self, sweep: Sweep, state: SweepState, now_us: int) -> list[Effect]:
        """One more piece of the report, and the end when it is whole."""
        if not report_on(self._engine, sweep):
            return []
        del self.running[sweep.id]
        row = plan.changed(
            sweep, self._engine.geometry, state, sweep.detail, rows=sweep.rows, ended_at_us=now_us
        )
        return [plan.report(sweep, sweep.rows), row]

    def _nightly(self, now_us: int) -> list[Effect]:
        settings = self._engine.settings.sweeps
        if settings.nightly is None:
            return []
        local = datetime.fromtimestamp(now_us / 1e6, tz=UTC).astimezone(
            ZoneInfo(self._engine.geometry.site.timezone)
        )
        date = local.date().isoformat()
        due = local.strftime("%H:%M") >= settings.nightly
        if not self._night:
            # A hub that comes up at noon does not make up for last night.
            self._night = date if due else "never"
        if not due or self._night == date:
            return []
        self._night = date
        act = f"nightly-{date}"
        try:
            return self.start(act, "nightly", {"scope": settings.scope}, now_us)[0]
        except RefusedError as why:
            site = self._engine.geometry.site
            shelves = [site.shelves[index].id for index in plan.scope_shelves(site, settings.scope)]
            new = digest_id(self._engine.site_id, "sweep", act)
            failed = plan.refused(
                new, settings.scope, "nightly", shelves=shelves, why=f"not started: {why}", now_us=now_us
            )
            return [failed]

    def dump(self) -> dict[str, Any]:
        """Plain data."""
        running = [msgspec.to_builtins(sweep, str_keys=True) for sweep in self.running.values()]
        return {"running": running, "told_us": self._told_us, "night": self._night}

    def restore(self, state: dict[str, Any]) -> None:
        """As `dump` left it."""
        for plain in state["running"]:
            sweep = msgspec.convert(plain, Sweep, strict=False)
            self.running[sweep.id] = sweep
        self._told_us, self._night = state["told_us"], state["night"]
