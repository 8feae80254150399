"""How typed structs lie in bytes: kinds of field, and one reader and one writer for all of them. Pure.

A parameter or message is a frozen struct whose annotations say its layout, in wire order::

    @tlv(254)
    class AISpecEnd(Struct, frozen=True):
        kind: U8 = 0
        rospec: U32
        spec_index: U16
        singulation: Slots | None = None      # a TV parameter

Fields first, then nested parameters: ``X`` needed, ``X | None`` optional, ``tuple[X | Y, ...]`` any number. The reader accepts
nested parameters in any order, leaves out unknown ones by their length, keeps the first of two where one may stand,
and stops quietly at an unknown TV parameter, whose length nobody knows. The writer keeps the order of the struct.
"""

from __future__ import annotations

import struct
import types
from collections.abc import Callable, Iterator, Sequence
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    NamedTuple,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import msgspec

from edge.llrp.wire import MAX_DEPTH, DropError

CUSTOM: Final = 1023
"""The number of vendors' parameters and of vendors' messages."""

_HEAD: Final = 4
"""Bytes before the content of a TLV: number and length."""

_VENDOR: Final = struct.Struct(">II")
"""Before the content of a vendor's parameter: enterprise number and subtype."""

T = TypeVar("T")
Key = tuple[int, ...]
"""``(type,)`` of a TLV, ``(1023, vendor, subtype)`` of a vendor's."""


class Number(NamedTuple):
    """One number; `form` is a struct code, with ``x`` for a reserved byte after it."""

    form: str


class Bits(NamedTuple):
    """`width` bits, after those of the field before, the first at the top of its byte; then `pad` bits that mean nothing."""

    width: int
    pad: int = 0


class Tv(NamedTuple):
    """A TV parameter of its own number, as an optional number (or tuple of numbers) of the struct."""

    number: int
    form: str


class Run(NamedTuple):
    """A counted run; the u16 count is of elements (``array``), bytes (``bytes``, ``text``) or bits (``bits``); ``rest`` has none."""

    kind: Literal["array", "bytes", "text", "bits", "rest"]
    form: str = "B"


U8 = Annotated[int, Number("B")]
U16 = Annotated[int, Number("H")]
U32 = Annotated[int, Number("I")]
U64 = Annotated[int, Number("Q")]
S16 = Annotated[int, Number("h")]
U8Reserved = Annotated[int, Number("Bx")]
Bit = Annotated[bool, Bits(1)]
Flag = Annotated[bool, Bits(1, 7)]
"""A byte whose top bit counts."""
Top2 = Annotated[int, Bits(2, 6)]
Text = Annotated[str, Run("text")]
Octets = Annotated[bytes, Run("bytes")]
Rest = Annotated[bytes, Run("rest")]
U8s = Annotated[tuple[int, ...], Run("array", "B")]
U16s = Annotated[tuple[int, ...], Run("array", "H")]
U32s = Annotated[tuple[int, ...], Run("array", "I")]
BitString = Annotated[tuple[int, bytes], Run("bits")]
"""Number of bits and their bytes, first bit at the top of the first byte."""

TV_FORMS: Final[dict[int, str]] = {
    **dict.fromkeys((1, 7, 8, 10, 11, 12, 14, 15, 17, 19, 20), "H"),
    **dict.fromkeys((2, 3, 4, 5), "Q"),
    **dict.fromkeys((9, 16), "I"),
    6: "b",
    13: "12s",
    18: "HH",
}
"""Every TV parameter of LLRP 1.0.1, and 19 and 20 of 1.1."""


class BitGroup(NamedTuple):
    """Neighbouring `Bits` that fill `size` bytes: each a name, its shift from the low end, and its mask."""

    size: int
    parts: tuple[tuple[str, int, int], ...]


class Nested(NamedTuple):
    """Where nested parameters of a struct go."""

    many: bool
    needed: bool
    classes: tuple[type, ...]


class Field(NamedTuple):
    """One field of a plan, in wire order."""

    name: str
    kind: Number | Bits | Tv | Run | Nested | BitGroup


