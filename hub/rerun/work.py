"""A rerun from files and store to its result. Reads only; nothing is written anywhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hub.config import HubFiles
from hub.rerun.catalogue import PastCatalogue
from hub.rerun.compare import Pair, pairs, rows
from hub.rerun.episodes import NOT_HELD, Episode, really
from hub.rerun.history import History
from hub.rerun.messages import Kept
from hub.rerun.pace import Pace
from hub.rerun.result import (
    Comparison,
    Example,
    Held,
    Result,
    RunName,
    Span,
    bar,
    chosen,
    differing,
)
from hub.rerun.times import moment
from hub.rerun.trial import Trial
from hub.settings import EngineSettings
from hub.store.read.past import PastReader
from shelfwire.errors import InputError
from shelfwire.site.model import SiteHistory

Progress = Callable[[int, int], None]
"""(hub time that was reached, observations so far)."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What shall be run."""

    files: HubFiles
    """Of the hub whose history it is."""
    site: SiteHistory
    today: EngineSettings | None
    """None: only the other settings are run, and compared with what really was."""
    other: EngineSettings
    from_us: int
    to_us: int
    run_in_us: int
    """Before `from_us`: so long the engines run without being looked at."""
    step_s: float = 0.0


def rerun(asked: Asked, progress: Progress | None = None) -> Result:
    """All of it. Raises `InputError` when nothing of that time is kept, `AwayError` when the database does not answer."""
    began_s = time.monotonic()
    reader = PastReader(_database(asked.files), asked.site.now.id)
    try:
        return _Rerun(asked, reader).run(progress or _nobody, began_s)
    finally:
        reader.close()


def _nobody(_reached_us: int, _observations: int) -> None:
    return None


def _database(files: HubFiles) -> str:
    """Its URL. Raises `InputError` where there is no file: opening one would make it."""
    url = files.database_url
    scheme, _, path = url.partition(":///")
    if scheme.startswith("sqlite") and not Path(path).exists():
        raise InputError(f"{path}: there is no database; name the hub's own hub.yaml, whose history this is")
    return url


