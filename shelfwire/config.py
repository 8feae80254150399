"""The one door to YAML: files → typed structs, with every fault named by file and path.

`read` never runs code from a file, bounds its size, and refuses duplicate and unknown keys.
"""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
import yaml

from shelfwire.errors import InputError

T = TypeVar("T")

MAX_FILE_BYTES: Final = 64 * 1024 * 1024
"""A generated site of 100,000 shelves has about 30 MB; a larger file is a mistake."""


class _Loader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):  # type: ignore[misc]
    """Plain data only; a key that stands twice is a fault, not a silent overwrite."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002
        """As the parent, after a look for keys that stand twice."""
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, Hashable) and key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key {key!r} stands twice", key_node.start_mark
                )
            if isinstance(key, Hashable):
                seen.add(key)
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return mapping


def read_data(path: Path) -> Any:
    """The plain data of a YAML file. Raises `InputError` that names file, line and what is wrong."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise InputError(f"{path}: larger than {MAX_FILE_BYTES} bytes; split it")
        return yaml.load(path.read_bytes(), Loader=_Loader)  # noqa: S506 (a SafeLoader)
    except OSError as fault:
        raise InputError(f"{path}: cannot be read: {fault.strerror}") from fault
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark
        where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        raise InputError(f"{where}: {fault.problem or fault.context}") from fault
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as fault:
        raise InputError(f"{path}: is no readable YAML: {fault}") from fault


def convert(data: Any, kind: type[T], where: object) -> T:
    """Plain data → `kind`. Raises `InputError` with the path of the fault; `where` names the file."""
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as fault:
        raise InputError(f"{where}: {fault}") from fault


def read(path: Path, kind: type[T]) -> T:
    """A YAML file as `kind` (a struct with ``forbid_unknown_fields``). Raises `InputError`."""
    data = read_data(path)
    if data is None:
        raise InputError(f"{path}: is empty")
    return convert(data, kind, path)


def write(path: Path, data: Any) -> None:
    """Write plain data or structs as YAML that a person can edit; the file is replaced as a whole."""
    text = yaml.safe_dump(msgspec.to_builtins(data), sort_keys=False, allow_unicode=True, width=100)
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
