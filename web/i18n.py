"""Texts in the reader's language. The msgids are the English texts; ``translations/<language>.po`` hold the others.

Catalogues are read at start, so no compiled files are needed. Extraction knows ``_`` and ``ngettext`` in templates and
`mark` and ``.text(`` in code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from babel.core import Locale
from babel.messages.pofile import read_po

FOLDER: Final = Path(__file__).parent / "translations"
LANGUAGES: Final[Mapping[str, str]] = {"en": "English", "zh-Hans": "简体中文"}
"""Tag → its own name."""


def mark(msgid: str) -> str:
    """Marks a text for extraction; it is translated where it is shown."""
    return msgid


class Texts:
    """One language's texts."""

    def __init__(self, language: str, catalog: Mapping[str, tuple[str, ...]]) -> None:
        self.language = language
        self.locale = Locale.parse(language.replace("-", "_"))
        self._catalog = catalog

    def gettext(self, msgid: str) -> str:
        """The text, or the English one where none is known."""
        found = self._catalog.get(msgid)
        return found[0] if found else msgid

    def ngettext(self, one: str, many: str, number: int) -> str:
        """The text for `number` things."""
        found = self._catalog.get(one)
        if found:
            return found[0] if len(found) == 1 or number == 1 else found[1]
        return one if number == 1 else many

    def text(self, msgid: str, **names: Any) -> str:
        """The text with its ``%(name)s`` filled in."""
        return self.gettext(msgid) % names if names else self.gettext(msgid)

    def counted(self, one: str, many: str, number: int) -> str:
        """``ngettext`` with ``%(num)s`` filled in."""
        return self.ngettext(one, many, number) % {"num": number}


@cache
def texts(language: str) -> Texts:
    """The texts of one of `LANGUAGES`."""
    path = FOLDER / f"{language.replace('-', '_')}.po"
    if not path.exists():
        return Texts(language, {})
    with path.open("rb") as file:
        catalog = read_po(file)
    return Texts(
        language,
        {
            message.id if isinstance(message.id, str) else message.id[0]: (
                (message.string,) if isinstance(message.string, str) else tuple(message.string)
            )
            for message in catalog
            if message.id and message.string and not message.fuzzy
        },
    )


def choose(wanted: str | None, accepted: Iterable[str]) -> str:
    """One of `LANGUAGES`: what the person chose, else what the browser asks for, else English."""
    if wanted is not None and wanted in LANGUAGES:
        return wanted
    for tag in accepted:
        if tag.lower().startswith("zh"):
            return "zh-Hans"
        if tag.lower().startswith("en"):
            return "en"
    return "en"


def in_language(names: Mapping[str, str], language: str) -> str:
    """A name that the site gives by language, for example of a floor; ``en`` always stands there."""
    short = language.split("-", maxsplit=1)[0]
    return names.get(language) or names.get(short) or names.get("en") or next(iter(names.values()), "")
