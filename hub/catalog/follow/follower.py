"""Two workers a source: one lists, one asks about the items that the shelves speak of. Blocking; a thread each.

They share nothing but the row that the map shows, so a listing of many hours holds up no question. What fails is said once,
tried again ever more slowly, and never ends a worker.
"""

from __future__ import annotations

import logging
import random
import secrets
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from hub.catalog.connect import ROLE
from hub.catalog.follow.asking import Asking, Pace, Seen
from hub.catalog.follow.config import CatalogSource
from hub.catalog.follow.listing import Ended, Listing, StoppedError, lacks, row_of
from hub.catalog.follow.schedule import RETRY, WRONG, Standing, next_listing
from hub.catalog.follow.systems import Opener, open_system
from hub.catalog.follow.told import Told
from hub.catalog.merge import MAX_CHARS
from hub.catalog.model import Gone, ItemState
from hub.catalog.source import System
from hub.events import ActAsked
from hub.store.acts import act_answer, insert_act
from hub.store.imports import waiting_listing
from hub.store.read.news import ItemNews, NewsReader
from hub.store.rows import chunks, clean
from shelfwire.errors import AwayError, FullError, InputError, ShelfwireError
from shelfwire.site.model import Site

log = logging.getLogger(__name__)

LOOK_S: Final = 1.0
"""Between two looks for news, and for the hub's answer."""
FINDINGS_S: Final = 30.0
"""Between two readings of all open findings."""
LOOK_BACK_US: Final = 3_600_000_000
"""News older than this at the start are no news; open findings are asked about whatever their age."""
MAX_ASKED: Final = 100
"""Items in one question."""
NEWS_AT_ONCE: Final = 2_000
HUB_WITHIN_US: Final = 60_000_000
"""A hub that has not taken the last answers within this time is stopped: the system is left in peace until it is back."""
HUB_LONGEST_US: Final = 600_000_000
"""But not for longer at a time: an act that a restored database has lost is never answered."""
STATES_AN_ACT: Final = 50
"""An act has 64 kB: 50 items with the longest barcodes and words that the hub takes, in Chinese."""


@dataclass(frozen=True)
class Work:
    """What both workers of one source need."""

    database: str
    site: Site
    source: CatalogSource
    base: Path
    told: Told
    stop: threading.Event
    opener: Opener = open_system

    def open(self) -> System:
        """The connector, open."""
        return self.opener(self.source, self.base, self.tell)

    def tell(self, line: str) -> None:
        """One line for people."""
        log.info("%s: %s", self.source.name, line)

    def keep_on(self, what: str, once: Callable[[System], float]) -> None:
        """Call `once` again after as many seconds as it says, with a connector of its own, until the stop."""
        failures = 0
        system: System | None = None
        while not self.stop.is_set():
            try:
                system = self.open() if system is None else system
                wait_s = once(system)
                failures = 0
                self.told.well(what)
            except StoppedError:
                break
            except Exception as problem:  # noqa: BLE001 (a connector of anybody's; a dead worker would be told by nobody)
                fault = problem if isinstance(problem, ShelfwireError) else _unforeseen(problem)
                failures += 1
                pace = WRONG if isinstance(fault, InputError) else RETRY
                wait_s = pace.wait_s(failures, random.random())  # noqa: S311 (spreads tries, no secret)
                log.warning("%s: %s: %s; next try in %.0f s", self.source.name, what, fault, wait_s)
                self.fails(what, fault)
                _close(system)
                system = None
            self.stop.wait(wait_s)
        _close(system)

    def fails(self, what: str, fault: ShelfwireError) -> None:
        """Show on the map what fails."""
        self.told.fails(what, state="wrong" if isinstance(fault, InputError) else "away", detail=str(fault))


def _close(system: System | None) -> None:
    if system is not None:
        system.close()


def _unforeseen(problem: Exception) -> InputError:
    """What no connector may raise, by its kind and place only: its words may be those of an answer, about a person."""
    place = traceback.extract_tb(problem.__traceback__)[-1]
    where = f"{Path(place.filename).name}, line {place.lineno}"
    return InputError(
        f"{type(problem).__name__} in {where}: a fault of the program or its connector; report it"
    )


