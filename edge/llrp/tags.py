"""Tag reports (parameter 240): written by hand, because a busy reader sends thousands a second. Pure.

Hostile bytes cost one report item at most, except lengths that break the message itself (facts sheet, section 12).
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, Final

import msgspec

from edge.llrp.fields import CUSTOM, TV_FORMS
from edge.llrp.impinj import IMPINJ
from edge.llrp.packing import tlv_head
from edge.llrp.wire import DropError

TAG_REPORT: Final = 240
EPC_DATA: Final = 241
READ_RESULT: Final = 349


class ReadResult(msgspec.Struct, frozen=True):
    """What an AccessSpec read: 0 good, 1 tag error, 2 no answer, 3 reader error."""

    result: int
    op_spec: int
    data: bytes = b""


class TagReport(msgspec.Struct, frozen=True, kw_only=True):
    """One report item. None: not in the message. Vendor values are raw; they belong to one single read."""

    epc: str
    """Upper-case hex of the whole bytes; empty for a blank tag."""
    antenna: int | None = None
    rssi_dbm: int | None = None
    """The strongest of the reads that the item sums up."""
    channel: int | None = None
    """Place in the hop table or fixed table, from 1."""
    first_utc_us: int | None = None
    last_utc_us: int | None = None
    first_uptime_us: int | None = None
    last_uptime_us: int | None = None
    count: int | None = None
    """Stops at 65535."""
    pc: int | None = None
    crc: int | None = None
    xpc1: int | None = None
    xpc2: int | None = None
    rospec: int | None = None
    spec_index: int | None = None
    inventory_spec: int | None = None
    access_spec: int | None = None
    phase: int | None = None
    """Impinj 56: 4096 is a full turn."""
    rssi_cdbm: int | None = None
    """Impinj 57."""
    doppler: int | None = None
    """Impinj 68: sixteenths of a Hz."""
    tid: str | None = None
    """Impinj 55: upper-case hex."""
    reads: tuple[ReadResult, ...] = ()
    long_form: bool = False
    """Write 96 bits as EPCData, as some readers do; other lengths always are."""


_TV_NAMES: Final = {
    1: "antenna",
    2: "first_utc_us",
    3: "first_uptime_us",
    4: "last_utc_us",
    5: "last_uptime_us",
    6: "rssi_dbm",
    7: "channel",
    8: "count",
    9: "rospec",
    10: "inventory_spec",
    11: "crc",
    12: "pc",
    14: "spec_index",
    16: "access_spec",
    19: "xpc1",
    20: "xpc2",
}
_TV_ORDER: Final = (9, 14, 10, 1, 6, 7, 2, 3, 4, 5, 8, 12, 11, 19, 20, 16)
_IMPINJ_NAMES: Final = {56: ("phase", ">H"), 57: ("rssi_cdbm", ">h"), 68: ("doppler", ">h")}
_EPC_96: Final = 13
_EPC_96_BYTES: Final = 12
_TID: Final = 55

_Unpack = Callable[[bytes, int], tuple[Any, ...]]
_TV: Final[dict[int, tuple[str, _Unpack, int]]] = {
    0x80 | number: (
        _TV_NAMES.get(number, ""),
        struct.Struct(">" + form).unpack_from,
        1 + struct.calcsize(">" + form),
    )
    for number, form in TV_FORMS.items()
    if number != _EPC_96
}


def read_tag(data: bytes, pos: int, end: int) -> TagReport | None:
    """The report item in ``data[pos:end]``; None if this one item is to be dropped.

    Raises `DropError` where a length breaks the whole message.
    """
    values: dict[str, Any] = {}
    reads: list[ReadResult] = []
    while pos < end:
        first = data[pos]
        if first & 0x80:
            known = _TV.get(first)
            if known is not None:
                name, unpack, size = known
                if pos + size > end:
                    break
                if name and name not in values:
                    values[name] = unpack(data, pos + 1)[0]
                pos += size
                continue
            if first != 0x80 | _EPC_96 or pos + 13 > end:
                break
            values.setdefault("epc", data[pos + 1 : pos + 13].hex().upper())
            pos += 13
            continue
        number, length = tlv_head(data, pos, end)
        try:
            _read_tlv(number, data[pos + 4 : pos + length], values, reads)
        except struct.error:
            return None
        pos += length
    if "epc" not in values:
        return None
    return TagReport(reads=tuple(reads), **values) if reads else TagReport(**values)


def _read_tlv(number: int, body: bytes, values: dict[str, Any], reads: list[ReadResult]) -> None:
    """Take what we know into `values`; raises `struct.error` on a count beyond the parameter."""
    if number == EPC_DATA:
        bits = struct.unpack_from(">H", body)[0]
        size = (bits + 7) // 8
        if size > len(body) - 2:
            raise struct.error
        if "epc" not in values:
            values["epc"] = body[2 : 2 + size].hex().upper()
            values["long_form"] = size == _EPC_96_BYTES
    elif number == CUSTOM:
        vendor, subtype = struct.unpack_from(">II", body)
        if vendor == IMPINJ:
            _read_impinj(subtype, body, values)
    elif number == READ_RESULT:
        result, op_spec, words = struct.unpack_from(">BHH", body)
        if 5 + 2 * words > len(body):
            raise struct.error
        reads.append(ReadResult(result, op_spec, body[5 : 5 + 2 * words]))


def _read_impinj(subtype: int, body: bytes, values: dict[str, Any]) -> None:
    if subtype in _IMPINJ_NAMES:
        name, form = _IMPINJ_NAMES[subtype]
        values.setdefault(name, struct.unpack_from(form, body, 8)[0])
    elif subtype == _TID:
        words = struct.unpack_from(">H", body, 8)[0]
        if 10 + 2 * words > len(body):
            raise struct.error
        values.setdefault("tid", body[10 : 10 + 2 * words].hex().upper())


def write_tag(tag: TagReport) -> bytes:
    """The parameter 240 with its head, in the usual order."""
    epc = bytes.fromhex(tag.epc)
    if len(epc) == _EPC_96_BYTES and not tag.long_form:
        out = bytearray(b"\x8d" + epc)
    else:
        out = bytearray(struct.pack(">HHH", EPC_DATA, 6 + len(epc), 8 * len(epc)) + epc)
    for number in _TV_ORDER:
        value = getattr(tag, _TV_NAMES[number])
        if value is not None:
            out += struct.pack(">B" + TV_FORMS[number], 0x80 | number, value)
    for read in tag.reads:
        out += struct.pack(
            ">HHBHH", READ_RESULT, 9 + len(read.data), read.result, read.op_spec, len(read.data) // 2
        )
        out += read.data
    if tag.tid is not None:
        tid = bytes.fromhex(tag.tid)
        out += struct.pack(">HHIIH", CUSTOM, 14 + len(tid), IMPINJ, _TID, len(tid) // 2) + tid
    for subtype, (name, form) in _IMPINJ_NAMES.items():
        value = getattr(tag, name)
        if value is not None:
            out += struct.pack(">HHII" + form[1:], CUSTOM, 14, IMPINJ, subtype, value)
    return struct.pack(">HH", TAG_REPORT, 4 + len(out)) + bytes(out)


def read_report(body: bytes) -> tuple[tuple[TagReport, ...], int]:
    """All usable items of an RO_ACCESS_REPORT, and the number that was dropped. Raises `DropError`."""
    tags: list[TagReport] = []
    dropped = pos = 0
    end = len(body)
    while pos < end:
        if body[pos] & 0x80:
            raise DropError("a TV parameter stands where a report item is due", status=102)
        number, length = tlv_head(body, pos, end)
        if number == TAG_REPORT:
            tag = read_tag(body, pos + 4, pos + length)
            if tag is None:
                dropped += 1
            else:
                tags.append(tag)
        pos += length
    return tuple(tags), dropped
