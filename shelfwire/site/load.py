"""A site file → `SiteHistory`, with all faults told at once. The one shell around the pure rules of this package."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from shelfwire import config
from shelfwire.errors import InputError
from shelfwire.site.callnumbers import CallNumbers, call_numbers
from shelfwire.site.equipment import Equipment
from shelfwire.site.faults import floor_faults
from shelfwire.site.form import AddForm, ChangeForm, RemoveForm, SiteForm, TagsForm
from shelfwire.site.layout import place_floors
from shelfwire.site.model import (
    Antenna,
    Floor,
    Reader,
    ReferenceTag,
    Shelf,
    Site,
    SiteHistory,
    TagUse,
    spans_of,
)
from shelfwire.tags.tag import Family

MAX_HUNG: Final = 2_000_000
"""Antennas times versions: 100,000 antennas with 20 changes, or 1,500 with 1,300. Each takes some 200 bytes."""

_LISTS: Final = ("floors", "readers", "antennas", "reference_tags", "changes")


def load_site(path: Path) -> SiteHistory:
    """The site of a YAML file, with all its versions. Raises `InputError` with every fault, ``file: path: what``."""
    data = config.read_data(path)
    history, faults = read_site(data)
    if faults or history is None:
        most = config.MAX_FAULTS
        more = [f"{path}: and {len(faults) - most} more"] if len(faults) > most else []
        raise InputError(*(f"{path}: {fault}" for fault in faults[:most]), *more)
    return history


def read_site(data: Any) -> tuple[SiteHistory | None, list[str]]:
    """Plain data → (the history, or None when it is faulty; all faults as ``path: what``)."""
    form, whole, faults = _form(data)
    if form is None:
        return None, faults
    faults += floor_faults(form)
    faults += _order_faults(form)
    if any(fault.startswith("floors: ") for fault in faults):
        return None, faults
    floors, shelves = place_floors(form)
    faults += _hold_faults(form, floors)
    equipment = Equipment(
        spans_of(floors),
        [shelf.id for shelf in shelves],
        lambda where, what: faults.append(f"{where}: {what}"),
        all_floors=whole["floors"],
        all_readers=whole["readers"],
    )
    history = _history(form, floors, shelves, equipment, faults)
    return (None if faults else history), faults


def _form(data: Any) -> tuple[SiteForm | None, dict[str, bool], list[str]]:
    """The form without what is wrong in shape; which of its lists are whole; faults of shape."""
    if not isinstance(data, dict):
        return None, {}, ["the file: is no mapping; it begins with `site:`, `name:`, `timezone:` …"]
    faults = config.faults_in(data, SiteForm)
    if not faults:
        return msgspec.convert(data, SiteForm), dict.fromkeys(_LISTS, True), []
    kept: dict[str, Any] = {}
    whole = dict.fromkeys(_LISTS, True)
    for field in msgspec.structs.fields(SiteForm):
        name = field.name
        if name not in data:
            continue
        value = data[name]
        if name in _LISTS and isinstance(value, list):
            bad = {int(at) for at in (_index(fault, name) for fault in faults) if at is not None}
            whole[name] = not bad
            value = [part for at, part in enumerate(value) if at not in bad]
        if not config.faults_in(value, field.type, name):
            kept[name] = value
        elif name in _LISTS:
            whole[name] = False
    try:
        return msgspec.convert(kept, SiteForm), whole, faults
    except msgspec.ValidationError:
        return None, whole, faults


def _index(fault: str, name: str) -> str | None:
    """``antennas[3].port: …`` → ``3``."""
    head, _, rest = fault.partition("[")
    return rest.partition("]")[0] if head == name else None


def _order_faults(form: SiteForm) -> list[str]:
    found = []
    moments = [("valid_from", form.valid_from)]
    moments += [(f"changes[{at}].valid_from", change.valid_from) for at, change in enumerate(form.changes)]
    for where, moment in moments:
        if not 1970 <= moment.astimezone(UTC).year <= 2100:  # noqa: PLR2004 (the span of times on the wire)
            found.append(f"{where}: {moment.isoformat()} is outside 1970 to 2100; mend the year")
    for (earlier, before), (where, moment) in pairwise(moments):
        if moment <= before:
            found.append(
                f"{where}: {moment.isoformat()} is not after {earlier} ({before.isoformat()}); "
                "write changes in the order of time, one for each moment"
            )
    return found


class _Same(NamedTuple):
    """What all versions of a site share; made once, because a site may have thousands."""

    callnumbers: CallNumbers
    tags: TagUse
    hold_shelves: tuple[str, ...]


def _history(
    form: SiteForm,
    floors: tuple[Floor, ...],
    shelves: tuple[Shelf, ...],
    equipment: Equipment,
    faults: list[str],
) -> SiteHistory | None:
    first = AddForm(readers=form.readers, antennas=form.antennas, reference_tags=form.reference_tags)
    equipment.apply("", add=first, move=AddForm(), remove=RemoveForm())
    ordered = call_numbers(form.callnumbers, faults)
    same = _Same(ordered, _tag_use(form.tags), _hold_shelves(form, floors, shelves))
    versions = [_version(form, form.valid_from, floors, shelves, equipment, same=same)]
    hung = len(equipment.antennas)
    for at, change in enumerate(form.changes):
        if change == ChangeForm(valid_from=change.valid_from, note=change.note):
            faults.append(f"changes[{at}]: changes nothing; write `add`, `move` or `remove`, or take it away")
        equipment.apply(f"changes[{at}]", add=change.add, move=change.move, remove=change.remove)
        hung += len(equipment.antennas)
        if hung > MAX_HUNG:
            faults.append(
                f"changes[{at}]: antennas times changes are more than {MAX_HUNG}; begin a new file with a later valid_from"
            )
            return None
        versions.append(_version(form, change.valid_from, floors, shelves, equipment, same=same))
    ids = tuple(equipment.antenna_ids)
    return SiteHistory(versions=tuple(versions), antenna_ids=ids)


def _version(
    form: SiteForm,
    valid_from: datetime,
    floors: tuple[Floor, ...],
    shelves: tuple[Shelf, ...],
    equipment: Equipment,
    *,
    same: _Same,
) -> Site:
    tags_on: dict[str, list[str]] = {}
    for tag in equipment.tags.values():
        tags_on.setdefault(tag.shelf, []).append(tag.epc)
    antennas = tuple(
        Antenna(
            id=name,
            index=index,
            reader=hung.reader,
            port=hung.port,
            hears=hung.hears,
            reference_tags=tuple(epc for shelf in hung.hears for epc in tags_on.get(shelf, ())),
        )
        for index, name in enumerate(equipment.antenna_ids)
        if (hung := equipment.antennas.get(name)) is not None
    )
    return Site(
        id=form.site,
        name=dict(form.name),
        timezone=form.timezone,
        valid_from_us=time_us(valid_from),
        floors=floors,
        shelves=shelves,
        readers=tuple(Reader(id=reader.id, agent=reader.agent) for reader in equipment.readers.values()),
        antennas=antennas,
        reference_tags=tuple(ReferenceTag(epc=tag.epc, shelf=tag.shelf) for tag in equipment.tags.values()),
        callnumbers=same.callnumbers,
        tags=same.tags,
        hold_shelves=same.hold_shelves,
    )


def _tag_use(form: TagsForm) -> TagUse:
    """Blank tags, tags of other trades and tags that nobody can read exist at every site."""
    use = TagUse(owners=tuple(form.owners), afi=form.afi, security=form.security)
    if form.families is None:
        return use
    families: tuple[Family, ...] = (*form.families, "other-iso", "blank", "raw")
    return msgspec.structs.replace(use, families=families)


def _hold_shelves(form: SiteForm, floors: tuple[Floor, ...], shelves: tuple[Shelf, ...]) -> tuple[str, ...]:
    spans = spans_of(floors)
    named = {number for scope in form.hold_shelves for number in range(*spans.get(scope, (0, 0)))}
    return tuple(shelves[number].id for number in sorted(named))


def _hold_faults(form: SiteForm, floors: tuple[Floor, ...]) -> list[str]:
    spans = spans_of(floors)
    return [
        f"hold_shelves[{at}]: {scope!r} is no floor, range, face, bay or shelf of this site"
        for at, scope in enumerate(form.hold_shelves)
        if scope not in spans
    ]


def time_us(moment: datetime) -> int:
    """UTC microseconds of a moment with a zone, exact."""
    span = moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds
