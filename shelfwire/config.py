"""The one door to YAML: files → typed structs, with every fault named by file and path.

`read` never runs code from a file, bounds its size, depth and what its aliases unfold to, and refuses duplicate and
unknown keys. All faults of one file are told at once, in the words of `shelfwire.faultwords`.
"""

from __future__ import annotations

import math
import types
from collections.abc import Callable, Hashable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar, Union, get_args, get_origin

import msgspec
import yaml

from shelfwire import faultwords
from shelfwire.errors import InputError

T = TypeVar("T")

MAX_FILE_BYTES: Final = 64 * 1024 * 1024
"""A site of 100,000 shelves with each antenna and reference tag on a line of its own has about 30 MB; a larger file is a mistake."""

MAX_NODES: Final = 5_000_000
"""Values in one file, aliases unfolded. The site above has 2 million; a bomb of aliases has 10^9 in a kilobyte."""

MAX_DEPTH: Final = 40
"""A site nests 10 deep. The parser's own recursion overflows the C stack at some 100,000, which would end the process."""

MAX_SCALAR: Final = 20_000
"""Characters of one value; whole numbers in base 60 cost the square of their length."""

MAX_FAULTS: Final = 100
"""Faults told of one file; the rest is counted."""

_LISTS: Final = frozenset({list, tuple, set, frozenset})
"""What a list in a file may become."""


class _Bounds:
    """Counts the values of a file from the parser's events, which costs no recursion, and refuses what would grow."""

    def __init__(self) -> None:
        self.nodes = 0
        self._sizes: dict[str | None, int | None] = {}
        """Anchor → values that its alias stands for; None while it is still open."""
        self._open: list[tuple[str | None, int]] = []

    def take(self, event: yaml.Event) -> None:
        """Count one event. Raises `yaml.MarkedYAMLError`."""
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._enter(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = self._open.pop()
            self._sizes[anchor] = self.nodes - before
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        if self.nodes > MAX_NODES:
            _refuse(f"more than {MAX_NODES} values, aliases unfolded; split the file", event)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        self.nodes += 1
        self._sizes[event.anchor] = 1
        if len(event.value) > MAX_SCALAR:
            _refuse(f"a value of more than {MAX_SCALAR} characters", event)

    def _enter(self, event: yaml.CollectionStartEvent) -> None:
        self._open.append((event.anchor, self.nodes))
        self._sizes[event.anchor] = None
        self.nodes += 1
        if len(self._open) > MAX_DEPTH:
            _refuse(f"nested more than {MAX_DEPTH} deep", event)

    def _alias(self, event: yaml.AliasEvent) -> None:
        size = self._sizes.get(event.anchor, 1)
        if size is None:
            _refuse(f"alias *{event.anchor} stands inside what it names; write the value out", event)
        else:
            self.nodes += size


def _refuse(why: str, event: yaml.Event) -> None:
    mark: Any = event.start_mark
    raise yaml.MarkedYAMLError(problem=why, problem_mark=mark)


class _Loader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):  # type: ignore[misc]
    """Plain data only; a key that stands twice is a fault, not a silent overwrite."""

    def __init__(self, stream: Any) -> None:
        super().__init__(stream)
        self._keys: dict[yaml.Node, Any] = {}
        """Of values that may turn out to be impossible: times and numbers of the mapping that was begun last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002
        """As the parent, after a look for keys that stand twice."""
        seen: set[Any] = set()
        self._keys.clear()
        for key_node, value_node in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                raise yaml.constructor.ConstructorError(
                    None, None, "merge keys (<<) are not read; write the keys out", key_node.start_mark
                )
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, Hashable) and key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key {key!r} stands twice", key_node.start_mark
                )
            if isinstance(key, Hashable):
                seen.add(key)
            self._keys[value_node] = key
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return mapping

    def construct_yaml_float(self, node: yaml.ScalarNode) -> float:
        """As the parent; ``.nan`` and ``.inf`` are no quantity that a setting can have."""
        number: float = self._built(super().construct_yaml_float, node)
        if not math.isfinite(number):
            raise yaml.constructor.ConstructorError(
                None, None, f"{node.value} is no finite number", node.start_mark
            )
        return number

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        """As the parent; a fault has its line."""
        number: int = self._built(super().construct_yaml_int, node)
        return number

    def construct_yaml_timestamp(self, node: yaml.ScalarNode) -> Any:
        """As the parent; a fault has its line."""
        return self._built(super().construct_yaml_timestamp, node)

    def _built(self, build: Callable[[yaml.ScalarNode], Any], node: yaml.ScalarNode) -> Any:
        """What `build` makes of it; text that only looks like a time or number is told with its line."""
        try:
            return build(node)
        except (ValueError, OverflowError) as fault:
            key = f"{self._keys[node]}: " if node in self._keys else ""
            why = f"{key}{faultwords.shown(node.value)} cannot be: {fault}; if it is text, put it in quotes"
            raise yaml.constructor.ConstructorError(None, None, why, node.start_mark) from fault


for _tag in ("float", "int", "timestamp"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", getattr(_Loader, f"construct_yaml_{_tag}"))


def read_data(path: Path) -> Any:
    """The plain data of a YAML file. Raises `InputError` that names file, line and what is wrong."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise InputError(f"{path}: larger than {MAX_FILE_BYTES} bytes; split it")
        text = path.read_bytes()
        bounds = _Bounds()
        for event in yaml.parse(text, Loader=_Loader):
            bounds.take(event)
        return yaml.load(text, Loader=_Loader)  # noqa: S506 (a SafeLoader)
    except OSError as fault:
        raise InputError(f"{path}: cannot be read: {fault.strerror}") from fault
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark
        where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        raise InputError(f"{where}: {fault.problem or fault.context}") from fault
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as fault:
        raise InputError(f"{path}: is no readable YAML: {fault}") from fault


