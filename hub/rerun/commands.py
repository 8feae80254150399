"""``shelfwire hub rerun``: kept reports through the same engine with other settings."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hub.asking import site_of, site_option, write_page
from shelfwire import cli
from shelfwire.errors import InputError
from shelfwire.options import Number

if TYPE_CHECKING:
    from hub.config import HubFiles
    from hub.rerun.work import Asked, Progress

DAY_US = 86_400_000_000
FEW_HOURS_US = 6 * 3_600_000_000
"""So much is run with every tick unless told otherwise: some minutes of work. A month so would take a day."""
COARSE_S = 30.0
"""Ticks of what is longer, unless told otherwise: findings move by half a minute."""


@click.command("rerun")
@click.option(
    "--from",
    "begin",
    required=True,
    help="First day or moment that is compared, in the site's time: 2026-11-01.",
)
@click.option("--to", "end", help="End of the comparison; default: all that is kept.")
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    required=True,
    help="A hub.yaml with the other settings (engine and sweeps).",
)
@click.option(
    "--today",
    "today_path",
    type=click.Path(path_type=Path),
    help="The hub.yaml that the hub runs with, whose history this is; default: hub.yaml beside the other.",
)
@site_option
@click.option(
    "--run-in-h",
    type=Number(0, 24 * 60),
    default=24.0,
    show_default=True,
    help="Hours before --from in which the engines get to know the library.",
)
@click.option(
    "--step",
    "step_s",
    type=Number(0, 45),
    help="Seconds between two ticks; 0: as the hub made them. Default: 0 for a few hours that are kept, 30 for more.",
)
@click.option("--json", "as_json", is_flag=True, help="The result as JSON on standard output.")
@click.option(
    "--html", "html_path", type=click.Path(path_type=Path), help="Write a page with time lines to this file."
)
def rerun_command(  # noqa: PLR0917 (the options of one command)
    begin: str,
    end: str | None,
    config_path: Path,
    today_path: Path | None,
    site_id: str | None,
    run_in_h: float,
    step_s: float | None,
    *,
    as_json: bool,
    html_path: Path | None,
) -> int:
    """Run kept reports again with other settings, and show how findings would have differed.

    Writes nothing but --html. Exit code 1: done, and a part of the history is damaged.
    """
    import msgspec  # noqa: PLC0415 (numpy, pyarrow and SQLAlchemy take a second; the other commands do without)

    from hub.rerun.page import page  # noqa: PLC0415 (as above)
    from hub.rerun.text import lines  # noqa: PLC0415 (as above)
    from hub.rerun.work import rerun  # noqa: PLC0415 (as above)

    asked = _asked(begin, end, config_path, today_path, site_id, run_in_h, step_s)
    if html_path is not None and not html_path.absolute().parent.is_dir():
        raise InputError(f"{html_path}: there is no such folder")
    with _progress(asked) as progress:
        result = rerun(asked, progress)
    if html_path is not None:
        write_page(html_path, page(result))
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(result), indent=2).decode())
    else:
        if asked.today is None:
            click.echo(
                "only the other settings are run: those of today are the same, or were not given (--today)"
            )
        for line in lines(result):
            click.echo(line)
    for fault in result.held.faults:
        click.echo(f"error: {fault}", err=True)
    return cli.NEEDS_A_PERSON if result.held.faults or result.held.engine_faults else 0


def _asked(  # noqa: PLR0917 (as above)
    begin: str,
    end: str | None,
    config_path: Path,
    today_path: Path | None,
    site_id: str | None,
    run_in_h: float,
    step_s: float | None,
) -> Asked:
    from hub.config import read_hub  # noqa: PLC0415 (as above)
    from hub.rerun.times import moment_us  # noqa: PLC0415 (as above)
    from hub.rerun.work import Asked  # noqa: PLC0415 (as above)

    other = read_hub(config_path)
    today = _today(other, today_path)
    history = site_of(today or other, site_id)
    zone = history.now.timezone
    from_us = moment_us(begin, zone, "--from")
    to_us = moment_us(end, zone, "--to") if end is not None else 2**62
    if to_us <= from_us:
        raise InputError(f"--to {end}: does not lie behind --from {begin}")
    is_same = today is None or today.engine_settings == other.engine_settings
    return Asked(
        files=today or other,
        site=history,
        today=None if today is None or is_same else today.engine_settings,
        other=other.engine_settings,
        from_us=from_us,
        to_us=to_us,
        run_in_us=int(run_in_h * 3_600e6),
        step_s=_step_s(step_s, today or other, history.now.id, from_us - int(run_in_h * 3_600e6), to_us),
    )


def _step_s(asked_s: float | None, files: HubFiles, site: str, start_us: int, to_us: int) -> float:
    """As asked; else by how much is kept of that time, not by how much was asked for."""
    if asked_s is not None:
        return asked_s
    from hub.rerun.history import History  # noqa: PLC0415 (as above)

    begin_us = max(start_us, History(files, site).begin_us() or start_us)
    return 0.0 if min(to_us, time.time_ns() // 1_000) - begin_us <= FEW_HOURS_US else COARSE_S


def _today(other: HubFiles, today_path: Path | None) -> HubFiles | None:
    """The configuration that the hub runs with; None: the other file is all there is."""
    from hub.config import read_hub  # noqa: PLC0415 (as above)

    path = today_path or other.base / "hub.yaml"
    if today_path is None and (not path.exists() or path.resolve() == other.path):
        return None
    return read_hub(path)


@contextmanager
def _progress(asked: Asked) -> Iterator[Progress | None]:
    """A bar in days where a person looks on."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield None
        return
    from rich.console import Console  # noqa: PLC0415 (only where somebody looks)
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415 (as above)

    columns = (
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[days]}"), TimeRemainingColumn(),
    )  # fmt: skip
    start_us = asked.from_us - asked.run_in_us
    total = min(asked.to_us, time.time_ns() // 1_000) - start_us
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(f"rerun of {asked.site.now.id}", total=max(1, total), days="")

        def reached(now_us: int, observations: int) -> None:
            done_us = now_us - start_us
            text = f"day {done_us / DAY_US:.2f}, {observations:,} observations"
            bar.update(task, completed=done_us, days=text)

        yield reached
