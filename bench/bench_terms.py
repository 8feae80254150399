"""What each term of the belief brings: the whole model, and the model without one term at a time, on the same reads.

    python bench/bench_terms.py                              # two seeds of 2,000 items, a table for people
    python bench/bench_terms.py --items 10000 --seeds 3 --table  # rows for docs/belief.md
    python bench/bench_terms.py --only drift shade --json terms.json

All models listen to one run beside each other: same library, same reads, same judge (docs/scoring.md). Only the whole model asks for sweeps. A term is taken out by a
setting of `hub.settings` where one can do it, else by a part of the engine that does nothing. Three scenarios: `reference_20` (nobody comes), `theft_day` with three
times the thieves, so that a small library has some, and the same day with failing antennas. Terms that a scenario cannot touch are left out there (`–`). One process;
progress goes to the standard error.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from firmware_sim import scenario as scenarios
from firmware_sim.direct.hub import HubSubject, settings_of
from firmware_sim.direct.plan import Simulation
from firmware_sim.direct.reports import Reporter
from firmware_sim.direct.run import STEP_S
from firmware_sim.faults.model import Fault
from firmware_sim.form import Scenario
from firmware_sim.hearing import Delivery
from firmware_sim.scoring.intervals import Value
from firmware_sim.scoring.measures import measures, of
from firmware_sim.scoring.results import RunResult
from firmware_sim.scoring.runs import run
from firmware_sim.scoring.subject import Places, Shown, Subject
from hub.belief.absences import Absences
from hub.belief.bustle import Bustle
from hub.belief.interface import Bools, Floats, Ints
from hub.belief.lessons import Lessons, Remembering
from hub.belief.trust import Sample, Trust
from hub.engine import Engine
from hub.settings import EngineSettings
from shelfwire.data import config_file

WHOLE: Final = "hub"
"""The name of the whole model in the results."""
TAKE: Final = 0.9
"""Thefts per 1,000 items and open hour; `theft_day` has 0.3, and 2,000 items would then lose eight books a day."""
ONE_LOUDNESS: Final = -120
"""Half decibels: the loudness of all reads of a reader that does not measure it."""
FAULTS: Final = (
    Fault(fault="cable_loss", at_h=6, share=0.1, amount=6, say="One antenna of ten loses 6 dB at noon."),
    Fault(fault="cable_loss", at_h=8, share=0.05, amount=15, say="One of twenty loses 15 dB."),
    Fault(fault="antenna_unplugged", at_h=10, share=0.05, say="One of twenty is pulled out."),
)
NEVER_Q: Final = 1_000_000
"""Quarters of an hour that no run has."""
LOOK_S: Final = 1.0
"""Less than the time between two looks."""
NO_DB: Final = 0.1
"""As good as no spread, and no division by zero."""


IDLE: Final[dict[str, frozenset[str]]] = {
    "reference_20": frozenset({"shade", "deaf", "return", "absences", "list", "doors", "proof", "trust"}),
    "theft_day": frozenset({"proof", "trust"}),
    "failing": frozenset({"common", "neighbours", "prior", "shade", "deaf", "return", "absences", "list", "doors", "bustle", "presumed"}),
}  # fmt: skip
"""Terms that bring nothing where nobody comes, where nothing breaks, or nothing else than on a sound day."""


class Steady(Bustle):
    """Takes each hour for a usual one."""

    share = 1.0


class Unlearned(Lessons):
    """Counts residents and absences as ever, and teaches no level."""

    def _teach_heard(self, belief: Remembering, rows: Ints, zone: Ints, at_work: Bools) -> None:
        """Nothing."""

    def _teach_silent(self, belief: Remembering, zone: Ints, at_work: Bools) -> None:
        """Nothing."""


class Habitual(Absences):
    """Takes it that as many books stay away as the settings say."""

    def end_lap(self, busy_h: Floats, age_h: Floats, settings: EngineSettings) -> None:
        """Nothing."""


class Credulous(Trust):
    """Believes each antenna that its reference tags prove to listen."""

    def judge(self, antenna: int, sample: Sample, ended_at_us: int, *, references: bool) -> None:
        """Nothing."""


def steady(engine: Engine) -> None:
    """No look at how busy the house is."""
    engine.belief.people.bustle = Steady()


def habitual(engine: Engine) -> None:
    """No look at how many books stay away."""
    engine.belief.people.absences = Habitual()


def unlearned(engine: Engine) -> None:
    """Levels stay as the settings assume them."""
    engine.lessons = Unlearned()


def credulous(engine: Engine) -> None:
    """No comparison of an antenna with what it used to hear."""
    engine.antennas.trust = Credulous(engine.geometry.antennas)


@dataclass(frozen=True)
class Term:
    """What is taken out, and how."""

    name: str
    says: str
    settings: Callable[[EngineSettings], dict[str, Any]] = lambda _: {}
    engine: Callable[[Engine], None] | None = None
    one_loudness: bool = False


def _apart(settings: EngineSettings) -> dict[str, Any]:
    """The same spread of a margin in all, but each antenna throws for itself."""
    whole = math.hypot(settings.tag_spread_db, settings.shade_spread_db, settings.place_spread_db)
    return {"tag_spread_db": NO_DB, "shade_spread_db": NO_DB, "place_spread_db": whole}


TERMS: Final = (
    Term("loudness", "loudness (all reads are equally loud)", one_loudness=True),
    Term("common", "chip and shade shared by all antennas", _apart),
    Term(
        "neighbours",
        "neighbours heard as such (they sound as if two steps away)",
        lambda s: {"near_dbm": s.far_dbm},
        unlearned,
    ),
    Term("levels", "levels learned by antenna", engine=unlearned),
    Term(
        "prior",
        "prior of the home (half of the books stand elsewhere)",
        lambda _: {"elsewhere": 1.0},
    ),
    Term("drift", "drift (a margin never changes)", lambda _: {"drift_db": NO_DB}),
    Term(
        "witness",
        "one witness a quarter (each look a throw of its own)",
        lambda s: {"drift_s": LOOK_S, "presumed_quarters": int(s.presumed_quarters * s.drift_s / LOOK_S)},
    ),
    Term("overlook", "a tag overlooked in a dwell", lambda _: {"overlook": 1e-9}),
    Term("shade", "shade thrown anew by people", lambda _: {"disturbed_per_1000_h": 1e-6}),
    Term("deaf", "a disturbance that silences any tag", lambda _: {"deaf": 0.0}),
    Term("return", "books that come back", lambda _: {"gone_for": ((1.0, 1e9),)}),
    Term("absences", "how many stay away, learned", engine=habitual),
    Term(
        "list",
        "the night's list before opening (missing at any hour of the night)",
        lambda _: {"listed_before_opening_h": 24.0},
    ),
    Term("doors", "opening hours (as many leave at night)", lambda _: {"closed_share": 1.0}),
    Term("bustle", "bustle", engine=steady),
    Term("presumed", "never heard: presumed at home", lambda _: {"presumed_quarters": NEVER_Q}),
    Term(
        "proof",
        "proof of listening (every dwell is a look)",
        lambda _: {"reference_share": 0.0, "resident_share": 0.0},
    ),
    Term("trust", "trust by what an antenna used to hear", engine=credulous),
)


class Beside:
    """A hub without one term. It has no say over the readers."""

    def __init__(self, term: Term, simulation: Simulation) -> None:
        settings = settings_of(simulation.scenario, str(simulation.path))
        settings = msgspec.structs.replace(settings, **term.settings(settings))
        self.name = term.name
        self._one_loudness = term.one_loudness
        self._hub = HubSubject(
            simulation.history, simulation.world, Reporter(simulation.site, simulation.tags), settings,
            start_us=simulation.start_us, step_s=STEP_S, name=term.name,
        )  # fmt: skip
        if term.engine is not None:
            term.engine(self._hub.engine)

    def take(self, delivery: Delivery) -> None:
        """A report arrived."""
        if self._one_loudness:
            heard = delivery.heard
            heard = dataclasses.replace(heard, rssi=np.full_like(heard.rssi, ONE_LOUDNESS))
            delivery = dataclasses.replace(delivery, heard=heard)
        self._hub.take(delivery)

    def status(self, tag: int, status: str, now_us: int) -> None:
        """The desk has booked it."""
        self._hub.status(tag, status, now_us)

    def tick(self, now_us: int) -> None:
        """Decide; what it would ask of readers is left."""
        self._hub.tick(now_us)
        self._hub.take_commands()

    def shown(self) -> list[Shown]:
        """Its findings."""
        return self._hub.shown()

    def places(self) -> Places:
        """Its places."""
        return self._hub.places()


@dataclass(frozen=True)
class Column:
    """One figure of the table."""

    scenario: str
    measure: str
    title: str
    digits: int = 4


COLUMNS: Final = (
    Column("reference_20", "looks[5].f1", "misplaced F1, fifth look"),
    Column("reference_20", "place.shelf", "right shelf"),
    Column("reference_20", "place.bay", "right bay"),
    Column("theft_day", "misplaced.f1", "misplaced F1, a day", 3),
    Column("theft_day", "false_missing", "false missing", 1),
    Column("theft_day", "gone.away_30min", "gone: away in 30 min", 3),
    Column("theft_day", "gone.missing_1_night", "by the morning", 3),
    Column("theft_day", "place.shelf", "right shelf"),
    Column("failing", "misplaced.f1", "misplaced F1", 3),
    Column("failing", "false_missing", "false missing", 1),
    Column("failing", "gone.missing_1_night", "by the morning", 3),
)


def scenarios_of() -> dict[str, tuple[Scenario, Path]]:
    """Name → scenario, and the file that it is of."""
    found: dict[str, tuple[Scenario, Path]] = {}
    for name in ("reference_20", "theft_day"):
        path = Path(config_file(f"scenarios/{name}.yaml"))
        found[name] = scenarios.load(path), path
    day, path = found["theft_day"]
    if day.people is not None:
        day = msgspec.structs.replace(day, people=msgspec.structs.replace(day.people, take=TAKE))
    found["theft_day"] = day, path
    found["failing"] = msgspec.structs.replace(day, faults=FAULTS), path
    return found


def run_all(
    names: Sequence[str], terms: Sequence[Term], items: int, seeds: Sequence[int]
) -> dict[str, list[RunResult]]:
    """Scenario → its runs. Stopped by Ctrl-C it gives those that were done."""
    found: dict[str, list[RunResult]] = {}
    try:
        for seed in seeds:
            for name in names:
                one = run_one(name, [term for term in terms if term.name not in IDLE[name]], items, seed)
                found.setdefault(name, []).append(one)
    except KeyboardInterrupt:
        print("\nstopped: what follows is of the runs that were done", file=sys.stderr)
    return found


def run_one(name: str, terms: Sequence[Term], items: int, seed: int) -> RunResult:
    """The whole model and those without one of `terms`, in one run."""
    scenario, path = scenarios_of()[name]

    def beside(simulation: Simulation) -> list[Subject]:
        return [Beside(term, simulation) for term in terms]

    tell = _progress(f"{name}, seed {seed}")
    one = run(scenario, path, seed, items=items, rivals=False, oracle=False, also=beside, progress=tell)
    print(f"\r{name}, seed {seed}: {one.seconds:.0f} s of CPU", file=sys.stderr, flush=True)
    return one


def _progress(what: str) -> Callable[[float], None]:
    shown = [-1]

    def tell(done: float) -> None:
        step = int(done * 20)
        if step > shown[0] and sys.stderr.isatty():
            shown[0] = step
            print(f"\r{what}: {done:.0%}  ", end="", file=sys.stderr, flush=True)

    return tell


Figures = dict[str, dict[str, dict[str, Value]]]
"""Scenario → model → measure."""


def figures_of(runs: dict[str, list[RunResult]], names: Sequence[str]) -> Figures:
    """All measures of all models, seeds pooled."""
    return {scenario: {name: measures(of(done, name)) for name in names} for scenario, done in runs.items()}


def rows_of(figures: Figures, terms: Sequence[Term]) -> list[list[str]]:
    """Head and a row a model."""
    columns = [one for one in COLUMNS if one.scenario in figures]
    head = ["without", *(f"{one.scenario}: {one.title}" for one in columns)]
    rows = [head, ["nothing: the whole model", *(_cell(figures, one, WHOLE) for one in columns)]]
    rows += [[term.says, *(_cell(figures, one, term.name) for one in columns)] for term in terms]
    return rows


def _cell(figures: Figures, column: Column, name: str) -> str:
    value = figures[column.scenario][name].get(column.measure)
    return "–" if value is None or value.value is None else f"{value.value:.{column.digits}f}"


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """As docs/belief.md has it."""
    lines = [" | ".join(row) for row in rows]
    lines.insert(1, "|".join("---" for _ in rows[0]))
    return "\n".join(f"| {line} |" if at != 1 else f"|{line}|" for at, line in enumerate(lines))


def plain(rows: Sequence[Sequence[str]]) -> str:
    """Columns side by side, their titles numbered below."""
    numbered = [["without", *(f"({n})" for n in range(1, len(rows[0])))], *rows[1:]]
    widths = [max(len(row[at]) for row in numbered) for at in range(len(numbered[0]))]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))])
        for row in numbered
    ]  # fmt: skip
    return "\n".join([*lines, "", *(f"({n}) {title}" for n, title in enumerate(rows[0][1:], start=1))])


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    known = {term.name: term for term in TERMS}
    parser.add_argument("--items", type=int, default=2_000, help="books of the library (2,000)")
    parser.add_argument("--seeds", type=int, default=2, help="so many libraries, from --seed on (2)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--only", nargs="+", choices=sorted(known), metavar="TERM", help="only without these: %(choices)s"
    )
    parser.add_argument("--scenarios", nargs="+", choices=list(scenarios_of()), default=list(scenarios_of()))
    parser.add_argument("--table", action="store_true", help="Markdown rows")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="all measures with their intervals, beside the table"
    )
    args = parser.parse_args()
    terms = [known[name] for name in args.only] if args.only else list(TERMS)
    seeds = range(args.seed, args.seed + args.seeds)
    runs = run_all(args.scenarios, terms, args.items, seeds)
    figures = figures_of(runs, [WHOLE, *(term.name for term in terms)])
    if args.json:
        told = msgspec.to_builtins({"items": args.items, "seeds": list(seeds), "figures": figures})
        args.json.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    rows = rows_of(figures, terms)
    print(markdown(rows) if args.table else plain(rows))


if __name__ == "__main__":
    main()
