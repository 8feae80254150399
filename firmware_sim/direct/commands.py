"""``shelfwire sim run SCENARIO --direct engine|broker``: progress on stderr, a summary on stdout."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal

import click
import msgspec

from firmware_sim import scenario as scenarios
from firmware_sim.direct.plan import Simulation, build
from firmware_sim.direct.run import Counts, DirectRun, Step, hub_subject
from firmware_sim.scoring.subject import Shown, Subject

Way = Literal["engine", "broker"]
_HOUR_US: Final = 3_600_000_000


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What a direct run was."""

    scenario: str
    seed: int
    direct: Way
    items: int
    antennas: int
    simulated_s: float
    took_s: float
    times_real: float
    deeds: int
    dwells: int
    reads: int
    """(tag, dwell) pairs heard."""
    reads_a_second: float
    """Of the run's own time, with all that listened."""
    deliveries: int
    commands: int
    findings: dict[str, dict[str, int]] = {}
    """By kind: shown in all, and still open at the end; of the engine."""
    taken: dict[str, int] = {}
    """Of a real hub: reports sent, acknowledged, sent again."""


def run_direct(
    path: Path,
    *,
    direct: Way,
    items: int | None = None,
    seed: int = 1,
    for_h: float | None = None,
    as_json: bool = False,
    speed: float = 60.0,
) -> Summary:
    """Run a scenario without readers, and print what it was. `speed`: only for a broker, whose hub lives by the wall clock."""
    scenario = scenarios.load(path)
    if direct == "broker":
        from firmware_sim.direct.feed import run_feed  # noqa: PLC0415 (starts servers; the engine needs none)

        with _progress(path.name) as say:
            summary = run_feed(scenario, path, seed, items=items, for_h=for_h, speed=speed, say=say)
    else:
        simulation = build(scenario, path, seed, items=items)
        summary = run_engine(simulation, for_h=for_h)
    _print(summary, as_json=as_json)
    return summary


def run_engine(
    simulation: Simulation, *, for_h: float | None = None, rivals: Sequence[Subject] = ()
) -> Summary:
    """To the scenario's end, or for so many hours, with the real engine in process."""
    until_us = simulation.end_us if for_h is None else simulation.start_us + int(for_h * _HOUR_US)
    started = time.monotonic()
    with _progress(simulation.path.name) as say:
        say(0.0, "makes the catalogue")
        hub = hub_subject(simulation)
        run = DirectRun(simulation, [hub, *rivals])
        whole_us = max(1, until_us - simulation.start_us)

        def tell(step: Step) -> None:
            share = (step.now_us - simulation.start_us) / whole_us
            say(
                share,
                f"{share * whole_us / _HOUR_US:.1f} h · {run.counts.reads:,} reads · {len(hub.shown())} findings",
            )

        try:
            counts = run.run(until_us, tell)
        except KeyboardInterrupt:
            lived_h = (run.now_us - simulation.start_us) / _HOUR_US
            click.echo(
                f"Stopped after {lived_h:.1f} h of {whole_us / _HOUR_US:.1f} h of the library.", err=True
            )
            raise
    return summary_of(simulation, "engine", counts, (until_us, time.monotonic() - started), shown=hub.shown())


def summary_of(
    simulation: Simulation,
    direct: Way,
    counts: Counts,
    times: tuple[int, float],
    *,
    shown: Sequence[Shown] = (),
    taken: dict[str, int] | None = None,
) -> Summary:
    """`times`: the world's at the end (microseconds), and the seconds that it took."""
    until_us, took_s = times
    simulated_s = (until_us - simulation.start_us) / 1e6
    kinds = Counter(one.kind for one in shown)
    still = Counter(one.kind for one in shown if one.closed_us is None)
    return Summary(
        scenario=simulation.path.stem,
        seed=simulation.seed,
        direct=direct,
        items=simulation.world.stock.count,
        antennas=len(simulation.site.antennas),
        simulated_s=round(simulated_s, 1),
        took_s=round(took_s, 2),
        times_real=round(simulated_s / max(took_s, 1e-9), 1),
        deeds=counts.deeds,
        dwells=counts.dwells,
        reads=counts.reads,
        reads_a_second=round(counts.reads / max(took_s, 1e-9)),
        deliveries=counts.deliveries,
        commands=counts.commands,
        findings={kind: {"shown": kinds[kind], "open": still[kind]} for kind in sorted(kinds)},
        taken=taken or {},
    )


def _print(summary: Summary, *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(summary), indent=2).decode())
        return
    rows: dict[str, Any] = {
        "scenario": f"{summary.scenario}, seed {summary.seed}",
        "library": f"{summary.items:,} items, {summary.antennas:,} antennas",
        "simulated": f"{summary.simulated_s / 3600:.1f} h in {summary.took_s:.1f} s: {summary.times_real:,.0f} times as fast as time",
        "people": f"{summary.deeds:,} deeds",
        "heard": f"{summary.reads:,} reads in {summary.dwells:,} dwells, {summary.reads_a_second:,.0f} reads a second",
        "reports": f"{summary.deliveries:,} reports arrived, {summary.commands} commands",
    }
    for kind, count in summary.findings.items():
        rows[kind] = f"{count['shown']} shown, {count['open']} open at the end"
    if summary.taken:
        rows["hub"] = ", ".join(f"{count:,} {name}" for name, count in summary.taken.items())
    rows["judged"] = (
        "no: what is right and what is wrong is not judged here, but by `shelfwire score SCENARIO`"
    )
    width = max(len(name) for name in rows)
    for name, text in rows.items():
        click.echo(f"{name:<{width}}  {text}")


@contextmanager
def _progress(name: str) -> Iterator[Callable[[float, str], None]]:
    """A bar on stderr, where there is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _share, _text: None
        return
    from rich.console import Console  # noqa: PLC0415 (only where somebody looks)
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (
        TextColumn("{task.fields[name]}"),
        BarColumn(),
        TextColumn("{task.description}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1.0, name=name)
        yield lambda share, text: bar.update(task, completed=share, description=text)
