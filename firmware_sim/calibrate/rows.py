"""The comparison: one row a figure, with what was recorded, what the model says, how far apart they may be, and why. Pure.

The basis says how much a row proves. `set`: an input, taken from that recording; it proves only that the code does as told. `fitted`: a constant was chosen for it.
`follows`: no constant was chosen for it. `left out`: the model is known not to show it; the row says by how much, and does not count.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from firmware_sim.calibrate import passes, recorded, share
from firmware_sim.calibrate.counts import Counts
from firmware_sim.calibrate.measure import Model

Basis = Literal["set", "fitted", "follows", "left out"]
DIGITS: Final = {"share": 3, "tags": 0, "dB": 1, "dBm": 1, "reads/s": 0, "ratio": 2}
"""Digits shown by unit."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One figure."""

    group: str
    what: str
    unit: str
    lowest: float
    highest: float
    """Recorded: from … to, the same where it is one number."""
    model: float
    tolerance: float
    """The model may lie so far outside `lowest` … `highest`."""
    basis: Basis
    why: str
    """Why that tolerance."""
    independent: float | None = None
    """What the figure would be if each miss were thrown anew, where that makes sense."""

    @property
    def within(self) -> bool:
        """Whether the model is near enough."""
        return self.lowest - self.tolerance <= self.model <= self.highest + self.tolerance

    @property
    def told(self) -> str:
        """What was recorded, in words."""
        return (
            self.shown(self.lowest)
            if self.lowest == self.highest
            else f"{self.shown(self.lowest)} … {self.shown(self.highest)}"
        )

    def shown(self, value: float) -> str:
        """A value with the digits of the row's unit."""
        return f"{value:.{DIGITS[self.unit]}f}".replace("-", "−")

    @property
    def off(self) -> float:
        """How far outside the recorded, in tolerances: 0 inside, ± 1 at the limit."""
        if self.model < self.lowest:
            return (self.model - self.lowest) / self.tolerance
        return max(0.0, self.model - self.highest) / self.tolerance


def rows(model: Model, shop: Counts = recorded.SHOP) -> list[Row]:
    """All rows. `shop`: the recorded counts, from the table or recounted."""
    return [
        *_passes(model),
        *_shop_reads(model.shops, shop),
        *_shop_air(model.shops, shop),
        *_still(model),
        *_order(model),
    ]


def all_within(found: list[Row]) -> bool:
    """Whether every row that counts is within its tolerance."""
    return all(row.within for row in found if row.basis != "left out")


def _row(  # noqa: PLR0917 (a table of rows reads best without names)
    group: str,
    what: str,
    unit: str,
    told: tuple[float, float] | float,
    model: float,
    tolerance: float,
    basis: Basis,
    why: str,
    independent: float | None = None,
) -> Row:
    lowest, highest = told if isinstance(told, tuple) else (told, told)
    return Row(
        group=group,
        what=what,
        unit=unit,
        lowest=lowest,
        highest=highest,
        model=model,
        tolerance=tolerance,
        basis=basis,
        why=why,
        independent=independent,
    )


def _passes(model: Model) -> list[Row]:
    group = "handheld passes along shelves"
    usual, bad = model.usual, model.bad
    told_usual = share.stays(recorded.ONE_PASS, recorded.TWO_PASSES, 2)
    told_bad = share.stays(recorded.BAD_ONE_PASS, recorded.BAD_FOUR_PASSES, 4)
    of_books = "1,890 simulated books scatter by .006, a recording of some hundred by .015"
    return [
        _row(group, "one pass", "share", recorded.ONE_PASS, usual[0], 0.01, "set", "the link budget is solved for it"),
        _row(group, "two passes", "share", recorded.TWO_PASSES, usual[1], 0.015, "fitted", of_books, passes.independent(recorded.ONE_PASS, 2)),
        _row(group, "share of the variance that stays, from these two", "ratio", told_usual, share.stays(usual[0], usual[1], 2), 0.10, "fitted", "the same scatter, said otherwise", 0.0),
        _row(group, "bad arrangement, one pass", "share", recorded.BAD_ONE_PASS, bad[0], 0.01, "set", "the link budget is solved for it"),
        _row(group, "bad arrangement, four passes", "share", recorded.BAD_FOUR_PASSES, bad[3], 0.025, "fitted", "as above, and half of the books count", passes.independent(recorded.BAD_ONE_PASS, 4)),
        _row(group, "bad arrangement, share of the variance that stays", "ratio", told_bad, share.stays(bad[0], bad[3], 4), 0.08, "fitted", "the same scatter, said otherwise", 0.0),
        _row(group, "bad arrangement, what a second pass adds", "share", recorded.SECOND_ADDS, bad[1] - bad[0], 0.04, "follows", "the source gives one figure for eight arrangements", passes.independent(recorded.BAD_ONE_PASS, 2) - recorded.BAD_ONE_PASS),
    ]  # fmt: skip


def _mean(counts: list[Counts], of: str, session: int) -> float:
    return sum(one.mean(getattr(one, of), session) for one in counts) / len(counts)


def _span(counts: Counts, of: str, session: int) -> tuple[float, float]:
    values = [
        value for value, mine in zip(getattr(counts, of), counts.sessions, strict=True) if mine == session
    ]
    return min(values), max(values)


