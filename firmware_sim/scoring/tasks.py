"""Runs of scenarios under seeds, each kept in a file, so that what was stopped goes on where it was. Files and processes."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Final, cast

import msgspec

import firmware_sim
import hub
import shelfwire
from firmware_sim import outputs
from firmware_sim import scenario as scenarios
from firmware_sim.direct.building import build_site
from firmware_sim.form import Scenario
from firmware_sim.scoring.results import RunResult
from shelfwire.errors import FullError, InputError, ShelfwireError
from shelfwire.site.load import load_site
from shelfwire.site.model import Site

WRONG: Final = 2
"""Exit code of a process whose scenario is impossible."""
FULL: Final = 3
"""… and of one whose disk is full: there is no room to say more."""
LOOK_S: Final = 0.3
"""Between two looks at how far everybody is."""
DECIDES: Final = (
    (
        firmware_sim,
        (
            "world",
            "radio",
            "direct",
            "rivals",
            "oracle",
            "scoring",
            "faults",
            "dice.py",
            "hearing.py",
            "form.py",
        ),
    ),
    (
        hub,
        (
            "engine",
            "belief",
            "findings",
            "sweep",
            "catalog",
            "intake.py",
            "sequences.py",
            "clocks.py",
            "settings.py",
            "events.py",
            "effects.py",
        ),
    ),
    (shelfwire, ("site", "tags", "messages.py")),
)
"""Code that decides what a run brings; a change in it makes kept runs stale."""
AFTER: Final = frozenset(
    {
        "page.py", "plots.py", "table.py", "commands.py", "labels.py", "style.py", "parts.py", "goals.py", "measures.py", "bound.py", "bound_table.py",
        "intervals.py", "report.py", "tasks.py", "fitting.py",
    }
)  # fmt: skip
"""… but what only adds up, draws and words does not."""


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One scenario under one seed."""

    path: Path
    seed: int
    items: int | None
    program: str
    inputs: str
    """A digest of the scenario and of the files that it names, as they were when the task was made."""

    @classmethod
    def of(cls, path: Path, seed: int, *, items: int | None) -> Task:
        """By the code and the files as they are now. Raises `InputError`."""
        return cls(path=path, seed=seed, items=items, program=program(), inputs=_inputs(path))

    def file(self, work: Path) -> Path:
        """Where its result is kept: named by everything that it depends on."""
        text = f"{self.inputs}|{self.items}|{self.seed}|{self.program}".encode()
        return work / f"{self.path.stem}-{self.seed}-{hashlib.sha256(text).hexdigest()[:12]}.json"

    @property
    def title(self) -> str:
        """For people."""
        return f"{self.path.stem}, seed {self.seed}"


def site_of(scenario: Scenario, path: Path, items: int | None) -> Site:
    """The site on which a scenario would be played. Raises `InputError`."""
    if isinstance(scenario.site, str):
        return load_site(scenarios.find(scenario.site, path)).now
    count = scenario.items if items is None else items
    return build_site(scenario.site, count, fill=scenario.stocking.fill, seed=0)[1].now


def _inputs(path: Path) -> str:
    found = scenarios.load(path)
    named = [found.catalog, *([found.site] if isinstance(found.site, str) else [])]
    digest = hashlib.sha256()
    for file in (path, *(scenarios.find(name, path) for name in named)):
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


@cache
def program() -> str:
    """A digest of the code that decides, so that a result of an older one is never taken for this one's."""
    digest = hashlib.sha256()
    for package, names in DECIDES:
        root = Path(next(iter(package.__path__)))
        for name in names:
            found = root / name
            files = sorted(found.rglob("*.py")) if found.is_dir() else [found]
            for file in files:
                if found.name != "scoring" or file.name not in AFTER:
                    digest.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]


