"""Texts made comparable: signs of one meaning made one sign, and natural order for what fits no scheme. Pure."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from shelfwire.callnumbers.model import FREE, MAX_SIGNS, NONE, value

_SEPARATOR: Final = b"\x02"
_NUMBER: Final = b"\x10"

_RUN: Final = re.compile(r"([0-9]+)|([^\W\d_]+)|[\W_]+")

_SIGNS: Final = str.maketrans(
    {
        "“": '"', "”": '"', "„": '"', "〝": '"', "〞": '"', "〈": "<", "〉": ">", "《": "<", "》": ">", "‹": "<", "›": ">",
        "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-", "〔": "[", "〕": "]", "【": "[", "】": "]",
        "′": "'", "’": "'", "‘": "'", "。": ".", "、": ",", "\u200b": "", "\ufeff": "",
    }
)  # fmt: skip


def plain(text: str) -> str:
    """Full-width letters, typographic signs, no-break spaces and digits of other scripts made the plain ones."""
    if text.isascii():
        return text[:MAX_SIGNS]
    text = unicodedata.normalize("NFKC", text[: MAX_SIGNS * 5].translate(_SIGNS)).translate(_SIGNS)
    return "".join(
        str(unicodedata.decimal(sign)) if sign.isdecimal() and not sign.isascii() else sign
        for sign in text[:MAX_SIGNS]
    )


def natural(text: str) -> bytes:
    """Natural order of any text: digits by value, before letters; anything else is one separator, lowest of all."""
    made: list[bytes] = []
    for run in _RUN.finditer(text.upper()):
        digits, letters = run.groups()
        if digits:
            made.append(_NUMBER + value(digits))
        elif letters:
            made.append(letters.encode())
        else:
            made.append(_SEPARATOR)
    while made and made[-1] == _SEPARATOR:
        made.pop()
    if made and made[0] == _SEPARATOR:
        del made[0]
    return b"".join(made)


def free_key(text: str) -> bytes:
    """The key of a text that fits no scheme. `text` is plain."""
    if not text.strip():
        return NONE
    return FREE + (natural(text) or text.strip().encode("utf-8", "surrogatepass"))
