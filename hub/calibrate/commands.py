"""``shelfwire hub calibrate``: what the antennas hear, and what an installer should do next."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hub.asking import config_option, has_run, site_of, site_option, write_page
from shelfwire import cli
from shelfwire.errors import AwayError, InputError
from shelfwire.options import Number

if TYPE_CHECKING:
    from hub.config import HubFiles
    from hub.engine import Engine


@click.command("calibrate")
@config_option
@site_option
@click.option("--area", default="", help="Draw only this floor, range, face, bay or shelf.")
@click.option(
    "--out", "out_path", type=click.Path(path_type=Path), help="Write a page with all pictures to this file."
)
@click.option("--tag", "tag", help="EPC of a test tag: listen to it for some seconds, instead of the survey.")
@click.option("--at", "at_shelf", help="With --tag: the shelf on which the test tag lies.")
@click.option(
    "--seconds",
    type=Number(1, 600),
    default=30.0,
    show_default=True,
    help="With --tag: so long.",
)
@click.option("--json", "as_json", is_flag=True, help="Survey and advice as JSON on standard output.")
def calibrate_command(  # noqa: PLR0917 (the options of one command)
    config_path: Path,
    site_id: str | None,
    area: str,
    out_path: Path | None,
    tag: str | None,
    at_shelf: str | None,
    seconds: float,
    *,
    as_json: bool,
) -> int:
    """Show which shelf is heard by what, and say what an installer should do next.

    Reads the hub's youngest snapshot (at most minutes old) and writes nothing but --out. With --tag it listens to the readers beside the
    hub instead: carry a tag from shelf to shelf. Exit code 1: something must be looked at; 3: the hub has no snapshot yet, or one of its first
    moments, which says nothing of antennas.
    """
    if tag is not None:
        return _walk(config_path, site_id, tag, at_shelf, seconds, as_json=as_json)
    if at_shelf is not None:
        raise InputError("--at: it goes with --tag, the test tag that lies there")
    import msgspec  # noqa: PLC0415 (numpy and the engine take a second; the other commands do without)

    from hub.calibrate.advice import advise, too_young  # noqa: PLC0415 (as above)
    from hub.calibrate.page import page  # noqa: PLC0415 (as above)
    from hub.calibrate.survey import survey  # noqa: PLC0415 (as above)
    from hub.calibrate.text import lines, wait_for_next  # noqa: PLC0415 (as above)
    from hub.config import read_hub  # noqa: PLC0415 (as above)
    from hub.rerun.history import History  # noqa: PLC0415 (as above)

    files = read_hub(config_path)
    engine = _engine(files, site_id)
    site = engine.geometry.site
    if area and not _is_in(area, engine):
        raise InputError(
            f"--area: the site {site.id} has no {area[:60]!r}; give the id of a floor, range, face, bay or shelf"
        )
    if out_path is not None and not out_path.absolute().parent.is_dir():
        raise InputError(f"{out_path}: there is no such folder")
    found = survey(engine)
    now_us = time.time_ns() // 1_000
    if too_young(found, History(files, site.id).begin_us()):
        every_s = files.config.journal.snapshot_every_s
        raise AwayError(f"{files.snapshot_dir}: {wait_for_next(found, now_us, every_s)}")
    advice = advise(found)
    if out_path is not None:
        write_page(out_path, page(found, advice, site, area))
    if as_json:
        told = msgspec.json.encode({"survey": found, "advice": advice})
        click.echo(msgspec.json.format(told, indent=2).decode())
    else:
        for line in lines(found, advice, now_us):
            click.echo(line)
    return cli.NEEDS_A_PERSON if any(one.wrong for one in advice) else 0


def _walk(
    config_path: Path, site_id: str | None, tag: str, shelf: str | None, seconds: float, *, as_json: bool
) -> int:
    """Listen to one test tag."""
    import msgspec  # noqa: PLC0415 (as above)

    from hub.calibrate.listening import listen  # noqa: PLC0415 (as above)
    from hub.calibrate.text import walked_lines  # noqa: PLC0415 (as above)
    from hub.calibrate.walking import WalkedTag  # noqa: PLC0415 (as above)
    from hub.config import read_hub  # noqa: PLC0415 (as above)

    files = read_hub(config_path)
    history = site_of(files, site_id)
    site_id = history.now.id
    if shelf is not None and shelf not in history.now.shelf_by_id:
        raise InputError(f"--at: the site {site_id} has no shelf {shelf[:60]!r}")
    walked = WalkedTag(history.now, tag)
    if not as_json:
        click.echo(f"listening for {seconds:g} s")
    asyncio.run(listen(files.config.broker, files.base, site_id, seconds, walked.hear))
    found = walked.walked()
    right, said = (bool(found), "") if shelf is None else walked.says(shelf)
    if as_json:
        told = msgspec.json.encode({"heard": found, "dwells": walked.dwells, "shelf": shelf, "right": right})
        click.echo(msgspec.json.format(told, indent=2).decode())
    else:
        for line in walked_lines(found, walked.dwells):
            click.echo(line)
        if said:
            click.echo(said)
    return 0 if right else cli.NEEDS_A_PERSON


def _engine(files: HubFiles, site_id: str | None) -> Engine:
    """The engine of a site as the youngest snapshot has it. Raises `InputError`, and `AwayError` before there is one."""
    from hub import keeper, snapshot  # noqa: PLC0415 (as above)
    from hub.engine import Engine  # noqa: PLC0415 (as above)

    history = site_of(files, site_id)
    site_id = history.now.id
    has_run(files)
    found = snapshot.youngest_sound(files.snapshot_dir)
    if found is None:
        raise AwayError(
            f"{files.snapshot_dir}: no snapshot yet; let the hub run for some minutes "
            f"(it writes one every {files.config.journal.snapshot_every_s:g} s)"
        )
    state = keeper.recovered(*found).engines.get(site_id)
    if state is None:
        raise AwayError(
            f"{files.snapshot_dir}: the snapshot knows nothing of the site {site_id} yet; wait for the next"
        )
    return Engine.load(history, files.engine_settings, state)


def _is_in(area: str, engine: Engine) -> bool:
    site = engine.geometry.site
    names = {floor.id for floor in site.floors} | set(site.bay_by_id) | set(site.shelf_by_id)
    for floor in site.floors:
        for rng in floor.ranges:
            names |= {rng.id} | {face.id for face in rng.faces}
    return area in names
