"""The worker that lists a source again and again. Blocking; a thread of its own."""

from __future__ import annotations

import random

from hub.catalog.follow.listing import Ended, Listing, lacks, row_of
from hub.catalog.follow.schedule import RETRY, Standing, next_listing
from hub.catalog.follow.work import LOOK_S, Work, wall_us
from hub.catalog.source import System
from hub.store.acts import act_answer
from hub.store.imports import waiting_listing


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
        source, now_us = self._work.source, wall_us()
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
        row = row_of(self._work.store, self._work.site.id, self._work.source.name)
        if row is None:
            return Standing(None, None, None, None)
        going_on = row.listing_full if row.listing is not None else None
        return Standing(row.cursor, going_on, self._listed_at_us, row.last_full_at_us)

    def _take(self, ended: Ended) -> None:
        staged, told = ended.staged, self._work.told
        self._listed_at_us = now_us = wall_us()
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
        answer = act_answer(work.store, work.site.id, name)
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
        found = waiting_listing(work.store, work.site.id, work.source.name)
        row = row_of(work.store, work.site.id, work.source.name)
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
        waited_us = wall_us() - (self._listed_at_us or 0)
        return not 0 <= waited_us <= self._work.source.full_every_h * 3_600_000_000
