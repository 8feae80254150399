"""The worker that asks a source about the items that the shelves speak of. Blocking; a thread of its own."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from typing import Final

import msgspec

from hub.catalog.connect import ROLE
from hub.catalog.follow.asking import Asking, Pace, Seen
from hub.catalog.follow.work import LOOK_S, Work, wall_us
from hub.catalog.merge import MAX_CHARS
from hub.catalog.model import Gone, ItemState
from hub.catalog.source import System
from hub.events import ActAsked
from hub.store.acts import act_answer, insert_act
from hub.store.read.news import ItemNews, NewsReader
from hub.store.rows import chunks, clean
from shelfwire.errors import AwayError, FullError, InputError

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


class Asker:
    """Asks one source about items."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._asking = Asking(work.source.again_s)
        self._pace = Pace(work.source.asks_a_second)
        self._news_us = wall_us() - LOOK_BACK_US
        self._findings_s = 0.0
        self._at_once = MAX_ASKED
        self._handed: tuple[str, int] | None = None
        """The last answers that the hub was handed, and when; None: it has taken them."""

    def run(self) -> None:
        """Until the stop."""
        self._work.keep_on("asking", self.once)

    def once(self, system: System) -> float:
        """Look for news, ask what the pace allows, and hand on what is new; seconds until the next time."""
        work, now_us = self._work, wall_us()
        reader = NewsReader(work.store, work.site.id)
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
        now_us = wall_us()
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
        insert_act(self._work.store, self._work.site.id, act)
        self._handed = (act.id, now_us)

    def _hub_rests(self, now_us: int) -> bool:
        """Whether the hub takes no answers now: they would only pile up, of the same items again and again."""
        if self._handed is None:
            return False
        act_id, at_us = self._handed
        if act_answer(self._work.store, self._work.site.id, act_id) is not None:
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
