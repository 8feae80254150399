"""The `options:` of a reader with MQTT of its own: what all makers check alike. Pure."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from edge.config import ReaderConfig
from shelfwire.errors import InputError

Options = TypeVar("Options", bound=msgspec.Struct)


def read_options(config: ReaderConfig, kind: type[Options], *, publishes: str) -> tuple[Options, list[str]]:
    """The options, and the faults that are known so far; `publishes`: what the reader sends to its topic.

    Raises `InputError` where they are no options of this kind.
    """
    where = f"readers: {config.id}"
    try:
        found = msgspec.convert(config.options, kind)
    except msgspec.ValidationError as fault:
        raise InputError(f"{where}: options: {fault}") from fault
    faults = []
    if config.broker is None or config.topic is None:
        faults.append(
            f"{where}: {config.kind} needs `broker` and `topic`: where the reader publishes its {publishes}"
        )
    return found, faults
