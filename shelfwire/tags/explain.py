"""The bytes of a tag, field by field, for a person at a desk. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from shelfwire.tags.alliance import PII_AT, decode_alliance
from shelfwire.tags.alliance_pii import PII_BYTES
from shelfwire.tags.alliance_user import decode_user
from shelfwire.tags.bits import from_hex, to_hex
from shelfwire.tags.code40 import decode_urn40, token_length
from shelfwire.tags.decoder import decode
from shelfwire.tags.extensions import Block
from shelfwire.tags.fixed import TRUNCATED, WHOLE, Fixed, decode_fixed
from shelfwire.tags.objects import decode_objects
from shelfwire.tags.tag import ELEMENTS, Tag
from shelfwire.tags.uhf import decode_pc

SCHEMES: Final = (
    "application-defined", "integer", "numeric", "5 bits", "6 bits", "7 bits", "octets", "UTF-8",
)  # fmt: skip


class Span(NamedTuple):
    """Bytes `start` to `end` of a bank, what field they are, and what they say."""

    bank: str
    start: int
    end: int
    name: str
    value: str = ""


def explain(tag: Tag, epc: bytes, pc: int | None, user: bytes | None, block: bytes | None) -> list[Span]:
    """All bytes in order, none left out. A patron's card is not taken apart."""
    if tag.kind == "patron_card":
        return [
            Span(name, 0, len(data), "not shown", "a patron's card; nothing of it is read")
            for name, data in (("epc", epc), ("user", user), ("block", block))
            if data
        ]
    if block is not None:
        return _filled("block", block, _block(tag, block))
    spans = _pc(pc) if pc is not None else []
    used = epc if pc is None else epc[: 2 * decode_pc(pc).length_words]
    spans += _filled("epc", epc, _epc(tag, used), "behind the length in the PC word")
    if user is not None:
        spans += _filled("user", user, _user(tag, user))
    return spans


def read_and_explain(
    epc: str | None = None,
    pc: int | None = None,
    user: str | None = None,
    block: str | None = None,
    *,
    dsfid: int | None = None,
) -> tuple[Tag, dict[str, bytes], list[Span]]:
    """The tag, its banks by name, and its fields. Raises `TagError` as `decode` does."""
    tag = decode(epc, pc, user, block, dsfid=dsfid)
    banks = {
        name: from_hex(text)
        for name, text in (("epc", epc), ("user", user), ("block", block))
        if text is not None
    }
    if pc is not None:
        banks = {"pc": pc.to_bytes(2, "big"), **banks}
    return tag, banks, explain(tag, banks.get("epc", b""), pc, banks.get("user"), banks.get("block"))


def _pc(pc: int) -> list[Span]:
    word = decode_pc(pc)
    said = [f"{word.length_words} words", "user memory" if word.umi else "no user memory"]
    if word.xpc:
        said.append("XPC word")
    said.append(f"ISO, AFI {word.low:02X}" if word.iso else "GS1 or alliance")
    return [Span("pc", 0, 2, "PC word", " · ".join(said))]


def _epc(tag: Tag, epc: bytes) -> Iterator[Span]:
    if tag.family == "gxlm":
        yield from _alliance(epc)
    elif tag.family == "iso28560-4":
        at = 0
        while at < len(epc):
            size = token_length(epc, at)
            read = decode_urn40(epc[at : at + size])
            yield Span("epc", at, at + size, "Code 40", read.fault or read.text or "end")
            at += size
    elif tag.gs1 is not None:
        yield Span("epc", 0, 1, "header", tag.gs1.scheme)
        yield Span("epc", 1, len(epc), "filter, partition, company, reference, serial", tag.gs1.uri)
    elif epc:
        yield Span(
            "epc",
            0,
            len(epc),
            {"blank": "blank", "raw": "no known format"}.get(tag.family, "not for libraries"),
        )


