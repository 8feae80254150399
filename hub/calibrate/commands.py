"""``shelfwire hub calibrate``: what the antennas hear, and what an installer should do next."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from shelfwire import cli
from shelfwire.errors import InputError

if TYPE_CHECKING:
    from hub.config import HubFiles
    from hub.engine import Engine


@click.command("calibrate")
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    required=True,
    help="The hub's configuration, hub.yaml.",
)
@click.option("--site", "site_id", help="Which site; not needed when the hub has one.")
@click.option("--area", default="", help="Draw only this floor, range, face, bay or shelf.")
@click.option(
    "--out", "out_path", type=click.Path(path_type=Path), help="Write a page with all pictures to this file."
)
@click.option("--json", "as_json", is_flag=True, help="Survey and advice as JSON on standard output.")
def calibrate_command(
    config_path: Path, site_id: str | None, area: str, out_path: Path | None, *, as_json: bool
) -> int:
    """Show which shelf is heard by what, and say what an installer should do next.

    Reads the hub's youngest snapshot (at most minutes old) and writes nothing but --out. Exit code 1: something must be looked at.
    """
    import msgspec  # noqa: PLC0415 (numpy and the engine take a second; the other commands do without)

    from hub.calibrate.advice import advise  # noqa: PLC0415 (as above)
    from hub.calibrate.page import page  # noqa: PLC0415 (as above)
    from hub.calibrate.survey import survey  # noqa: PLC0415 (as above)
    from hub.calibrate.text import lines  # noqa: PLC0415 (as above)
    from hub.config import read_hub  # noqa: PLC0415 (as above)

    engine = _engine(read_hub(config_path), site_id)
    site = engine.geometry.site
    if area and not _is_in(area, engine):
        raise InputError(
            f"--area: the site {site.id} has no {area[:60]!r}; give the id of a floor, range, face, bay or shelf"
        )
    if out_path is not None and not out_path.absolute().parent.is_dir():
        raise InputError(f"{out_path}: there is no such folder")
    found = survey(engine)
    advice = advise(found)
    if out_path is not None:
        part = out_path.with_name(out_path.name + ".part")
        part.write_text(page(found, advice, site, area), encoding="utf-8")
        part.replace(out_path)
    if as_json:
        told = msgspec.json.encode({"survey": found, "advice": advice})
        click.echo(msgspec.json.format(told, indent=2).decode())
    else:
        for line in lines(found, advice):
            click.echo(line)
    return cli.NEEDS_A_PERSON if any(one.wrong for one in advice) else 0


def _engine(files: HubFiles, site_id: str | None) -> Engine:
    """The engine of a site as the youngest snapshot has it. Raises `InputError`."""
    from hub import keeper, snapshot  # noqa: PLC0415 (as above)
    from hub.engine import Engine  # noqa: PLC0415 (as above)
    from hub.start import load_sites  # noqa: PLC0415 (as above)

    sites = load_sites(files)
    if site_id is None:
        if len(sites) > 1:
            raise InputError(
                f"{files.path}: the hub has several sites; say which with --site: {', '.join(sites)}"
            )
        site_id = next(iter(sites))
    if site_id not in sites:
        raise InputError(f"--site: {files.path} has no site {site_id[:60]!r}; it has {', '.join(sites)}")
    found = snapshot.youngest_sound(files.snapshot_dir)
    if found is None:
        raise InputError(
            f"{files.snapshot_dir}: no snapshot yet; let the hub run for some minutes "
            f"(it writes one every {files.config.journal.snapshot_every_s:g} s)"
        )
    state = keeper.recovered(*found).engines.get(site_id)
    if state is None:
        raise InputError(
            f"{files.snapshot_dir}: the snapshot knows nothing of the site {site_id} yet; wait for the next"
        )
    return Engine.load(sites[site_id], files.engine_settings, state)


def _is_in(area: str, engine: Engine) -> bool:
    site = engine.geometry.site
    names = {floor.id for floor in site.floors} | set(site.bay_by_id) | set(site.shelf_by_id)
    for floor in site.floors:
        for rng in floor.ranges:
            names |= {rng.id} | {face.id for face in rng.faces}
    return area in names
