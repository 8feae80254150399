"""A table of shelf labels as a CSV file: one row a board, in the order in which the boards stand. Pure.

Columns ``shelf``, ``start`` and, if wanted, ``end`` and ``scheme``; other columns are not looked at. A row that names no
shelf refuses the whole file: without it, the board before it would take in its books, and they would be called misplaced.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Final

from hub.catalog.csv_lines import cells, records
from hub.catalog.marc.text import is_gb18030
from hub.catalog.model import RowFault
from shelfwire.callnumbers.labels import MAX_ROWS, Row
from shelfwire.errors import InputError

MAX_BYTES: Final = 16 * 1024 * 1024
"""About 300,000 boards; the largest library has a tenth of them."""
MAX_CELL: Final = 200
"""A longer text is no shelf and no call number."""
SCHEMES: Final = ("LC", "DEWEY", "CLC", "LOCAL", "FREE")
COLUMNS: Final = ("shelf", "start", "end", "scheme")
_DELIMITERS: Final = ",;\t"
_MAX_FAULTS: Final = 50


def decode(data: bytes, where: str) -> str:
    """The text of a file: UTF-8 with or without its mark, UTF-16 with one, or GB18030, as Chinese spreadsheets save it.

    Raises `InputError`.
    """
    if len(data) > MAX_BYTES:
        raise InputError(f"{where}: is larger than {MAX_BYTES // 2**20} MB; take one floor at a time")
    try:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return data.decode("utf-16")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        if is_gb18030(data):
            return data.decode("gb18030")
        line = data.count(b"\n", 0, fault.start) + 1
        raise InputError(
            f"{where}: line {line}: is not UTF-8; save the file as CSV UTF-8 and try again"
        ) from fault


def read_labels(text: str, where: str) -> tuple[list[Row], list[RowFault]]:
    """Rows in their order, and what is wrong with single cells. Raises `InputError` for a file that is no table of labels."""
    head, _, _ = text.partition("\n")
    delimiter = max(_DELIMITERS, key=head.count)
    lines = records(io.StringIO(text, newline=""), delimiter)
    _, first, _ = next(lines, (0, "", ""))
    names = [name.strip().lower() for name in cells(first, delimiter)]
    missing = [name for name in ("shelf", "start") if name not in names]
    if missing:
        raise InputError(
            f"{where}: line 1: has no column {' and no column '.join(missing)}; it has to name {', '.join(COLUMNS)}"
        )
    column: dict[str, int] = {name: names.index(name) for name in COLUMNS if name in names}
    rows: list[Row] = []
    faults: list[RowFault] = []
    refused: list[str] = []
    for number, line, broken in lines:
        if broken:
            refused.append(f"{where}: line {number}: {broken}")
        elif line.strip():
            _row(number, cells(line, delimiter), column, rows, faults, refused, where)
        if len(refused) >= _MAX_FAULTS:
            break
        if len(rows) > MAX_ROWS:
            raise InputError(f"{where}: has more than {MAX_ROWS} rows; take one floor at a time")
    if refused:
        raise InputError(*refused)
    if not rows:
        raise InputError(f"{where}: has no row below its head; an empty table would take all homes away")
    return rows, faults


def _row(  # noqa: PLR0917 (a step of the loop above, given a name)
    number: int,
    found: list[str],
    column: dict[str, int],
    rows: list[Row],
    faults: list[RowFault],
    refused: list[str],
    where: str,
) -> None:
    cell = {name: _cell(found[at]) if at < len(found) else "" for name, at in column.items()}
    if not cell["shelf"]:
        refused.append(f"{where}: line {number}: names no shelf; every board needs its id")
        return
    long = [name for name, text in cell.items() if len(text) > MAX_CELL]
    if long:
        refused.append(f"{where}: line {number}: {long[0]} has more than {MAX_CELL} characters")
        return
    scheme = cell.get("scheme", "").upper()
    if scheme in {"AUTO", ""}:
        scheme = ""
    elif scheme not in SCHEMES:
        what = f"scheme {scheme!r} is none of {', '.join(SCHEMES)}; the row is read by the site's scheme"
        faults.append(RowFault(where=f"line {number}", what=what, taken=True))
        scheme = ""
    rows.append(Row(cell["shelf"], cell["start"], cell.get("end", ""), line=number, scheme=scheme))


def _cell(text: str) -> str:
    """Without blanks around it, and without the apostrophe that keeps a spreadsheet from running it."""
    text = text.strip()
    return text[1:] if text[:2] in {"'=", "'+", "'-", "'@"} else text


def as_csv(rows: Iterable[tuple[Row, str]]) -> Iterator[tuple[str, ...]]:
    """Rows for `web.export.csv_parts` or the csv module: the columns that are read, and the fault behind them."""
    for row, fault in rows:
        yield row.shelf, row.start, row.end, row.scheme.lower(), fault


HEADER: Final = (*COLUMNS, "fault")
