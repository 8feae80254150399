"""Runs the sweeps of a site: starts, follows, ends; the deciding is in `hub.sweep.plan`. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from hub.belief.interface import Ints
from hub.effects import Effect, SweepChanged
from hub.engine.state import EngineState
from hub.findings.machine import RefusedError
from hub.sweep import plan
from hub.sweep.plan import Sight, Sweep, SweepState
from shelfwire.ids import digest_id

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
        plan.freeze(sweep, engine.stock, engine.antennas.looks, len(engine.geometry.shelf_ids))
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
        return self._end(sweep, "cancelled", "cancelled by a person", now_us)

    def tick(self, now_us: int) -> list[Effect]:
        """Follow the running sweeps, and start the nightly one in its minute."""
        effects = self._nightly(now_us)
        tell = now_us - self._told_us >= PROGRESS_US
        for sweep in list(self.running.values()):
            before = len(sweep.covered)
            done = plan.progress(sweep, self._engine.geometry, self._engine.antennas.looks)
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
        weighed = self._engine.weigh(self._rows(sweep))
        found = int((weighed.newest_s >= sweep.started_at_us // 1_000_000).sum())
        text = f"{len(sweep.covered)} of {len(sweep.shelves)} shelves covered"
        return plan.changed(sweep, self._engine.geometry, "running", text, found=found)

    def _silent(self, sweep: Sweep) -> str:
        """Which readers kept the sweep from its goal, in words."""
        g, looks = self._engine.geometry, self._engine.antennas.looks
        owing = {
            antenna.reader
            for antenna in g.site.antennas
            if antenna.index in sweep.looks and looks[antenna.index] - sweep.looks[antenna.index] < sweep.need
        }
        readers = ", ".join(sorted(owing)[:8])
        return (
            f"the time was up; too few trusted looks from the antennas of {readers}"
            if owing
            else "the time was up"
        )

    def _rows(self, sweep: Sweep) -> Ints:
        stock = self._engine.stock
        places = stock.places(np.array(sweep.expected, dtype=np.int64))
        rows = stock.first_row[places[places >= 0]].astype(np.int64)
        return rows[rows >= 0]

    def _end(self, sweep: Sweep, state: SweepState, detail: str, now_us: int) -> list[Effect]:
        engine = self._engine
        del self.running[sweep.id]
        rows = plan.rows_of(
            self._sights(sweep), self._strangers(sweep), engine.geometry.shelf_ids, set(sweep.expected)
        )
        row = plan.changed(sweep, engine.geometry, state, detail, rows=rows, ended_at_us=now_us)
        back = plan.commands(sweep, engine.geometry, now_us, over=True)
        return [plan.report(sweep, rows), row, *back]

    def _sights(self, sweep: Sweep) -> list[Sight]:
        """All expected items, and others that were heard in the scope."""
        engine, stock = self._engine, self._engine.stock
        expected = np.array(sweep.expected, dtype=np.int64)
        places = stock.places(expected)
        since_s = sweep.started_at_us // 1_000_000
        covered = np.zeros(len(engine.geometry.shelf_ids) + 1, dtype=np.int64)
        covered[sweep.covered] = 1
        sums = np.concatenate([[0], np.cumsum(covered)])
        in_scope = np.zeros(len(covered), dtype=bool)
        in_scope[sweep.shelves] = True
        standing = np.flatnonzero(
            in_scope[engine.belief.place] & ~engine.belief.away & (engine.belief.place >= 0)
        )
        others = np.setdiff1d(stock.item_of_row[standing], places)
        chosen = np.concatenate([places, others]).astype(np.int64)
        have = chosen >= 0
        row = np.where(have, stock.first_row[chosen], -1).astype(np.int64)
        weighed = engine.weigh(np.maximum(row, 0)) if stock.rows else None
        sights = []
        for at, (place, tag) in enumerate(zip(chosen.tolist(), row.tolist(), strict=True)):
            home, last = (int(stock.home_from[place]), int(stock.home_to[place])) if place >= 0 else (-1, -1)
            whole = home >= 0 and int(sums[last + 1] - sums[home]) == last + 1 - home
            heard = weighed is not None and tag >= 0 and int(weighed.newest_s[at]) >= since_s
            shelf = self._shelf(tag, int(weighed.zone[at])) if weighed is not None and heard else -1
            sure = 0.0 if weighed is None or tag < 0 else _sure(heard=heard, away=float(weighed.away[at]))
            item_id = int(stock.item_id[place]) if place >= 0 else sweep.expected[at]
            if at >= len(expected) and not heard:
                continue
            tolerance = engine.settings.tolerance_shelves
            sights.append(
                Sight(
                    item_id=item_id,
                    home=home,
                    home_covered=whole and tag >= 0,
                    heard=heard,
                    place=shelf,
                    at_home=shelf >= 0 and home - tolerance <= shelf <= last + tolerance,
                    confidence=sure,
                )
            )
        return sights

    def _shelf(self, row: int, zone: int) -> int:
        """Where a heard tag is believed; of one never located, the shelf of its likeliest zone."""
        place = int(self._engine.belief.place[row])
        if place >= 0 or zone < 0:
            return place
        return int(self._engine.geometry.zone_first[zone])

    def _strangers(self, sweep: Sweep) -> list[tuple[str, float]]:
        g = self._engine.geometry
        since_s = sweep.started_at_us // 1_000_000
        heard = [
            one
            for one in self._engine.strangers.seen.values()
            if one.last_s >= since_s and one.antenna in sweep.looks
        ]
        return [
            (g.shelf_ids[g.own_shelves[one.antenna][0]], 0.9) for one in heard if g.own_shelves[one.antenna]
        ]

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
        try:
            return self.start(f"nightly-{date}", "nightly", {"scope": settings.scope}, now_us)[0]
        except RefusedError:
            return []

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


def _sure(*, heard: bool, away: float) -> float:
    return 1.0 - away if heard else away
