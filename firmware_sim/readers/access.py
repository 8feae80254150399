"""The AccessSpecs of an emulated reader: kept, switched, and carried out on the tags that a ROSpec hears. Pure.

Only reads are known (parameter 341). Working on a tag costs rounds: its count falls with every operation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from edge.llrp import messages as m
from edge.llrp.rospec import AccessSpec
from edge.llrp.status import OK, LlrpStatus
from edge.llrp.tags import ReadResult
from firmware_sim.radio import Answer
from firmware_sim.readers.box import Box
from firmware_sim.readers.checks import (
    ACCESS_COMMAND,
    ACCESS_SPEC,
    field_status,
    parameter_status,
    unsupported,
)
from firmware_sim.readers.memory import fits, read

AFTER_COUNT = 1
"""Kind of an AccessSpec's stop: gone after so many operations."""


class AccessSpecs:
    """By id, in the order in which they came."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._specs: dict[int, AccessSpec] = {}
        self._done: dict[int, int] = {}

    def add(self, spec: AccessSpec) -> LlrpStatus:
        """Keep a new one, or say what is wrong with it."""
        status = self._fault(spec)
        if not status.code:
            self._specs[spec.id] = spec
            self._done[spec.id] = 0
        return status

    def delete(self, number: int) -> LlrpStatus:
        """One, or all with 0."""
        return self._each(number, self.forget)

    def switch(self, number: int, *, on: bool) -> LlrpStatus:
        """Enable or disable one, or all with 0."""

        def turn(ids: Sequence[int]) -> None:
            for each in ids:
                self._specs[each] = msgspec.structs.replace(self._specs[each], active=on)

        return self._each(number, turn)

    def listed(self) -> m.GetAccessSpecsResponse:
        """All of them as they are now."""
        return m.GetAccessSpecsResponse(specs=tuple(self._specs.values()))

    def forget(self, ids: Sequence[int] | None = None) -> None:
        """Drop these, or all."""
        for number in list(self._specs) if ids is None else ids:
            del self._specs[number], self._done[number]

    def work_on(self, answer: Answer, antenna: int, rospec: int) -> tuple[int, tuple[ReadResult, ...]] | None:
        """Id and results of the first AccessSpec that works on this tag, None: none does."""
        for spec in self._specs.values():
            here = spec.antenna in {0, antenna} and spec.rospec in {0, rospec}
            targets = spec.command.tags.targets if spec.command.tags is not None else ()
            if spec.active and here and fits(answer, targets):
                results = tuple(read(answer, op) for op in spec.command.reads)
                self._count(spec)
                return spec.id, results
        return None

    def _count(self, spec: AccessSpec) -> None:
        self._done[spec.id] += 1
        if spec.stop.kind == AFTER_COUNT and 0 < spec.stop.count <= self._done[spec.id]:
            self.forget([spec.id])

    def _each(self, number: int, do: Callable[[Sequence[int]], None]) -> LlrpStatus:
        if number and number not in self._specs:
            return field_status("AccessSpecID")
        do([number] if number else list(self._specs))
        return OK

    def _fault(self, spec: AccessSpec) -> LlrpStatus:
        box = self._box
        rules = [
            (spec.id == 0 or spec.id in self._specs, 0, "AccessSpec: id 0 or taken"),
            (
                len(self._specs) >= box.max_access_specs,
                0,
                f"AccessSpec: this reader holds {box.max_access_specs}",
            ),
            (spec.antenna > box.antennas, 1, f"AccessSpec: antennas are 1 to {box.antennas}"),
            (spec.protocol != 1, 2, "AccessSpec: only Gen2"),
            (spec.active, 3, "AccessSpec: CurrentState"),
        ]
        for broken, field, text in rules:
            if broken:
                return parameter_status(ACCESS_SPEC, field, text)
        if not spec.command.reads:
            return unsupported(ACCESS_COMMAND, "AccessCommand: this reader only reads")
        if len(spec.command.reads) > box.max_op_specs:
            return parameter_status(
                ACCESS_COMMAND, 0, f"AccessCommand: at most {box.max_op_specs} operations"
            )
        return OK