def done(task: Task, work: Path) -> RunResult | None:
    """The kept result; None: there is none, or it is torn. Raises `InputError` where it may not be read."""
    file = task.file(work)
    try:
        return msgspec.json.decode(file.read_bytes(), type=RunResult)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
    except OSError as fault:
        raise InputError(
            f"{file}: cannot be read: {fault.strerror}; take it away, or choose another --work"
        ) from fault


def do(task: Task, work: Path) -> None:
    """Run it and keep the result; runs in a process of its own. Tells how far it is in a file beside it."""
    from firmware_sim.scoring.runs import run  # noqa: PLC0415 (the hub's libraries take a second)

    file = task.file(work)
    far = _beside(task, work, ".part")
    result = run(
        scenarios.load(task.path), task.path, task.seed, items=task.items, program=task.program,
        progress=lambda share: _write(far, f"{share:.4f}".encode()),
    )  # fmt: skip
    _write(file, msgspec.json.encode(result))
    far.unlink(missing_ok=True)


def far(task: Task, work: Path) -> float:
    """Share of a running task that is done."""
    try:
        return float(_beside(task, work, ".part").read_text())
    except (FileNotFoundError, ValueError):
        return 0.0


def do_all(tasks: Sequence[Task], work: Path, jobs: int, told: Callable[[], None]) -> Iterator[Task]:
    """Do them in up to `jobs` processes and yield each when it is kept; `told` is called while everybody works.

    Raises `InputError` for what a task named, and ends the others at once, whatever stops it: what they had not kept is made anew next time.
    """
    for task in tasks:  # of a run that was stopped
        _beside(task, work, ".part").unlink(missing_ok=True)
    context = multiprocessing.get_context("spawn")  # a forked child would inherit locks of numpy's threads
    waiting = list(reversed(tasks))
    running: dict[int, tuple[SpawnProcess, Task]] = {}
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # else the children would live on
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                task = waiting.pop()
                process = context.Process(target=_work, args=(task, work), daemon=True)
                process.start()
                running[process.sentinel] = process, task
            for sentinel in wait(list(running), timeout=LOOK_S):
                process, task = running.pop(cast("int", sentinel))
                process.join()
                _check(process, task, work)
                yield task
            told()
    finally:
        signal.signal(signal.SIGTERM, before)
        for process, _ in running.values():
            process.terminate()
            process.join()


def _work(task: Task, work: Path) -> None:
    """In a process of its own: errors of ours are handed over in a file. Ends with its parent, however that ended."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C reaches the whole group; the parent ends its children
    try:
        do(task, work)
    except InputError as fault:
        _write(_beside(task, work, ".wrong"), msgspec.json.encode(fault.faults))
        raise SystemExit(WRONG) from fault
    except FullError as fault:
        raise SystemExit(FULL) from fault


def _end_with_parent() -> None:
    """A parent that was killed cannot end its children: they would work on for an hour, beside those of the next command."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(WRONG)


def _check(process: SpawnProcess, task: Task, work: Path) -> None:
    """Raise what a task that has ended named."""
    told = _beside(task, work, ".wrong")
    if process.exitcode == WRONG and told.exists():
        faults = msgspec.json.decode(told.read_bytes(), type=list[str])
        told.unlink()
        raise InputError(*faults)
    if process.exitcode == FULL:
        raise FullError(f"{work}: the disk is full; make room, and run the command again to go on")
    if process.exitcode:
        raise ShelfwireError(
            f"{task.title}: its process ended with {process.exitcode}; its own words stand above. Run the command again to go on"
        )


def _beside(task: Task, work: Path, suffix: str) -> Path:
    return task.file(work).with_suffix(suffix)


def _write(path: Path, body: bytes) -> None:
    """All or nothing. Raises `FullError` and `InputError`."""
    fresh = path.with_suffix(path.suffix + ".new")
    try:
        fresh.write_bytes(body)
        fresh.replace(path)
    except OSError as fault:
        raise outputs.words(path, fault) from fault
