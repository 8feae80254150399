"""The end of a run: truth, looks, and each subject's findings and places become its result. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from firmware_sim.scoring import curve, gone, results
from firmware_sim.scoring.doors import Doors
from firmware_sim.scoring.history import History
from firmware_sim.scoring.looks import Looks
from firmware_sim.scoring.match import PROPOSAL, Judged, due, hampered, judge
from firmware_sim.scoring.outages import Outage
from firmware_sim.scoring.places import Watch
from firmware_sim.scoring.results import SubjectResult
from firmware_sim.scoring.subject import Subject
from firmware_sim.scoring.truth import Condition, Rules, conditions

EXAMPLES: Final = 20
"""False findings told in words, a subject and run."""
_HOUR_US: Final = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Truth:
    """Everything that was true in a run."""

    history: History
    outages: Sequence[Outage]
    rules: Rules
    doors: Doors
    looks: Looks
    conditions: list[Condition]
    due: list[bool]
    hampered: list[bool]
    standing: curve.Standing
    gone: list[gone.Gone]

    @classmethod
    def of(
        cls, history: History, outages: Sequence[Outage], rules: Rules, doors: Doors, looks: Looks
    ) -> Truth:
        """From the log of the run; `looks` must have taken all its deliveries."""
        looks.finish(
            (place, deed.at_us)
            for deed in history.deeds
            for place in (deed.came_from, deed.went_to)
            if place >= 0
        )
        true = conditions(history, outages, rules, doors)
        must = due(true, history, outages, rules, looks)
        bad = hampered(true, history, outages)
        return cls(
            history,
            outages,
            rules,
            doors,
            looks,
            true,
            must,
            bad,
            curve.standing(history, rules),
            gone.gone(history),
        )

    def result(self, subject: Subject, watch: Watch, times: Sequence[int]) -> SubjectResult:
        """How one subject did."""
        shown = subject.shown()
        verdicts = judge(shown, self.conditions, self.history, self.outages, self.rules)
        said = results.said(verdicts)
        knows = getattr(subject, "kinds", None)
        end_us, start_us = self.history.end_us, self.history.start.us
        moves = [deed for deed in self.history.deeds if deed.kind == "mass_move"]
        proposals = sum(one.kind == PROPOSAL for one in shown)
        return SubjectResult(
            name=subject.name,
            knows=None if knows is None else sorted(knows),
            findings=verdicts.tallies(self.conditions, self.due, self.hampered),
            false_missing=results.false_missing(verdicts, self._mornings()),
            in_house=results.in_house(verdicts, self.conditions),
            looks=curve.curve(self.standing, self.looks, shown, end_us),
            places=watch.counts,
            by_time=[
                (round((at - start_us) / _HOUR_US, 3), round(shelf, 5), round(bay, 5))
                for at, shelf, bay in watch.by_time
            ],
            gone=gone.count(
                self.gone, shown, gone.Nowhere(times, watch.nowhere), looks=self.looks, doors=self.doors,
                rules=self.rules, end_us=end_us,
            ),
            said=said if any(one.raw is not None for one in said) else [],
            confidence=results.promises(said),
            place_confidence=watch.reliability,
            moved=results.moved(
                verdicts, proposals, frozenset(deed.tag for deed in moves), moves[0].at_us if moves else end_us
            ),
            examples=[self._words(one) for one in verdicts.judged if one.verdict == "false"][:EXAMPLES],
        )  # fmt: skip

    def _mornings(self) -> list[int]:
        start_us, end_us = self.history.start.us, self.history.end_us
        return [to_us for _, to_us in self.doors.nights(start_us, end_us)] or [end_us]

    def _words(self, one: Judged) -> str:
        """For example ``missing of book 417 (on_shelf) at 5.25 h, 97 % sure``."""
        hours = (one.shown.opened_us - self.history.start.us) / _HOUR_US
        about = one.shown.antenna if one.shown.tag < 0 and one.shown.antenna else f"book {one.shown.tag}"
        if one.shown.tag < 0 and not one.shown.antenna:
            about = f"shelf {one.shown.place}"
        cause = f" ({one.cause})" if one.cause else ""
        sure = f", {one.shown.confidence:.0%} sure" if one.shown.confidence is not None else ""
        return f"{one.shown.kind} of {about}{cause} at {hours:.2f} h{sure}"
