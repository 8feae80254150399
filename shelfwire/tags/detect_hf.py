"""Which format the memory of an HF tag is in, and what it says. Pure and total.

The content decides; a DSFID that contradicts it is common on converted stock and only noted.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from shelfwire.tags.bits import to_hex
from shelfwire.tags.detect_uhf import from_objects, without_patron
from shelfwire.tags.extensions import Block
from shelfwire.tags.fixed import Fixed, crc_fits, decode_fixed
from shelfwire.tags.objects import PII, Objects, decode_objects
from shelfwire.tags.sets import kind_of, security_of
from shelfwire.tags.tag import Element, Profile, Security, Tag

FIXED_DSFID: Final = 0x3E
OBJECTS_DSFID: Final = 0x06
_STANDARD: Final = Profile()


class _State(NamedTuple):
    """What the chip says beside its memory."""

    afi: int | None
    security: Security | None


def decode_hf(
    memory: bytes,
    dsfid: int | None = None,
    afi: int | None = None,
    *,
    eas: bool | None = None,
    profile: Profile = _STANDARD,
) -> Tag:
    """The tag. `dsfid`, `afi` and the chip's EAS bit as far as they were read."""
    said = dsfid or None  # 00 says nothing
    security = security_of(afi, profile.afi)
    if eas is not None:
        # A library uses the one or the other, and leaves the other one off.
        security = "armed" if eas or security == "armed" else "off"
    state = _State(afi, security)
    if not any(memory):
        return Tag("blank", **state._asdict())
    return without_patron(_decide(memory, said, state))


def _decide(memory: bytes, said: int | None, state: _State) -> Tag:
    fixed = crc_fits(memory)
    if fixed and said != OBJECTS_DSFID:
        return _fixed(memory, state, mismatch=said not in {None, FIXED_DSFID})
    found = decode_objects(memory)
    if _is_whole(found):
        return _objects(found, state, mismatch=said not in {None, OBJECTS_DSFID})
    if fixed or said == FIXED_DSFID:
        return _fixed(memory, state, mismatch=fixed)
    return (
        _objects(found, state, mismatch=False) if said == OBJECTS_DSFID else Tag("unknown", **state._asdict())
    )


def _is_whole(found: Objects) -> bool:
    """Whether this is a list of objects: first a readable identifier, and nothing runs past the end."""
    first = found.objects[0] if found.objects else None
    return (
        first is not None and first.oid == PII and bool(first.text) and "truncated_object" not in found.errors
    )


def _fixed(memory: bytes, state: _State, *, mismatch: bool) -> Tag:
    read = decode_fixed(memory)
    if read.errors == ("too_short",):
        return Tag("iso28560-3", afi=state.afi, security=state.security, crc_ok=False, errors=read.errors)
    usage = f"{read.usage:X}0"
    return Tag(
        "iso28560-3",
        primary_item_id=read.pii,
        alternative_item_id=_text(read, 22),
        owner=read.owner,
        alternative_owner=_text(read, 23),
        part=read.ordinal,
        parts=read.parts,
        usage=usage,
        kind=kind_of(usage),
        shelf_hint=_text(read, 6),
        afi=state.afi,
        security=state.security,
        crc_ok=read.crc_ok,
        elements=tuple(one for block in read.blocks for one in _elements(block)),
        tolerated=(*read.flags, *(("dsfid_mismatch",) if mismatch else ())),
        errors=read.errors,
    )


def _text(read: Fixed, oid: int) -> str | None:
    value = read.field(oid)
    return None if value is None else str(value)


def _elements(block: Block) -> list[Element]:
    """The elements of a block; one that nobody knows is kept as its bytes, under 0."""
    if not block.fields:
        return [Element(0, None, to_hex(block.raw))]
    return [
        Element(oid, str(value), to_hex(value.encode() if isinstance(value, str) else bytes((value,))))
        for oid, value in block.fields.items()
    ]


def _objects(found: Objects, state: _State, *, mismatch: bool) -> Tag:
    fields, notes = from_objects(found)
    errors = [*found.errors]
    if not fields["primary_item_id"]:
        errors.append("no_pii")
    flags = (*notes, *(("dsfid_mismatch",) if mismatch else ()))
    return Tag(
        "iso28560-2", afi=state.afi, security=state.security, tolerated=flags, errors=tuple(errors), **fields
    )
