"""``shelfwire catalog run|check|sync``: follow the library systems that hub.yaml names under ``catalogs:``."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Final, TypeVar

import click
import msgspec

from hub.asking import config_option
from hub.catalog.connect import hub_says, wait_for_answer, wake
from hub.catalog.follow.asker import Asker
from hub.catalog.follow.config import CatalogSource, faults_of
from hub.catalog.follow.lister import Lister
from hub.catalog.follow.listing import Ended, Listing, StoppedError
from hub.catalog.follow.systems import open_system, system_of
from hub.catalog.follow.told import Told
from hub.catalog.follow.work import Work
from hub.config import HubFiles, read_hub
from hub.start import load_sites
from hub.store.engine import open_engine
from hub.store.migrate import require_current
from shelfwire.cli import AWAY, INTERRUPTED, NEEDS_A_PERSON
from shelfwire.errors import AwayError, InputError, ShelfwireError
from shelfwire.options import Number
from shelfwire.site.model import Site

log = logging.getLogger(__name__)

T = TypeVar("T")

LOOK_S: Final = 0.2
"""Between two looks whether somebody wants a `sync` to end."""

STOP_S: Final = 5.0
"""How long workers may take to leave: an answer that is under way is waited for, a system that is away is not. What they had put
aside goes on later."""
WAIT_S: Final = 600.0
"""How long `sync` waits for the hub; a first catalogue of a million items takes some minutes."""
HELD_S: Final = 2.0
"""Between two looks whether a source that another process holds is free."""


@click.command("run")
@config_option
@click.option("--verbose", is_flag=True, help="Say more on standard error.")
def run_command(config_path: Path, *, verbose: bool) -> int:
    """Follow all library systems of hub.yaml until SIGTERM or SIGINT: list them, and ask about what the shelves speak of."""
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.DEBUG if verbose else logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    logging.getLogger("alembic").setLevel(logging.WARNING)
    files = read_hub(config_path)
    found = _sources(files)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    with contextlib.ExitStack() as held:
        works = []
        for source, site in found:
            _wait_alone(files, source, held, stop)
            works.append(_work(files, source, site, stop))
        _wait_for_tables(files, stop)
        if stop.is_set():
            return 0
        workers = [worker for work in works for worker in _workers(work)]
        for worker in workers:
            worker.start()
        log.info("following %s", ", ".join(source.name for source, _ in found))
        stop.wait()
        log.info("stopping")
        until = time.monotonic() + STOP_S
        for worker in workers:
            worker.join(max(0.0, until - time.monotonic()))
        for work in works:
            work.told.flush()
    return 0


def _workers(work: Work) -> Iterator[threading.Thread]:
    """The threads of one source; daemons, so that a system that answers nothing holds up no stop."""
    source, lists = work.source, system_of(work.source.kind).lists
    if lists and source.list_every_min is not None:
        yield threading.Thread(target=Lister(work).run, name=f"list-{source.name}", daemon=True)
    if source.asks:
        yield threading.Thread(target=Asker(work).run, name=f"ask-{source.name}", daemon=True)


def _wait_for_tables(files: HubFiles, stop: threading.Event) -> None:
    """Until the hub has made its tables; it may be starting beside us."""
    told = False
    while not stop.is_set():
        try:
            require_current(files.database_url)
        except AwayError as fault:
            if not told:
                log.warning("%s; waiting", fault)
            told = True
            stop.wait(2.0)
        else:
            return


@click.command("check")
@config_option
@click.argument("names", nargs=-1)
def check_command(config_path: Path, names: tuple[str, ...]) -> int:
    """Ask each library system of hub.yaml (or NAMES) who it is, and change nothing. Exit code 1: one did not answer."""
    files = read_hub(config_path)
    bad = 0
    for source, _ in _sources(files, names):
        try:
            system = open_system(
                _for_check(source), files.base, lambda line: click.echo(f"  {line}", err=True)
            )
            try:
                click.echo(f"{source.name}: {system.check()}")
            finally:
                system.close()
        except ShelfwireError as fault:
            bad += 1
            for line in str(fault).splitlines():
                click.echo(f"{source.name}: NOT well: {line}")
    return NEEDS_A_PERSON if bad else 0


def _for_check(source: CatalogSource) -> CatalogSource:
    """With the connector's options for somebody who waits at a terminal; the library's own hold where they are smaller."""
    own = source.options
    quick = {
        name: least
        for name, least in getattr(system_of(source.kind), "check_options", {}).items()
        if name not in own or (isinstance(own[name], int) and own[name] > least)
    }
    return msgspec.structs.replace(source, options=own | quick)


@click.command("sync")
@config_option
@click.argument("name")
@click.option("--full", is_flag=True, help="List everything, not only what changed.")
@click.option(
    "--accept-drop",
    "percent",
    type=Number(0, 100),
    metavar="PERCENT",
    help="How much of the catalogue this listing may drop. [default: as in hub.yaml]",
)
def sync_command(config_path: Path, name: str, *, full: bool, percent: float | None) -> int:
    """List the library system NAME now, and wait until the hub has taken what changed.

    A listing that was broken off goes on where it was. While `catalog run` follows NAME this refuses: two listings at a time
    would compare with each other's catalogue.
    """
    files = read_hub(config_path)
    ((source, site),) = _sources(files, (name,))
    if not system_of(source.kind).lists:
        raise InputError(
            f"{name}: {source.kind} cannot list items; bring the catalogue in from a file or another connector"
        )
    require_current(files.database_url)
    stop = threading.Event()
    with _alone(files, source), _interruptible(stop):
        work = _work(files, source, site, stop)
        work = replace(work, told=_Shown(work.store, site.id, source.name, source.kind))

        def tell(line: str) -> None:
            if stop.is_set():
                raise StoppedError  # before it waits for the next try
            _say(line)

        def list_it() -> Ended:
            system = open_system(source, files.base, tell)
            try:
                listing = Listing(
                    work.database, work.site, source, system, told=work.told, tell=_say, stop=stop.is_set
                )
                return listing.run(full=full, accepted_share=None if percent is None else percent / 100)
            finally:
                system.close()

        try:
            ended = _until(stop, list_it)
        except StoppedError:
            click.echo("Stopped; the listing goes on at its last mark.", err=True)
            work.told.say(state="waiting")
            return INTERRUPTED
        except ShelfwireError as fault:
            work.fails("listing", fault)
            raise
        work.told.say(**ended.shown, ok_at_us=time.time_ns() // 1000)
    return _end(files, source, site, ended)


def _until(stop: threading.Event, do: Callable[[], T]) -> T:
    """What `do` gives, done in a thread: a wait for a system that is away cannot be ended from outside.

    Raises what `do` raises, and `StoppedError` when it goes on `STOP_S` after the stop. The thread is then left behind; it ends
    with the command, and what it had put aside goes on later.
    """
    given: list[T] = []
    raised: list[BaseException] = []
    done = threading.Event()

    def run() -> None:
        try:
            given.append(do())
        except BaseException as fault:  # noqa: BLE001 (raised again below)
            raised.append(fault)
        finally:
            done.set()

    threading.Thread(target=run, name="sync", daemon=True).start()
    while not done.wait(LOOK_S):
        if stop.is_set() and not done.wait(STOP_S):
            raise StoppedError
    if raised:
        raise raised[0]
    return given[0]


def _end(files: HubFiles, source: CatalogSource, site: Site, ended: Ended) -> int:
    staged = ended.staged
    click.echo(
        f"{source.name}: {staged.items} items listed, {staged.staged} new, changed or gone, {staged.gone} gone, "
        f"{staged.faults} remarks"
    )
    if ended.held:
        click.echo(f"Nothing was changed: {ended.held}.")
        return NEEDS_A_PERSON
    if not ended.asked:
        click.echo("The catalogue is so already.")
        return 0
    wake(files.config.broker, files.base, site.id)
    answer = wait_for_answer(files.database_url, site.id, staged.import_id, WAIT_S)
    if answer is None:
        runs, said = hub_says(files.health_file)
        click.echo(f"Put aside as {staged.import_id}. The hub has not taken it yet; {said}.")
        return NEEDS_A_PERSON if runs else AWAY
    said = "has taken it" if answer.ok else "refused it"
    click.echo(f"The hub of {site.id} {said}. {answer.detail}")
    return 0 if answer.ok else NEEDS_A_PERSON


class _Shown(Told):
    """Says on the terminal too how far a listing is."""

    def say(self, **values: object) -> None:
        """As `Told.say`."""
        if values.get("state") == "listing" and values.get("detail"):
            _say(str(values["detail"]))
        super().say(**values)


def _say(line: str) -> None:
    click.echo(line, err=True)


def _sources(files: HubFiles, names: Sequence[str] = ()) -> list[tuple[CatalogSource, Site]]:
    """The sources (or those of `names`) with their sites. Raises `InputError` with all faults."""
    sites = {name: history.now for name, history in load_sites(files).items()}
    sources = files.config.catalogs
    listing, faults = set(), []
    for one in sources:
        try:
            if system_of(one.kind).lists:
                listing.add(one.kind)
        except InputError as fault:
            faults.append(f"catalogs: {one.name}: {fault}")
    faults += faults_of(sources, list(sites), listing_kinds=listing)
    unknown = [name for name in names if name not in {one.name for one in sources}]
    faults += [f"{name}: no such source under catalogs" for name in unknown]
    if not sources:
        faults.append("catalogs: is empty; name a library system to follow (docs/catalogue.md)")
    if faults:
        raise InputError(*(f"{files.path}: {fault}" for fault in faults))
    chosen = [one for one in sources if not names or one.name in names]
    return [(one, sites[one.site or next(iter(sites))]) for one in chosen]


def _work(files: HubFiles, source: CatalogSource, site: Site, stop: threading.Event) -> Work:
    store = open_engine(files.database_url, pooled=False)
    told = Told(store, site.id, source.name, source.kind)
    # What is wrong in the options is said now, in words, and not by a worker later.
    work = Work(files.database_url, site, source, files.base, told, stop, kept=store)
    work.open().close()
    return work


def _wait_alone(
    files: HubFiles, source: CatalogSource, held: contextlib.ExitStack, stop: threading.Event
) -> None:
    """Hold the source until `held` ends, as soon as nobody else does: a `sync` by hand must not end the service."""
    told = False
    while not stop.is_set():
        try:
            held.enter_context(_alone(files, source))
        except _HeldError as fault:
            if not told:
                log.warning("%s; waiting until it is free", fault)
            told = True
            stop.wait(HELD_S)
        else:
            return


class _HeldError(AwayError):
    """Another process follows the source now."""


@contextlib.contextmanager
def _alone(files: HubFiles, source: CatalogSource) -> Iterator[None]:
    """Hold the source for this process. Raises `_HeldError` while another one follows it."""
    if not files.state_dir.is_dir():
        raise AwayError(
            f"{files.state_dir}: is not there yet; start the hub first (shelfwire hub run --config {files.path})"
        )
    path = files.state_dir / f"catalog-{source.name}.lock"
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o660)
    except OSError as fault:
        raise InputError(
            f"{path}: {fault.strerror}; run this as the account that the hub runs as (did another one make this file?)"
        ) from fault
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as fault:
        raise _HeldError(
            f"{source.name}: another `shelfwire catalog run` or `sync` follows it; stop that one, or wait for its end"
        ) from fault
    else:
        yield
    finally:
        os.close(fd)


@contextlib.contextmanager
def _interruptible(stop: threading.Event) -> Iterator[None]:
    """Ctrl-C ends the listing between two rows, or after some seconds; a second one ends the command."""

    def leave(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, before)
        _say("Stopping.")
        stop.set()

    before = signal.signal(signal.SIGINT, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
