"""``shelfwire score``: hub and rivals on the same reads, held against the truth."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from firmware_sim import outputs as files_out
from firmware_sim.shipped import ScenarioFile
from shelfwire.errors import InputError

if TYPE_CHECKING:
    from firmware_sim.scoring.report import Report
    from firmware_sim.scoring.results import RunResult
    from firmware_sim.scoring.tasks import Task
    from hub.findings.confidence import Calibration

WORK: Final = ".shelfwire/score"


@click.command()
@click.argument(
    "files",
    metavar="SCENARIO...",
    nargs=-1,
    required=True,
    type=ScenarioFile(),
)
@click.option(
    "--seed",
    "seeds",
    multiple=True,
    default=(1,),
    show_default=True,
    type=int,
    help="Another seed is another world; give several for intervals.",
)
@click.option("--items", type=click.IntRange(1, 25_000_000), help="Instead of each scenario's own number.")
@click.option(
    "--jobs",
    type=click.IntRange(1, 256),
    default=os.cpu_count() or 1,
    show_default="cores",
    help="Processes at a time.",
)
@click.option(
    "--work",
    type=click.Path(path_type=Path, file_okay=False),
    default=WORK,
    show_default=True,
    help="Each run is kept there; a stopped command goes on with what is missing.",
)
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False), help="Write everything as JSON.")
@click.option(
    "--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a page with tables and plots."
)
@click.option(
    "--fit-confidence",
    "fit_confidence",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Learn from these runs how sure the hub may say it is, check it seed by seed, and write the curves.",
)
@click.option(
    "--table", type=click.Path(path_type=Path, dir_okay=False), help="Write the tables as Markdown."
)
def score(
    files: tuple[Path, ...], seeds: tuple[int, ...], *, items: int | None, jobs: int, work: Path, **outputs: Path | None
) -> int:  # fmt: skip
    """Score hub and rivals in each SCENARIO: how often they are right, how soon, and how well they know it. docs/scoring.md says what counts."""
    from firmware_sim.scoring.fitting import with_curves  # noqa: PLC0415 (as in the other commands: --help does without)
    from firmware_sim.scoring.report import make_report  # noqa: PLC0415
    from firmware_sim.scoring.tasks import program  # noqa: PLC0415

    files_out.check(*outputs.values())
    if outputs["fit_confidence"] is not None and len(set(seeds)) < 2:  # noqa: PLR2004 (one to learn from, one to be asked)
        raise InputError(
            "--fit-confidence: give two seeds at least: a curve is checked on a seed that it has not seen"
        )
    runs = _runs(files, list(dict.fromkeys(seeds)), items=items, jobs=jobs, work=work)
    curves = _fit(runs, outputs["fit_confidence"])
    report = make_report(with_curves(runs, curves), program=program())
    _write(report, outputs, _typed(files, seeds, items, outputs["table"]))
    return 0


def _fit(runs: list[RunResult], path: Path | None) -> Calibration:
    """The curves that the hub ships; or those learned now, written to `path`, which are then no test of themselves."""
    from firmware_sim.scoring import fitting  # noqa: PLC0415
    from hub.findings.shipped import calibration  # noqa: PLC0415

    if path is None:
        return calibration()
    found = fitting.check(runs)
    curves = fitting.fit(runs)
    files_out.write_json(path, curves)
    click.echo(fitting.words(found, curves))
    return curves


def _typed(files: tuple[Path, ...], seeds: tuple[int, ...], items: int | None, table: Path | None) -> str:
    """The command as one types it again: what decides the numbers, and nothing of this machine."""
    words = ["shelfwire", "score", *(str(path) for path in files)]
    words += [word for seed in seeds for word in ("--seed", str(seed))]
    words += ["--items", str(items)] if items is not None else []
    return shlex.join([*words, "--table", str(table or "FILE")])


def _runs(
    files: tuple[Path, ...], seeds: list[int], *, items: int | None, jobs: int, work: Path
) -> list[RunResult]:
    """All results, in the order of files and seeds; those that are kept already are not made again."""
    from firmware_sim.scoring.tasks import Task, done  # noqa: PLC0415

    faults = [fault for path in files for fault in _faults(path, seeds, items)]
    if len({path.stem for path in files}) < len(files):
        faults.append(
            "two scenarios have the same name: results are kept and shown by it; name them differently"
        )
    if faults:
        raise InputError(*faults)
    try:
        work.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise files_out.words(work, fault) from fault
    files_out.check(work / "tried")
    tasks = [Task.of(path, seed, items=items) for path in files for seed in seeds]
    _do([task for task in tasks if done(task, work) is None], len(tasks), work, jobs)
    return [_kept(task, work) for task in tasks]


def _kept(task: Task, work: Path) -> RunResult:
    """A result that must be there now: a report with a seed less would be another report."""
    from firmware_sim.scoring.tasks import done  # noqa: PLC0415

    found = done(task, work)
    if found is None:
        raise InputError(
            f"{task.file(work)}: the result of {task.title} is gone; run the command again, and let no other clean {work}"
        )
    return found


def _faults(path: Path, seeds: list[int], items: int | None) -> Iterator[str]:
    """What is impossible, before hours of work begin."""
    from firmware_sim import scenario as scenarios  # noqa: PLC0415
    from firmware_sim.direct.plan import read_titles  # noqa: PLC0415
    from firmware_sim.scoring.tasks import site_of  # noqa: PLC0415

    try:
        for seed in seeds:
            scenarios.check_seed(seed)
        found = scenarios.load(path)
        scenarios.check_site(found, path, site_of(found, path, items), items)
        read_titles(scenarios.find(found.catalog, path), items or found.items)
    except InputError as fault:
        yield from fault.faults


def _do(tasks: list[Task], of: int, work: Path, jobs: int) -> None:
    """Work off what is missing, with a bar for each run that is under way."""
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    from firmware_sim.scoring.tasks import do_all, far  # noqa: PLC0415

    console = Console(stderr=True)
    if len(tasks) < of:
        console.print(f"{of - len(tasks)} of {of} runs are kept in {work} already.")
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as bars:
        whole = bars.add_task("all runs", total=of, completed=of - len(tasks))
        shown: dict[Task, Any] = {}

        def look() -> None:
            for task in tasks:
                share = far(task, work)
                if task not in shown and share > 0:
                    shown[task] = bars.add_task(task.title, total=1.0)
                if task in shown and share > 0:
                    bars.update(shown[task], completed=share)

        kept = of - len(tasks)
        try:
            for task in do_all(tasks, work, jobs, look):
                bars.advance(whole)
                kept += 1
                bars.console.print(f"done: {task.title}")
                if task in shown:
                    bars.remove_task(shown.pop(task))
        except KeyboardInterrupt:
            bars.console.print(
                f"{kept} of {of} runs are kept in {work}; the same command goes on with the rest."
            )
            raise


def _write(report: Report, outputs: dict[str, Path | None], command: str) -> None:
    """A summary for the screen, and what was asked for."""
    from firmware_sim.scoring.page import page  # noqa: PLC0415
    from firmware_sim.scoring.table import markdown, summary  # noqa: PLC0415

    click.echo(summary(report))
    if (path := outputs["report"]) is not None:
        files_out.write_json(path, report)
    if (path := outputs["html"]) is not None:
        files_out.write(path, page(report))
    if (path := outputs["table"]) is not None:
        files_out.write(path, markdown(report, command))
