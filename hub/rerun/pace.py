"""What was kept, with the time around it: ticks, acts and catalogues between the reports. Pure.

The raw log has no ticks. The hub ticked when it had written a group that held something of the site, and else once a second; a
group has one time, so its tick is found again. Between two reports it ticks once a second, unless the hub did not run or the
journal of that time is not kept: then its silence is its own and says nothing about shelves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, Literal, NamedTuple

from hub.events import ActAsked, Event, Ticked
from hub.rerun.catalogue import IMPORTS, PastCatalogue
from hub.rerun.messages import Kept

TICK_US: Final = 1_000_000
GAP_US: Final = 120_000_000
"""Without a report for so long is told as a gap: agents send one a second at least."""
LONGEST_STEP_S: Final = 45.0
"""The engine takes a minute without a tick for its own absence."""
MAX_GAPS: Final = 200

GapKind = Literal["silent", "off", "not_kept"]


class Gap(NamedTuple):
    """A time without reports: the hub ran and none came, the hub did not run, or it is not kept what came."""

    kind: GapKind
    from_us: int
    to_us: int


class Timed(NamedTuple):
    """An event and the hub time at which it is handed over."""

    now_us: int
    event: Event


class Pace:
    """See the module. `gaps` fills while `events` is used up."""

    def __init__(
        self, catalogue: PastCatalogue, acts: Iterable[tuple[int, ActAsked]], *, step_s: float = 0.0
    ) -> None:
        self.gaps: list[Gap] = []
        self.gaps_beyond = 0
        """More gaps than are told."""
        self.first_us = self.last_us = 0
        """Of what was kept; 0: nothing was."""
        self._catalogue = catalogue
        self._acts = iter(acts)
        self._step_us = int(min(step_s, LONGEST_STEP_S) * 1e6)
        self._tick_us = 0
        self._catalogue_us = 0
        self._next = next(self._acts, None)

    def events(self, kept: Iterable[Kept], start_us: int) -> Iterator[Timed]:
        """Everything for the engine, in its order."""
        before: Kept | None = None
        for one in kept:
            if before is None:
                yield from self._begin(one, start_us)
            elif not before.is_whole:
                if one.now_us != before.now_us or one.is_whole:
                    yield from self._tick(before.now_us)
                yield from self._between(before, one)
            if one.is_whole:
                yield from self._whole(one)
            else:
                yield Timed(one.now_us, one.event)
            before = one
            self.last_us = one.now_us
        if before is not None and not before.is_whole:
            yield from self._tick(self.last_us)

    def _begin(self, one: Kept, start_us: int) -> Iterator[Timed]:
        """The first catalogue: of the last import before the first report, if that is not older than what is run."""
        self.first_us = one.now_us
        while self._next is not None and self._next[0] <= one.now_us:
            if self._next[1].kind in IMPORTS and not one.is_whole:
                self.first_us = max(start_us, self._next[0])
            self._next = next(self._acts, None)
        self._catalogue_us = self._tick_us = self.first_us
        yield Timed(self.first_us, self._catalogue.columns(one.now_us))
        yield Timed(self.first_us, Ticked())
        if one.now_us - self.first_us < GAP_US:
            yield from self._seconds(one.now_us)

    def _whole(self, one: Kept) -> Iterator[Timed]:
        """From the journal: as it stands there, with fewer ticks where they are to be coarser."""
        self._skip_acts(one.now_us)
        if isinstance(one.event, Ticked):
            yield from self._tick(one.now_us)
        elif isinstance(one.event, ActAsked):
            yield from self._asked(one.now_us, one.event)
        else:
            yield Timed(one.now_us, one.event)

    def _between(self, before: Kept, one: Kept) -> Iterator[Timed]:
        """The time from one report of the raw log to the next entry."""
        gap = self._gap(before, one)
        # A group of the journal has its acts itself.
        until_us = one.now_us - 1 if one.is_whole else one.now_us
        while self._next is not None and self._next[0] <= until_us:
            at_us, act = self._next
            self._next = next(self._acts, None)
            if gap in {None, "silent"}:
                yield from self._seconds(at_us)
            at_us = max(at_us, before.now_us)
            yield from self._asked(at_us, act)
            yield from self._tick(at_us)  # an act is in a group of the journal too
        if gap in {None, "silent"}:
            yield from self._seconds(one.now_us)

    def _gap(self, before: Kept, one: Kept) -> GapKind | None:
        length_us = one.now_us - before.now_us
        if length_us < GAP_US:
            return None
        ran = one.position - before.position >= length_us // TICK_US // 2
        kind: GapKind = "not_kept" if ran and not one.adjoins else "silent" if ran else "off"
        if len(self.gaps) < MAX_GAPS:
            self.gaps.append(Gap(kind, before.now_us, one.now_us))
        else:
            self.gaps_beyond += 1
        return kind

    def _seconds(self, until_us: int) -> Iterator[Timed]:
        """Ticks of a hub that had nothing else to do, before `until_us`."""
        every_us = max(TICK_US, self._step_us)
        while self._tick_us + every_us < until_us:
            self._tick_us += every_us
            yield Timed(self._tick_us, Ticked())

    def _tick(self, now_us: int) -> Iterator[Timed]:
        if not 0 <= now_us - self._tick_us < self._step_us:
            self._tick_us = now_us
            yield Timed(now_us, Ticked())

    def _asked(self, now_us: int, act: ActAsked) -> Iterator[Timed]:
        events = self._catalogue.event(now_us, act, self._catalogue_us)
        if events and events != [act]:
            self._catalogue_us = now_us
        for event in events:
            yield Timed(now_us, event)

    def _skip_acts(self, until_us: int) -> None:
        """Acts that the journal brings itself, or that lie before the beginning."""
        while self._next is not None and self._next[0] <= until_us:
            self._next = next(self._acts, None)
