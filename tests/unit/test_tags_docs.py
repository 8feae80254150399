"""The examples of docs/tags.md are what the commands print."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from shelfwire.tags.commands import tags
from shelfwire.tags.tag import TOLERATED

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "tags.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```console\n\$ shelfwire tags ([^\n]+)\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.mark.parametrize(("command", "shown"), EXAMPLES, ids=[command.split()[0] for command, _ in EXAMPLES])
def test_an_example_prints_what_the_page_shows(command: str, shown: str) -> None:
    result = CliRunner().invoke(tags, shlex.split(command), standalone_mode=False)
    assert result.output == shown


def test_the_page_names_everything_that_is_tolerated() -> None:
    assert len(EXAMPLES) == 3
    assert all(f"`{flag}`" in PAGE for flag in TOLERATED)
