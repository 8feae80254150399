"""The memory of a tag as an emulated reader reads it: which tags a mask fits, and what an AccessSpec finds there. Pure.

EPC bank: CRC, PC word, EPC. TID bank: made from the tag's key, which stays when a lent tag's EPC changes. USER bank: empty, as on plain library tags; reading it is the tag's error.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from edge.llrp.rospec import Action, Filter, Mask, ReadOp, TargetTag
from edge.llrp.tags import ReadResult
from firmware_sim.radio import Answer
from shelfwire.tags.key import tag_key

RESERVED, EPC, TID, USER = range(4)
"""Gen2 memory banks."""

GOOD, TAG_ERROR = 0, 1
"""Results of a read."""

TID_HEAD: Final = bytes.fromhex("E2806894")
"""Class E2, and a maker and model as many library tags have."""

_POLYNOMIAL: Final = 0x1021
_TOP: Final = 0x8000


@lru_cache(maxsize=65_536)
def crc(epc: str, pc: int) -> int:
    """CRC-16 of Gen2 over PC and EPC (polynomial 1021, start FFFF, inverted)."""
    found = 0xFFFF
    for byte in pc.to_bytes(2) + bytes.fromhex(epc):
        found ^= byte << 8
        for _ in range(8):
            found = (found << 1 ^ (_POLYNOMIAL if found & _TOP else 0)) & 0xFFFF
    return found ^ 0xFFFF


@lru_cache(maxsize=65_536)
def tid(epc: str, pc: int) -> bytes:
    """96 bits that belong to the tag, not to what was written on it."""
    key = tag_key(epc, pc) if epc else ""
    return TID_HEAD + hashlib.blake2s(key.encode(), digest_size=8).digest()


def bank(answer: Answer, number: int) -> bytes:
    """All of one memory bank."""
    if number == RESERVED:
        return bytes(8)
    if number == EPC:
        return b"".join(
            (crc(answer.epc, answer.pc).to_bytes(2), answer.pc.to_bytes(2), bytes.fromhex(answer.epc))
        )
    return tid(answer.epc, answer.pc) if number == TID else b""


def read(answer: Answer, op: ReadOp) -> ReadResult:
    """What one read finds; words that the tag does not have are its error."""
    held = bank(answer, op.bank)
    from_ = 2 * op.pointer
    to = from_ + 2 * op.words if op.words else len(held)
    if from_ >= len(held) or to > len(held):
        return ReadResult(TAG_ERROR, op.id)
    return ReadResult(GOOD, op.id, held[from_:to])


def fits(answer: Answer, targets: Sequence[TargetTag]) -> bool:
    """Whether an AccessSpec with these targets works on the tag: all of them must hold."""
    return all(_fits(answer, target) == bool(target.match) for target in targets)


def _fits(answer: Answer, target: TargetTag) -> bool:
    mask, data = _bits(target.mask), _bits(target.data)
    held = _bits_of(bank(answer, target.bank), target.pointer, len(mask))
    if len(held) < len(mask):
        return False
    wanted = data.ljust(len(mask), "0")
    return all(care == "0" or have == want for care, have, want in zip(mask, held, wanted, strict=False))


_ACTIONS: Final[dict[int, tuple[bool | None, bool | None]]] = {
    0: (True, False), 1: (True, None), 2: (None, False), 3: (False, None), 4: (False, True), 5: (None, True),
}  # fmt: skip
"""State-unaware filter action → what becomes of tags that fit and of those that do not; None: nothing."""


def select(answers: Sequence[Answer], filters: Sequence[Filter]) -> Iterator[Answer]:
    """The tags that take part in an inventory with these filters."""
    for answer in answers:
        if not filters or _selected(answer, filters):
            yield answer


def _selected(answer: Answer, filters: Sequence[Filter]) -> bool:
    actions = [one.action.action if isinstance(one.action, Action) else 0 for one in filters]
    chosen = all(False in _ACTIONS[action] and True not in _ACTIONS[action] for action in actions)
    for one, action in zip(filters, actions, strict=True):
        becomes = _ACTIONS[action][0 if masked(answer, one.mask) else 1]
        chosen = chosen if becomes is None else becomes
    return chosen


def masked(answer: Answer, mask: Mask) -> bool:
    """Whether the tag's memory holds the mask's bits where the mask points."""
    bits = _bits(mask.bits)
    return _bits_of(bank(answer, mask.bank), mask.pointer, len(bits)) == bits


def _bits(string: tuple[int, bytes]) -> str:
    count, raw = string
    return "".join(f"{byte:08b}" for byte in raw)[:count]


def _bits_of(held: bytes, pointer: int, count: int) -> str:
    first, end = pointer // 8, (pointer + count + 7) // 8
    return "".join(f"{byte:08b}" for byte in held[first:end])[pointer % 8 : pointer % 8 + count]
