"""``shelfwire callnumbers``: sort call numbers as they stand on shelves, and explain how they are read."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

import click

from shelfwire.callnumbers import FREE, CallNumber, Rules, read, rules_from, sort_key
from shelfwire.callnumbers.model import CLC, DEWEY, LC, NONE
from shelfwire.cli import NEEDS_A_PERSON

SCHEMES: Final = ("lc", "dewey", "clc", "local", "free", "auto")
_NAMES: Final = {LC: "lc", DEWEY: "dewey", CLC: "clc", FREE: "no scheme"}
GUESSED: Final = ("lc", "dewey", "clc")
"""What ``auto`` chooses among."""
MAX_SHOWN: Final = 200
"""Signs of a line in a message; a file without line breaks is one line of megabytes."""


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
    guesses: Counter[str] = Counter()
    for number, (line, text) in enumerate(_lines(sys.stdin.buffer), 1):
        key = sort_key(text, scheme, rules)
        guesses["" if key == NONE else _NAMES.get(key[:1], "")] += 1
        fault = read(text, scheme, rules).fault if key.startswith(FREE) else None
        if fault:
            malformed += 1
            click.echo(f"line {number}: {_shown(text)}: {fault}", err=True)
        keyed.append((key, line))
    if scheme == "auto":
        _warn_of_mixed(guesses)
    keyed.sort(key=lambda pair: pair[0], reverse=reverse)
    out = sys.stdout.buffer
    out.writelines(line + b"\n" for _, line in keyed)
    out.flush()
    return NEEDS_A_PERSON if strict and malformed else 0


def _warn_of_mixed(guesses: Counter[str]) -> None:
    """Say so when lines were guessed to be of several schemes: each scheme then stands in a row of its own."""
    found = [f"{count} as {name}" for name, count in guesses.most_common() if name]
    if len(found) > 1:
        click.echo(
            f"the scheme was guessed line by line: {', '.join(found)}; each stands in a row of its own. "
            "If all are of one scheme, name it with --scheme",
            err=True,
        )


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
        if scheme == "auto" and found.scheme == "FREE" and not as_json:
            _say_what_it_may_be(text, rules)
    return NEEDS_A_PERSON if malformed else 0


def _say_what_it_may_be(text: str, rules: Rules) -> None:
    """Of a number that no guess was made of: which schemes can read it."""
    may_be = [name for name in GUESSED if read(text, name, rules).fault is None]
    if len(may_be) > 1:
        click.echo(f"  ambiguous        may be {' or '.join(may_be)}; name the scheme with --scheme")
    elif may_be:
        click.echo(f"  not guessed      {may_be[0]} can read it; name the scheme with --scheme")


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
    """Quoted, and fit for any terminal: what cannot be printed is spelled out, and what is endless is cut."""
    if len(text) > MAX_SHOWN:
        return f"{_shown(text[:MAX_SHOWN])} … ({len(text)} signs)"
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
