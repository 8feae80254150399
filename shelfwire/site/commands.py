"""``shelfwire site``: check, draw and generate sites."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from shelfwire import config
from shelfwire.errors import InputError
from shelfwire.site.draw import floor_of
from shelfwire.site.faults import MAX_SHELVES, notes
from shelfwire.site.generate import Plan, generate
from shelfwire.site.load import load_site
from shelfwire.site.model import Site, SiteHistory
from shelfwire.site.svg import floors_svg

FILE: Final = click.Path(path_type=Path, dir_okay=False)


@click.group()
def site() -> None:
    """The floor plan: what stands where and what hears what."""


@site.command()
@click.argument("file", type=FILE)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def check(file: Path, *, as_json: bool) -> None:
    """Read a site file and say what is in it, or everything that is wrong with it."""
    try:
        history = load_site(file)
    except InputError as fault:
        if as_json:
            click.echo(json.dumps({"ok": False, "faults": list(fault.faults)}, ensure_ascii=False))
        raise
    facts = summary(history)
    if as_json:
        click.echo(json.dumps({"ok": True, "faults": [], **facts}, ensure_ascii=False))
        return
    click.echo(f"{file}: site {facts['site']} ({facts['name']}), {facts['timezone']}")
    for floor in facts["floors"]:
        click.echo(
            f"  floor {floor['floor']}: {floor['ranges']} ranges, {floor['bays']} bays, {floor['shelves']} shelves, "
            f"{floor['without_antenna']} of them without antenna"
        )
    click.echo(
        f"  {facts['antennas']} antennas on {facts['readers']} readers of {facts['agents']} agents, "
        f"{facts['reference_tags']} reference tags"
    )
    click.echo(
        f"  {facts['versions']} version{'s' if facts['versions'] > 1 else ''}, the last valid from {facts['valid_from']}"
    )
    for note in facts["notes"]:
        click.echo(f"  note: {note}")
    click.echo("No faults.")


def summary(history: SiteHistory) -> dict[str, Any]:
    """The newest version in figures."""
    now = history.now
    return {
        "site": now.id,
        "name": now.name.get("en", ""),
        "timezone": now.timezone,
        "versions": len(history.versions),
        "valid_from": datetime.fromtimestamp(now.valid_from_us / 1e6, UTC).isoformat(),
        "floors": [_floor_summary(now, floor.id) for floor in now.floors],
        "ranges": sum(len(floor.ranges) for floor in now.floors),
        "bays": len(now.bay_by_id),
        "shelves": len(now.shelves),
        "without_antenna": sum(shelf.id not in now.heard_by for shelf in now.shelves),
        "antennas": len(now.antennas),
        "antennas_ever": len(history.antenna_ids),
        "readers": len(now.readers),
        "agents": len({reader.agent for reader in now.readers}),
        "reference_tags": len(now.reference_tags),
        "notes": notes(now),
    }


def _floor_summary(now: Site, floor_id: str) -> dict[str, Any]:
    floor = floor_of(now, floor_id)
    assert floor is not None
    shelves = now.within(floor_id)
    return {
        "floor": floor_id,
        "ranges": len(floor.ranges),
        "bays": sum(len(face.bays) for rng in floor.ranges for face in rng.faces),
        "shelves": len(shelves),
        "without_antenna": sum(shelf.id not in now.heard_by for shelf in shelves),
    }


@site.command()
@click.argument("file", type=FILE)
@click.option("--out", type=FILE, help="Where to write; without it the SVG goes to standard output.")
@click.option("--floor", "floors", multiple=True, help="Only this floor; may be given again.")
@click.option("--lang", "language", type=click.Choice(["en", "zh"]), default="en", show_default=True)
@click.option("--dark", is_flag=True, help="Light on dark.")
def draw(file: Path, *, out: Path | None, floors: tuple[str, ...], language: str, dark: bool) -> None:
    """Draw the floor plan as an SVG, to scale."""
    now = load_site(file).now
    known = [floor.id for floor in now.floors]
    for name in floors:
        if name not in known:
            raise InputError(f"--floor {name}: the site has no such floor; it has {', '.join(known)}")
    svg = floors_svg(now, floors or known, language=language, dark=dark)
    if out is None:
        click.echo(svg, nl=False)
        return
    try:
        out.write_text(svg, encoding="utf-8")
    except OSError as fault:
        raise InputError(f"{out}: cannot be written: {fault.strerror}") from fault
    click.echo(f"{out}: drawn")


@site.command("generate")
@click.option(
    "--shelves", type=click.IntRange(1, MAX_SHELVES), required=True, help="How many shelves, exactly."
)
@click.option(
    "--floors", type=click.IntRange(1, 60), default=None, help="Default: one for each 5,000 shelves."
)
@click.option("--bays", type=click.IntRange(1, 30), default=6, show_default=True, help="Bays in one face.")
@click.option("--site", "name", default="generated", show_default=True, help="Id of the site.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same site.")
@click.option("--out", type=FILE, required=True)
def generate_command(out: Path, *, shelves: int, floors: int | None, bays: int, name: str, seed: int) -> None:
    """Make a large site: parallel ranges, an antenna on every board, two reference tags each."""
    plan = Plan(
        site=name,
        shelves=shelves,
        seed=seed,
        floors=floors or -(-shelves // 5_000),
        bays=bays,
        valid_from=datetime(2026, 1, 1, tzinfo=UTC),
    )
    form = generate(plan)
    head = f"# Made by: shelfwire site generate --shelves {shelves} --floors {plan.floors} --bays {bays} --seed {seed}\n"
    try:
        config.write(out, form, compact=True, head=head)
    except OSError as fault:
        raise InputError(f"{out}: cannot be written: {fault.strerror}") from fault
    load_site(out)
    click.echo(f"{out}: {shelves} shelves on {plan.floors} floors, {len(form.readers)} readers")
