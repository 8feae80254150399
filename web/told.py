"""What the hub answers to an act, in the reader's language. The hub's own words are English and stay so in its rows."""

from __future__ import annotations

import re
from typing import Final

from web.i18n import Texts, mark
from web.words import word

_DONE: Final = mark("Done.")
_SAID: Final = (
    (re.compile(r"done"), _DONE),
    (re.compile(r"noted"), mark("Noted.")),
    (re.compile(r"sent"), mark("The command is on its way.")),
    (re.compile(r"cancelled"), mark("Cancelled.")),
    (re.compile(r"sweep \S+ runs over (?P<shelves>\d+) shelves"), mark("The sweep runs over %(shelves)s shelves.")),
    (re.compile(r"it is (?P<state>\w+) already(?: by (?P<role>.+))?"), mark("Somebody was quicker: it is “%(state)s” already.")),
    (re.compile(r"\w+ does not fit a finding that is (?P<state>\w+)"), mark("That does not fit: it is “%(state)s” now.")),
    (re.compile(r"there is no open finding .*"), mark("It is settled already.")),
    (re.compile(r"say why it is no finding.*"), mark("Say why it is dismissed; the next person will want to know.")),
    (re.compile(r"(?P<num>\d+) sweeps are running.*"), mark("%(num)s sweeps are running; wait for one to end or cancel it.")),
    (re.compile(r"no antenna hears any shelf of .*"), mark("No antenna hears a shelf of this area, so it cannot be swept.")),
    (re.compile(r"another sweep is running over part.*"), mark("Another sweep is running over part of this area. Wait for it or cancel it.")),
    (re.compile(r"(?P<homes>\d+) of (?P<items>\d+) items have a home"), mark("It holds now: %(homes)s of %(items)s items have a home.")),
    (re.compile(r"(?P<items>\d+) items with (?P<tags>\d+) tags are in the catalogue"), mark("Taken: %(items)s items with %(tags)s tags are in the catalogue.")),
    (re.compile(r"import \S+: was compared with the catalogue before import .*"), mark("Another import was taken meanwhile; import the same file again.")),
    (re.compile(r"(?P<items>\d+) items have a new home"), mark("%(items)s items belong where they stand now.")),
    (re.compile(r"(?P<items>\d+) items have their old home again"), mark("%(items)s items have their old home again.")),
    (re.compile(r"approve this proposal, .*"), mark("Say whether the range was moved; put back, its books settle it themselves.")),
    (re.compile(r"rejected"), mark("Each book is shown by itself from now on.")),
    (re.compile(r"books are still being moved; .*"), mark("Books are still coming. It can be approved when none has come for half an hour.")),
    (re.compile(r".* is no proposal that waits for an answer|these books do not stand there any more"), mark("It is settled already.")),
    (re.compile(r".* is no approved move that this hub remembers"), mark("This cannot be undone any more.")),
    (re.compile(r"no sweep .* is running"), mark("This sweep does not run any more.")),
)  # fmt: skip


def told(texts: Texts, *, ok: bool, detail: str) -> str:
    """The answer for a person; what a newer hub says in words that we do not know is shown as it is."""
    for pattern, msgid in _SAID:
        if found := pattern.fullmatch(detail):
            words = {name: value or "" for name, value in found.groupdict().items()}
            if "state" in words:
                words["state"] = word(texts, "finding", words["state"])
            return texts.text(msgid, **words)
    if detail:
        return detail
    return texts.gettext(_DONE) if ok else texts.gettext("Refused.")
