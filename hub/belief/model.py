"""The first belief: simple and honest. What it assumes and where it fails stands in docs/belief.md. Pure.

Two questions, weighed apart. *Which place, if it is on a shelf?* All antennas that could have heard the tag are
weighed against total silence: base(zone) is the log-likelihood that every antenna around the zone was silent; each
antenna that did hear the tag replaces its silence by what it heard. *Is it away?* Only the silence of antennas that used
to hear the tag, and that provably looked, speaks for that.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hub.belief.batch import TagReads
from hub.belief.geometry import FAR, NEAR, OWN, Geometry
from hub.belief.interface import NEVER, Bools, Floats, Homes, Ints, Weighed
from hub.belief.likelihood import Likelihood
from hub.belief.looks import Antennas
from hub.belief.slots import NOBODY, SLOTS, Slots
from hub.belief.weighing import Heard, Places, fading, overlap, prior
from hub.settings import EngineSettings

MAX_EPOCHS: Final = 3
"""Arrangements that silence is counted over; then `mute` is the floor anyway."""
STRAY: Final = 0.005
"""Likelihood of a read in the last look if the tag is away: a stray echo, or a read on its way out."""
IN_DOUBT: Final = (0.02, 0.9)
"""Probabilities of the home between which a second opinion is asked: about one tag in a hundred of a tidy library."""
FAREWELL: Final = 2.5
"""An antenna that had been silent for more looks than this when the tag was last heard no longer speaks for its leaving."""
TWO_HITS: Final = 1.3
"""Effective hits of two reads within the last three looks: one read moves nothing."""
ONE_HIT: Final = 0.9


class FirstBelief:
    """See `hub.belief.interface.Belief`."""

    def __init__(self, geometry: Geometry, settings: EngineSettings, antennas: Antennas) -> None:
        self.settings = settings
        self.likelihood = Likelihood(settings, settings.witnesses)
        self._patient = Likelihood(settings, settings.patient_witnesses)
        self.antennas = antennas
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
        self._guard(np.arange(before, before + rows), homes.first, now_s)

    def expect(self, homes: Homes, now_s: int) -> None:
        """Guard every tag that no antenna remembers at its home; `homes`: of all rows.

        Where the right antenna listens already, its silence goes on counting. With a corrected home, or an antenna that
        hangs elsewhere now, listening begins anew: the silence of another place says nothing about this one.
        """
        rows = np.flatnonzero(~self.slots.heard_s.reshape(-1, SLOTS).any(axis=1))
        self._guard(rows, homes.first[rows], now_s)

    def _guard(self, rows: Ints, homes: Ints, now_s: int) -> None:
        """Let the antennas of their homes' first shelves listen for `rows`, which no antenna has heard."""
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
        """See the port. News is a tag that no antenna near its place heard: it was moved, has come back, or has no place yet."""
        self.slots.hear(self.likelihood, self.antennas.looks, reads)
        zone = np.append(self.geometry.zone_of_shelf, -1)[self.place[reads.row]]
        strange = (self.geometry.class_of(reads.antenna, zone) == FAR) | self.away[reads.row]
        return np.unique(reads.row[strange])

    def weigh(self, rows: Ints, homes: Homes, now_s: int) -> Weighed:
        """See the port. About 4 µs a row."""
        places = self._places(self.likelihood, rows, homes, now_s)
        self._think_again(places, rows, homes, now_s)
        heard = places.heard
        closed = self._follow_span(heard, rows, homes)
        away, silent, covered = self._away(heard, rows, homes)
        return Weighed(
            rows=rows,
            zone=places.zone,
            certainty=places.certainty,
            at_home=places.at_home,
            away=away,
            hits=places.hits,
            silent_looks=silent,
            closed_looks=np.minimum(silent, np.where(heard.real, closed, silent[:, None]).min(axis=1)),
            covered_s=covered,
            newest_s=heard.newest_s,
            candidates=places.zones,
            chances=places.chances,
        )

    def _think_again(self, places: Places, rows: Ints, homes: Homes, now_s: int) -> None:
        """Ask the longer memory about tags that the quick one leaves in doubt; where it agrees and is surer, take its word."""
        low, high = IN_DOUBT
        doubt = np.flatnonzero((homes.first >= 0) & (places.at_home > low) & (places.at_home < high))
        if not len(doubt):
            return
        second = self._places(self._patient, rows[doubt], homes.pick(doubt), now_s)
        surer = (second.certainty > places.certainty[doubt]) & (second.zone == places.zone[doubt])
        places.take(doubt[surer], second, np.flatnonzero(surer))

    def _places(self, likelihood: Likelihood, rows: Ints, homes: Homes, now_s: int) -> Places:
        """Candidate zones and their probabilities, by the memory that `likelihood` stands for."""
        heard = Heard(self.slots, self.antennas, self.geometry, likelihood, rows)
        geometry, settings = self.geometry, self.settings
        silence, base = self._silence(likelihood, now_s)
        zone_of = np.append(geometry.zone_of_shelf, -1)
        offered = np.where(heard.real[:, :, None], geometry.meant_zones[heard.antenna], -1)
        standing = zone_of[np.stack([self.place[rows].astype(np.int64), homes.first], axis=1)]
        offered = offered.reshape(len(rows), SLOTS * geometry.meant_zones.shape[1])
        zones = np.sort(np.concatenate([offered, standing], axis=1), axis=1)
        zones[:, 1:][zones[:, 1:] == zones[:, :-1]] = -1
        kinds = geometry.class_of(heard.antenna[:, :, None], zones[:, None, :])
        hits, misses = heard.hits[:, :, None], heard.misses[:, :, None]
        log: Floats = likelihood.log_heard(kinds, hits, misses)
        log = log - silence[kinds, heard.antenna[:, :, None]]
        log = log + likelihood.log_loud(kinds, heard.loud_dbm[:, :, None]) * np.minimum(hits, 1.0)
        total = base[zones] + (log * heard.real[:, :, None]).sum(axis=1)
        total += np.log(prior(geometry, zones, homes, settings))
        total = np.where(zones >= 0, total, -np.inf)
        top = total.max(axis=1, keepdims=True)
        chances = np.exp(total - np.where(np.isfinite(top), top, 0.0))
        chances /= np.maximum(chances.sum(axis=1, keepdims=True), 1e-300)
        near_home = overlap(geometry, zones, homes, settings.tolerance_shelves)
        return Places(heard, zones, chances, kinds, near_home)

    def _silence(self, likelihood: Likelihood, now_s: int) -> tuple[Floats, NDArray[Any]]:
        """Log-likelihood of silence, for (class, antenna), and for each zone of all antennas around it together.

        An antenna that does not look any more loses its say: a dead one contradicts nothing.
        """
        idle_s = now_s - self.antennas.last_look_s - self.settings.stale_after_s
        looks: Floats = likelihood.looks(self.antennas.looks)
        looks = np.multiply(looks, fading(idle_s, self.settings.fresh_s))
        none = np.zeros(len(looks))
        table = np.zeros((3, len(looks) + 1))
        for kind in (NEAR, OWN):
            table[kind, :-1] = likelihood.log_heard(np.full(len(looks), kind, dtype=np.int8), none, looks)
        g = self.geometry
        weights = table[g.pair_class, g.pair_antenna]
        base = np.bincount(g.pair_zone, weights=weights, minlength=g.zones + 1)
        return table, base

    def _away(self, heard: Heard, rows: Ints, homes: Homes) -> tuple[Floats, Ints, Ints]:
        """P(away), silent looks and covered seconds: by the antennas that heard the tag at the end, or guard its home."""
        settings = self.settings
        since_s = np.where(heard.heard_s > 0, heard.heard_s, self.known_s[rows].astype(np.int64)[:, None])
        # Looks in which an antenna was silent already while another still heard the tag: it was moved from there.
        share_before = (heard.newest_s[:, None] - heard.heard_s) / np.maximum(heard.last_look_s - since_s, 1)
        before = np.where(heard.heard_s > 0, heard.silent * np.clip(share_before, 0.0, 1.0), 0.0)
        guards = (heard.newest_s == 0)[:, None] | (heard.heard_s > 0)
        lately = heard.real & guards & (before <= FAREWELL)
        lately &= heard.heard_s >= heard.newest_s[:, None] - settings.fresh_s
        looked_s = heard.last_look_s - since_s
        epochs = 1 + np.clip(looked_s // int(settings.arrangement_h * 3600), 0, MAX_EPOCHS - 1)
        looks = np.maximum(heard.silent - before, 0.0)
        each = np.minimum(looks / epochs, settings.silent_looks)
        shaded = np.where(heard.newest_s > 0, settings.shaded, settings.shaded_unheard)[:, None]
        share = shaded + (1 - shaded) * (1 - heard.readable) ** each
        silence = np.where(lately, share**epochs, 1.0).prod(axis=1)
        present = np.maximum(silence, settings.mute)
        most = np.iinfo(np.int64).max
        silent = np.where(lately, looks.astype(np.int64), most).min(axis=1)
        silent = np.where(silent == most, 0, silent)
        covered = heard.last_look_s - np.maximum(since_s, heard.cover_since_s)
        covered_s = np.where(lately, covered, most).min(axis=1)
        covered_s = np.where(covered_s == most, 0, np.maximum(covered_s, 0))
        # A book that was heard and is not away yet was here, whatever the catalogue says: it leaves like any other.
        here = (heard.newest_s > 0) & ~self.away[rows]
        leaves = np.where(homes.expected | here, settings.leaves, settings.leaves_unexpected)
        gone = leaves * np.where((silent == 0) & (heard.newest_s > 0), STRAY, 1.0)
        chance: Floats = gone / (gone + (1 - leaves) * present)
        return chance, silent.astype(np.int64), covered_s

    def _follow_span(self, heard: Heard, rows: Ints, homes: Homes) -> Ints:
        """Looks of each slot since closing.

        A tag never heard, with a home of several shelves, was listened for only where and while each of them was looked
        at: what `heard` says of its guard is cut down to the least of the span. A dead reader anywhere in it proves nothing.
        """
        book = self.antennas
        closed: Ints = np.append(book.closed_looks(), 0)[heard.antenna]
        wide = np.flatnonzero((heard.newest_s == 0) & (homes.first >= 0) & (homes.last > homes.first))
        if not len(wide):
            return closed
        ends = np.stack([homes.first[wide], homes.last[wide] + 1], axis=1).ravel()

        def least(values: Ints) -> Ints:
            return np.minimum.reduceat(self._by_shelf(values), ends)[::2, None]

        last_s = least(book.last_look_s)
        looks = np.where(last_s > self.known_s[rows[wide]][:, None], least(book.looks), 0)
        heard.silent[wide] = np.minimum(heard.silent[wide], looks)
        heard.last_look_s[wide] = np.minimum(heard.last_look_s[wide], last_s)
        covers = np.maximum.reduceat(self._by_shelf(book.cover_since_s), ends)[::2, None]
        heard.cover_since_s[wide] = np.maximum(heard.cover_since_s[wide], covers)
        closed[wide] = np.minimum(closed[wide], least(book.closed_looks()))
        return closed

    def _by_shelf(self, values: Ints) -> Ints:
        """The largest of the antennas' values at each shelf that they are meant for; 0: unwatched, and one more at the end."""
        g = self.geometry
        zones = np.zeros(g.zones, dtype=np.int64)
        np.maximum.at(zones, g.pair_zone[g.own_pairs], values[g.pair_antenna[g.own_pairs]])
        return np.append(zones[g.zone_of_shelf], 0)

    def settle(self, weighed: Weighed, homes: Homes) -> None:
        """See the port. A place changes after two reads there; away has two thresholds."""
        rows, g = weighed.rows, self.geometry
        place = self.place[rows].astype(np.int64)
        zone_now = np.append(g.zone_of_shelf, -1)[place]
        at_home = weighed.at_home >= self.settings.place_certain
        need = np.where((zone_now == weighed.zone) | ((place == NEVER) & at_home), ONE_HIT, TWO_HITS)
        heard = (weighed.hits >= need) & (weighed.certainty >= self.settings.place_certain)
        moved = heard & (weighed.zone != zone_now)
        self.place[rows[moved]] = self.shelf_in(weighed.zone[moved], homes.first[moved], homes.last[moved])
        away = self.away[rows]
        leaves = ~away & (weighed.away >= self.settings.away_above)
        returns = away & heard & (weighed.away < self.settings.back_below)
        self.away[rows] = (away | leaves) & ~returns

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
        }

    def restore(self, state: dict[str, Any]) -> None:
        """As `dump` left it."""
        self.slots = Slots.load(state["slots"])
        self.place = np.array(state["place"], dtype=np.int32)
        self.away = np.array(state["away"], dtype=bool)
        self.known_s = np.array(state["known_s"], dtype=np.uint32)


def _fresh(rows: int, now_s: int) -> tuple[NDArray[np.int32], Bools, NDArray[np.uint32]]:
    return (
        np.full(rows, NEVER, dtype=np.int32),
        np.zeros(rows, dtype=bool),
        np.full(rows, now_s, dtype=np.uint32),
    )