def _alliance(epc: bytes) -> Iterator[Span]:
    read = decode_alliance(epc)
    where = "lent" if read.lent else "in the library"
    yield Span("epc", 0, 1, "lending flag, sorting bin", f"{where} · bin {read.sorting}")
    yield Span("epc", 1, 2, "method, version", f"method {read.encoding + 1} · version {read.version}")
    yield Span("epc", 2, 4, "list of elements", ", ".join(map(str, read.content)) or "none")
    end = PII_AT + PII_BYTES.get(read.encoding, 0)
    yield Span("epc", PII_AT, end, ELEMENTS[1], read.pii or ", ".join(read.errors))


def _user(tag: Tag, user: bytes) -> Iterator[Span]:
    if tag.family == "gxlm":
        for one in decode_user(user).elements:
            yield Span("user", one.at, one.at + 2, "header", f"element {one.oid}, {len(one.data)} bytes")
            if one.data:
                name = ELEMENTS.get(one.oid, f"element {one.oid}")
                yield Span(
                    "user", one.at + 2, one.end, name, to_hex(one.data) if one.text is None else one.text
                )
    elif tag.family == "iso28560-4" and user[:1] == b"\x06":
        yield Span("user", 0, 1, "DSFID", "objects of ISO 28560-2")
        yield from _objects("user", user, 1)


def _block(tag: Tag, block: bytes) -> Iterator[Span]:
    if tag.family == "iso28560-2":
        yield from _objects("block", block, 0)
    elif tag.family == "iso28560-3" and len(block) >= TRUNCATED:
        yield from _fixed(decode_fixed(block))


def _fixed(read: Fixed) -> Iterator[Span]:
    yield Span("block", 0, 1, "version, type of usage", f"version {read.version} · {read.usage:X}")
    swapped = "parts_swapped" in read.flags
    yield Span("block", 1, 2, "part" if swapped else "parts", str(read.ordinal if swapped else read.parts))
    yield Span("block", 2, 3, "parts" if swapped else "part", str(read.parts if swapped else read.ordinal))
    yield Span("block", 3, 19, ELEMENTS[1], read.pii or "none")
    yield Span("block", 19, 21, "checksum", "right" if read.crc_ok else "WRONG")
    yield Span("block", 21, TRUNCATED if read.truncated else WHOLE, ELEMENTS[3], read.owner or "none")
    for one in read.blocks:
        yield from _extension(one)


def _extension(one: Block) -> Iterator[Span]:
    body = one.end - len(one.raw)
    yield Span("block", one.at, one.at + 1, "block length", str(one.end - one.at))
    yield Span("block", one.at + 1, body - 1, "block id", str(one.id))
    yield Span("block", body - 1, body, "block checksum", "right" if one.xor_ok else "WRONG")
    said = " · ".join(f"{ELEMENTS.get(oid, oid)}: {value}" for oid, value in one.fields.items())
    if one.raw:
        yield Span("block", body, one.end, "fields", said or to_hex(one.raw))


def _objects(bank: str, memory: bytes, start: int) -> Iterator[Span]:
    for one in decode_objects(memory, start).objects:
        end = one.data_at + len(one.data)
        said = f"element {one.oid} · {SCHEMES[one.scheme]} · {len(one.data)} bytes"
        yield Span(bank, one.at, one.data_at, "precursor and length", said)
        if one.data:
            value = ", ".join(map(str, one.index)) if one.index is not None else one.text
            name = ELEMENTS.get(one.oid, f"element {one.oid}")
            yield Span(bank, one.data_at, end, name, to_hex(one.data) if value is None else value)
        if one.end > end:
            yield Span(bank, end, one.end, "padding")


def _filled(bank: str, memory: bytes, spans: Iterator[Span], rest: str = "filling") -> list[Span]:
    """The spans, with what lies between and behind them."""
    found: list[Span] = []
    at = 0
    for span in spans:
        if span.start > at:
            found.append(_gap(bank, memory, at, span.start, "filling"))
        found.append(span)
        at = span.end
    if at < len(memory):
        found.append(_gap(bank, memory, at, len(memory), rest if found and bank == "epc" else "filling"))
    return found


def _gap(bank: str, memory: bytes, start: int, end: int, name: str) -> Span:
    used = any(memory[start:end])
    return Span(bank, start, end, name if not used or name != "filling" else "not understood")
