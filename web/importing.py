"""What was wrong with the rows of an import, in the reader's language. The deciding side (`hub.catalog.merge`) says it in English."""

from __future__ import annotations

import re
from typing import Final

from web.i18n import Texts, mark
from web.reasons import reason

_WHAT: Final = (
    (re.compile(r"a barcode has 1 to (?P<most>\d+) signs, this one (?P<signs>\d+); not taken"), mark("a barcode has 1 to %(most)s signs, this one %(signs)s; not taken")),
    (re.compile(r"this barcode stands twice; the first item with it counts \((?P<first>.*)\), this one is not taken"), mark("this barcode stands twice; the first item with it counts (%(first)s), this one is not taken")),
    (re.compile(r"(?P<name>\w+) has (?P<signs>\d+) signs; cut to (?P<bound>\d+)"), mark("%(name)s has %(signs)s signs; cut to %(bound)s")),
    (re.compile(r"(?P<all>\d+) other identifiers; (?P<taken>\d+) of them are taken"), mark("%(all)s other identifiers; %(taken)s of them are taken")),
    (re.compile(r"no call number; taken, without a home from its call number"), mark("no call number; taken, without a home from its call number")),
    (re.compile(r"call number (?P<number>'.*'|\".*\"): (?P<why>.*); taken, without a home from its call number"), mark("call number %(number)s: %(why)s; taken, without a home from its call number")),
    (re.compile(r"home_to (?P<shelf>.*) without home_from; taken without home"), mark("home_to %(shelf)s without home_from; taken without home")),
    (re.compile(r"home names (?P<shelves>.*), no shelf of this site; taken without home"), mark("the home names %(shelves)s, no shelf of this library; taken without home")),
    (re.compile(r"home runs backwards from (?P<start>.*) to (?P<end>.*); turned round"), mark("the home runs backwards from %(start)s to %(end)s; turned round")),
    (re.compile(r"tag (?P<tag>.*) belongs to the shelf already; its link stays there|tag (?P<tag2>\S+) is a reference tag\b.*"), mark("tag %(tag)s is a reference tag of the site; it marks a shelf and belongs to no item")),
    (re.compile(r"tag (?P<tag>.*) belongs to the one in (?P<first>.*) already; its link stays there"), mark("tag %(tag)s belongs to the one in %(first)s already; its link stays there")),
    (re.compile(r"tag (?P<tag>'.*'|\".*\"): .*; left out"), mark("tag %(tag)s is not written as a tag; left out")),
    (re.compile(r"(?P<tags>\d+) tags; only the first (?P<most>\d+) are taken"), mark("%(tags)s tags; only the first %(most)s are taken")),
    (re.compile(r"no barcode: an item cannot be told from others without one|(?:has )?no barcode(?:; not taken|: left out)"), mark("no barcode: without one an item cannot be told from others; not taken")),
    (re.compile(r"status (?P<word>'.*'|\".*\") is unknown: kept as \w+, .*"), mark("the status %(word)s is not known, so nobody expects it on the shelf; map it under statuses: in the mapping")),
    (re.compile(r"(?P<cells>\d+) cells under (?P<columns>\d+) columns; what is beyond is left out"), mark("%(cells)s cells under %(columns)s columns; what is beyond is left out")),
    (re.compile(r"control characters \(NUL and the like\); left out"), mark("control characters (NUL and the like); left out")),
    (re.compile(r"not in (?P<source>.+) of (?P<day>\d{4}-\d\d-\d\d)"), mark("not in %(source)s of %(day)s")),
)  # fmt: skip
_PLACE: Final = (
    (re.compile(r"line (?P<number>\d+)(?:, barcode (?P<barcode>.*))?"), mark("line %(number)s")),
    (re.compile(r"record (?P<number>\d+)(?:, barcode (?P<barcode>.*))?"), mark("record %(number)s")),
    (re.compile(r"item (?P<number>\d+)(?:, barcode (?P<barcode>.*))?"), mark("item %(number)s")),
)


def fault(texts: Texts, what: str) -> str:
    """A fault for a person; what we do not know (a newer hub, a connector's own) is shown as it is."""
    for pattern, msgid in _WHAT:
        if found := pattern.fullmatch(what):
            said = {name: value for name, value in found.groupdict().items() if value is not None}
            if "tag2" in said:
                said["tag"] = said.pop("tag2")
            if "why" in said:
                said["why"] = reason(texts, said["why"])
            if "first" in said:
                said["first"] = place(texts, said["first"])
            return texts.text(msgid, **said)
    return reason(texts, what)


def place(texts: Texts, where: str) -> str:
    """Where in its source a row stands."""
    for pattern, msgid in _PLACE:
        if found := pattern.fullmatch(where):
            said = texts.text(msgid, number=found["number"])
            if not found["barcode"]:
                return said
            return texts.text("%(place)s, barcode %(barcode)s", place=said, barcode=found["barcode"])
    return where
