"""ISO 28560-3: the basic block of 34 or 32 bytes (the "Danish model") and what follows it. Pure and total."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shelfwire.tags.bits import fixed_crc
from shelfwire.tags.errors import TagError
from shelfwire.tags.extensions import LIBRARY, OWNER, PII, Block, Value, decode_blocks, encode_block
from shelfwire.tags.isil import MAX_SIGNS, is_isil

WHOLE: Final = 34
TRUNCATED: Final = 32
ELSEWHERE: Final = 0x01
"""Marker in the first byte of the identifier or the owner: it stands in the library block."""
_PII: Final = slice(3, 19)
_PII_BYTES: Final = 16
_CRC: Final = slice(19, 21)
_OWNER_AT: Final = 21
_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Fixed:
    """What a tag of this family says. `usage` is the main digit alone; `ordinal` 0 stands for the whole set."""

    version: int = 0
    usage: int = 0
    parts: int = 1
    ordinal: int = 1
    pii: str | None = None
    owner: str | None = None
    crc_ok: bool = False
    truncated: bool = False
    blocks: tuple[Block, ...] = ()
    flags: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()

    def field(self, oid: int) -> Value | None:
        """The value of an element in the blocks; the first one counts."""
        return next((block.fields[oid] for block in self.blocks if oid in block.fields), None)


def crc_fits(memory: bytes) -> bool:
    """Whether the memory begins with a basic block whose checksum is right."""
    return len(memory) >= TRUNCATED and fixed_crc(_basic(memory)) == memory[_CRC]


def decode_fixed(memory: bytes) -> Fixed:
    """The block and its extensions."""
    if len(memory) < TRUNCATED:
        return Fixed(errors=("too_short",))
    block = _basic(memory)
    flags: list[str] = []
    errors: list[str] = []
    crc_ok = fixed_crc(block) == block[_CRC]
    if not crc_ok:
        errors.append("crc_mismatch")
    parts, ordinal = _parts(block[1], block[2], flags)
    pii_elsewhere = block[3] == ELSEWHERE
    owner_elsewhere = block[_OWNER_AT] in {0, ELSEWHERE}
    blocks: tuple[Block, ...] = ()
    if len(block) == WHOLE:
        read = decode_blocks(memory, WHOLE, pii=pii_elsewhere, owner=owner_elsewhere)
        blocks = read.blocks
        errors += read.errors
    basic = Fixed(blocks=blocks)
    pii = _text(basic.field(PII)) if pii_elsewhere else _filled(block[_PII], flags).rstrip(" ") or None
    owner = _text(basic.field(OWNER)) if owner_elsewhere else read_owner(block[_OWNER_AT:], flags)
    if pii is None:
        errors.append("no_pii")
    return Fixed(
        version=block[0] >> 4,
        usage=block[0] & 0x0F,
        parts=parts,
        ordinal=ordinal,
        pii=pii,
        owner=owner,
        crc_ok=crc_ok,
        truncated=len(block) == TRUNCATED,
        blocks=blocks,
        flags=tuple(dict.fromkeys(flags)),
        errors=tuple(errors),
    )


def encode_fixed(
    pii: str,
    owner: str | None = None,
    *,
    usage: int = 1,
    parts: int = 1,
    ordinal: int = 1,
    size: int = WHOLE,
    blocks: Mapping[int, Mapping[int, Value]] | None = None,
) -> bytes:
    """The memory from byte 0: basic block, blocks in ascending id, one 00 behind them. Raises `TagError`."""
    if size not in {WHOLE, TRUNCATED}:
        raise TagError("too_long", f"a basic block of {size} bytes: there are 34 and 32")
    _check(pii, usage, parts, ordinal)
    wanted = {number: dict(fields) for number, fields in (blocks or {}).items()}
    library = wanted.pop(LIBRARY, {})
    raw = pii.encode()
    if len(raw) > _PII_BYTES:
        if size == TRUNCATED:
            raise TagError(
                "pii_too_long", f"{pii!r} has {len(raw)} bytes; a tag of 32 bytes holds {_PII_BYTES}"
            )
        library[PII] = pii
        raw = bytes((ELSEWHERE,))
    short = _short_owner(owner or "", size - _OWNER_AT)
    if short is None and owner:
        if size == TRUNCATED:
            raise TagError("owner_too_long", f"owner {owner!r} does not fit a tag of 32 bytes")
        library[OWNER] = owner
        short = bytes((ELSEWHERE,))
    if library:
        wanted[LIBRARY] = library
    if wanted and size == TRUNCATED:
        raise TagError("too_short", "a tag of 32 bytes has no room for more than identifier and owner")
    head = bytes((_VERSION << 4 | usage, parts, ordinal)) + raw.ljust(_PII_BYTES, b"\x00")
    tail = (short or b"").ljust(size - _OWNER_AT, b"\x00")
    block = head + fixed_crc(head + b"\x00\x00" + tail) + tail
    more = b"".join(encode_block(number, wanted[number]) for number in sorted(wanted))
    return block + more + (b"\x00" if more else b"")


def read_owner(raw: bytes, flags: list[str]) -> str | None:
    """The ISIL with the hyphen that the block leaves out behind a country code of two letters."""
    text = _filled(raw, flags)
    if not text:
        return None
    if text[1:2] == "-" or text[2:3] == "-":
        return text
    if text[:2].isascii() and text[:2].isalpha() and len(text) > 1:
        return f"{text[:2]}-{text[2:]}"
    flags.append("owner_unparsed")
    return text


def _basic(memory: bytes) -> bytes:
    return memory[:WHOLE] if len(memory) >= WHOLE else memory[:TRUNCATED]


def _parts(total: int, ordinal: int, flags: list[str]) -> tuple[int, int]:
    """Some writers exchange the two bytes."""
    if total == ordinal == 0:
        return 1, 1
    if ordinal > total:
        flags.append("parts_swapped")
        return ordinal, total
    return total, ordinal


def _filled(raw: bytes, flags: list[str]) -> str:
    """Text up to the first 00; what is no UTF-8 is read as Latin-1."""
    found, _, rest = raw.partition(b"\x00")
    if any(rest):
        flags.append("bad_padding")
    try:
        return found.decode()
    except UnicodeDecodeError:
        flags.append("text_legacy")
        return found.decode("latin-1")


def _text(value: Value | None) -> str | None:
    return value if isinstance(value, str) and value else None


def _short_owner(owner: str, room: int) -> bytes | None:
    """The owner as the block holds it, or None where it must stand in the library block."""
    if not owner:
        return b""
    if not is_isil(owner):
        code = "owner_too_long" if len(owner) > MAX_SIGNS else "bad_character"
        raise TagError(code, f"owner {owner!r}: want an ISIL, at most {MAX_SIGNS} of A-Z a-z 0-9 - / :")
    short = owner[:2] + owner[3:] if owner[2:3] == "-" and owner[:2].isalpha() else owner
    flags: list[str] = []
    fits = len(short) <= room and read_owner(short.encode(), flags) == owner and not flags
    return short.encode() if fits else None


def _check(pii: str, usage: int, parts: int, ordinal: int) -> None:
    if not pii or any(sign < " " or "\x7f" <= sign < "\xa0" for sign in pii) or pii.endswith(" "):
        raise TagError(
            "bad_character", f"identifier {pii!r}: want text without control signs and blanks at its end"
        )
    try:
        pii.encode()
    except UnicodeEncodeError:
        raise TagError("bad_character", f"identifier {pii!r} is no text") from None
    if not (0 <= usage <= 0x0F and 0 <= parts <= 0xFF and 0 <= ordinal <= parts):  # noqa: PLR2004 (a nibble, bytes)
        raise TagError(
            "bad_number",
            f"usage {usage}, part {ordinal} of {parts}: want 0 to 15, and a part of at most 255 parts",
        )
