"""PC word, EPC bank and TID of a UHF tag, and the item identifier of ISO/TS 28560-4. Pure and total."""

from __future__ import annotations

from typing import Final, NamedTuple

from shelfwire.tags.bits import stored_crc, to_hex
from shelfwire.tags.code40 import encode_urn40
from shelfwire.tags.errors import TagError

MAX_WORDS: Final = 31
_UMI: Final = 0x0400
_XPC: Final = 0x0200
_TOGGLE: Final = 0x0100
_SET_DIGITS: Final = frozenset({2, 4, 6})
_GS1_CLASS: Final = 0xE2


class PcWord(NamedTuple):
    """The protocol control word. `low` is the AFI if `iso`, else attribute bits."""

    length_words: int
    umi: bool
    xpc: bool
    iso: bool
    low: int


class Uii(NamedTuple):
    """An item identifier taken apart."""

    owner: str | None
    pii: str | None
    set: str | None


class Bank(NamedTuple):
    """A whole EPC bank, StoredCRC first. `epc` is cut to what the PC word says."""

    crc_ok: bool
    pc: int
    epc: bytes


class Tid(NamedTuple):
    """Who made the chip. `stid` is its serial number in full, None where the chip does not say that it has one."""

    mdid12: str
    model: str
    xtid: bool
    stid: str | None


def decode_pc(word: int) -> PcWord:
    """The fields of a PC word."""
    return PcWord(word >> 11, bool(word & _UMI), bool(word & _XPC), bool(word & _TOGGLE), word & 0xFF)


def encode_pc(pc: PcWord) -> int:
    """The word. Raises `TagError` for what does not fit it."""
    if not (0 <= pc.length_words <= MAX_WORDS and 0 <= pc.low <= 0xFF):  # noqa: PLR2004 (one byte)
        raise TagError(
            "too_long", f"{pc.length_words} words, low byte {pc.low}: an EPC has at most {MAX_WORDS} words"
        )
    return pc.length_words << 11 | pc.umi * _UMI | pc.xpc * _XPC | pc.iso * _TOGGLE | pc.low


def split_bank(bank: bytes) -> Bank | None:
    """An EPC bank as memory: StoredCRC, PC word, EPC. None when it is shorter than both words."""
    if len(bank) < 4:  # noqa: PLR2004 (two words)
        return None
    pc = int.from_bytes(bank[2:4], "big")
    covered = bank[2 : 4 + 2 * decode_pc(pc).length_words]
    return Bank(stored_crc(covered) == bank[:2], pc, covered[2:])


def split_uii(text: str) -> Uii:
    """Owner, identifier and set of ``PII``, ``owner.PII`` or ``owner.PII.set``."""
    owner, dot, rest = text.partition(".")
    if not dot:
        return Uii(None, text or None, None)
    pii, dot, last = rest.rpartition(".")
    if dot and "." not in pii and is_set(last):
        return Uii(owner or None, pii or None, last)
    return Uii(owner or None, rest or None, None)


def is_set(text: str) -> bool:
    """Whether a text is set information: 2, 4 or 6 digits, first the number of parts, then the ordinal."""
    return len(text) in _SET_DIGITS and text.isascii() and text.isdigit()


def encode_uii(owner: str | None, pii: str, set_information: str | None = None) -> bytes:
    """The EPC bytes of a 28560-4 tag. Raises `TagError` for what would be read back as something else."""
    parts = [part for part in (owner, pii, set_information) if part]
    text = ".".join(parts)
    if not pii or split_uii(text) != Uii(owner or None, pii, set_information or None):
        raise TagError(
            "bad_character",
            f"owner {owner!r}, identifier {pii!r}, set {set_information!r} cannot be told apart in {text!r}",
        )
    coded = encode_urn40(text)
    if len(coded) > 2 * MAX_WORDS:
        raise TagError("pii_too_long", f"{text!r} needs {len(coded)} bytes, an EPC holds {2 * MAX_WORDS}")
    return coded


def decode_tid(tid: bytes) -> Tid | None:
    """The first words of a TID bank; None when it is none of GS1's class or too short."""
    if len(tid) < 4 or tid[0] != _GS1_CLASS:  # noqa: PLR2004 (class, designer, model)
        return None
    digits = to_hex(tid)
    designer, model = digits[2:5], digits[5:8]
    xtid = bool(tid[1] & 0x80)
    stid = None
    if xtid and len(tid) >= 6 and tid[4] >> 5:  # noqa: PLR2004 (with the header of the XTID)
        size = (48 + 16 * ((tid[4] >> 5) - 1)) // 8
        if len(tid) >= 6 + size:
            stid = f"urn:epc:stid:x{designer}.x{model}.x{digits[12 : 12 + 2 * size]}"
    return Tid(designer, model, xtid, stid)
