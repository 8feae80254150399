"""One reader and one writer for every struct that has a layout. Pure.

The reader accepts nested parameters in any order, leaves out unknown ones by their length, keeps the first of two where
one may stand, and stops quietly at an unknown TV parameter, whose length nobody knows. The writer keeps the struct's order.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any, Final, TypeVar

import msgspec

from edge.llrp.fields import CUSTOM, TV_FORMS, Number, Run, Tv
from edge.llrp.layout import ANY_CUSTOM, CLASSES_BY_KEY, KEYS, BitGroup, Key, Plan, plan_of
from edge.llrp.wire import MAX_DEPTH, DropError

T = TypeVar("T")

_HEAD: Final = 4
"""Bytes before the content of a TLV: number and length."""

_VENDOR: Final = struct.Struct(">II")
"""Before the content of a vendor's parameter: enterprise number and subtype."""


def read(cls: type[T], data: bytes, depth: int = 0) -> T:
    """The struct that lies in `data`. Raises `DropError`; nothing else, whatever the bytes."""
    plan = plan_of(cls)
    values: dict[str, Any] = {}
    pos = 0
    for name, kind in plan.fixed:
        if isinstance(kind, BitGroup):
            pos = _read_bits(cls, kind, values, data, pos)
        else:
            values[name], pos = _read_fixed(cls, kind, data, pos)
    _read_inner(plan, values, data, pos, depth)
    for name in plan.many:
        values[name] = tuple(values.get(name, ()))
    for name in plan.needed:
        if name not in values:
            raise DropError(f"{cls.__name__}: {name} is missing", status=103)
    return cls(**values)


def _read_bits(cls: type, group: BitGroup, values: dict[str, Any], data: bytes, pos: int) -> int:
    end = pos + group.size
    if end > len(data):
        raise DropError(f"{cls.__name__}: cut off in its flags")
    word = int.from_bytes(data[pos:end])
    for name, shift, mask in group.parts:
        value = word >> shift & mask
        values[name] = bool(value) if mask == 1 else value
    return end


def _read_fixed(cls: type, kind: Any, data: bytes, pos: int) -> tuple[Any, int]:
    if isinstance(kind, Number):
        size = struct.calcsize(">" + kind.form)
        if pos + size > len(data):
            raise DropError(f"{cls.__name__}: cut off in its fields")
        return struct.unpack_from(">" + kind.form, data, pos)[0], pos + size
    run: Run = kind
    if run.kind == "rest":
        return data[pos:], len(data)
    if pos + 2 > len(data):
        raise DropError(f"{cls.__name__}: cut off before a count")
    count, pos = int.from_bytes(data[pos : pos + 2]), pos + 2
    size = (count + 7) // 8 if run.kind == "bits" else count * struct.calcsize(">" + run.form)
    if pos + size > len(data):
        raise DropError(f"{cls.__name__}: a count of {count} goes beyond the parameter")
    return _run_value(run, count, data[pos : pos + size]), pos + size


def _run_value(run: Run, count: int, raw: bytes) -> Any:
    if run.kind == "text":
        return raw.decode("utf-8", "replace")
    if run.kind == "array":
        return struct.unpack(f">{count}{run.form}", raw)
    return (count, raw) if run.kind == "bits" else raw


def _read_inner(plan: Plan, values: dict[str, Any], data: bytes, pos: int, depth: int) -> None:
    end = len(data)
    while pos < end:
        if data[pos] & 0x80:
            number = data[pos] & 0x7F
            form = TV_FORMS.get(number)
            if form is None or pos + 1 + struct.calcsize(">" + form) > end:
                return  # nobody knows where the next parameter begins
            found = struct.unpack_from(">" + form, data, pos + 1)
            if number in plan.tvs:
                values.setdefault(plan.tvs[number], found[0] if len(found) == 1 else found)
            pos += 1 + struct.calcsize(">" + form)
            continue
        number, length = tlv_head(data, pos, end)
        if depth < MAX_DEPTH:
            _read_nested(plan, values, number, data[pos + _HEAD : pos + length], depth + 1)
        pos += length


def tlv_head(data: bytes, pos: int, end: int) -> tuple[int, int]:
    """Number and length of the TLV at `pos`. Raises `DropError` if it cannot lie within its parent."""
    if pos + _HEAD > end:
        raise DropError("bytes are left over that are no parameter")
    number = int.from_bytes(data[pos : pos + 2]) & 0x3FF
    length = int.from_bytes(data[pos + 2 : pos + 4])
    if length < _HEAD or pos + length > end:
        raise DropError(f"parameter {number} claims {length} bytes, its parent has {end - pos}")
    return number, length


def _read_nested(plan: Plan, values: dict[str, Any], number: int, body: bytes, depth: int) -> None:
    key: Key = (number,)
    if number == CUSTOM:
        if len(body) < _VENDOR.size:
            raise DropError("a vendor's parameter is cut off before its subtype")
        key = (CUSTOM, *_VENDOR.unpack_from(body))
        if key in plan.slots:
            body = body[_VENDOR.size :]
        else:
            key = ANY_CUSTOM
    slot = plan.slots.get(key)
    if slot is None:
        return
    name, many = slot
    if many:
        values.setdefault(name, []).append(read(CLASSES_BY_KEY[key], body, depth))
    elif name not in values:
        values[name] = read(CLASSES_BY_KEY[key], body, depth)


def write(value: msgspec.Struct) -> bytes:
    """The fields and nested parameters of `value`, without a head of its own."""
    plan = plan_of(type(value))
    out = bytearray()
    for name, kind in plan.fixed:
        if isinstance(kind, BitGroup):
            word = sum((int(getattr(value, part)) & mask) << shift for part, shift, mask in kind.parts)
            out += word.to_bytes(kind.size)
            continue
        one = getattr(value, name)
        if isinstance(kind, Number):
            out += struct.pack(">" + kind.form, one)
        else:
            out += _write_run(kind, one)
    for name, kind in plan.inner:
        one = getattr(value, name)
        if one is None:
            continue
        if isinstance(kind, Tv):
            out += struct.pack(
                ">B" + kind.form, 0x80 | kind.number, *(one if isinstance(one, tuple) else (one,))
            )
        else:
            out += write_all(one if isinstance(one, tuple) else (one,))
    return bytes(out)


def _write_run(run: Any, value: Any) -> bytes:
    if run.kind == "rest":
        return bytes(value)
    if run.kind == "bits":
        return struct.pack(">H", value[0]) + bytes(value[1])
    raw = value.encode() if run.kind == "text" else value
    body = struct.pack(f">{len(raw)}{run.form}", *raw)
    return struct.pack(">H", len(raw)) + body


def write_all(parameters: Sequence[msgspec.Struct]) -> bytes:
    """Each of `parameters` with its head, in order."""
    return b"".join(map(_write_tlv, parameters))


def _write_tlv(value: msgspec.Struct) -> bytes:
    key = KEYS[type(value)]
    body = write(value)
    if len(key) > 1:
        body = _VENDOR.pack(*key[1:]) + body
    return struct.pack(">HH", key[0], 4 + len(body)) + body