def _shop_reads(shops: list[Counts], shop: Counts) -> list[Row]:
    group = "six walks through a shop, 915 known tags"

    def seen(*walks: int) -> tuple[float, float]:
        return float(sum(shop.seen_in[n] for n in walks)), sum(
            one.seen_in[n] for one in shops for n in walks
        ) / len(shops)

    def independent(*walks: int) -> float:
        return sum(shop.expected_if_independent[n] for n in walks)

    plan = "our plan of the shop and our path are not theirs"
    found = [
        _row(group, "read rate, mean of the walks", "share", shop.rate, sum(one.rate for one in shops) / len(shops), 0.02, "set", "the link budget is solved for it"),
        _row(group, "read rate, session 0", "share", _span(shop, "rates", 0), _mean(shops, "rates", 0), 0.04, "follows", plan),
        _row(group, "read rate, session 1", "share", _span(shop, "rates", 1), _mean(shops, "rates", 1), 0.025, "follows", plan),
        _row(group, "spread of how often a tag is seen, independent misses = 1", "ratio", shop.overdispersion, sum(one.overdispersion for one in shops) / len(shops), 0.2, "follows", "scatters by .1 between seeds; 1 is outside", 1.0),
    ]  # fmt: skip
    for name, walks, tolerance, why in (
        ("seen in all six", (6,), 25.0, "scatters by 7 between seeds; independent misses are outside"),
        ("seen in five", (5,), 25.0, "scatters by 8 between seeds; independent misses are outside"),
        ("seen in four", (4,), 10.0, "two deviations of a count of 30"),
        (
            "seen in two or three",
            (2, 3),
            7.0,
            "two deviations of a count of 10; independent misses are outside",
        ),
        ("seen in one or none", (0, 1), 2.0, "all were there: nobody may stay unseen for long"),
    ):
        told, model = seen(*walks)
        found.append(_row(group, name, "tags", told, model, tolerance, "follows", why, independent(*walks)))
    found.append(
        _row(
            group,
            "read only once, a walk",
            "tags",
            (min(shop.once), max(shop.once)),
            sum(sum(one.once) / len(one.once) for one in shops) / len(shops),
            25.0,
            "follows",
            plan,
        )
    )
    return found


def _shop_air(shops: list[Counts], shop: Counts) -> list[Row]:
    group = "the shop's air and its strays"
    plan = "where the strays hang is assumed"
    found = []
    for session, tags, reads in ((0, 25.0, 0.04), (1, 35.0, 0.05)):
        found += [
            _row(group, f"stray tags, session {session}", "tags", _span(shop, "strays", session), _mean(shops, "strays", session), tags, "fitted", plan),
            _row(group, f"stray reads, session {session}", "share", _span(shop, "stray_reads", session), _mean(shops, "stray_reads", session), reads, "follows", plan),
            _row(group, f"loudness of known tags, median, session {session}", "dBm", _span(shop, "rssi_expected", session), _mean(shops, "rssi_expected", session), 2.5, "fitted", "whole dB, another reader's scale"),
            _row(group, f"loudness of strays, median, session {session}", "dBm", _span(shop, "rssi_stray", session), _mean(shops, "rssi_stray", session), 4.0, "follows", plan),
        ]  # fmt: skip
    found += [
        _row(group, "strays seen in all walks", "tags", float(shop.stray_seen_in[-1]), sum(one.stray_seen_in[-1] for one in shops) / len(shops), 25.0, "follows", plan),
        _row(group, "strays seen in one walk", "tags", float(shop.stray_seen_in[1]), sum(one.stray_seen_in[1] for one in shops) / len(shops), 20.0, "follows", plan),
        _row(group, "loudness of one tag within a second, session 0", "dB", shop.jump_db, sum(one.jump_db for one in shops) / len(shops), 0.5, "follows", "how fast the hand went is not recorded"),
        _row(group, "reads a second, session 1", "reads/s", _span(shop, "reads_a_second", 1), _mean(shops, "reads_a_second", 1), 6.0, "follows", "a tenth; 60 with many tags awake is set"),
    ]  # fmt: skip
    return found


def _still(model: Model) -> list[Row]:
    group = "fixed antennas"
    rig = "neither the rig nor its tags are described: two figures, two constants"
    return [
        _row(group, "reads a second, 50 tags", "reads/s", (157.0, 177.0), model.reads_a_second, 16.0, "set", "a tenth"),
        _row(group, "reads a second, one tag", "reads/s", 130.0, model.one_tag, 20.0, "follows", "another make (Indy RS500)"),
        _row(group, "reads a second, sixteen tags", "reads/s", 50.0, model.sixteen_tags, 20.0, "left out", "that make slows down in a crowd, the model does not"),
        _row(group, "spread within a channel", "dB", (0.2, 0.9), model.within_channel_db, 0.1, "set", "steps of 0.5 dB"),
        _row(group, "spread between channels", "dB", 1.3, model.between_channels_db, 0.3, "set", "set in the forward link, read in loudness"),
        _row(group, "quieter at ten times the distance", "dB", (19.0, 26.0), model.slope_db, 1.0, "set", "rounded to steps"),
        _row(group, "loudest of four names the zone, 10 s", "share", 0.78, model.zone_10_s, 0.05, "fitted", rig),
        _row(group, "loudest of four names the zone, 1 s", "share", 0.61, model.zone_1_s, 0.05, "fitted", rig),
    ]  # fmt: skip


def _order(model: Model) -> list[Row]:
    group = "order of a row, tags 8 cm apart, moving antenna"
    order = model.order
    return [
        _row(group, "pairs right by loudness", "share", (0.80, 0.84), order.loudness_pairs, 0.05, "follows", "distance and length of the row are not described"),
        _row(group, "pairs right by phase", "share", (0.97, 0.98), order.phase_pairs, 0.03, "follows", "as above"),
        _row(group, "whole rows right by phase", "share", (0.44, 0.63), order.phase_rows, 0.12, "follows", "two deviations of 100 rows, and the row's length is our reading"),
    ]  # fmt: skip
