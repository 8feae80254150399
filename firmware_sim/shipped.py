"""How a scenario is named on the command line: a file, or the bare name of one that is shipped."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from shelfwire.data import config_dir
from shelfwire.faultwords import near


class ScenarioFile(click.Path):
    """A file that exists; where it does not, a name such as ``quiet_day`` is looked for among the shipped scenarios."""

    name = "scenario"

    def __init__(self) -> None:
        super().__init__(path_type=Path, exists=True, dir_okay=False)

    def convert(
        self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None
    ) -> Any:
        """The path of the file. Fails with the names that there are."""
        named = Path(value)
        bare = named.name == str(value) and named.suffix in {"", ".yaml"}
        if bare and not named.exists():
            value = self._shipped(named.stem, param, ctx)
        return super().convert(value, param, ctx)

    def _shipped(self, name: str, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        there = shipped()
        if name not in there:
            close = near(name, tuple(there))
            maybe = f"did you mean {' or '.join(close)}? " if close else ""
            self.fail(
                f"{name!r} is no file here and no shipped scenario; {maybe}shipped are {', '.join(there)}",
                param,
                ctx,
            )
        return there[name]


def shipped() -> dict[str, Path]:
    """The scenarios that come with Shelfwire, by name."""
    return {path.stem: path for path in sorted((config_dir() / "scenarios").glob("*.yaml"))}
