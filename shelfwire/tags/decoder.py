"""The door to all formats: one function, and a decoder with a memory of what it has seen. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from shelfwire.tags.bits import MAX_BYTES, MAX_EPC_BYTES, from_hex
from shelfwire.tags.detect_hf import decode_hf
from shelfwire.tags.detect_uhf import decode_uhf
from shelfwire.tags.errors import TagError
from shelfwire.tags.tag import UHF_FAMILIES, AfiUse, Family, Profile, Tag

CACHED: Final = 65_536
"""Tags that a decoder remembers, at most; 0.4 to 0.8 kB each. Fewer than the tags of a place, and it decodes again."""

Memory = str | bytes
"""Bytes, or hex of them."""
_Generation = dict[int | None, dict[Memory, Tag]]
"""Tags by PC word, of which a site has few, and EPC: no key is made for a look."""


class Decoder:
    """Decodes tags and remembers the last ones by (EPC, PC word), so that the next cycle costs a look in a dict; `cached=0`: none.

    Leave out of `families` a UHF format that the site does not have: of random EPCs 2 in 10,000 look like alliance tags.
    """

    def __init__(
        self, families: Collection[Family] = UHF_FAMILIES, *, afi: AfiUse = "standard", cached: int = CACHED
    ) -> None:
        self._profile = Profile(frozenset(families), afi)
        self._young: _Generation = {}
        self._old: _Generation = {}
        self._count = 0
        self._room = max(cached // 2, min(cached, 1))

    def decode(  # noqa: PLR0917 (see below)
        self,
        epc: Memory | None = None,
        pc: int | None = None,
        user: Memory | None = None,
        block: Memory | None = None,
        dsfid: int | None = None,
        afi: int | None = None,
        eas: bool | None = None,  # noqa: FBT001 (by name, please; enforcing it makes each look in the cache a third slower)
    ) -> Tag:
        """What a tag says.

        Of a UHF tag: `epc` (the EPC bank from word 2 on), PC word and user bank. Of an HF tag: its memory as `block`,
        with DSFID, AFI and EAS bit. All of them as far as they were read.

        Whatever a tag contains gives a `Tag`. Raises `TagError` only for what is no tag memory: no hex, too many bytes,
        or an EPC together with HF memory.
        """
        if user is None and block is None:
            try:
                return self._young[pc][epc]  # type: ignore[index]  # (None is never a key)
            except KeyError:
                return self._new(epc, pc)
        if block is not None:
            if epc or user is not None or pc is not None:
                raise TagError("bad_use", "an HF tag has no EPC, PC word or user bank: give its memory alone")
            return decode_hf(
                _bytes(block, MAX_BYTES),
                _byte(dsfid, "DSFID"),
                _byte(afi, "AFI"),
                eas=eas,
                profile=self._profile,
            )
        memory = None if user is None else _bytes(user, MAX_BYTES)
        return decode_uhf(_epc(epc, pc), pc, memory, self._profile)

    def decode_many(self, epcs: Iterable[Memory], pcs: Iterable[int | None]) -> list[Tag]:
        """A column of EPCs with their PC words, as reports carry them. Raises as `decode` does, at the first."""
        young = self._young
        found: list[Tag] = []
        for epc, pc in zip(epcs, pcs, strict=True):
            try:
                found.append(young[pc][epc])
            except KeyError:
                found.append(self._new(epc, pc))
                young = self._young
        return found

    def __len__(self) -> int:
        """How many tags are remembered."""
        return sum(len(tags) for generation in (self._young, self._old) for tags in generation.values())

    def _new(self, epc: Memory | None, pc: int | None) -> Tag:
        """A tag that is not among the young ones. Two generations take less time than an order of use."""
        if epc is None:
            raise TagError("bad_use", "neither an EPC nor the memory of an HF tag is given")
        tag = self._old.get(pc, {}).get(epc)
        if tag is None:
            tag = decode_uhf(_epc(epc, pc), pc, None, self._profile)
        if not self._room:
            return tag
        if self._count >= self._room:
            self._old, self._young, self._count = self._young, {}, 0
        self._young.setdefault(pc, {})[epc] = tag
        self._count += 1
        return tag


def _epc(epc: Memory | None, pc: int | None) -> bytes:
    if epc is None:
        raise TagError("bad_use", "user memory alone says nothing: give the EPC too")
    if pc is None:
        return _bytes(epc, MAX_EPC_BYTES)
    if not 0 <= pc <= 0xFFFF:  # noqa: PLR2004 (16 bits)
        raise TagError("bad_hex", f"{pc} is no PC word: want 0 to FFFF")
    return _bytes(epc, MAX_BYTES)


def _bytes(memory: Memory, most: int) -> bytes:
    if isinstance(memory, str):
        return from_hex(memory, most=most)
    if len(memory) > most:
        raise TagError("too_long", f"{len(memory)} bytes, at most {most} can be there")
    return bytes(memory)


def _byte(value: int | None, name: str) -> int | None:
    if value is not None and not 0 <= value <= 0xFF:  # noqa: PLR2004 (one byte)
        raise TagError("bad_hex", f"{value} is no {name}: want 00 to FF")
    return value


decode: Final = Decoder().decode
"""What a tag says, by the standard and with all formats: see `Decoder.decode`."""
