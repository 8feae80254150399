"""Which scheme a call number is of, when nobody has said. Pure.

Several numbers fit two schemes (``TP312`` is LC and CLC, ``B 123`` is LC and biography), so what the catalogue says goes
first, then what the section of shelves says, and this last.
"""

from __future__ import annotations

import re
from typing import Final

_DEWEY: Final = re.compile(r"\s*[0-9]{3}(?![0-9])(?=[\s.A-Z]|$)", re.IGNORECASE)
_CHINESE: Final = re.compile(r"[\u3400-\u9fff]")
_CLC: Final = re.compile(r"\s*(?:T[A-Z]|[A-Z])[0-9][0-9.]*(?:[-(=:+<\"]\S|[A-Z+#]*/\w)", re.IGNORECASE)
_LC: Final = re.compile(
    r"(?:\|a)?\s*(?:[A-Z]{2,20}\.?\s+)?[A-Z]{1,3}\s*(?:[0-9]{1,4}(?![0-9])(?:\s*\.\s*[0-9]+)?|(?=\.))"
    r"(?:[\s.]|\|b|[0-9]+(?:ST|ND|RD|TH)?\b)*[A-Z]{1,3}[0-9]",
    re.IGNORECASE,
)


def scheme_of(text: str, default: str = "FREE") -> str:
    """``DEWEY``, ``CLC`` or ``LC``, the first that fits; else `default`, the scheme of the section. `text` is plain."""
    if _DEWEY.match(text):
        return "DEWEY"
    if _CLC.match(text) or _CHINESE.search(text):
        return "CLC"
    return "LC" if _LC.match(text) else default
