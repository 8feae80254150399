"""Finds the data that the project ships: YAML examples, scenarios, catalogues, broker and service files."""

from __future__ import annotations

from pathlib import Path

from shelfwire.errors import InputError


def config_dir() -> Path:
    """The folder ``config`` of a checkout, or its copy in an installed wheel."""
    here = Path(__file__).resolve().parent
    for folder in (here / "_config", here.parent / "config"):
        if folder.is_dir():
            return folder
    raise InputError(f"{here}: this installation has lost its data; install Shelfwire again")


def config_file(name: str) -> Path:
    """A shipped file, for example ``sites/small.yaml``. Raises `InputError` when there is none of that name."""
    path = config_dir() / name
    if not path.exists():
        raise InputError(f"{name}: no such file among those shipped in {config_dir()}")
    return path
