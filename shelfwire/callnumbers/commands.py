"""``shelfwire callnumbers``: sort call numbers as they stand on shelves, and explain how they are read."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

import click

from shelfwire.callnumbers import FREE, CallNumber, Rules, read, rules_from, sort_key
from shelfwire.cli import NEEDS_A_PERSON

SCHEMES: Final = ("lc", "dewey", "clc", "local", "free", "auto")


def _reading(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say how to read."""
    command = click.option(
        "--rules",
        "rules_file",
        type=click.Path(path_type=Path, dir_okay=False, exists=True),
        help="YAML file with the library's own prefixes, settings and local scheme.",
    )(command)
    return click.option(
        "--scheme",
        type=click.Choice(SCHEMES, case_sensitive=False),
        default="auto",
        show_default=True,
        help="By which scheme to read; auto guesses for each line, free is natural order.",
    )(command)


@click.group()
def callnumbers() -> None:
    """Call numbers: their order on the shelf, and how they are read."""


@callnumbers.command()
@_reading
@click.option("--strict", is_flag=True, help="Leave with 1 when a line is malformed.")
@click.option("--reverse", is_flag=True, help="From the last to the first.")
def sort(scheme: str, rules_file: Path | None, *, strict: bool, reverse: bool) -> int:
    """Sort the lines of standard input in shelf order.

    No line is lost: what is malformed is told on standard error with its line number, and stands behind all others.
    """
    rules = _rules(rules_file, scheme)
    keyed: list[tuple[bytes, bytes]] = []
    malformed = 0
    for number, (line, text) in enumerate(_lines(sys.stdin.buffer), 1):
        key = sort_key(text, scheme, rules)
        fault = read(text, scheme, rules).fault if key.startswith(FREE) else None
        if fault:
            malformed += 1
            click.echo(f"line {number}: {_shown(text)}: {fault}", err=True)
        keyed.append((key, line))
    keyed.sort(key=lambda pair: pair[0], reverse=reverse)
    out = sys.stdout.buffer
    out.writelines(line + b"\n" for _, line in keyed)
    out.flush()
    return NEEDS_A_PERSON if strict and malformed else 0


@callnumbers.command()
@click.argument("numbers", nargs=-1, required=True, metavar="NUMBER…")
@_reading
@click.option("--json", "as_json", is_flag=True, help="For programs: one JSON object a line.")
def explain(numbers: tuple[str, ...], scheme: str, rules_file: Path | None, *, as_json: bool) -> int:
    """Say how each NUMBER is read: its elements, its key, or why it is malformed. `-` reads lines from standard input."""
    rules = _rules(rules_file, scheme)
    texts = (text for _, text in _lines(sys.stdin.buffer)) if numbers == ("-",) else iter(numbers)
    malformed = 0
    for text in texts:
        found = read(text, scheme, rules)
        malformed += found.fault is not None
        click.echo(
            json.dumps(_facts(found), ensure_ascii=not _utf8()) if as_json else "\n".join(_told(found))
        )
    return NEEDS_A_PERSON if malformed else 0


def _facts(found: CallNumber) -> dict[str, Any]:
    return {
        "call_number": found.raw,
        "scheme": found.scheme.lower(),
        "normal": found.normal,
        "parts": [{"name": part.name, "text": part.text} for part in found.parts],
        "key": found.key.hex(),
        "malformed": found.fault,
    }


def _told(found: CallNumber) -> Iterator[str]:
    yield f"{_shown(found.raw)}: {found.scheme.lower()}"
    if found.fault:
        yield f"  malformed: {found.fault}"
    for part in found.parts:
        yield f"  {part.name:<16} {part.text}"
    yield f"  key              {found.key.hex()}"


def _shown(text: str) -> str:
    """Quoted, and fit for any terminal: what cannot be printed is spelled out."""
    return repr(text) if text.isprintable() else ascii(text)


def _utf8() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


def _lines(stream: BinaryIO) -> Iterator[tuple[bytes, str]]:
    """(bytes as they came, text) of each line. Bytes that are no UTF-8 stay as they are, and make the line malformed."""
    for number, raw in enumerate(stream):
        line = raw.rstrip(b"\r\n")
        if number == 0:
            line = line.removeprefix(b"\xef\xbb\xbf")
        yield line, line.decode("utf-8", "surrogateescape")


def _rules(file: Path | None, scheme: str) -> Rules:
    from shelfwire.config import read_data  # noqa: PLC0415 (only when a file is named)

    if file is None:
        if scheme == "local":
            raise click.UsageError("--scheme local needs --rules FILE with the scheme under local")
        return Rules()
    rules = rules_from(read_data(file), str(file))
    if scheme == "local" and rules.local is None:
        raise click.UsageError(f"{file} has no scheme under local")
    return rules
