"""What an emulated reader gathers: it asks the radio, sums up what was heard, and reports when the ROSpec says so. Pure.

Triggers: 0 only when asked; 1 after N tags or at the end of an AISpec; 2 after N tags or at the end of the ROSpec. N = 1 tells each read by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from edge.llrp import messages as m
from edge.llrp.rospec import REPORT_AISPEC, REPORT_ASKED, ReportSpec
from edge.llrp.tags import TagReport
from firmware_sim.radio import Answer, Field, Listen
from firmware_sim.readers.access import AccessSpecs
from firmware_sim.readers.box import Box
from firmware_sim.readers.faults import Faults
from firmware_sim.readers.memory import select
from firmware_sim.readers.reports import Clocked, Key, Sighting, item, key_of, singles, whole
from firmware_sim.readers.runs import Turn
from firmware_sim.readers.voice import Voice

MOST_TAGS: Final = 500
"""In one message; a report of more is sent in several."""


class Gathering:
    """Reads that were heard and not told yet, by ROSpec."""

    def __init__(
        self, box: Box, field: Field, voice: Voice, access: AccessSpecs, clock: Callable[[], Clocked]
    ) -> None:
        self.field = field
        self.sent = 0
        """Report items that went out or into the buffer."""
        self._box, self._voice, self._access, self._clock = box, voice, access, clock
        self._waiting: dict[int, tuple[ReportSpec, dict[Key, Sighting]]] = {}
        self._held = 0

    def listen(self, turn: Turn, faults: Faults) -> list[Answer]:
        """What the turn's antenna heard, as the radio, the settings and the faults have it."""
        hub = self._box.hub_of(turn.antenna)
        if turn.antenna in faults.silent or hub in faults.hubs_away or turn.to_us <= turn.from_us:
            return []
        asked = Listen(
            reader=self._box.name,
            port=turn.antenna,
            from_us=turn.from_us,
            to_us=turn.to_us,
            power_dbm=turn.power_dbm,
            target=turn.target,
            session=turn.session,
        )
        loud = [one for one in self.field.answers(asked) if one.rssi_dbm >= turn.weakest_dbm]
        return list(select(loud, turn.filters))

    def take(
        self, answers: Sequence[Answer], turn: Turn, rospec: int, report: ReportSpec, *, doubled: bool
    ) -> None:
        """Gather what a slice brought; reports that are full go out."""
        waiting = self._waiting.setdefault(rospec, (report, {}))[1]
        for one in self._reads(answers, turn, rospec, single=report.n > 0):
            key = key_of(one, report)
            known = waiting.get(key)
            if known is not None:
                known.add(one)
            elif self._held < self._box.buffer_tags:
                waiting[key] = one
                self._held += 1
            else:
                self._voice.lost()
            if report.n and report.trigger != REPORT_ASKED and len(waiting) >= report.n:
                self._send(rospec, doubled=doubled)

    def spec_over(self, rospec: int, report: ReportSpec, *, rospec_over: bool, doubled: bool) -> None:
        """An AISpec, or the whole ROSpec, is over."""
        if report.trigger == REPORT_AISPEC or (rospec_over and report.trigger != REPORT_ASKED):
            self._send(rospec, doubled=doubled)

    def told_all(self) -> m.ROAccessReport:
        """Everything that waits in one message, for GET_REPORT; perhaps nothing."""
        tags = [tag for number in list(self._waiting) for tag in self._items(number)]
        self.sent += len(tags)
        return m.ROAccessReport(tags=tuple(tags))

    def forget(self, rospecs: Iterable[int]) -> None:
        """These ROSpecs are deleted, and with them what was not told."""
        for number in rospecs:
            if number in self._waiting:
                self._held -= len(self._waiting.pop(number)[1])

    def _reads(
        self, answers: Sequence[Answer], turn: Turn, rospec: int, *, single: bool
    ) -> Iterable[Sighting]:
        found: list[Sighting] = []
        for answer in answers:
            worked = self._access.work_on(answer, turn.antenna, rospec)
            one = answer if worked is None else slowed(answer, len(worked[1]))
            heard = list(singles(one, turn, rospec)) if single else [whole(one, turn, rospec)]
            if worked is not None:
                heard[0].access_spec, heard[0].reads = worked
            found += heard
        return sorted(found, key=lambda one: one.first_us) if single else found

    def _items(self, rospec: int) -> list[TagReport]:
        report, waiting = self._waiting[rospec]
        clock = self._clock()
        found = [item(one, report, clock) for one in waiting.values()]
        self._held -= len(waiting)
        waiting.clear()
        return found

    def _send(self, rospec: int, *, doubled: bool) -> None:
        if rospec not in self._waiting:
            return
        tags = self._items(rospec)
        self.sent += len(tags)
        for at in range(0, len(tags), MOST_TAGS):
            for _ in range(2 if doubled else 1):
                self._voice.tell(m.ROAccessReport(tags=tuple(tags[at : at + MOST_TAGS])))


def slowed(answer: Answer, operations: int) -> Answer:
    """Each operation on a tag takes about as long as a read; the tag is counted less often, and no tag is left out for it."""
    return msgspec.structs.replace(answer, count=max(1, answer.count // (1 + operations)))
