"""``shelfwire hub promises``: how right the findings were. Only reads the store."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from hub.asking import config_option, library, site_option
from shelfwire.cli import NEEDS_A_PERSON

if TYPE_CHECKING:
    from hub.findings.kept import Kept, Share

DAYS: Final = 365


@click.command("promises")
@config_option
@site_option
@click.option(
    "--days",
    type=click.IntRange(1, 36_500),
    default=DAYS,
    show_default=True,
    help="Of what ended in the last so many days.",
)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def promises_command(config_path: Path, site_id: str | None, days: int, *, as_json: bool) -> int:
    """Say how often findings were right, against what they promised.

    Exit code 1: promise and truth of a kind differ by more than luck.
    """
    import msgspec  # noqa: PLC0415 (the other commands of the hub do without)

    from hub.config import read_hub  # noqa: PLC0415 (as above)
    from hub.findings.kept import kept  # noqa: PLC0415 (as above)

    with library(read_hub(config_path), site_id) as (_, reader):
        found = kept(reader.promises(time.time_ns() // 1_000 - days * 86_400_000_000))
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
    else:
        for line in lines_of(found):
            click.echo(line)
    return NEEDS_A_PERSON if found.warned else 0


def lines_of(found: Kept) -> Iterator[str]:
    """For a terminal."""
    from hub.findings.kept import ENOUGH, SURE  # noqa: PLC0415 (as above)

    sure = found.sure
    if not found.parts:
        yield "No finding ended in this time. When shelvers answer at the shelf, it stands here how often the findings were right."
        return
    if sure.enough and sure.share is not None:
        yield f"Of {sure.told} findings at ≥ {SURE:.0%}, {sure.share:.1%} were right ({sure.low:.1%}-{sure.high:.1%})."
    else:
        yield f"{sure.told} answers about findings at ≥ {SURE:.0%} so far: too few to say how right they are ({ENOUGH} are needed)."
    if found.error is not None:
        yield f"Mean difference between promise and truth: {found.error:.3f}"
    for one in found.warned:
        yield (
            f"warning: {one.kind}: promised {one.share.promised:.1%}, right {one.share.share:.1%} of {one.share.told}: more than luck; "
            "see docs/confidence.md"
        )
    yield f"{'':18}{'promised':>10}{'right':>10}{'by luck between':>20}{'answers':>10}{'nobody said':>14}"
    yield from _rows((f"{part.low:.0%}-{part.high:.0%}", part.share) for part in found.parts)
    yield from _rows(found.kinds.items())
    yield from _rows(found.months.items())


def _rows(shares: Iterable[tuple[str, Share]]) -> Iterator[str]:
    """A share and its interval only where there are enough answers, as on the page; else how many of how many."""
    for name, one in shares:
        promised, right, span = "-", "-", "-"
        if one.share is not None:
            promised, right = f"{one.promised:.1%}", f"{one.right} of {one.told}"
        if one.share is not None and one.enough:
            right, span = f"{one.share:.1%}", f"{one.low:.1%}-{one.high:.1%}"
        yield f"{name:18}{promised:>10}{right:>10}{span:>20}{one.told:>10}{one.untold:>14}"
