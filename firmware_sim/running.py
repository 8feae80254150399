"""``shelfwire sim run``: a scenario with real agents, broker and hub, with progress, and judged at the end."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import click
import msgspec

from firmware_sim import outputs
from firmware_sim import scenario as scenarios
from firmware_sim.broker import Wish
from firmware_sim.direct.plan import build
from firmware_sim.form import Scenario
from firmware_sim.influx import SeriesWish
from firmware_sim.play import Play, folder_of, unless
from firmware_sim.told import count, part_line, report_lines
from shelfwire.errors import InputError

LOOK_S: Final = 1.0
LINE_S: Final = 30.0
"""Between two lines of progress where nobody looks at a screen."""

MOST_ITEMS: Final = 200_000
"""Beyond it the import alone takes minutes, and thousands of emulated readers would not keep their time in one process."""

Say = Callable[[float, str], None]


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line said."""

    scenario: Path
    seed: int
    items: int | None
    for_h: float | None
    speed: float
    broker: Wish
    series: SeriesWish
    state: Path | None
    report: Path | None
    as_json: bool


def run(options: Options) -> dict[str, Any]:
    """Play it to the end; returns and prints the report, with ``interrupted`` when a signal ended it, empty when it had not begun. Raises `InputError` before anything is started."""
    report_file = options.report.resolve() if options.report is not None else None
    outputs.check(report_file)
    scenario = scenarios.load(options.scenario)
    simulation = build(scenario, options.scenario, options.seed, items=options.items)
    if simulation.world.stock.count > MOST_ITEMS:
        raise InputError(
            f"{options.scenario}: items: {simulation.world.stock.count} are more than {MOST_ITEMS} that emulated readers in one process "
            "can serve; take fewer --items, or --direct engine"
        )
    os.umask(0o077)  # passwords of every process stand below; the children inherit it
    with folder_of(options.state) as folder:
        play = Play(
            simulation, folder, broker=options.broker, speed=options.speed, say=_echo, series=options.series
        )
        hours = scenario.lasts_h if options.for_h is None else options.for_h
        report = asyncio.run(_play(play, hours))
    _print(report, scenario, as_json=options.as_json)
    if part := report.get("interrupted"):
        _echo(part_line(part["after_h"], part["of_h"]))
    if report_file is not None and report:
        outputs.write_json(report_file, report)
    return report


async def _play(play: Play, hours: float) -> dict[str, Any]:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    library, for_s = play.library, hours * 3600 / play.library.pace.speed
    _echo(
        f"{count(library.world.stock.count, 'item')} on {count(len(library.site.shelves), 'shelf', 'shelves')}, "
        f"{count(len(library.site.antennas), 'antenna')}, {count(len(library.readers), 'reader')}, "
        f"{count(len(play.house.agents), 'agent')}, broker {play.house.broker.kind}; "
        f"{library.pace.speed:g} times as fast as time: {for_s / 60:.1f} min; a round of the antennas takes {play.round_s:.1f} s of ours"
    )
    try:
        if not await unless(stop, play.start()):
            return {}
        with _progress() as say:
            end_us = await play.run(for_s, ended=stop, also=lambda: _tell(play, for_s, say))
        part = interrupted_after(library.pace.world_start_us, end_us, hours) if stop.is_set() else {}
        if part:
            _echo("Interrupted: ends what runs, and judges what was played …")
        return play.report(end_us, await play.finish()) | part
    finally:
        await play.stop()


def interrupted_after(start_us: int, end_us: int, of_h: float) -> dict[str, Any]:
    """What a report says of how far an interrupted run came, by the library's clock."""
    return {"interrupted": {"after_h": round(max(0, end_us - start_us) / 3.6e9, 4), "of_h": of_h}}


async def _tell(play: Play, for_s: float, say: Say) -> None:
    """How far it is, until cancelled."""
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    zone = ZoneInfo(play.library.site.timezone)
    while True:
        clock = datetime.fromtimestamp(play.library.now_us() / 1e6, tz=UTC).astimezone(zone)
        shown = len(play.observer.seen) if play.observer is not None else 0
        say(
            (loop.time() - began_s) / for_s,
            f"{clock:%a %H:%M} · {len(play.library.world.log):,} deeds · {shown} findings",
        )
        await asyncio.sleep(LOOK_S)


@contextmanager
def _progress() -> Iterator[Say]:
    """A bar on stderr where there is a terminal, else a line now and then."""
    if not sys.stderr.isatty():
        told_s = -LINE_S

        def line(share: float, text: str) -> None:
            nonlocal told_s
            if time.monotonic() - told_s >= LINE_S:
                told_s = time.monotonic()
                _echo(f"{share:4.0%}  {text}")

        yield line
        return
    from rich.console import Console  # noqa: PLC0415 (only where somebody looks)
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (BarColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda share, text: bar.update(task, completed=share, description=text)


def _print(report: dict[str, Any], scenario: Scenario, *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(report), indent=2).decode())
        return
    if not report:
        click.echo("Stopped before it began.")
        return
    for line in report_lines(report, scenario):
        click.echo(line)


def _echo(text: str) -> None:
    click.echo(text, err=True)