class _Rerun:
    def __init__(self, asked: Asked, reader: PastReader) -> None:
        self._asked = asked
        self._reader = reader
        self._history = History(asked.files, asked.site.now.id)

    def run(self, progress: Progress, began_s: float) -> Result:
        asked, reader = self._asked, self._reader
        start_us = asked.from_us - asked.run_in_us
        site = asked.site.now
        found = reader.findings(start_us, asked.to_us)
        were = really(found, {shelf.id: shelf.range for shelf in site.shelves})
        meant = {one.id: one.about for one in were}
        trials: dict[RunName, Trial] = {}
        if asked.today is not None:
            trials["today"] = Trial(asked.site, asked.today, meant, step_s=asked.step_s)
        trials["other"] = Trial(asked.site, asked.other, meant, step_s=asked.step_s)
        catalogue = self._catalogue(start_us, {shelf.id: shelf.index for shelf in site.shelves})
        pace = Pace(catalogue, reader.acts(start_us, asked.to_us), step_s=asked.step_s)
        for now_us, event in pace.events(self._told(start_us, progress), start_us):
            for trial in trials.values():
                trial.handle(event, now_us)
        if not pace.first_us:
            raise InputError(_nothing(self._history, asked))
        to_us = min(asked.to_us, pace.last_us)
        runs: dict[RunName, list[Episode]] = {"really": were}
        runs |= {name: trial.episodes() for name, trial in trials.items()}
        return Result(
            site=site.id,
            timezone=site.timezone,
            run_in_us=pace.first_us,
            from_us=max(asked.from_us, pace.first_us),
            to_us=to_us,
            step_s=asked.step_s,
            took_s=round(time.monotonic() - began_s, 2),
            settings=differing(asked.today, asked.other) if asked.today is not None else [],
            held=self._held(pace, catalogue, trials, sum(one.kind in NOT_HELD for one in found)),
            comparisons=self._compare(runs, max(asked.from_us, pace.first_us), to_us),
        )

    def _catalogue(self, start_us: int, shelf_index: Mapping[str, int]) -> PastCatalogue:
        statuses = self._reader.statuses(start_us)
        homes = self._reader.homes(start_us, shelf_index)
        unsaid = {one.item_id for one in statuses if one.before is None}
        noted = self._reader.last_statuses(unsaid, start_us)
        items, links = self._reader.items(shelf_index), self._reader.links()
        return PastCatalogue(items, links, statuses, noted, homes)

    def _told(self, start_us: int, progress: Progress) -> Iterator[Kept]:
        """The entries, with a word about how far they are now and then."""
        for number, kept in enumerate(self._history.entries(start_us, self._asked.to_us)):
            if number % 256 == 0:
                progress(kept.now_us, self._history.read.observations)
            yield kept

    def _held(
        self, pace: Pace, catalogue: PastCatalogue, trials: Mapping[RunName, Trial], unknown_tags: int
    ) -> Held:
        read = self._history.read
        return Held(
            raw_files=read.raw_files,
            journal_files=read.journal_files,
            reports=read.reports,
            dwells=read.dwells,
            observations=read.observations,
            first_us=pace.first_us,
            last_us=pace.last_us,
            gaps=[Span(*gap) for gap in pace.gaps],
            gaps_beyond=pace.gaps_beyond,
            faults=read.faults,
            guessed_states=catalogue.guessed,
            unknown_tags=unknown_tags,
            acts_without_finding=max(trial.acts_without_finding for trial in trials.values()),
            engine_faults=[f"{name}: {fault}" for name, trial in trials.items() for fault in trial.faults],
        )

    def _compare(self, runs: Mapping[RunName, list[Episode]], from_us: int, to_us: int) -> list[Comparison]:
        wanted: list[tuple[RunName, RunName]] = [("today", "other"), ("really", "other"), ("really", "today")]
        return [
            self._comparison(base, other, runs, from_us, to_us)
            for base, other in wanted
            if {base, other} <= runs.keys()
        ]

    def _comparison(
        self, base: RunName, other: RunName, runs: Mapping[RunName, list[Episode]], from_us: int, to_us: int
    ) -> Comparison:
        found = pairs(runs[base], runs[other], from_us, to_us)
        some = chosen(found)
        return Comparison(
            base=base,
            other=other,
            rows=rows(found, from_us, to_us),
            examples=self._examples(some, base, other, runs),
        )

    def _examples(
        self, some: list[Pair], base: RunName, other: RunName, runs: Mapping[RunName, list[Episode]]
    ) -> list[Example]:
        labels = self._reader.labels({pair.about.item_id for pair in some if pair.about.item_id >= 0})
        every: set[RunName] = {"really", "today", "other"}
        (third,) = every - {base, other}
        wanted = {pair.about for pair in some}
        others: dict[object, list[Episode]] = {}
        for episode in runs.get(third, []):
            if episode.about in wanted:
                others.setdefault(episode.about, []).append(episode)
        return [_example(pair, base, other, third, others.get(pair.about, []), labels) for pair in some]


def _example(  # noqa: PLR0917 (a drawing of three runs)
    pair: Pair,
    base: RunName,
    other: RunName,
    third: RunName,
    elsewhere: Iterable[Episode],
    labels: Mapping[int, tuple[str, str]],
) -> Example:
    barcode, title = labels.get(pair.about.item_id, ("", ""))
    bars = {}
    if pair.base is not None:
        bars[base] = bar(pair.base)
    if pair.other is not None:
        bars[other] = bar(pair.other)
    nearest = min(elsewhere, key=lambda one: abs(one.opened_at_us - pair.first_us), default=None)
    if nearest is not None:
        bars[third] = bar(nearest)
    return Example(
        kind=pair.about.kind, outcome=pair.outcome, item_id=pair.about.item_id, barcode=barcode, title=title,
        name=pair.about.name if pair.about.item_id < 0 else "", bars=bars,
    )  # fmt: skip


def _nothing(history: History, asked: Asked) -> str:
    begin_us = history.begin_us()
    where = asked.files.raw_log_dir
    if begin_us is None:
        return f"{where}: nothing of site {asked.site.now.id} is kept; raw_log.keep_days of hub.yaml says for how long it is"
    since = moment(begin_us, asked.site.now.timezone)
    return f"{where}: no report came in that time; what is kept begins at {since}"
