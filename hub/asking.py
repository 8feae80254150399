"""What the commands beside the hub share: which hub.yaml, which of its sites, its store, and a page to write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shelfwire.errors import AwayError, InputError

if TYPE_CHECKING:
    from hub.config import HubFiles
    from hub.store.read import StoreReader
    from shelfwire.site.model import SiteHistory

# What takes a second to import (numpy, SQLAlchemy) is imported where it is used: asking for help must not wait for it.

config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The hub's configuration, hub.yaml.",
)
site_option = click.option("--site", "site_id", help="Which site; not needed when the hub has one.")


def site_of(files: HubFiles, asked: str | None) -> SiteHistory:
    """The site that is meant; the only one, if none is. Raises `InputError`, also for faults of any site file."""
    from hub.start import load_sites  # noqa: PLC0415 (as above)

    sites = load_sites(files)
    wanted = next(iter(sites)) if asked is None and len(sites) == 1 else asked
    if wanted is None or wanted not in sites:
        said = "--site is missing" if wanted is None else f"--site {wanted[:60]}: unknown"
        raise InputError(f"{files.path}: {said}; the hub serves {', '.join(sites)}")
    return sites[wanted]


def has_run(files: HubFiles) -> None:
    """Raises `AwayError` before the hub has made its folder and database."""
    if files.config.database is None and not files.state_dir.is_dir():
        raise AwayError(
            f"{files.state_dir}: is not there yet; start the hub first (shelfwire hub run --config {files.path})"
        )


@contextmanager
def library(files: HubFiles, asked: str | None) -> Iterator[tuple[SiteHistory, StoreReader]]:
    """The site that is meant, and its store to read. Raises `InputError`, `AwayError`, and for an older database in words."""
    from hub.store.migrate import require_current  # noqa: PLC0415 (as above)
    from hub.store.read import StoreReader  # noqa: PLC0415 (as above)

    history = site_of(files, asked)
    has_run(files)
    require_current(files.database_url)
    reader = StoreReader(files.database_url, history.now.id)
    try:
        yield history, reader
    finally:
        reader.close()


def write_page(path: Path, text: str) -> None:
    """The whole page or none. Raises `InputError` where it cannot be written."""
    part = path.with_name(path.name + ".part")
    try:
        whole = text.encode("utf-8")
        part.write_bytes(whole)
        part.replace(path)
    except (OSError, UnicodeEncodeError) as fault:
        # Where the page cannot be written, its part may not be removable either: that is no second fault.
        with suppress(OSError):
            part.unlink(missing_ok=True)
        why = fault.strerror if isinstance(fault, OSError) else f"it holds what is no text ({fault.reason})"
        raise InputError(f"{path}: cannot be written: {why}") from fault
