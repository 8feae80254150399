"""Readers, antennas and reference tags, and how they change: from the written runs to one state after another. Pure.

The structure (floors, ranges, bays, boards) is one for all times; what hangs on it has a valid-from. Every fault is
found, and what is faulty is left out, so that one fault does not make ten others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from shelfwire.site.form import AddForm, AntennaForm, ReaderForm, ReferenceTagForm, RemoveForm

Tell = Callable[[str, str], None]
"""(path in the file, what is wrong and what to do)."""

_ONE: Final = ("id", "port", "hears")
_RUN: Final = ("first_id", "first_port", "one_a_shelf")
_ONE_TAG: Final = ("epc", "shelf")
_RUN_TAGS: Final = ("first_epc", "each_shelf_of")


class Hung(msgspec.Struct, frozen=True, kw_only=True):
    """One antenna in its place."""

    id: str
    reader: str
    port: int
    hears: tuple[str, ...]
    path: str


class Stuck(msgspec.Struct, frozen=True, kw_only=True):
    """One reference tag in its place."""

    epc: str
    shelf: str
    path: str


class Equipment:
    """What hangs now, and what ever hung. `apply` takes the first state and then each change, in order."""

    def __init__(
        self,
        spans: Mapping[str, tuple[int, int]],
        shelf_ids: Sequence[str],
        tell: Tell,
        *,
        all_floors: bool,
        all_readers: bool,
    ) -> None:
        """`all_floors`, `all_readers`: False when faulty ones were left out, so that an unknown one is no news."""
        self.readers: dict[str, ReaderForm] = {}
        self.antennas: dict[str, Hung] = {}
        self.tags: dict[str, Stuck] = {}
        self.antenna_ids: list[str] = []
        self._ever: dict[str, str] = {}
        self._at_port: dict[tuple[str, int], str] = {}
        self._spans = spans
        self._shelf_ids = shelf_ids
        self._tell = tell
        self._all_floors = all_floors
        self._all_readers = all_readers

    def apply(self, path: str, *, add: AddForm, move: AddForm, remove: RemoveForm) -> None:
        """Take away, move, then add; `path` is that of the change, empty for the first state."""
        under = f"{path}." if path else ""
        at_add = f"{under}add." if path else ""
        self._remove(remove, f"{under}remove")
        for number, reader in enumerate(move.readers):
            where = f"{under}move.readers[{number}]"
            if reader.id in self.readers or not self._all_readers:
                self.readers[reader.id] = reader
            else:
                self._tell(where, f"reader {reader.id} is unknown; write it under `add`")
        for number, reader in enumerate(add.readers):
            where = f"{at_add}readers[{number}].id"
            if reader.id in self.readers:
                self._tell(where, f"{reader.id} stands twice; give each reader its own id")
            else:
                self.readers[reader.id] = reader
        moved = [
            hung
            for number, form in enumerate(move.antennas)
            for hung in self._hung(form, f"{under}move.antennas[{number}]")
        ]
        added = [
            hung
            for number, form in enumerate(add.antennas)
            for hung in self._hung(form, f"{at_add}antennas[{number}]")
        ]
        self._hang(self._known(moved) + self._new(added))
        self._stick(move.reference_tags, f"{under}move.reference_tags", known=True)
        self._stick(add.reference_tags, f"{at_add}reference_tags", known=False)
        if remove.readers:
            self._orphans(f"{under}remove.readers")

    def _remove(self, remove: RemoveForm, path: str) -> None:
        for number, antenna in enumerate(remove.antennas):
            hung = self.antennas.pop(antenna, None)
            if hung is None:
                self._tell(
                    f"{path}.antennas[{number}]", f"antenna {antenna} does not hang then; take the line away"
                )
            else:
                self._at_port.pop((hung.reader, hung.port), None)
        for number, reader in enumerate(remove.readers):
            if self.readers.pop(reader, None) is None and self._all_readers:
                self._tell(
                    f"{path}.readers[{number}]", f"reader {reader} is not there then; take the line away"
                )
        for number, epc in enumerate(remove.reference_tags):
            if self.tags.pop(epc.upper(), None) is None:
                self._tell(
                    f"{path}.reference_tags[{number}]",
                    f"reference tag {epc} is not there then; take the line away",
                )

    def _orphans(self, path: str) -> None:
        for hung in self.antennas.values():
            if hung.reader not in self.readers and self._all_readers:
                self._tell(
                    path,
                    f"antenna {hung.id} still hangs on {hung.reader}; move or remove it in the same change",
                )

    def _known(self, moved: list[Hung]) -> list[Hung]:
        known = []
        for hung in moved:
            old = self.antennas.get(hung.id)
            if old is None:
                self._tell(hung.path, f"antenna {hung.id} does not hang then; write it under `add`")
                continue
            self._at_port.pop((old.reader, old.port), None)
            known.append(hung)
        return known

    def _new(self, added: list[Hung]) -> list[Hung]:
        new: dict[str, Hung] = {}
        for hung in added:
            before = self._ever.get(hung.id)
            if before is None:
                self._ever[hung.id] = hung.path
                self.antenna_ids.append(hung.id)
                new[hung.id] = hung
            elif hung.id in self.antennas or hung.id in new:
                self._tell(hung.path, f"antenna {hung.id} stands twice (also {before}); give each its own id")
            else:
                self._tell(
                    hung.path,
                    f"antenna {hung.id} was another one (at {before}, since removed); an id is never used again: "
                    "take a new one",
                )
        return list(new.values())

    def _hang(self, antennas: list[Hung]) -> None:
        for hung in antennas:
            reader = self.readers.get(hung.reader)
            if reader is None and self._all_readers:
                self._tell(
                    hung.path, f"antenna {hung.id}: reader {hung.reader} is not in `readers`; add it there"
                )
            if reader is not None and reader.ports is not None and hung.port > reader.ports:
                self._tell(
                    hung.path,
                    f"antenna {hung.id}: port {hung.port} of {hung.reader}, which has {reader.ports} ports",
                )
            other = self._at_port.get((hung.reader, hung.port))
            if other is not None and other != hung.id:
                self._tell(
                    hung.path,
                    f"antenna {hung.id}: port {hung.port} of {hung.reader} drives {other} already "
                    f"({self.antennas[other].path}); give each its own port",
                )
                continue
            self._at_port[hung.reader, hung.port] = hung.id
            self.antennas[hung.id] = hung

    def _stick(self, forms: list[ReferenceTagForm], path: str, *, known: bool) -> None:
        for number, form in enumerate(forms):
            where = f"{path}[{number}]"
            for tag in self._stuck(form, where):
                before = self.tags.get(tag.epc)
                if known and before is None:
                    self._tell(where, f"reference tag {tag.epc} is not there then; write it under `add`")
                elif not known and before is not None:
                    self._tell(
                        where,
                        f"reference tag {tag.epc} stands twice (also {before.path}); one tag is at one place",
                    )
                else:
                    self.tags[tag.epc] = tag

    def _hung(self, form: AntennaForm, path: str) -> list[Hung]:
        given = _given(form, _ONE), _given(form, _RUN)
        if given[0] == _ONE and not given[1]:
            assert form.id is not None and form.port is not None and form.hears is not None  # noqa: PT018 (for the type checker)
            hears = self._shelves(form.hears, f"{path}.hears")
            return (
                [Hung(id=form.id, reader=form.reader, port=form.port, hears=hears, path=path)]
                if hears
                else []
            )
        if given[1] == _RUN and not given[0]:
            assert form.first_id is not None and form.first_port is not None and form.one_a_shelf is not None  # noqa: PT018
            shelves = self._shelves(form.one_a_shelf, f"{path}.one_a_shelf")
            ids = _counted(form.first_id, len(shelves))
            return [
                Hung(id=name, reader=form.reader, port=form.first_port + at, hears=(shelf,), path=path)
                for at, (name, shelf) in enumerate(zip(ids, shelves, strict=True))
            ]
        self._tell(path, f"write {', '.join(_ONE)} for one antenna, or {', '.join(_RUN)} for a run of them")
        return []

    def _stuck(self, form: ReferenceTagForm, path: str) -> list[Stuck]:
        given = _given(form, _ONE_TAG), _given(form, _RUN_TAGS)
        if given[0] == _ONE_TAG and not given[1] and form.a_shelf is None:
            assert form.epc is not None and form.shelf is not None  # noqa: PT018 (for the type checker)
            span = self._spans.get(form.shelf)
            if span is None or self._shelf_ids[span[0]] != form.shelf:
                self._unknown(form.shelf, f"{path}.shelf", "shelf")
                return []
            return [Stuck(epc=form.epc.upper(), shelf=form.shelf, path=path)]
        if given[1] == _RUN_TAGS and not given[0]:
            assert form.first_epc is not None and form.each_shelf_of is not None  # noqa: PT018 (for the type checker)
            shelves = self._shelves(form.each_shelf_of, f"{path}.each_shelf_of")
            each = form.a_shelf or 1
            digits, first = len(form.first_epc), int(form.first_epc, 16)
            if first + len(shelves) * each > 16**digits:
                self._tell(f"{path}.first_epc", "counting up from here leaves the EPC's digits; start lower")
                return []
            return [
                Stuck(epc=f"{first + at * each + part:0{digits}X}", shelf=shelf, path=path)
                for at, shelf in enumerate(shelves)
                for part in range(each)
            ]
        self._tell(
            path, "write epc and shelf for one tag, or first_epc, each_shelf_of and a_shelf for a run of them"
        )
        return []

    def _shelves(self, scopes: Sequence[str], path: str) -> tuple[str, ...]:
        """The shelves of all `scopes` (ids of shelves, bays, faces …), in the order written, each once."""
        found: dict[str, None] = {}
        for at, scope in enumerate(scopes):
            span = self._spans.get(scope)
            if span is None:
                self._unknown(scope, f"{path}[{at}]", "shelf, bay, face or range")
                continue
            for shelf in self._shelf_ids[span[0] : span[1]]:
                if shelf in found:
                    self._tell(f"{path}[{at}]", f"{shelf} stands twice in this list; take one away")
                    break
                found[shelf] = None
        return tuple(found)

    def _unknown(self, name: str, path: str, kind: str) -> None:
        if self._all_floors:
            self._tell(path, f"{name} is no {kind} of this site; ids look like 1F-R01A-B01-S1")


def _given(form: msgspec.Struct, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in names if getattr(form, name) is not None)


def _counted(first: str, number: int) -> list[str]:
    """``ant-0009`` → ``ant-0009``, ``ant-0010``, …: the digits at the end counted up, not made shorter."""
    match = re.search(r"[0-9]{1,9}$", first)
    assert match is not None
    digits = match.group()
    stem = first[: -len(digits)]
    return [f"{stem}{int(digits) + at:0{len(digits)}d}" for at in range(number)]
