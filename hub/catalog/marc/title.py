"""Title, author and call number of a MARC record, in MARC21 and UNIMARC. Pure."""

from __future__ import annotations

from typing import Final

from hub.catalog import schemes
from hub.catalog.marc.record import Fields, Subfields
from hub.catalog.marc.text import Decode, one_line
from hub.catalog.model import Scheme

CALL_NUMBERS: Final[tuple[tuple[str, str, Scheme], ...]] = (
    ("090", "ab", "LC"),
    ("092", "ab", "DEWEY"),
    ("099", "a", ""),
    ("050", "ab", "LC"),
    ("055", "ab", "LC"),
    ("060", "ab", "LC"),
    ("080", "ab", "FREE"),
    ("084", "ab", ""),
)
"""Of the record, local ones first; used only for items that have none of their own. 082 is a class, no label; 084 counts
only when its $2 names a scheme that we know."""

_MARC21: Final = (("100", "a"), ("110", "ab"), ("111", "a"))
_UNIMARC: Final = (("110", "ab"), ("700", "ab"), ("701", "ab"), ("710", "ab"), ("200", "f"))

TAGS: Final = frozenset(
    {"001", "200", "245", *(tag for tag, *_ in CALL_NUMBERS), *(tag for tag, _ in _MARC21 + _UNIMARC)}
)
"""What is looked at."""


def is_marc21(fields: Fields) -> bool:
    """Whether the title stands where MARC21 has it."""
    return "245" in fields


def title(fields: Fields, decode: Decode) -> str:
    """As on the title page, without the closing sign of the description."""
    tag, codes = ("245", "anpb") if is_marc21(fields) else ("200", "aehi")
    for field in fields.get(tag, ()):
        return _text(field, codes, decode).rstrip(" /:;,=")
    return ""


def author(fields: Fields, decode: Decode) -> str:
    """The main entry; in UNIMARC and CNMARC else the statement of responsibility."""
    for tag, codes in _MARC21 if is_marc21(fields) else _UNIMARC:
        for field in fields.get(tag, ()):
            if found := _text(field, codes, decode).rstrip(" ,:;/"):
                return found
    return ""


def call_number(fields: Fields, decode: Decode) -> tuple[str, Scheme]:
    """Of the record: the first part of $a with $b; further $a are alternatives. Two empty texts: it has none."""
    for tag, codes, scheme in CALL_NUMBERS:
        for field in fields.get(tag, ()):
            sub = Subfields(field)
            if tag == "084" and not (scheme := schemes.of_word(decode(sub("2")), {})):
                continue
            if number := " ".join(text for code in codes if (text := one_line(decode(sub(code))))):
                return number, scheme
    return "", ""


def control_number(fields: Fields, decode: Decode) -> str:
    """001, to name the record by."""
    for field in fields.get("001", ()):
        return one_line(decode(field))
    return ""


def _text(field: bytes, codes: str, decode: Decode) -> str:
    return " ".join(text for value in Subfields(field).all(codes) if (text := one_line(decode(value))))
