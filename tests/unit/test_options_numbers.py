"""No option takes what is no number: nan is in every range that click knows."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import entry_points

import click
import pytest
from click.testing import CliRunner

from shelfwire.cli import GROUP
from shelfwire.options import Number


def _commands() -> Iterator[tuple[str, click.Command]]:
    waiting = [(entry.name, entry.load()) for entry in entry_points(group=GROUP)]
    while waiting:
        name, command = waiting.pop()
        yield name, command
        if isinstance(command, click.Group):
            waiting += [(f"{name} {its}", one) for its, one in command.commands.items()]


def _numbers() -> list[tuple[str, click.Command, click.Parameter]]:
    return [
        (name, command, param)
        for name, command in _commands()
        for param in command.params
        if isinstance(param.type, click.types.FloatParamType)
    ]


def test_every_option_with_a_number_takes_only_finite_ones() -> None:
    found = _numbers()
    assert len(found) > 10
    assert not [(name, param.name) for name, _, param in found if not isinstance(param.type, Number)]


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "NaN", "1e999"])
def test_what_is_no_finite_number_is_refused_before_anything_else(text: str) -> None:
    for name, command, param in _numbers():
        said = CliRunner().invoke(command, [param.opts[0], text])
        assert said.exit_code == 2, (name, param.opts)
        assert "not a finite number" in said.output, (name, param.opts, said.output)


def test_a_number_keeps_its_range_and_its_words() -> None:
    @click.command()
    @click.option("--share", type=Number(0, 1))
    def command(share: float) -> None:
        click.echo(f"{share:g}")

    assert CliRunner().invoke(command, ["--share", "0.5"]).output == "0.5\n"
    assert "0<=x<=1" in CliRunner().invoke(command, ["--share", "2"]).output
    assert "not a valid float" in CliRunner().invoke(command, ["--share", "much"]).output
