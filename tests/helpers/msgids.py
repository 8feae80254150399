"""Collects every text that the map can show, as the translators need it."""

from __future__ import annotations

from pathlib import Path

from babel.messages.extract import extract_from_dir

import web
from web.sentences import MSGIDS

_KEYWORDS = {"_": None, "mark": None, "gettext": None, "text": None, "ngettext": (1, 2), "counted": (1, 2)}


def msgids() -> dict[str, str | None]:
    """msgid → its plural, or None."""
    folder = str(Path(web.__file__).parent)
    found: dict[str, str | None] = dict.fromkeys(MSGIDS)
    kinds = [("**.py", "python"), ("**/templates/**.html", "jinja2.ext:babel_extract")]
    options = {"**/templates/**.html": {"extensions": "jinja2.ext.i18n", "trimmed": "false"}}
    for _, _, message, _, _ in extract_from_dir(folder, kinds, options, _KEYWORDS):
        if isinstance(message, tuple):
            found[message[0]] = message[1]
        elif message:
            found.setdefault(message, None)
    return found