class Lister:
    """Lists one source again and again."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._asked: Ended | None = None
        """The listing that waits for the hub, or for a person."""
        self._listed_at_us: int | None = None
        self._refusals = 0
        """Listings in a row that the hub did not take."""
        self._begun = False

    def run(self) -> None:
        """Until the stop."""
        self._work.keep_on("listing", self.once)

    def once(self, system: System) -> float:
        """Do what is due; how many seconds nothing is."""
        if not self._begun:
            self._begun, self._asked = True, self._held_before()
        if self._asked is not None:
            if not self._answered(self._asked):
                return LOOK_S
            if self._refusals:
                return RETRY.wait_s(self._refusals, random.random())  # noqa: S311 (spreads tries, no secret)
        source, now_us = self._work.source, _now_us()
        full, due_us = next_listing(
            self._standing(),
            every_min=source.list_every_min or 0,
            full_every_h=source.full_every_h,
            now_us=now_us,
        )
        if due_us > now_us:
            self._work.told.say(state="waiting", next_at_us=due_us)
            return min((due_us - now_us) / 1e6, 60.0)
        work = self._work
        listing = Listing(
            work.database, work.site, source, system, told=work.told, tell=work.tell, stop=work.stop.is_set
        )
        self._take(listing.run(full=full))
        return LOOK_S

    def _standing(self) -> Standing:
        row = row_of(self._work.database, self._work.site.id, self._work.source.name)
        if row is None:
            return Standing(None, None, None, None)
        going_on = row.listing_full if row.listing is not None else None
        return Standing(row.cursor, going_on, self._listed_at_us, row.last_full_at_us)

    def _take(self, ended: Ended) -> None:
        staged, told = ended.staged, self._work.told
        self._listed_at_us = now_us = _now_us()
        told.put(rows=staged.items, changes=staged.staged, gone=staged.gone, faults=staged.faults)
        if ended.asked:
            self._asked = ended
        told.say(**ended.shown, ok_at_us=now_us)
        self._work.tell(ended.shown["detail"])
        if ended.held:
            self._asked = ended

    def _answered(self, ended: Ended) -> bool:
        """Whether the next listing may begin: the hub has taken this one, or refused it in words.

        It waits, for a person to approve it or for a hub that is stopped, until everything would be listed again anyway: a
        database that was restored may know nothing of it.
        """
        work, name = self._work, ended.staged.import_id
        answer = act_answer(work.database, work.site.id, name)
        if answer is None and self._held_too_long():
            why = "nobody approved it" if ended.held else "the hub never took it"
            answer_text, ok = f"{why}; it is listed again", False
        elif answer is None:
            return False
        else:
            answer_text, ok = answer.detail, answer.ok
        self._asked = None
        self._refusals = 0 if ok else self._refusals + 1
        if ok and ended.full and not work.source.complete:
            work.told.say(last_full_at_us=self._listed_at_us)
        if not ok:
            work.tell(answer_text)
            work.told.say(detail=answer_text)
        return True

    def _held_before(self) -> Ended | None:
        """The listing that waits for a person since before this process began: nothing is listed again for a restart."""
        work = self._work
        found = waiting_listing(work.database, work.site.id, work.source.name)
        row = row_of(work.database, work.site.id, work.source.name)
        if found is None or row is None or row.listing is not None:
            return None
        staged, full, self._listed_at_us = found
        held = lacks(staged, work.source.name, work.source.drop_share, full=full)
        if not held:
            return None  # it was on its way to the hub, or is listed again with its remarks
        ended = Ended(full=full, staged=staged, asked=False, held=held)
        work.told.say(**ended.shown)
        return ended

    def _held_too_long(self) -> bool:
        waited_us = _now_us() - (self._listed_at_us or 0)
        return not 0 <= waited_us <= self._work.source.full_every_h * 3_600_000_000


class Asker:
    """Asks one source about items."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._asking = Asking(work.source.again_s)
        self._pace = Pace(work.source.asks_a_second)
        self._news_us = _now_us() - LOOK_BACK_US
        self._findings_s = 0.0
        self._at_once = MAX_ASKED
        self._handed: tuple[str, int] | None = None
        """The last answers that the hub was handed, and when; None: it has taken them."""

    def run(self) -> None:
        """Until the stop."""
        self._work.keep_on("asking", self.once)

    def once(self, system: System) -> float:
        """Look for news, ask what the pace allows, and hand on what is new; seconds until the next time."""
        work, now_us = self._work, _now_us()
        reader = NewsReader(work.database, work.site.id)
        try:
            self._look(reader, now_us)
            if self._hub_rests(now_us):
                return LOOK_S
            barcodes = self._asking.take(min(self._at_once, self._pace.allow(now_us)), now_us)
            if barcodes:
                self._pace.spent(len(barcodes))
                try:
                    self._ask(system, reader, barcodes)
                except (AwayError, FullError, InputError):
                    self._asking.put_back(barcodes)
                    raise
                except Exception:
                    # One item may spoil the answer about all of them. Alone, it had its turn and waits ever longer.
                    if len(barcodes) == 1:
                        self._asking.answered({barcodes[0]: False}, now_us)
                    else:
                        self._asking.put_back(barcodes)
                    self._at_once = max(1, len(barcodes) // 2)
                    raise
                self._at_once = min(MAX_ASKED, self._at_once * 2)
        finally:
            reader.close()
        work.told.put(to_ask=len(self._asking), not_asked=self._asking.dropped)
        return LOOK_S

    def _look(self, reader: NewsReader, now_us: int) -> None:
        # The clock may have been set back: what lies ahead of it is news in its time, and what comes now is news now.
        self._news_us = min(self._news_us, now_us)
        news = reader.heard_or_gone(self._news_us, now_us, NEWS_AT_ONCE)
        if news:
            self._news_us = news[-1].at_us
            self._asking.see(_seen(news))
        if time.monotonic() - self._findings_s >= FINDINGS_S:
            self._findings_s = time.monotonic()
            self._asking.see(
                Seen(one.barcode, "finding", one.status, now_us) for one in reader.askable_findings()
            )

    def _ask(self, system: System, reader: NewsReader, barcodes: Sequence[str]) -> None:
        now_us = _now_us()
        unsaid: frozenset[str] = getattr(system, "unsaid", frozenset())
        answers: dict[str, ItemState] = {}
        unknown = faults = 0
        asked = frozenset(barcodes)
        for one in system.states(barcodes):
            if isinstance(one, ItemState):
                if one.barcode in asked:
                    answers[one.barcode] = _bounded(one)
            elif isinstance(one, Gone):
                # Only a listing drops an item: a wrong setting here would have every book withdrawn.
                unknown += 1
            else:
                faults += 1
                self._work.tell(f"{one.where}: {one.what}")
        known = reader.states(list(answers))
        new = {}
        for barcode, state in answers.items():
            now = known.get(barcode)
            if now is None or (now.status in unsaid and state.status == "on_shelf"):
                continue
            if (now.status, now.source_status, sorted(now.flags)) != (
                state.status,
                state.source_status,
                sorted(state.flags),
            ):
                new[barcode] = state
        self._asking.answered({barcode: barcode in new for barcode in barcodes}, now_us)
        self._work.told.count(
            asked=len(barcodes), answered=len(answers), changed=len(new), not_known=unknown, ask_faults=faults
        )
        self._work.told.say(last_at_us=now_us, ok_at_us=now_us)
        for some in chunks(list(new.values()), STATES_AN_ACT):
            self._hand_in(some, now_us)

    def _hand_in(self, states: Sequence[ItemState], now_us: int) -> None:
        act = ActAsked(
            id=f"states-{secrets.token_hex(8)}",
            role=ROLE,
            asked_at_us=now_us,
            kind="item.states",
            subject=self._work.source.name,
            body={"states": [msgspec.to_builtins(state) for state in states]},
        )
        insert_act(self._work.database, self._work.site.id, act)
        self._handed = (act.id, now_us)

    def _hub_rests(self, now_us: int) -> bool:
        """Whether the hub takes no answers now: they would only pile up, of the same items again and again."""
        if self._handed is None:
            return False
        act_id, at_us = self._handed
        if act_answer(self._work.database, self._work.site.id, act_id) is not None:
            self._handed = None
            return False
        return HUB_WITHIN_US <= now_us - at_us < HUB_LONGEST_US


def _bounded(state: ItemState) -> ItemState:
    """With the source's word as a listing would keep it; the hub refuses an act for one that is longer."""
    word = clean(state.source_status)[: MAX_CHARS["source_status"]]
    return state if word == state.source_status else msgspec.structs.replace(state, source_status=word)


def _seen(news: Sequence[ItemNews]) -> list[Seen]:
    return [
        Seen(one.barcode, "heard" if one.kind == "placed" else "gone", one.status, one.at_us) for one in news
    ]


def _now_us() -> int:
    return time.time_ns() // 1000
