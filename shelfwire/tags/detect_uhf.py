"""Which format a UHF tag is in, and what it says: EPC, PC word and user memory, as far as each was read. Pure, total.

The order of the questions is that of `docs/tags.md`. GS1 and alliance EPCs cannot be taken for each other: the first
byte of the one is 2C to 41, of the other 00 to 1F or 80 to 9F.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any, Final

from shelfwire.tags.alliance import Alliance, decode_alliance, decode_content, encode_content
from shelfwire.tags.alliance_user import decode_user, iso_usage
from shelfwire.tags.bits import to_hex
from shelfwire.tags.code40 import decode_urn40
from shelfwire.tags.gs1 import decode_gs1, is_installed, may_be_gs1
from shelfwire.tags.key import is_alliance, tag_key
from shelfwire.tags.objects import INDEX, Objects, TagObject, decode_objects
from shelfwire.tags.sets import kind_of, parts_of, security_of
from shelfwire.tags.tag import (
    AFI_ARMED,
    AFI_OFF,
    UHF_FAMILIES,
    Element,
    Family,
    Kind,
    Security,
    Tag,
    usable_id,
)
from shelfwire.tags.uhf import PcWord, decode_pc, split_uii

_LIBRARY_AFIS: Final = frozenset({AFI_ARMED, AFI_OFF})
_FACTORY: Final = 0xE2
_FACTORY_WORDS: Final = 6
_DSFID: Final = 0x06
_RESERVED: Final = 0x60
_ALTERNATIVES: Final = (22, 14)
"""Elements with another identifier of the same item, the better one first."""
_CARD: Final = 3
_LABEL: Final = 2
_EQUIPMENT: Final = 4
_KINDS: Final[dict[int, Kind]] = {_LABEL: "shelf_label", _CARD: "patron_card", _EQUIPMENT: "equipment"}


def decode_uhf(
    epc: bytes, pc: int | None, user: bytes | None = None, families: Collection[Family] = UHF_FAMILIES
) -> Tag:
    """The tag. `families` are those that the site has; a tag of another becomes ``raw``."""
    if pc is None:
        return _without_pc(epc, user, families)
    word = decode_pc(pc)
    size = 2 * word.length_words
    if not size or not epc:
        return Tag("blank")
    flags = ("short_epc",) if len(epc) < size else ()
    epc = epc[:size]
    key = tag_key(to_hex(epc), pc)
    if word.iso:
        if word.low not in _LIBRARY_AFIS or "iso28560-4" not in families:
            return Tag("other-iso", key, afi=word.low, tolerated=flags)
        return _iso(epc, key, word, user, flags)
    if _is_blank(epc, word, user):
        return Tag("blank", key, tolerated=flags)
    # A form that needs all its bytes cannot be told when some are missing.
    if len(epc) < size:
        return (
            _raw(epc, key, flags)
            if not _alliance_fits(epc, families)
            else _alliance(epc, key, word, user, flags)
        )
    return _toggle_0(epc, key, word, user, flags, families)


def _without_pc(epc: bytes, user: bytes | None, families: Collection[Family]) -> Tag:
    flags = ("pc_unknown",)
    if not epc:
        return Tag("blank", tolerated=flags)
    key = tag_key(to_hex(epc), None)
    if not any(epc):
        return Tag("blank", key, tolerated=flags)
    tag = _toggle_0(epc, key, None, user, flags, families)
    if tag.family != "raw" or "iso28560-4" not in families:
        return tag
    urn = decode_urn40(epc)
    if urn.fault is None and "." in urn.text and urn.text.isprintable():
        return _iso(epc, key, None, user, flags)
    return tag


def _toggle_0(
    epc: bytes,
    key: str,
    word: PcWord | None,
    user: bytes | None,
    flags: tuple[str, ...],
    families: Collection[Family],
) -> Tag:
    if may_be_gs1(epc) and "gs1" in families:
        gs1 = decode_gs1(epc)
        if gs1 is not None:
            return Tag(
                "gs1", key, alternative_item_id=gs1.element_string or gs1.uri, gs1=gs1, tolerated=flags
            )
    if _alliance_fits(epc, families):
        return _alliance(epc, key, word, user, flags)
    return _raw(epc, key, flags)


def _raw(epc: bytes, key: str, flags: tuple[str, ...]) -> Tag:
    unread = may_be_gs1(epc) and not is_installed()
    return Tag("raw", key, tolerated=flags, errors=("gs1_not_installed",) if unread else ())


def _is_blank(epc: bytes, word: PcWord, user: bytes | None) -> bool:
    if not any(epc):
        return True
    factory = epc[0] == _FACTORY and word.length_words == _FACTORY_WORDS and not word.xpc and not word.low
    return factory and (not word.umi or not any(user or b""))


def _alliance_fits(epc: bytes, families: Collection[Family]) -> bool:
    return "gxlm" in families and not epc[0] & _RESERVED and is_alliance(epc)


def _iso(epc: bytes, key: str, word: PcWord | None, user: bytes | None, flags: tuple[str, ...]) -> Tag:
    urn = decode_urn40(epc)
    errors: list[str] = [urn.fault] if urn.fault else []
    if "short_epc" in flags and not errors:
        errors.append("truncated_uii")  # the beginning of a longer identifier reads like a shorter one
    uii = split_uii("" if errors else urn.text)
    if not errors and not uii.pii:
        errors.append("no_pii")
    objects = _user_objects(user, errors)
    more, notes = from_objects(objects)
    owner = uii.owner or more.pop("owner")
    part, parts = parts_of(uii.set)
    if parts is not None:
        more.update(part=part, parts=parts)
    more.pop("primary_item_id")
    afi = word.low if word else None
    untidy = ("bad_padding",) if not urn.tidy else ()
    tag = Tag(
        "iso28560-4",
        key,
        primary_item_id=uii.pii,
        afi=afi,
        security=security_of(afi),
        tolerated=tuple(dict.fromkeys((*flags, *untidy, *notes))),
        errors=tuple(dict.fromkeys(errors)),
        **{**more, "owner": owner},
    )
    return without_patron(tag)


def _user_objects(user: bytes | None, errors: list[str]) -> Objects:
    if not user or not any(user):
        return Objects((), (), 0)
    if user[0] != _DSFID:
        errors.append("bad_dsfid")
        return Objects((), (), 0)
    found = decode_objects(user, 1)
    errors += found.errors
    return found


def from_objects(found: Objects) -> tuple[dict[str, Any], list[str]]:
    """The fields of a `Tag` that a list of objects gives, and what was tolerable in it."""
    texts: dict[int, str] = {}
    for one in found.objects:
        if one.text:
            texts.setdefault(one.oid, one.text)
    part, parts = parts_of(texts.get(4))
    usage = texts.get(5)
    usage = usage.upper() if usage and len(usage) == 2 else None  # noqa: PLR2004 (two hex digits)
    fields: dict[str, Any] = {
        "primary_item_id": texts.get(1),
        "alternative_item_id": next((texts[oid] for oid in _ALTERNATIVES if oid in texts), None),
        "owner": texts.get(3),
        "alternative_owner": texts.get(23),
        "part": part,
        "parts": parts,
        "usage": usage,
        "kind": kind_of(usage),
        "shelf_hint": texts.get(6),
        "elements": tuple(Element(one.oid, _shown(one), to_hex(one.data)) for one in found.objects),
    }
    notes = [] if all(one.tidy for one in found.objects) else ["bad_padding"]
    index = found.first(INDEX)
    there = {one.oid for one in found.objects} - {1, INDEX}
    if index is not None and index.index is not None and set(index.index) != there:
        notes.append("index_mismatch")
    return fields, notes


def _shown(one: TagObject) -> str | None:
    return ", ".join(map(str, one.index)) if one.index is not None else one.text


def _alliance(epc: bytes, key: str, word: PcWord | None, user: bytes | None, flags: tuple[str, ...]) -> Tag:
    read = decode_alliance(epc)
    tag = Tag(
        "gxlm",
        key,
        primary_item_id=usable_id(read.pii),
        security="off" if read.lent else "armed",
        tolerated=flags,
        errors=read.errors,
    )
    notes = [*flags]
    if word is not None and not word.umi and read.content:
        notes.append("umi_mismatch")
    if user is not None:
        tag = _with_user(tag, read, user, notes)
    if len(notes) > len(flags):
        tag = replace(tag, tolerated=tuple(notes))
    return without_patron(tag)


def _with_user(tag: Tag, read: Alliance, user: bytes, notes: list[str]) -> Tag:
    found = decode_user(user)
    there = {one.oid for one in found.elements}
    if set(read.content) != there:
        number = encode_content(read.content)
        exchanged = decode_content(number >> 8 | (number & 0xFF) << 8)
        notes.append("content_swapped" if set(exchanged) == there else "content_mismatch")
    if any(one.legacy for one in found.elements):
        notes.append("text_legacy")
    part: int | None = None
    parts: int | None = None
    if (text := found.text(4)) is not None:
        part, parts = (int(number) for number in text.split("/"))
    use = found.text(5)
    return replace(
        tag,
        owner=found.text(3) or found.text(27),
        alternative_item_id=found.text(14),
        part=part,
        parts=parts,
        usage=iso_usage(use) if use else None,
        kind=_KINDS.get(int(use.split(".")[0]), "item") if use else "item",
        shelf_hint=found.text(6) or found.text(15),
        elements=tuple(Element(one.oid, one.text, to_hex(one.data)) for one in found.elements),
        errors=(*tag.errors, *found.errors),
    )


def without_patron(tag: Tag) -> Tag:
    """A patron's card leaves nothing but that it was one."""
    if tag.kind != "patron_card":
        return tag
    return Tag(tag.family, usage=tag.usage, kind="patron_card", tolerated=tag.tolerated, errors=tag.errors)
