"""Which struct is which parameter, and how it lies in bytes: worked out from its annotations. Pure.

A parameter or message is a frozen struct whose annotations say its layout, in wire order::

    @tlv(254)
    class AISpecEnd(Struct, frozen=True, kw_only=True):
        kind: U8 = 0
        rospec: U32
        spec_index: U16
        slots: Annotated[tuple[int, int], Tv(18, "HH")] | None = None

Fields first, then nested parameters: ``X`` needed, ``X | None`` optional, ``tuple[X | Y, ...]`` any number.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, Final, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

from edge.llrp.fields import CUSTOM, Bits, Number, Run, Tv

T = TypeVar("T")
Key = tuple[int, ...]
"""``(type,)`` of a TLV, ``(1023, vendor, subtype)`` of a vendor's."""


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
                    self.slots[KEYS[nested]] = (field.name, field.kind.many)
        self.needed = [f.name for f in self.inner if isinstance(f.kind, Nested) and f.kind.needed]
        self.many = [f.name for f in self.inner if isinstance(f.kind, Nested) and f.kind.many]


KEYS: Final[dict[type, Key]] = {}
CLASSES_BY_KEY: Final[dict[Key, type]] = {}
_plans: dict[type, Plan] = {}
ANY_CUSTOM: Final[Key] = (CUSTOM,)


def tlv(number: int) -> Callable[[type[T]], type[T]]:
    """Register a struct as the TLV parameter `number`."""
    return register((number,))


def vendor(enterprise: int, subtype: int) -> Callable[[type[T]], type[T]]:
    """Register a struct as a vendor's parameter; its fields follow vendor and subtype."""
    return register((CUSTOM, enterprise, subtype))


def register(key: Key) -> Callable[[type[T]], type[T]]:
    """Register a struct under any key."""

    def keep(cls: type[T]) -> type[T]:
        if key in CLASSES_BY_KEY:
            raise TypeError(f"two classes for {key}: {CLASSES_BY_KEY[key].__name__} and {cls.__name__}")
        KEYS[cls], CLASSES_BY_KEY[key] = key, cls
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
