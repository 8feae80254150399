"""Plays the story of a scenario: deeds and faults at their times, told in words."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, cast

from firmware_sim.form import PEOPLE, Scenario, Step
from firmware_sim.house import House
from firmware_sim.library import SimulatedLibrary
from firmware_sim.world import Deed, DeedKind

IDLE_S: Final = 3600.0
"""One nap of a story that was told."""


class Story:
    """`run` plays it, again and again if the scenario says so. Its seconds are the library's, which lives `speed` times as fast as we."""

    def __init__(
        self,
        scenario: Scenario,
        library: SimulatedLibrary,
        house: House,
        *,
        say: Callable[[str], object],
        speed: float = 1.0,
    ) -> None:
        self._scenario = scenario
        self._speed = speed
        self._library = library
        self._house = house
        self._say = say
        self._heroes: dict[float, int] = {}
        self._kills: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until cancelled. A process that does not come back after a kill is an error of the run."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        told = 0.0
        steps = sorted(self._scenario.story, key=lambda step: step.at_s)
        dice_at = started + self._scenario.people_after_s / self._speed
        dice = loop.call_at(dice_at, self._let_people_act)
        try:
            while True:
                for step in steps:
                    await self._pass(started + (told + step.at_s) / self._speed - loop.time())
                    self._do(step, (loop.time() - started) * self._speed)
                if self._scenario.again_every_s is None:
                    while True:
                        await self._pass(IDLE_S)
                told += self._scenario.again_every_s or 0.0
        finally:
            dice.cancel()
            for task in self._kills:
                task.cancel()

    async def _pass(self, wait_s: float) -> None:
        """Let time pass. Raises at once what a kill raised: its process did not come back."""
        until = asyncio.get_running_loop().time() + wait_s
        while True:
            left_s = max(0.0, until - asyncio.get_running_loop().time())
            if not self._kills:
                await asyncio.sleep(left_s)
                return
            done, _ = await asyncio.wait(self._kills, timeout=left_s, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                self._kills.discard(task)
                task.result()
            if not done:
                return

    def _let_people_act(self) -> None:
        self._library.people_act = True

    def _do(self, step: Step, at_s: float) -> None:
        if step.say:
            self._say(f"{at_s:6.1f} s  {step.say}")
        if step.do in PEOPLE:
            self._deed(step)
            return
        what = step.what or ""
        match step.do:
            case "unplug":
                self._library.goes_wrong("antenna_unplugged", what)
            case "reader_dies":
                self._library.goes_wrong("reader_dead", what)
            case "plug" | "reader_back":
                self._library.comes_right(what)
            case "reader_drops":
                self._library.readers[what].cut()
            case _:
                self._kills.add(asyncio.create_task(self._house.kill(what, step.for_s / self._speed)))

    def _deed(self, step: Step) -> None:
        self._library.advance()
        hero = None
        if step.same_as is not None:
            hero = self._heroes.get(step.same_as)
            if hero is None:
                return
        deed = self._told(step, hero)
        if deed is not None:
            self._heroes[step.at_s] = deed.tag

    def _told(self, step: Step, hero: int | None) -> Deed | None:
        world = self._library.world
        kind = cast("DeedKind", step.do)
        if hero is not None and not world.can(kind, hero):
            return None
        deed = world.do(kind, hero, of=step.of, to=step.to)
        self._library.tell(deed)
        return deed
