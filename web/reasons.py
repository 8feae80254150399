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
_LED: Final = re.compile(r"(?:no LC number|no Dewey number|no 中图法 number|not of the local scheme): ")


def reason(texts: Texts, said: str) -> str:
    """The reason for a person; what we do not know (a newer hub, a local scheme) is shown as it is."""
    bare = _LED.sub("", said, count=1)
    for pattern, msgid in _NUMBER:
        if found := pattern.fullmatch(bare):
            return texts.text(msgid, **found.groupdict())
    return said
