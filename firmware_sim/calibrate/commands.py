"""``shelfwire sim calibrate``: the simulated radio beside recordings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from firmware_sim import outputs

if TYPE_CHECKING:
    from firmware_sim.calibrate.rows import Row

SEEDS = click.IntRange(0, (1 << 32) - 1)
_SUFFIXES = (".svg", ".html")


@click.command("calibrate")
@click.option(
    "--reads",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of the shop recording (reads_expN.csv, expected_tags.csv): its figures are counted anew. Without it the published ones are used.",
)
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@click.option(
    "--plot",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Draw it: FILE.svg, or FILE.html with every reason.",
)
@click.option(
    "--seed", type=SEEDS, default=1, show_default=True, help="Another seed, another set of shelves and walks."
)
def calibrate(reads: Path | None, as_json: bool, plot: Path | None, seed: int) -> int:  # noqa: FBT001 (click hands it in by name)
    """Hold the simulated radio against recorded reads: what, recorded, model, tolerance. Exit code 1: a figure is outside.

    Takes about half a minute. Tolerances are argued in docs/radio.md.
    """
    if plot is not None and plot.suffix not in _SUFFIXES:
        raise click.BadParameter(f"{plot}: a plot is a .svg or a .html", param_hint="--plot")
    outputs.check(plot)
    from firmware_sim.calibrate import measure, picture, recorded  # noqa: PLC0415 (numpy takes a second; --help does without)
    from firmware_sim.calibrate.rows import all_within, rows  # noqa: PLC0415
    from firmware_sim.radio import RadioSettings  # noqa: PLC0415

    shop = recorded.SHOP if reads is None else recorded.recount(reads)
    model = measure.measure(RadioSettings(), seed=seed, say=lambda text: click.echo(f"{text} …", err=True))
    found = rows(model, shop)
    if plot is not None:
        drawing = picture.svg(model, found, shop)
        outputs.write(plot, picture.page(drawing, found) if plot.suffix == ".html" else drawing)
    good = all_within(found)
    click.echo(_as_json(found, seed=seed, good=good) if as_json else _as_table(found))
    return 0 if good else 1


def _as_json(found: Sequence[Row], *, seed: int, good: bool) -> str:
    listed = [msgspec.to_builtins(row) | {"within": row.within} for row in found]
    plain = {"seed": seed, "within": good, "rows": listed}
    return msgspec.json.format(msgspec.json.encode(plain), indent=2).decode()


def _as_table(found: Sequence[Row]) -> str:
    """Columns for a terminal of 120 characters."""
    lines, group = [], ""
    for row in found:
        if row.group != group:
            group = row.group
            lines += ["", f"{group:<64} {'recorded':>15} {'model':>7} {'± ':>6} {'alone':>6}  basis"]
        alone = "" if row.independent is None else row.shown(row.independent)
        verdict = (
            "" if row.within else ("  not shown by the model" if row.basis == "left out" else "  OUTSIDE")
        )
        lines.append(
            f"  {row.what:<62} {row.told:>15} {row.shown(row.model):>7} {row.shown(row.tolerance):>6} {alone:>6}  {row.basis}{verdict}"
        )
    counted = [row for row in found if row.basis != "left out"]
    good = sum(row.within for row in counted)
    lines += [
        "",
        "alone: if every miss were thrown anew. set: an input. fitted: a constant was chosen for it. follows: none was. left out: known not to be shown.",
        f"{good} of {len(counted)} figures are within their tolerance.",
    ]
    return "\n".join(lines[1:])
