"""Which format a UHF tag is in, and what it says: EPC, PC word and user memory, as far as each was read. Pure, total.

The order of the questions is that of `docs/tags.md`. GS1 and alliance EPCs cannot be taken for each other: the first
byte of the one is 2C to 41, of the other 00 to 1F or 80 to 9F.
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from shelfwire.tags.alliance import Alliance, decode_alliance, decode_content, encode_content
from shelfwire.tags.alliance_user import Elements, decode_user, iso_usage
from shelfwire.tags.bits import to_hex
from shelfwire.tags.code40 import decode_urn40
from shelfwire.tags.gs1 import decode_gs1, is_installed, may_be_gs1
from shelfwire.tags.key import is_alliance, tag_key
from shelfwire.tags.objects import INDEX, Objects, TagObject, decode_objects
from shelfwire.tags.sets import kind_of, parts_of, security_of
from shelfwire.tags.tag import AFI_ARMED, AFI_OFF, Element, Kind, Profile, Tag
from shelfwire.tags.uhf import PcWord, decode_pc, split_uii

_LIBRARY_AFIS: Final = frozenset({AFI_ARMED, AFI_OFF})
_FACTORY: Final = 0xE2
_FACTORY_WORDS: Final = 6
_DSFID: Final = 0x06
_STANDARD: Final = Profile()
_RESERVED: Final = 0x60
_ALTERNATIVES: Final = (22, 14)
"""Elements with another identifier of the same item, the better one first."""
_USAGE: Final = re.compile("[0-9A-Fa-f]{2}")
_CARD: Final = 3
_LABEL: Final = 2
_EQUIPMENT: Final = 4
_KINDS: Final[dict[int, Kind]] = {_LABEL: "shelf_label", _CARD: "patron_card", _EQUIPMENT: "equipment"}


class _Heard(NamedTuple):
    """One tag as it was read, cut to its length."""

    epc: bytes
    key: str
    word: PcWord | None
    user: bytes | None
    flags: tuple[str, ...]


def decode_uhf(epc: bytes, pc: int | None, user: bytes | None = None, profile: Profile = _STANDARD) -> Tag:
    """The tag. One of a format that the site does not have becomes ``raw``."""
    if pc is None:
        return _without_pc(epc, user, profile)
    word = decode_pc(pc)
    size = 2 * word.length_words
    if not size or not epc:
        return Tag("blank")
    epc = epc[:size]
    short = len(epc) < size
    heard = _Heard(epc, tag_key(to_hex(epc), pc), word, user, ("short_epc",) if short else ())
    if word.iso:
        if word.low in _LIBRARY_AFIS and "iso28560-4" in profile.families:
            return _iso(heard, profile)
        return Tag("other-iso", heard.key, afi=word.low, tolerated=heard.flags)
    if _is_blank(epc, word, user):
        return Tag("blank", heard.key, tolerated=heard.flags)
    return _toggle_0(heard, profile, whole=not short)


def _without_pc(epc: bytes, user: bytes | None, profile: Profile) -> Tag:
    flags = ("pc_unknown",)
    if not epc:
        return Tag("blank", tolerated=flags)
    heard = _Heard(epc, tag_key(to_hex(epc), None), None, user, flags)
    if not any(epc):
        return Tag("blank", heard.key, tolerated=flags)
    tag = _toggle_0(heard, profile)
    if tag.family != "raw" or "iso28560-4" not in profile.families:
        return tag
    urn = decode_urn40(epc)
    if urn.fault is None and "." in urn.text and urn.text.isprintable():
        return _iso(heard, profile)
    return tag


def _toggle_0(heard: _Heard, profile: Profile, *, whole: bool = True) -> Tag:
    """GS1, alliance or raw. A GS1 form cannot be told when bytes are missing."""
    epc = heard.epc
    is_gs1 = whole and may_be_gs1(epc) and "gs1" in profile.families
    gs1 = decode_gs1(epc) if is_gs1 else None
    if gs1 is not None:
        other = gs1.element_string or gs1.uri
        return Tag("gs1", heard.key, alternative_item_id=other, gs1=gs1, tolerated=heard.flags)
    if "gxlm" in profile.families and not epc[0] & _RESERVED and is_alliance(epc):
        return _alliance(heard)
    unread = is_gs1 and not is_installed()
    return Tag("raw", heard.key, tolerated=heard.flags, errors=("gs1_not_installed",) if unread else ())


def _is_blank(epc: bytes, word: PcWord, user: bytes | None) -> bool:
    if not any(epc):
        return True
    factory = epc[0] == _FACTORY and word.length_words == _FACTORY_WORDS and not word.xpc and not word.low
    return factory and (not word.umi or not any(user or b""))


def _iso(heard: _Heard, profile: Profile) -> Tag:
    urn = decode_urn40(heard.epc)
    errors: list[str] = [urn.fault] if urn.fault else []
    if "short_epc" in heard.flags and not errors:
        errors.append("truncated_uii")  # the beginning of a longer identifier reads like a shorter one
    uii = split_uii("" if errors else urn.text)
    if not errors and not uii.pii:
        errors.append("no_pii")
    fields, notes = from_objects(_user_objects(heard.user, errors))
    fields["primary_item_id"] = uii.pii
    fields["owner"] = uii.owner or fields["owner"]
    part, parts = parts_of(uii.set)
    if parts is not None:
        fields.update(part=part, parts=parts)
    if not urn.tidy:
        notes.insert(0, "bad_padding")
    afi = heard.word.low if heard.word else None
    return without_patron(
        Tag(
            "iso28560-4",
            heard.key,
            afi=afi,
            security=security_of(afi, profile.afi),
            tolerated=tuple(dict.fromkeys((*heard.flags, *notes))),
            errors=tuple(dict.fromkeys(errors)),
            **fields,
        )
    )


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
    usage = usage.upper() if usage and _USAGE.fullmatch(usage) else None
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


def _alliance(heard: _Heard) -> Tag:
    read = decode_alliance(heard.epc)
    notes = [*heard.flags]
    if heard.word is not None and not heard.word.umi and read.content:
        notes.append("umi_mismatch")
    fields: dict[str, Any] = {}
    errors = read.errors
    if heard.user is not None:
        found = decode_user(heard.user)
        fields = _from_elements(found)
        errors += found.errors
        notes += _listing(read, found)
    return without_patron(
        Tag(
            "gxlm",
            heard.key,
            primary_item_id=read.pii,
            security="off" if read.lent else "armed",
            tolerated=tuple(notes),
            errors=errors,
            **fields,
        )
    )


def _listing(read: Alliance, found: Elements) -> list[str]:
    """What is wrong with the list of elements in the EPC; it decides nothing."""
    there = {one.oid for one in found.elements}
    notes = ["text_legacy"] if any(one.legacy for one in found.elements) else []
    if set(read.content) != there:
        number = encode_content(read.content)
        exchanged = decode_content(number >> 8 | (number & 0xFF) << 8)
        notes.insert(0, "content_swapped" if set(exchanged) == there else "content_mismatch")
    return notes


def _from_elements(found: Elements) -> dict[str, Any]:
    text, use = found.text(4), found.text(5)
    part, parts = (int(number) for number in text.split("/")) if text else (None, None)
    return {
        "alternative_item_id": found.text(14),
        "owner": found.text(3) or found.text(27),
        "part": part,
        "parts": parts,
        "usage": iso_usage(use) if use else None,
        "kind": _KINDS.get(int(use.split(".")[0]), "item") if use else "item",
        "shelf_hint": found.text(6) or found.text(15),
        "elements": tuple(Element(one.oid, one.text, to_hex(one.data)) for one in found.elements),
    }


def without_patron(tag: Tag) -> Tag:
    """A patron's card leaves nothing but that it was one."""
    if tag.kind != "patron_card":
        return tag
    return Tag(tag.family, usage=tag.usage, kind="patron_card", tolerated=tag.tolerated, errors=tag.errors)
