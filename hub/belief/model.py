"""What the hub believes of each tag: where it stands, and whether it left. docs/belief.md says what it assumes and where it fails. Pure.

Two questions, weighed apart. *Which place, if it is on a shelf?* All antennas that could have heard the tag are
weighed against total silence: base(zone) is the log-likelihood that every antenna around the zone was silent; each
antenna that did hear the tag replaces its silence by what it heard. *Is it away?* Only the silence of antennas that used
to hear the tag, and that provably looked, speaks for that.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hub.belief.batch import TagReads, each_once
from hub.belief.geometry import AROUND, FAR, OWN, Geometry
from hub.belief.interface import NEVER, Bools, Floats, Homes, Ints, Weighed
from hub.belief.leaving import Silence, gone, never_heard
from hub.belief.levels import Assumed, Levels
from hub.belief.likelihood import Likelihood
from hub.belief.looks import Antennas
from hub.belief.people import People
from hub.belief.radio import Radio
from hub.belief.slots import NOBODY, SLOTS, Slots
from hub.belief.weighing import Heard, Places, fading, log_prior, overlap, weigh_zones
from hub.settings import EngineSettings

FAREWELL: Final = 2.5
"""An antenna that had been silent for more looks than this when the tag was last heard no longer speaks for its leaving."""
TWO_HITS: Final = 1.3
"""Effective hits of two reads within the last three looks: one read moves nothing."""
ONE_HIT: Final = 0.9
LEAVING_LOOKS: Final = 2
"""One look in fifty overlooks a tag that is in hearing: in a busy hour each of these would be away until the next."""
ANY_HIT: Final = 1e-6
"""Some read, whenever it was."""
PLAINLY: Final = 1e-7
"""Chance of such a drift below which a tag fell silent because somebody came, and not by itself."""
IN_DOUBT: Final = (0.005, 0.995)
"""Probabilities of the home between which its other shelves are asked too: about one tag in a hundred of a tidy library."""
STRANGE: Final = np.isin(np.arange(4), (FAR, AROUND))
"""Classes of an antenna that does not usually hear the place where a tag is believed."""


class ShelfBelief:
    """See `hub.belief.interface.Belief`."""

    def __init__(self, geometry: Geometry, settings: EngineSettings, antennas: Antennas) -> None:
        self.settings = settings
        self.likelihood = Likelihood()
        self.antennas = antennas
        assumed = Assumed(
            floor_dbm=settings.floor_dbm, own_dbm=settings.own_dbm, near_dbm=settings.near_dbm, far_dbm=settings.far_dbm,
            drift_db=settings.drift_db,
            own_sd_db=math.hypot(
                settings.tag_spread_db, settings.shade_spread_db, settings.place_spread_db, settings.drift_db
            ),
        )  # fmt: skip
        self.levels = Levels(geometry.antennas, assumed=assumed)
        self.radio = Radio(settings)
        self.people = People(settings)
        self.slots = Slots(0)
        self.place: NDArray[np.int32] = np.zeros(0, dtype=np.int32)
        self.away: Bools = np.zeros(0, dtype=bool)
        self.known_s: NDArray[np.uint32] = np.zeros(0, dtype=np.uint32)
        """Since when the tag is known or, never heard, listened for at its home."""
        self.follow(geometry)

    def follow(self, geometry: Geometry) -> None:
        """Use another version of the site."""
        self.geometry = geometry

    def stock(self, kept: Ints, homes: Homes, now_s: int) -> None:
        """A new catalogue: row i was row `kept[i]` before; -1: new. A tag never heard is listened for at its home."""
        old, rows = self, len(kept)
        slots, place, away, known = Slots(rows), *_fresh(rows, now_s)
        have = np.flatnonzero(kept >= 0)
        place[have], away[have], known[have] = (
            old.place[kept[have]],
            old.away[kept[have]],
            old.known_s[kept[have]],
        )
        slots.take(self.slots, kept)
        self.slots, self.place, self.away, self.known_s = slots, place, away, known
        self.expect(homes, now_s)

    def grow(self, homes: Homes, now_s: int) -> None:
        """New tags behind the others; `homes`: theirs."""
        before, rows = len(self.place), len(homes.first)
        self.slots.grow(rows)
        place, away, known = _fresh(rows, now_s)
        self.place = np.concatenate([self.place, place])
        self.away = np.concatenate([self.away, away])
        self.known_s = np.concatenate([self.known_s, known])
        self._guard(np.arange(before, before + rows), homes.middle, now_s)

    def expect(self, homes: Homes, now_s: int) -> None:
        """Guard every tag that no antenna remembers at its home; `homes`: of all rows.

        Where the right antenna listens already, its silence goes on counting. With a corrected home, or an antenna that
        hangs elsewhere now, listening begins anew: the silence of another place says nothing about this one.
        """
        rows = np.flatnonzero(~self.slots.heard_s.reshape(-1, SLOTS).any(axis=1))
        self._guard(rows, homes.middle[rows], now_s)

    def _guard(self, rows: Ints, homes: Ints, now_s: int) -> None:
        """Let the antennas of the middle of their homes listen for `rows`, which no antenna has heard."""
        g = self.geometry
        guard = self.slots.antenna[rows * SLOTS].astype(np.int64)
        zone = np.append(g.zone_of_shelf, -1)[homes]
        first = np.array([ants[0] if ants else NOBODY for ants in g.shelf_antennas] + [NOBODY])
        wanted = first[homes]
        right = np.where(wanted == NOBODY, guard == NOBODY, g.class_of(guard, zone) == OWN)
        self.slots.expect(rows[~right], wanted[~right], self.antennas.looks)
        self.known_s[rows[~right]] = now_s

    def step_back(self, now_s: int) -> None:
        """The hub's clock was set back to `now_s`: nothing was heard later."""
        for times in (self.slots.heard_s, self.known_s):
            np.minimum(times, times.dtype.type(now_s), out=times)

    def hear(self, reads: TagReads) -> Ints:
        """Reads of known tags, in the order of time. Returns the rows that should be weighed soon, each once, sorted.

        Those are tags that no antenna near their place heard: they were moved, have come back, or have no place yet.
        """
        self.slots.hear(self.likelihood, self.antennas.looks, reads)
        zone = np.append(self.geometry.zone_of_shelf, -1)[self.place[reads.row]]
        strange = STRANGE[self.geometry.class_of(reads.antenna, zone)] | self.away[reads.row]
        return each_once(reads.row[strange])

    def weigh(self, rows: Ints, homes: Homes, now_s: int) -> Weighed:
        """The belief about `rows`. Lets time pass for the house and the radio's tables; changes nothing of the tags. Silent tags cost more than those that are heard as always."""
        self._tune(now_s)
        heard = Heard(self.slots, self.antennas, self.geometry, self.likelihood, self.radio, rows)
        places = self._places(heard, rows, homes, (homes.middle,))
        self._think_again(places, rows, homes)
        closed, covered_since_s, covered_until_s = self._covered(heard, rows, homes)
        away, live, still, silent = self._away(heard, rows, homes, now_s)
        last_s = np.minimum(np.where(heard.real, heard.last_look_s, 0).max(axis=1), covered_until_s)
        since_s = np.where(heard.newest_s > 0, heard.newest_s, self.known_s[rows].astype(np.int64))
        # What was lent was silent all the time: only from its return on should it be on its shelf.
        since_s = np.maximum(since_s, homes.since_s)
        covered_s = np.maximum(last_s - np.maximum(since_s, covered_since_s), 0)
        return Weighed(
            rows=rows,
            zone=places.zone,
            certainty=places.certainty,
            at_home=places.at_home,
            away=away,
            live=live,
            still=still,
            hits=places.hits,
            seen=places.seen,
            silent_looks=silent,
            closed_looks=np.minimum(silent, closed),
            covered_s=np.where(silent > 0, covered_s, 0),
            newest_s=heard.newest_s,
            candidates=places.zones,
            chances=places.chances,
        )

    def _tune(self, now_s: int) -> None:
        """Bring the radio's tables up to date: what was learned, and which antennas still look."""
        idle_s = now_s - self.antennas.last_look_s - self.settings.stale_after_s
        say = np.round(fading(idle_s, self.settings.fresh_s) * (self.antennas.looks > 0), 1)
        self.radio.follow(self.levels, self.geometry, say)
        self.people.pass_time(now_s, len(self.place))

    def _think_again(self, places: Places, rows: Ints, homes: Homes) -> None:
        """For tags in doubt ask all parts of a wide home, since any of them may explain what was heard."""
        low, high = IN_DOUBT
        doubt = np.flatnonzero((homes.last > homes.first) & (places.at_home > low) & (places.at_home < high))
        if len(doubt):
            these = homes.pick(doubt)
            wider = self._places(
                places.heard.pick(doubt), rows[doubt], these, (these.first, these.middle, these.last)
            )
            places.take(doubt, wider)

    def _places(self, heard: Heard, rows: Ints, homes: Homes, of_home: tuple[Ints, ...]) -> Places:
        """Candidate zones and their probabilities; `of_home`: shelves of the home that are candidates."""
        geometry = self.geometry
        zone_of = np.append(geometry.zone_of_shelf, -1)
        offered = np.where(heard.real[:, :, None], geometry.meant_zones[heard.antenna], -1)
        standing = zone_of[np.stack([self.place[rows].astype(np.int64), *of_home], axis=1)]
        offered = offered.reshape(len(rows), SLOTS * geometry.meant_zones.shape[1])
        zones = np.sort(np.concatenate([offered, standing], axis=1), axis=1)
        zones[:, 1:][zones[:, 1:] == zones[:, :-1]] = -1
        kinds = geometry.class_of(heard.antenna[:, :, None], zones[:, None, :])
        by_point = weigh_zones(heard, zones, kinds, self.radio) + self.radio.log_weight.astype(np.float32)
        best = by_point.max(axis=2, keepdims=True)
        total = best[:, :, 0].astype(np.float64) + np.log(np.exp(by_point - best).sum(axis=2))
        total += log_prior(geometry, zones, homes, self.settings)
        total = np.where(zones >= 0, total, -np.inf)
        top = total.max(axis=1, keepdims=True)
        chances = np.exp(total - np.where(np.isfinite(top), top, 0.0))
        chances /= np.maximum(chances.sum(axis=1, keepdims=True), 1e-300)
        near_home = overlap(geometry, zones, homes, self.settings.tolerance_shelves)
        return Places(heard, zones, chances, kinds, near_home)

    def _away(
        self, heard: Heard, rows: Ints, homes: Homes, now_s: int
    ) -> tuple[Floats, Floats, Floats, Ints]:
        """P(away), P(away) of the live state, chance of such a silence, and silent looks: by the antennas that heard the tag at the end."""
        settings, most = self.settings, np.iinfo(np.int64).max
        # Looks in which an antenna was silent already while another still heard the tag: it was moved from there.
        share = (heard.newest_s[:, None] - heard.heard_s) / np.maximum(heard.last_look_s - heard.heard_s, 1)
        before = np.where(heard.heard_s > 0, heard.silent * np.clip(share, 0.0, 1.0), 0.0)
        lately = heard.real & (heard.heard_s > 0) & (before <= FAREWELL)
        lately &= heard.heard_s >= heard.newest_s[:, None] - settings.fresh_s
        looks = np.maximum(heard.silent - before, 0.0)
        silent = np.where(lately, looks, most).min(axis=1)
        silent = np.where(silent == most, 0, silent).astype(np.int64)
        chance, live, still = np.zeros(len(rows)), np.zeros(len(rows)), np.ones(len(rows))
        quiet = np.flatnonzero(silent > 0)
        if len(quiet):
            antenna = heard.antenna[quiet]
            zone = np.append(self.geometry.zone_of_shelf, -1)[self.place[rows[quiet]]]
            kind = self.geometry.class_of(antenna, np.broadcast_to(zone[:, None], antenna.shape))
            level = self.radio.level_db[kind, antenna].astype(np.float64)
            # An antenna that hears less than it did hears nothing of many tags that stand where they stood.
            loss_db = np.append(self.antennas.trust.loss_db, 0.0)[antenna]
            one = Silence(
                speaks=lately[quiet] & (looks[quiet] > 0),
                margin_db=heard.margin_db[quiet] - loss_db, level_db=level - loss_db,
                variance_db2=heard.variance_db2[quiet], looks=looks[quiet], from_s=heard.heard_s[quiet],
                to_s=heard.last_look_s[quiet],
            )  # fmt: skip
            chance[quiet], live[quiet], still[quiet] = gone(one, now_s, self.people)
        # What the catalogue has elsewhere, and what was never heard, have priors of their own.
        told = np.flatnonzero((silent > 0) & ~homes.expected & self.away[rows])
        chance[told] = np.maximum(chance[told], live[told])
        never = np.flatnonzero(heard.newest_s == 0)
        if len(never):
            guessed, silent[never] = self._never(heard, rows, homes, never)
            chance[never] = live[never] = guessed
        elsewhere = np.flatnonzero((silent > 0) & ~homes.expected)
        odds = settings.leaves_unexpected / (1.0 - settings.leaves_unexpected)
        for values in (chance, live):
            there = 1.0 - values[elsewhere]
            values[elsewhere] = odds * values[elsewhere] / np.maximum(odds * values[elsewhere] + there, 1e-9)
        return chance, live, still, silent

    def _never(self, heard: Heard, rows: Ints, homes: Homes, never: Ints) -> tuple[Floats, Ints]:
        """P(was never there) and silent looks of tags that nobody has heard: the antenna of their home guards them."""
        antenna, looks = heard.antenna[never, 0], heard.silent[never, 0]
        since_s = self.known_s[rows[never]].astype(np.int64)
        last_s = np.maximum(heard.last_look_s[never, 0], since_s)
        quarters = np.minimum((last_s - since_s) / self.settings.drift_s + 1.0, np.maximum(looks, 1.0))
        busy_h = self.people.busy_h(since_s, last_s)
        level = self.radio.level_db[OWN, antenna].astype(np.float64)
        level -= np.append(self.antennas.trust.loss_db, 0.0)[antenna]
        guessed = never_heard(level, quarters, busy_h, self.settings)
        listened = (looks > 0) & heard.real[never, 0]
        prior = np.where(homes.expected[never], self.settings.never_there, self.settings.leaves_unexpected)
        return np.where(listened, guessed, np.where(homes.first[never] >= 0, prior, 0.0)), looks

    def _covered(self, heard: Heard, rows: Ints, homes: Homes) -> tuple[Ints, Ints, Ints]:
        """Looks since closing, and since and until when the coverage lasts, at the shelf where each tag was last, or its home.

        Where that shelf was not looked at since the tag was last heard, its silence at others says nothing: a neighbour's antenna
        heard it by chance, and its own may be dead.
        A tag never heard, with a home of several shelves, may stand on any: what `heard` says of its guard is cut down to
        the least of the span. A dead reader anywhere in it proves nothing.
        """
        book = self.antennas
        closed_at, since_at = self._by_shelf(book.closed_looks()), self._by_shelf(book.cover_since_s)
        place = np.where(self.place[rows] >= 0, self.place[rows].astype(np.int64), homes.first)
        closed, since = closed_at[place], since_at[place]
        looked_s = self._by_shelf(book.last_look_s)
        watched = np.append(self.geometry.watched, False)[place]
        until = np.where(watched, looked_s[place], np.iinfo(np.int64).max)
        heard.silent[(until <= heard.newest_s) & (heard.newest_s > 0)] = 0
        wide = np.flatnonzero((heard.newest_s == 0) & (homes.first >= 0) & (homes.last > homes.first))
        if not len(wide):
            return closed, since, until
        ends = np.stack([homes.first[wide], homes.last[wide] + 1], axis=1).ravel()

        def least(values: Ints) -> Ints:
            return np.minimum.reduceat(values, ends)[::2]

        last_s = least(looked_s)[:, None]
        looks = np.where(
            last_s > self.known_s[rows[wide]][:, None], least(self._by_shelf(book.looks))[:, None], 0
        )
        heard.silent[wide] = np.minimum(heard.silent[wide], looks)
        heard.last_look_s[wide] = np.minimum(heard.last_look_s[wide], last_s)
        closed[wide] = np.minimum(closed[wide], least(closed_at))
        since[wide] = np.maximum(since[wide], np.maximum.reduceat(since_at, ends)[::2])
        return closed, since, until

    def _by_shelf(self, values: Ints) -> Ints:
        """The largest of the antennas' values at each shelf that they are meant for; 0: unwatched, and one more at the end."""
        g = self.geometry
        zones = np.zeros(g.zones, dtype=np.int64)
        np.maximum.at(zones, g.pair_zone[g.own_pairs], values[g.pair_antenna[g.own_pairs]])
        return np.append(zones[g.zone_of_shelf], 0)

    def settle(self, weighed: Weighed, homes: Homes) -> None:
        """Take the weighed rows' places over into `place` and `away`: a place changes after two reads there; away has two thresholds."""
        rows, g = weighed.rows, self.geometry
        place = self.place[rows].astype(np.int64)
        zone_now = np.append(g.zone_of_shelf, -1)[place]
        at_home = weighed.at_home >= self.settings.place_certain
        need = np.where(zone_now == weighed.zone, ONE_HIT, TWO_HITS)
        # At home one read is enough, however long ago: where it would be presumed if nobody had heard it at all.
        need[(place == NEVER) & at_home] = ANY_HIT
        heard = (weighed.hits >= need) & (weighed.certainty >= self.settings.place_certain)
        moved = heard & (weighed.zone != zone_now)
        self.place[rows[moved]] = self.shelf_in(weighed.zone[moved], homes.first[moved], homes.last[moved])
        away = self.away[rows]
        leaves = ~away & (weighed.live >= self.settings.away_above) & (weighed.silent_looks >= LEAVING_LOOKS)
        returns = away & heard & (weighed.live < self.settings.back_below)
        self.away[rows] = (away | leaves) & ~returns
        self.people.bustle.see(int((leaves & (weighed.still < PLAINLY) & homes.expected).sum()))
        never = (weighed.newest_s == 0) & homes.expected & (homes.first >= 0) & ~self.away[rows]
        presumed = (
            never
            & (place == NEVER)
            & (weighed.covered_s >= self.settings.presumed_quarters * self.settings.drift_s)
        )
        self.place[rows[presumed]] = homes.middle[presumed]

    def shelf_in(self, zone: Ints, home_first: Ints, home_last: Ints) -> Ints:
        """The shelf to name for a zone: the home shelf in it, else the middle one."""
        low, high = self.geometry.zone_first[zone], self.geometry.zone_last[zone]
        home = (home_first >= 0) & (home_first <= high) & (home_last >= low)
        return np.where(home, np.maximum(low, home_first), (low + high) // 2)

    def dump(self) -> dict[str, Any]:
        """Arrays by name."""
        return {
            "slots": self.slots.dump(),
            "place": self.place.copy(),
            "away": self.away.copy(),
            "known_s": self.known_s.copy(),
            "bustle": self.people.bustle.dump(),
            "absences": self.people.absences.dump(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """As `dump` left it."""
        self.slots = Slots.load(state["slots"])
        self.place = np.array(state["place"], dtype=np.int32)
        self.away = np.array(state["away"], dtype=bool)
        self.known_s = np.array(state["known_s"], dtype=np.uint32)
        self.people.bustle.restore(state.get("bustle", {}))
        self.people.absences.restore(state.get("absences", {}))


def _fresh(rows: int, now_s: int) -> tuple[NDArray[np.int32], Bools, NDArray[np.uint32]]:
    return (
        np.full(rows, NEVER, dtype=np.int32),
        np.zeros(rows, dtype=bool),
        np.full(rows, now_s, dtype=np.uint32),
    )
