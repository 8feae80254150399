"""``shelfwire hub explain BARCODE``: why an item is believed where it is."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import click

from hub.asking import config_option, library, site_option
from shelfwire.cli import NEEDS_A_PERSON
from shelfwire.errors import InputError

if TYPE_CHECKING:
    from hub.config import HubFiles
    from hub.explain.model import Explanation
    from hub.store.read import StoreReader
    from shelfwire.site.model import Site

MAX_BARCODE: Final = 80
ALIKE: Final = 5
"""Items named when no item has the barcode."""


@click.command("explain")
@click.argument("barcode")
@config_option
@site_option
@click.option("--at", "at", help="A time in the past, on the site's clock: 2026-11-20 14:05. Default: now.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def explain_command(
    barcode: str, config_path: Path, site_id: str | None, at: str | None, *, as_json: bool
) -> int:
    """Say why the item BARCODE is, or at a time was, believed where it is.

    The candidates with their probabilities, the five pieces of evidence that weigh most, and what is missing. Exit code 1: nothing
    is kept of that time.
    """
    from hub.config import read_hub  # noqa: PLC0415 (the other commands of the hub do without)

    files = read_hub(config_path)
    with library(files, site_id) as (history, reader):
        site = history.now
        said = _explained(files, site, reader, barcode, at)
    _print(site, said, as_json=as_json)
    return NEEDS_A_PERSON if said.basis == "forgotten" else 0


def _explained(files: HubFiles, site: Site, reader: StoreReader, barcode: str, at: str | None) -> Explanation:
    from hub.explain.answer import Asked  # noqa: PLC0415 (as above)
    from hub.explain.ask import explanation  # noqa: PLC0415 (as above)

    now_us = time.time_ns() // 1000
    asked = Asked(
        now_us=now_us,
        at_us=None if at is None else _moment_us(at, site.timezone, now_us),
        kept_days=files.config.store.item_events_days,
    )
    item = reader.item(barcode) if len(barcode) <= MAX_BARCODE else None
    if item is None:
        raise _unknown(reader, site, barcode)
    return explanation(reader, item, asked, {shelf.id: shelf.index for shelf in site.shelves})


def _unknown(reader: StoreReader, site: Site, barcode: str) -> InputError:
    """No item has it: those whose barcode is one sign off, else those that a search for it finds."""
    said = f"barcode {barcode[:MAX_BARCODE]}: no item of site {site.id} has it"
    alike = reader.nearly(barcode, ALIKE) if len(barcode) <= MAX_BARCODE else []
    if alike:
        return InputError(f"{said}; one sign off are: {'; '.join(_named(*one) for one in alike)}")
    found, _ = reader.search(barcode, ALIKE) if len(barcode) <= MAX_BARCODE else ([], 0)
    if found:
        return InputError(
            f"{said}; a search for it finds: {'; '.join(_named(one.barcode, one.title) for one in found)}"
        )
    return InputError(f"{said}, and none is like it; look for its title on the map's page Search")


def _named(barcode: str, title: str) -> str:
    return f"{barcode} ({title})" if title else barcode


def _moment_us(text: str, timezone: str, now_us: int) -> int:
    """A time on the site's clock, or with its own offset, as UTC microseconds. Raises `InputError`."""
    try:
        moment = datetime.fromisoformat(text)
        known = moment if moment.tzinfo is not None else moment.replace(tzinfo=ZoneInfo(timezone))
        at_us = int(known.timestamp() * 1e6)
    except (ValueError, OverflowError) as fault:
        raise InputError(f"--at {text}: is no time; write 2026-11-20 14:05 or 2026-11-20T14:05Z") from fault
    if not 0 <= at_us <= now_us:
        raise InputError(f"--at {text}: has not come yet, or is before all history")
    return at_us


def _print(site: Site, said: Explanation, *, as_json: bool) -> None:
    from hub.explain.sentences import SiteTeller, tell  # noqa: PLC0415 (as above)

    teller = SiteTeller(site.timezone)
    told = tell(said, teller)
    if as_json:
        import msgspec  # noqa: PLC0415 (one branch)

        body = msgspec.structs.asdict(said) | {"told": told, "language": "en"}
        click.echo(msgspec.json.format(msgspec.json.encode(body), indent=2).decode())
        return
    from hub.explain.draw import draw  # noqa: PLC0415 (one branch)

    draw(said, told, teller)