def convert(data: Any, kind: type[T], where: object) -> T:
    """Plain data → `kind`. Raises `InputError` with all faults and their paths; `where` names the file."""
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as fault:
        found = faults_in(data, kind) or [str(fault)]
        more = [f"{where}: and {len(found) - MAX_FAULTS} more"] if len(found) > MAX_FAULTS else []
        raise InputError(*(f"{where}: {line}" for line in found[:MAX_FAULTS]), *more) from fault


def faults_in(data: Any, kind: Any, path: str = "") -> list[str]:
    """Everything in plain `data` that is no `kind`, each as ``path: what is wrong``; a struct's own checks come last."""
    return list(_walk(data, kind, path))


def _walk(data: Any, kind: Any, path: str) -> Iterator[str]:
    found = list(_walk_parts(data, _fitting(kind, data), path))
    yield from found
    if not found:
        try:
            msgspec.convert(data, kind)
        except msgspec.ValidationError as fault:
            what, _, inner = str(fault).partition(" - at `$")
            at = path + inner.rstrip("`").removeprefix("" if path else ".")
            # within a struct that is chosen by a tag the kind is not known here: its message stays
            words = what if inner else faultwords.wrong(data, kind, what)
            yield f"{at}: {words}" if at else words


def _walk_parts(data: Any, kind: Any, path: str) -> Iterator[str]:
    """The faults of what stands in a list or mapping."""
    origin, parts = get_origin(kind), get_args(kind)
    if isinstance(data, list) and origin in _LISTS and parts:
        if origin is not tuple or parts[-1] is ...:
            parts = (parts[0],) * len(data)
        for at, part in enumerate(data[: len(parts)]):
            yield from _walk(part, parts[at], f"{path}[{at}]")
    elif isinstance(data, dict) and origin is dict:
        for key, part in data.items():
            for line in _walk(key, parts[0], ""):
                yield f"{_join(path, key)}: as a key, {line}"
            yield from _walk(part, parts[1], _join(path, key))
    elif isinstance(data, dict) and _is_plain_struct(kind):
        yield from _walk_struct(data, kind, path)


def _walk_struct(data: dict[Any, Any], kind: Any, path: str) -> Iterator[str]:
    fields = _fields(kind)
    if kind.__struct_config__.forbid_unknown_fields:
        for key in data:
            if key not in fields:
                yield f"{_join(path, key)}: {faultwords.unknown_key(key, fields)}"
    for name, field in fields.items():
        if name in data:
            yield from _walk(data[name], field.type, _join(path, name))
        elif field.required:
            yield f"{path or 'the file'}: `{name}` is missing"


@lru_cache(maxsize=1024)  # a large file has the same mapping on each line
def _fields(kind: Any) -> dict[str, msgspec.structs.FieldInfo]:
    return {field.encode_name: field for field in msgspec.structs.fields(kind)}


def _fitting(kind: Any, data: Any) -> Any:
    """The member of a union that takes a list or mapping, if there is one, without ``Annotated`` around it; else `kind`."""
    bare = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    if get_origin(bare) not in {Union, types.UnionType}:
        return bare
    for member in get_args(bare):
        origin = get_origin(get_args(member)[0] if get_origin(member) is Annotated else member)
        if (isinstance(data, list) and origin in _LISTS) or (
            isinstance(data, dict) and (origin is dict or _is_plain_struct(member))
        ):
            return _fitting(member, data)
    return kind


def _is_plain_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind.__struct_config__.tag is None


def _join(path: str, key: object) -> str:
    return f"{path}.{key}" if path else str(key)


def read(path: Path, kind: type[T]) -> T:
    """A YAML file as `kind` (a struct with ``forbid_unknown_fields``). Raises `InputError`."""
    data = read_data(path)
    if data is None:
        raise InputError(f"{path}: is empty")
    return convert(data, kind, path)


def write(path: Path, data: Any, *, compact: bool = False, head: str = "") -> None:
    """Write plain data or structs as YAML that a person can edit; the file is replaced as a whole.

    `compact` puts each innermost list or mapping on one line; `head` is comment lines for the top.
    """
    text = head + yaml.safe_dump(
        msgspec.to_builtins(data),
        sort_keys=False,
        allow_unicode=True,
        width=100,
        default_flow_style=None if compact else False,
    )
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
