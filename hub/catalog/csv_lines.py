"""The records of a CSV file as text, each with its line: a quote that nobody closes costs only its own line. Pure."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from typing import IO, Final

MAX_LINE: Final = 64 * 1024
"""Characters of one row; the longest real one that we know has 4,000."""

MAX_JOINED_LINES: Final = 40
"""Lines of one row with line breaks inside quotes; more is a quote that nobody closed."""


def records(file: IO[str], delimiter: str) -> Iterator[tuple[int, str, str]]:
    """(line number, text, fault) of each record; lines are joined only while a quote that opened a cell is open."""
    whole = _whole(delimiter)
    lines = _lines(file)
    waiting: list[tuple[int, str, str]] = []
    while True:
        number, text, fault = waiting.pop(0) if waiting else next(lines, (0, "", ""))
        if not number:
            return
        if fault or '"' not in text or whole.fullmatch(text.rstrip("\r\n")):
            yield number, text, fault
            continue
        joined, taken = text, 0
        while not whole.fullmatch(joined.rstrip("\r\n")):
            if taken == len(waiting):
                more = next(lines, (0, "", ""))
                if not more[0] or taken >= MAX_JOINED_LINES or len(joined) > MAX_LINE or more[2]:
                    waiting += [more] if more[0] else []
                    joined = ""
                    break
                waiting.append(more)
            joined += waiting[taken][1]
            taken += 1
        if joined:
            del waiting[:taken]
            yield number, joined, ""
        else:
            yield number, "", "a quote is opened and never closed; only this line is left out"


def _whole(delimiter: str) -> re.Pattern[str]:
    """A record in which every cell that opens with a quote is closed. Possessive, so that no text can make it slow."""
    d = re.escape(delimiter)
    cell = rf'(?:"(?:[^"]|"")*+"[^{d}]*+|[^"{d}][^{d}]*+|)'
    return re.compile(rf"{cell}(?:{d}{cell})*+", re.DOTALL)


def _lines(file: IO[str]) -> Iterator[tuple[int, str, str]]:
    number = 0
    while text := file.readline(MAX_LINE):
        number += 1
        if len(text) == MAX_LINE and not text.endswith(("\n", "\r")):
            while text and not text.endswith(("\n", "\r")):
                text = file.readline(MAX_LINE)
            yield number, "", f"longer than {MAX_LINE} characters; left out"
        else:
            yield number, text, ""


def cells(text: str, delimiter: str) -> list[str]:
    """The cells of one record; none for what the csv module cannot read either, which then has no barcode."""
    try:
        return next(csv.reader([text], delimiter=delimiter), [])
    except csv.Error:
        return []
