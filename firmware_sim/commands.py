"""``shelfwire sim``: the simulated library piece by piece, and scenarios as a whole. The whole with a map is ``shelfwire demo``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import click
import msgspec

from firmware_sim import options, outputs
from firmware_sim.broker import Wish
from firmware_sim.calibrate.commands import calibrate
from firmware_sim.influx import SeriesWish
from firmware_sim.readers.commands import readers
from firmware_sim.shipped import ScenarioFile
from firmware_sim.watch.commands import watch
from shelfwire.cli import INTERRUPTED
from shelfwire.options import Number

MOST_SPEED = 1000.0
"""Beyond it a day is a minute and a half, less than one round of the antennas."""


@click.group()
def sim() -> None:
    """Run and watch scenarios, readers alone, and recorded reads; compare the simulated radio with recordings."""


sim.add_command(readers)
sim.add_command(calibrate)
sim.add_command(watch)


@sim.command("run")
@click.argument("scenario", type=ScenarioFile())
@options.seed
@options.items
@click.option(
    "--for-h",
    type=Number(min=0, min_open=True),
    help="So many hours of the library instead of the scenario's.",
)
@click.option(
    "--speed",
    default=60.0,
    show_default=True,
    type=Number(1.0, MOST_SPEED),
    help="The library lives so much faster than time; --direct engine goes as fast as it can.",
)
@click.option(
    "--direct",
    type=click.Choice(["engine", "broker"]),
    help="Without readers and agents: dwells go straight into the engine, or as messages to a real broker and hub.",
)
@click.option(
    "--broker",
    type=click.Choice(["auto", "mosquitto", "amqtt"]),
    default="auto",
    show_default=True,
    help="Which one is started. Not with --direct.",
)
@click.option(
    "--series",
    type=click.Choice(["sqlite", "influxdb"]),
    default="sqlite",
    show_default=True,
    help="Where the hub keeps its time series; influxdb: an installed influxd is started, and the fault influx_away kills it. Not with --direct.",
)
@click.option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep everything in this folder. Not with --direct.",
)
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write what was found, held against the truth (JSON). Not with --direct.",
)
@click.option("--json", "as_json", is_flag=True, help="The summary as JSON.")
def run_command(scenario: Path, direct: Literal["engine", "broker"] | None, **given: Any) -> int:
    """Play SCENARIO with real agents, broker and hub (or --direct), and hold what they found against the truth.

    Ctrl-C ends it and judges the part that was played; exit code 130.
    """
    if direct is not None:
        return _direct(scenario, direct, **given)
    from firmware_sim.running import Options, run  # noqa: PLC0415 (the hub's libraries take a second; --help does without)

    report = run(Options(scenario=scenario, **given))
    return INTERRUPTED if not report or "interrupted" in report else 0


def _direct(
    scenario: Path,
    direct: Literal["engine", "broker"],
    *,
    state: Path | None,
    report: Path | None,
    broker: Wish,
    series: SeriesWish,
    as_json: bool,
    **given: Any,
) -> int:
    given_not_taken = {
        "--state": state is not None,
        "--report": report is not None,
        "--broker": broker != "auto",
        "--series": series != "sqlite",
    }
    if any(given_not_taken.values()):
        names = " and no ".join(name for name, given in given_not_taken.items() if given)
        raise click.UsageError(
            f"--direct takes no {names}; `shelfwire score` compares direct runs with the truth, and writes a report"
        )
    from firmware_sim.direct.commands import run_direct  # noqa: PLC0415 (as above)

    run_direct(scenario, direct=direct, as_json=as_json, **given)
    return 0


@sim.command("agent", hidden=True)
@click.option("--config", "path", required=True, type=click.Path(path_type=Path))
@click.option("--clock", required=True, type=click.Path(path_type=Path))
def agent_command(path: Path, clock: Path) -> None:
    """Run an agent by a clock that can be bent; as ``shelfwire edge run`` in everything else."""
    from firmware_sim.faults.clock import run_agent  # noqa: PLC0415 (as above)

    run_agent(path, clock)


@sim.command("replay")
@click.argument("more", nargs=-1, metavar="[READS]...", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--reads",
    required=True,
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="CSV: session, experiment, t_ms, tag, rssi_dbm; with --zones: t_s, antenna, tag, rssi_dbm, phase_rad, channel. With --sweeps one file a walk, in the order of time.",
)
@click.option(
    "--expected",
    type=click.Path(path_type=Path, dir_okay=False),
    help="CSV: tag, panel. Not with --zones.",
)
@click.option(
    "--sweeps",
    is_flag=True,
    help="Take the files of --reads for walks past the same tags, and say after each which are gone.",
)
@click.option(
    "--remove",
    type=Number(0, 1),
    help="Take this share of the tags out of the later walks. Only with --sweeps.",
)
@click.option(
    "--from-walk",
    type=click.IntRange(min=1),
    help="The first walk without them; the one after half of the walks if not given. Only with --remove.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, (1 << 32) - 1),
    help="Which tags are taken out; 1 if not given. Only with --remove.",
)
@click.option(
    "--zones",
    is_flag=True,
    help="Say of each tag and window in which zone it is, as fixed antennas heard it; needs --calibrate.",
)
@click.option(
    "--calibrate",
    type=click.Path(path_type=Path, dir_okay=False),
    help="CSV as --reads, and zone: reads of known zones to learn from. Only with --zones.",
)
@click.option(
    "--window",
    "window_s",
    type=Number(min=0.01, max=86_400),
    help="Seconds; 10 if not given. Only with --zones.",
)
@click.option("--smooth", is_flag=True, help="Let later windows speak too. Only with --zones.")
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the count, zones and probabilities of all windows, or what is thought of each tag, as JSON.",
)
@click.option(
    "--speed",
    type=click.Choice(["max", "1"]),
    default="max",
    show_default=True,
    help="1: as fast as it was read. Not with --zones or --sweeps.",
)
@click.option(
    "--broker",
    type=click.Choice(["auto", "mosquitto", "amqtt"]),
    default="auto",
    show_default=True,
    help="Which one is started. Not with --zones or --sweeps.",
)
def replay_command(  # noqa: PLR0917 (click gives options by name)
    more: tuple[Path, ...],
    reads: tuple[Path, ...],
    expected: Path | None,
    sweeps: bool,  # noqa: FBT001 (click gives options by name)
    remove: float | None,
    from_walk: int | None,
    seed: int | None,
    zones: bool,  # noqa: FBT001 (as above)
    calibrate: Path | None,
    window_s: float | None,
    smooth: bool,  # noqa: FBT001 (as above)
    report: Path | None,
    speed: Literal["max", "1"],
    broker: Wish,
) -> int:
    """Play recorded reads through reader, agent, broker and hub, and count what the hub took; or --zones; or --sweeps.

    Exit code 1: done, but lines of the files with --zones or --sweeps were at fault and left out; they are named.
    """
    files = (*reads, *more)
    of_zones = calibrate is not None or window_s is not None or smooth
    of_chain = speed != "max" or broker != "auto"
    _check_removal(remove, from_walk, seed, sweeps=sweeps)
    if sweeps:
        if zones or of_zones or of_chain:
            raise click.UsageError("--sweeps takes only --expected, --reads, --remove and --report")
        return _sweeps(expected, files, remove=remove, from_walk=from_walk, seed=seed, report=report)
    if len(files) > 1:
        raise click.UsageError("more than one file of reads goes only with --sweeps")
    if zones:
        if expected is not None or of_chain:
            raise click.UsageError("--zones takes no --expected, --speed and --broker: nothing is started")
        if calibrate is None:
            raise click.UsageError("--zones needs --calibrate: reads of known zones to learn from")
        return _zones(calibrate, files[0], window_s=window_s or 10.0, smooth=smooth, report=report)
    if of_zones:
        raise click.UsageError("--calibrate, --window and --smooth go only with --zones")
    return _chain(expected, files[0], speed=speed, broker=broker, report=report)


def _check_removal(remove: float | None, from_walk: int | None, seed: int | None, *, sweeps: bool) -> None:
    if remove is None and (from_walk is not None or seed is not None):
        raise click.UsageError("--from-walk and --seed go only with --remove")
    if remove is not None and not sweeps:
        raise click.UsageError("--remove goes only with --sweeps")


def _chain(
    expected: Path | None, reads: Path, *, speed: Literal["max", "1"], broker: Wish, report: Path | None
) -> int:
    if expected is None:
        raise click.UsageError("--expected is missing: the tags that should be there (or say --zones)")
    from firmware_sim import replay  # noqa: PLC0415 (the hub's libraries take a second; --help does without)

    outputs.check(report)
    found = replay.run(
        reads, expected, speed=speed, broker=broker, say=lambda text: click.echo(text, err=True)
    )
    click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
    if report is not None:
        outputs.write_json(report, found)
    return 0


def _sweeps(
    expected: Path | None,
    walks: tuple[Path, ...],
    *,
    remove: float | None,
    from_walk: int | None,
    seed: int | None,
    report: Path | None,
) -> int:
    if expected is None:
        raise click.UsageError("--expected is missing: the tags that should be there")
    from firmware_sim.walks.removing import Removal  # noqa: PLC0415 (numpy takes a while; --help does without)
    from firmware_sim.walks.replaying import replay_sweeps  # noqa: PLC0415

    outputs.check(report)
    removal = None
    if remove is not None:
        removal = Removal(remove, from_walk or len(walks) // 2 + 1, 1 if seed is None else seed)
    found = replay_sweeps(expected, walks, removal=removal, say=lambda text: click.echo(text, err=True))
    click.echo(found.table)
    if report is not None:
        found.write(report)
    return 1 if found.left_out else 0


def _zones(calibrate: Path, reads: Path, *, window_s: float, smooth: bool, report: Path | None) -> int:
    from firmware_sim.zones.replaying import replay_zones  # noqa: PLC0415 (numpy takes a while; --help does without)

    outputs.check(report)
    found = replay_zones(
        calibrate, reads, window_s=window_s, smooth=smooth, say=lambda text: click.echo(text, err=True)
    )
    click.echo(msgspec.json.format(msgspec.json.encode(found.head), indent=2).decode())
    if report is None:
        click.echo(found.table, err=True)  # for people; standard output stays JSON
    else:
        found.write(report)
    return 1 if found.left_out else 0
