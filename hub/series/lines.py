"""Points → line protocol, and names and values → InfluxQL. Pure, and safe for any text: nothing a name holds can end it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Final

from hub.effects import Point

_ESCAPE_NAME: Final = str.maketrans({",": "\\,", " ": "\\ "})
_ESCAPE_TAG: Final = str.maketrans({",": "\\,", " ": "\\ ", "=": "\\="})
_QUESTION: Final = str.maketrans({"\\": "\\\\", '"': '\\"', "'": "\\'", "\n": "\\n"})

MAX_TEXT_CHARS: Final = 200
"""Of one name or tag value; ids have at most 64."""


def _safe(text: str) -> str:
    """Text without signs that line protocol has no way to write: control signs, and the backslash that would escape ours."""
    return "".join(c if c.isprintable() and c != "\\" else "_" for c in text[:MAX_TEXT_CHARS])


def line(point: Point) -> str | None:
    """One line without its end, time in microseconds; None: it has no finite field."""
    fields = [
        f"{_safe(name).translate(_ESCAPE_TAG)}={float(value)!r}"
        for name, value in sorted(point.fields.items())
        if name and math.isfinite(value)
    ]
    if not fields or not point.measurement:
        return None
    head = _safe(point.measurement).translate(_ESCAPE_NAME)
    if head.startswith("#"):  # a line that begins so is a comment
        head = "_" + head
    tags = [
        f"{_safe(name).translate(_ESCAPE_TAG)}={_safe(value).translate(_ESCAPE_TAG)}"
        for name, value in sorted(point.tags.items())
        if name and value
    ]
    return f"{','.join([head, *tags])} {','.join(fields)} {point.at_us}"


def body(points: Iterable[Point]) -> tuple[bytes, int]:
    """Lines of one request, and how many points could not be written as one."""
    lines = [line(point) for point in points]
    kept = [text for text in lines if text is not None]
    return "\n".join(kept).encode(), len(lines) - len(kept)


def name(text: str) -> str:
    """A quoted InfluxQL identifier for what `line` made of `text`."""
    return f'"{_safe(text).translate(_QUESTION)}"'


def value(text: str) -> str:
    """A quoted InfluxQL string for what `line` made of `text`."""
    return f"'{_safe(text).translate(_QUESTION)}'"


def select(  # noqa: PLR0917 (a question has these parts)
    measurement: str, tags: Mapping[str, str], field: str, from_us: int, to_us: int, bucket_s: int, how: str
) -> str:
    """The InfluxQL of `SeriesReader.query`; `how` is one of our own words."""
    where = [f"time >= {int(from_us)}u", f"time < {int(to_us)}u"]
    where += [f"{name(tag)} = {value(text)}" for tag, text in sorted(tags.items())]
    return (
        f"SELECT {how}({name(field)}) FROM {name(measurement)} WHERE {' AND '.join(where)} "  # noqa: S608 (all names and values are quoted above)
        f"GROUP BY time({int(bucket_s)}s) fill(none)"
    )