class Plan:
    """The layout of one class, worked out from its annotations at first use."""

    def __init__(self, cls: type) -> None:
        hints = get_type_hints(cls, include_extras=True)
        fields = [Field(name, _kind(hints[name])) for name in cls.__struct_fields__]  # type: ignore[attr-defined]  # every cls is a msgspec.Struct
        self.fixed = list(
            _grouped(cls, [field for field in fields if not isinstance(field.kind, Tv | Nested)])
        )
        self.inner = [field for field in fields if isinstance(field.kind, Tv | Nested)]
        self.tvs = {field.kind.number: field.name for field in self.inner if isinstance(field.kind, Tv)}
        self.slots: dict[Key, tuple[str, bool]] = {}
        for field in self.inner:
            if isinstance(field.kind, Nested):
                for nested in field.kind.classes:
                    self.slots[_keys[nested]] = (field.name, field.kind.many)
        self.needed = [f.name for f in self.inner if isinstance(f.kind, Nested) and f.kind.needed]
        self.many = [f.name for f in self.inner if isinstance(f.kind, Nested) and f.kind.many]


_keys: dict[type, Key] = {}
_classes: dict[Key, type] = {}
_plans: dict[type, Plan] = {}
ANY_CUSTOM: Final[Key] = (CUSTOM,)


def tlv(number: int) -> Callable[[type[T]], type[T]]:
    """Register a struct as the TLV parameter `number`."""
    return _register((number,))


def vendor(enterprise: int, subtype: int) -> Callable[[type[T]], type[T]]:
    """Register a struct as a vendor's parameter; its fields follow vendor and subtype."""
    return _register((CUSTOM, enterprise, subtype))


def _register(key: Key) -> Callable[[type[T]], type[T]]:
    def keep(cls: type[T]) -> type[T]:
        if key in _classes:
            raise TypeError(f"two classes for {key}: {_classes[key].__name__} and {cls.__name__}")
        _keys[cls], _classes[key] = key, cls
        return cls

    return keep


def plan_of(cls: type) -> Plan:
    """The plan of `cls`, made once."""
    plan = _plans.get(cls)
    if plan is None:
        plan = _plans[cls] = Plan(cls)
    return plan


def _kind(hint: Any) -> Number | Bits | Tv | Run | Nested:
    if get_origin(hint) is Annotated:
        mark: Number | Bits | Tv | Run = get_args(hint)[1]
        return mark
    if get_origin(hint) is tuple:
        return Nested(many=True, needed=False, classes=_members(get_args(hint)[0]))
    members = _members(hint)
    for member in members:
        if get_origin(member) is Annotated:  # ``Annotated[int, Tv(…)] | None``
            inner: Tv = get_args(member)[1]
            return inner
    classes = tuple(member for member in members if member is not types.NoneType)
    return Nested(many=False, needed=len(classes) == len(members), classes=classes)


def _grouped(cls: type, fields: Sequence[Field]) -> Iterator[Field]:
    """The fields with neighbouring bits made one."""
    waiting: list[tuple[str, Bits]] = []
    used = 0
    for field in fields:
        if not isinstance(field.kind, Bits):
            yield field
            continue
        waiting.append((field.name, field.kind))
        used += field.kind.width + field.kind.pad
        if used % 8 == 0:
            yield Field("", _bit_group(waiting, used))
            waiting, used = [], 0
    if waiting:
        raise TypeError(f"{cls.__name__}: its bits do not fill whole bytes")


def _bit_group(bits: Sequence[tuple[str, Bits]], used: int) -> BitGroup:
    parts, left = [], used
    for name, kind in bits:
        left -= kind.width
        parts.append((name, left, (1 << kind.width) - 1))
        left -= kind.pad
    return BitGroup(used // 8, tuple(parts))


def _members(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)


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
        values.setdefault(name, []).append(read(_classes[key], body, depth))
    elif name not in values:
        values[name] = read(_classes[key], body, depth)


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
    key = _keys[type(value)]
    body = write(value)
    if len(key) > 1:
        body = _VENDOR.pack(*key[1:]) + body
    return struct.pack(">HH", key[0], 4 + len(body)) + body
