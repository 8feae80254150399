"""Hex text and checksums. Pure."""

from __future__ import annotations

from binascii import crc_hqx

from shelfwire.tags.errors import TagError

MAX_BYTES = 8192
"""The largest memory that an HF tag can address: 256 blocks of 32 bytes. More is no tag."""
MAX_EPC_BYTES = 62
"""What the length field of the PC word can say: 31 words."""
_SHOWN = 40


def from_hex(text: str, *, most: int = MAX_BYTES) -> bytes:
    """Bytes from hex: either case, blanks anywhere, ``0x`` in front. Raises `TagError` for anything else."""
    digits = "".join(text.split())
    if digits[:2] in {"0x", "0X"}:
        digits = digits[2:]
    if len(digits) % 2:
        raise TagError(
            "bad_hex", f"{text[:_SHOWN]!r}: an odd number of hex digits; one is missing or too many"
        )
    if len(digits) > 2 * most:
        raise TagError(
            "too_long", f"{text[:_SHOWN]!r} …: {len(digits) // 2} bytes, at most {most} can be there"
        )
    try:
        return bytes.fromhex(digits)
    except ValueError:
        raise TagError("bad_hex", f"{text[:_SHOWN]!r} is no hex: want digits 0-9 and A-F") from None


def to_hex(data: bytes) -> str:
    """Upper-case hex."""
    return data.hex().upper()


def fixed_crc(block: bytes) -> bytes:
    """The two checksum bytes of a 28560-3 basic block of 32 or 34 bytes, as stored (low byte first).

    CRC-16, polynomial 1021, start FFFF, not reflected, over bytes 0-18 and 21-33; those that a short block lacks count
    as 00.
    """
    covered = block[:19] + block[21:34].ljust(13, b"\x00")
    return crc_hqx(covered, 0xFFFF).to_bytes(2, "little")


def stored_crc(pc_and_epc: bytes) -> bytes:
    """The first word of an EPC bank: CRC-16 over PC word and EPC, polynomial 1021, start FFFF, inverted at the end."""
    return (crc_hqx(pc_and_epc, 0xFFFF) ^ 0xFFFF).to_bytes(2, "big")
