"""The `shelfwire` command. Each room registers its sub-commands in the entry-point group ``shelfwire.commands``.

Exit codes: 0 done · 1 done, and something needs a person (each command says what) · 2 the input was wrong, nothing was
started · 3 a server or peer is away or the disk is full · 130 interrupted.
"""

from __future__ import annotations

import sys
from importlib.metadata import entry_points
from typing import Any, Final

import click

from shelfwire import __version__
from shelfwire.errors import AwayError, FullError, InputError, PeerError, ShelfwireError

GROUP = "shelfwire.commands"

NEEDS_A_PERSON: Final = 1
WRONG_INPUT: Final = 2
AWAY: Final = 3
INTERRUPTED: Final = 130


class _Rooms(click.Group):
    """Finds sub-commands by entry point, and loads only the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's interface)
        return sorted({entry.name for entry in entry_points(group=GROUP)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        for entry in entry_points(group=GROUP):
            if entry.name == cmd_name:
                command: click.Command = entry.load()
                return command
        return None


@click.command(cls=_Rooms, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="shelfwire %(version)s")
def shelfwire() -> None:
    """Shelfwire: which books stand wrong, which are really gone, and how sure that is."""


def main(argv: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(run(argv))


def run(argv: list[str] | None = None) -> int:
    """Run the command line; returns the exit code. Errors of ours are one clear text on standard error."""
    try:
        result: Any = shelfwire.main(args=argv, prog_name="shelfwire", standalone_mode=False)
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.ClickException as fault:
        fault.show()
        return WRONG_INPUT
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return INTERRUPTED
    except ShelfwireError as fault:
        for line in str(fault).splitlines():
            click.echo(f"error: {line}", err=True)
        return exit_code(fault)
    except BrokenPipeError:  # the reader of our output has left, as `head` does
        return 0
    return result if isinstance(result, int) else 0


def exit_code(fault: ShelfwireError) -> int:
    """What the command line ends with after this error."""
    if isinstance(fault, InputError):
        return WRONG_INPUT
    if isinstance(fault, AwayError | FullError | PeerError):
        return AWAY
    return NEEDS_A_PERSON
