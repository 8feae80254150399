"""Why a call number or a label cannot be used, in the reader's language. The deciding side says it in English."""

from __future__ import annotations

import re
from typing import Final

from web.i18n import Texts, mark

_TEXT: Final = r"(?P<text>'.*'|\".*\")"
_NUMBER: Final = (
    (re.compile(r"no call number"), mark("there is no call number")),
    (re.compile(r"is of no scheme that we know|fits none of the schemes .*"), mark("it fits none of the known schemes")),
    (re.compile(r"no local scheme is configured"), mark("no local scheme is configured")),
    (re.compile(rf"begins with {_TEXT}; an LC number begins with 1 to 3 class letters"), mark("it begins with %(text)s; an LC number begins with 1 to 3 class letters")),
    (re.compile(rf"begins with {_TEXT}; an LC class has 1 to 3 letters"), mark("it begins with %(text)s; an LC class has 1 to 3 letters")),
    (re.compile(rf"no class number follows the letters {_TEXT}"), mark("no class number follows the letters %(text)s")),
    (re.compile(r"the class number has more than four digits"), mark("the class number has more than four digits")),
    (re.compile(r"the class number has two decimal points"), mark("the class number has two decimal points")),
    (re.compile(rf"unknown prefix {_TEXT} before the class; .*"), mark("the prefix %(text)s before the class is not known; the site file can name it")),
    (re.compile(r"the class number has more than three digits before the point"), mark("the class number has more than three digits before the point")),
    (re.compile(rf"after the class digits neither a point nor a blank stands, but {_TEXT}"), mark("after the class digits neither a point nor a blank stands, but %(text)s")),
    (re.compile(rf"begins with {_TEXT}; a Dewey number .*"), mark("it begins with %(text)s; a Dewey number begins with three digits, or with a word such as J, FIC, B")),
    (re.compile(rf"begins with {_TEXT}; a CLC number .*"), mark("it begins with %(text)s; a CLC number begins with one class letter, or with T and a second one")),
    (re.compile(rf"{_TEXT} cannot stand in a CLC class \(sign (?P<sign>\d+)\)"), mark("%(text)s cannot stand in a CLC class (sign %(sign)s)")),
)  # fmt: skip
_LABEL: Final = (
    (re.compile(r"'' is no call number(?: of \w+)?: no call number"), mark("where it starts is not known")),
    (re.compile(r"is already in line (?P<line>\d+); both labels are used"), mark("the shelf stands in line %(line)s already; both labels are used")),
    (re.compile(r"(?P<start>.*) stands out of order in the table; used as written"), mark("%(start)s stands out of order in the table; it is used as written")),
    (re.compile(r"(?P<start>.*) stands out of order in the table"), mark("%(start)s stands out of order in the table")),
    (re.compile(r"(?P<start>.*) already lies on (?P<shelf>\S+) \(line (?P<line>\d+)\); such books are at home on both"), mark("%(start)s lies on %(shelf)s already (line %(line)s); such books are at home on both")),
    (re.compile(r"is no shelf of the site; its books have no home by labels"), mark("the library has no such shelf; its books get no home from labels")),
    (re.compile(r"(?P<start>.*) and (?P<end>.*) are of different schemes or prefixes; make two labels"), mark("%(start)s and %(end)s are of different schemes or prefixes; make two labels of it")),
    (re.compile(r"(?P<start>.*) stands behind (?P<end>.*); the range is empty"), mark("%(start)s stands behind %(end)s, so nothing can stand between them")),
    (re.compile(r"(?P<range>.*) is empty: both borders are one, and one is left out"), mark("%(range)s is empty: both borders are one, and one is left out")),
    (re.compile(r"scheme (?P<scheme>'.*') is none of (?P<known>.*); the row is read by the site's scheme"), mark("%(scheme)s is none of the schemes %(known)s; the row is read as the site is set")),
    (re.compile(r"names no shelf; every board needs its id"), mark("the row names no shelf; every board needs its id")),
    (re.compile(r"has no column (?P<names>.*); it has to name .*"), mark("the first line has no column %(names)s")),
    (re.compile(r"is not UTF-8; .*"), mark("this is not UTF-8; save the file as CSV UTF-8 and try again")),
    (re.compile(r"has no row below its head; .*"), mark("there is no row below the first line")),
    (re.compile(r"has more than (?P<rows>\d+) rows; .*"), mark("there are more than %(rows)s rows; take one floor at a time")),
    (re.compile(r"is larger than (?P<size>\d+) MB; .*"), mark("the file is larger than %(size)s MB; take one floor at a time")),
)  # fmt: skip
_LED: Final = re.compile(r"(?:no LC number|no Dewey number|no 中图法 number|not of the local scheme): ")
_LINE: Final = re.compile(r"(?:[^:]*: )?line (?P<line>\d+): (?P<rest>.*)")
_WIDENS: Final = "; its neighbours' homes take it in"
_NO_NUMBER: Final = re.compile(rf"{_TEXT} is no call number(?: of \w+)?: (?P<why>.*)")


def reason(texts: Texts, said: str) -> str:
    """The reason for a person; what we do not know (a newer hub, a local scheme) is shown as it is."""
    if said.endswith(_WIDENS):
        why = reason(texts, said.removesuffix(_WIDENS))
        return texts.text("%(why)s; the homes of its neighbours take its books in", why=why)
    if not said.startswith("''") and (found := _NO_NUMBER.fullmatch(said)):
        why = reason(texts, found["why"])
        return texts.text("%(text)s is no call number: %(why)s", text=found["text"], why=why)
    if found := _LINE.fullmatch(said):
        return texts.text("line %(line)s: %(why)s", line=found["line"], why=reason(texts, found["rest"]))
    bare = _LED.sub("", said, count=1)
    for pattern, msgid in _NUMBER + _LABEL:
        if found := pattern.fullmatch(bare):
            return texts.text(msgid, **found.groupdict())
    return said
