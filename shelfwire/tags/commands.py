"""``shelfwire tags``: decode, encode and explain tags."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final

import click
from rich.console import Console
from rich.text import Text

from shelfwire.errors import InputError
from shelfwire.tags.bits import from_hex
from shelfwire.tags.decoder import decode as decode_tag
from shelfwire.tags.encode import WRITABLE, Fields
from shelfwire.tags.encode import encode as encode_tag
from shelfwire.tags.errors import TagError
from shelfwire.tags.explain import Span, read_and_explain
from shelfwire.tags.tag import TOLERATED, Tag

_STYLES: Final = ("cyan", "yellow", "green", "magenta", "blue", "red")
_NEEDS_A_PERSON: Final = 1
_HEX_WIDTH: Final = 33
_COLUMNS: Final = 3
_LONGEST_LINE: Final = 1 << 16
"""Bytes; the two largest memories in hex are half of it. A longer line is taken in pieces, which are no tags."""


@click.group()
def tags() -> None:
    """RFID tags: what they say, byte by byte."""


def _small(bits: int, name: str) -> Callable[[click.Context, click.Parameter, str | None], int | None]:
    """Reads an option that is a number in hex of so many bits."""

    def read(_ctx: click.Context, _param: click.Parameter, value: str | None) -> int | None:
        if value is None:
            return None
        try:
            data = from_hex(value, most=bits // 8)
        except TagError as fault:
            raise click.BadParameter(str(fault)) from None
        if 8 * len(data) != bits:
            raise click.BadParameter(f"{value!r} is no {name}: want {bits // 4} hex digits")
        return int.from_bytes(data, "big")

    return read


_PC: Final = click.option("--pc", callback=_small(16, "PC word"), help="The PC word, 4 hex digits.")
_USER: Final = click.option("--user", help="The user bank, in hex.")
_BLOCK: Final = click.option("--block", is_flag=True, help="HEX is the memory of an HF tag.")
_DSFID: Final = click.option("--dsfid", callback=_small(8, "DSFID"), help="Of an HF tag, 2 hex digits.")
_JSON: Final = click.option("--json", "as_json", is_flag=True, help="For programs, one object a line.")


@tags.command()
@click.argument("hex_", metavar="HEX|-")
@_PC
@_USER
@_BLOCK
@_DSFID
@click.option("--afi", callback=_small(8, "AFI"), help="Of an HF tag, 2 hex digits.")
@_JSON
def decode(
    hex_: str,
    *,
    pc: int | None,
    user: str | None,
    block: bool,
    dsfid: int | None,
    afi: int | None,
    as_json: bool,
) -> int:
    """Say what a tag is and what it says. HEX is the EPC bank from word 2 on, or with --block the memory of an HF tag.

    With - one tag a line is read from standard input: HEX, or EPC,PC or EPC,PC,USER. Lines that are no tag are named on
    standard error, and the exit code is then 1.
    """
    if block and (pc is not None or user is not None):
        raise InputError("--block: an HF tag has no PC word and no user bank; leave out --pc and --user")
    if not block and (dsfid is not None or afi is not None):
        raise InputError("--dsfid, --afi: only HF tags have these; add --block, or leave them out")
    if hex_ != "-":
        tag = _decode(hex_, pc, user, block=block, dsfid=dsfid, afi=afi)
        click.echo(_json(tag.as_json()) if as_json else "\n".join(_lines(tag)))
        return 0
    if user is not None:
        raise InputError("--user: one bank cannot be that of many tags; write EPC,PC,USER on each line")
    wrong = 0
    for number, line in enumerate(_stdin(), start=1):
        if not line.strip():
            continue
        try:
            tag = _line(line, pc, block=block, dsfid=dsfid, afi=afi)
        except InputError as fault:
            wrong += 1
            click.echo(f"line {number}: {_plain(str(fault))}", err=True)
            if as_json:
                click.echo(_json({"line": number, "error": str(fault)}))
            continue
        click.echo(_json(tag.as_json()) if as_json else _short(tag))
    return _NEEDS_A_PERSON if wrong else 0


@tags.command()
@click.argument("family", type=click.Choice(WRITABLE))
@click.argument("primary_item_id", metavar="ID")
@click.option("--owner", help="ISIL, or the 5-digit code of an alliance library.")
@click.option("--part", type=int, help="This part; 0 for a tag that stands for the whole set.")
@click.option("--parts", type=int, help="Of so many.")
@click.option("--usage", help="Type of usage of ISO 28560, two hex digits.")
@click.option("--location", "shelf_hint", help="Shelf location or call number.")
@click.option("--alternative", "alternative_item_id", help="Another identifier of the item.")
@click.option("--lent", is_flag=True, help="As it is while the item is on loan.")
@click.option(
    "--size", type=click.Choice(["34", "32"]), default="34", help="Basic block of iso28560-3, in bytes."
)
@click.option("--serial", help="gs1, which needs it: tells copies of one ISBN apart.")
@click.option("--company-digits", type=click.IntRange(6, 12), default=7, help="gs1: of the company prefix.")
@click.option("--sorting", type=click.IntRange(0, 31), default=0, help="gxlm: sorting bin.")
@_JSON
def encode(family: str, *, as_json: bool, size: str, **given: Any) -> None:
    """Print the memory of a tag of FAMILY for the item ID (for gs1: its GTIN or ISBN)."""
    if given["serial"] is None:
        if family == "gs1":
            raise InputError(
                "--serial: is missing; each copy needs its own, or all copies of one ISBN are one tag"
            )
        del given["serial"]
    try:
        written = encode_tag(family, Fields(size=int(size), **given)).as_json()
    except TagError as fault:
        raise InputError(f"{fault.code}: {fault}") from None
    if as_json:
        click.echo(_json(written))
        return
    for name, value in written.items():
        if value is not None:
            click.echo(f"{name:<7}{value}")


@tags.command()
@click.argument("hex_", metavar="HEX")
@_PC
@_USER
@_BLOCK
@_DSFID
@_JSON
def explain(
    hex_: str, *, pc: int | None, user: str | None, block: bool, dsfid: int | None, as_json: bool
) -> None:
    """Show the bytes of a tag field by field, in colour on a terminal."""
    if block and (pc is not None or user is not None):
        raise InputError("--block: an HF tag has no PC word and no user bank; leave out --pc and --user")
    try:
        if block:
            tag, banks, spans = read_and_explain(block=hex_, dsfid=dsfid)
        else:
            tag, banks, spans = read_and_explain(hex_, pc, user)
    except TagError as fault:
        raise InputError(str(fault)) from None
    if as_json:
        rows = [{**span._asdict(), "hex": _hex(banks, span)} for span in spans]
        click.echo(_json({"family": tag.family, "fields": rows}))
        return
    console = Console(highlight=False, soft_wrap=True)
    console.print(Text(f"{tag.family}  {tag.primary_item_id or tag.key or ''}".rstrip(), style="bold"))
    for row in _rows(banks, spans):
        console.print(row)
    for note in _notes(tag):
        console.print(Text(_plain(note)))


def _decode(
    text: str, pc: int | None, user: str | None, *, block: bool, dsfid: int | None, afi: int | None
) -> Tag:
    try:
        return decode_tag(block=text, dsfid=dsfid, afi=afi) if block else decode_tag(text, pc, user)
    except TagError as fault:
        raise InputError(str(fault)) from None


def _stdin() -> Iterator[str]:
    """The lines of standard input; whatever is no text in them becomes signs that are no hex."""
    while raw := sys.stdin.buffer.readline(_LONGEST_LINE):
        yield raw.decode(errors="replace")


def _line(line: str, pc: int | None, *, block: bool, dsfid: int | None, afi: int | None) -> Tag:
    fields = [field.strip() for field in line.split(",")]
    if block or len(fields) == 1:
        return _decode(line.strip(), pc, None, block=block, dsfid=dsfid, afi=afi)
    if len(fields) > _COLUMNS:
        raise InputError(f"{len(fields)} fields: want EPC, EPC,PC or EPC,PC,USER")
    try:
        own = from_hex(fields[1], most=2)
    except TagError as fault:
        raise InputError(f"PC word: {fault}") from None
    if own and len(own) != 2:  # noqa: PLR2004 (16 bits)
        raise InputError(f"{fields[1]!r} is no PC word: want 4 hex digits")
    user = fields[2] if len(fields) == _COLUMNS and fields[2] else None
    return _decode(
        fields[0], int.from_bytes(own, "big") if own else pc, user, block=False, dsfid=None, afi=None
    )


def _lines(tag: Tag) -> Iterator[str]:
    for name, value in tag.as_json().items():
        if value in (None, []):
            continue
        if name == "gs1":
            yield from (f"{inner:<22}{_plain(str(text))}" for inner, text in value.items() if text)
        elif name == "elements":
            for one in value:
                said = one["raw"] if one["text"] is None else one["text"]
                yield f"{'element ' + str(one['oid']):<22}{_plain(str(said))}  ({one['name']})"
        elif name not in {"tolerated", "errors"}:
            yield f"{name:<22}{_plain(str(value))}"
    yield from _notes(tag)


def _notes(tag: Tag) -> Iterator[str]:
    yield from (f"{'tolerated':<22}{flag}: {TOLERATED.get(flag, flag)}" for flag in tag.tolerated)
    yield from (f"{'error':<22}{code}" for code in tag.errors)


def _short(tag: Tag) -> str:
    """A tag on one line, its fields between tabs: family, identifier, owner, part, key, what was wrong."""
    part = "" if tag.parts is None else f"{tag.part}/{tag.parts}"
    wrong = ",".join((*tag.tolerated, *tag.errors))
    return "\t".join(
        _plain(text)
        for text in (tag.family, tag.primary_item_id or "", tag.owner or "", part, tag.key or "", wrong)
    )


def _rows(banks: dict[str, bytes], spans: list[Span]) -> Iterator[Text]:
    for number, span in enumerate(spans):
        digits = _hex(banks, span)
        shown = digits if len(digits) < _HEX_WIDTH else digits[: _HEX_WIDTH - 2] + "…"
        row = Text(f"{span.bank:<6}{span.start:>4}  ")
        row.append(f"{shown:<{_HEX_WIDTH}} ", style=_STYLES[number % len(_STYLES)])
        row.append(f"{span.name:<30} {_plain(span.value)}".rstrip())
        yield row


def _hex(banks: dict[str, bytes], span: Span) -> str:
    return "" if span.name == "not shown" else banks[span.bank][span.start : span.end].hex().upper()


def _plain(text: str) -> str:
    """Text from a tag for a terminal: whatever could steer it is shown as an escape."""
    return "".join(sign if sign.isprintable() else json.dumps(sign)[1:-1] for sign in text)


def _json(value: Any) -> str:
    return _plain(json.dumps(value, ensure_ascii=False))
