"""Why a finding was made, as one sentence in the reader's language. The English templates are the hub's."""

from __future__ import annotations

from typing import cast

from hub.effects import Finding
from hub.explain.sentences import MSGIDS as EXPLAINED
from hub.findings.sentences import HOME_ONE, HOME_SPAN, TEMPLATES, parts
from hub.views import FindingView
from web.i18n import Texts
from web.times import Times
from web.words import word

MSGIDS = (*TEMPLATES.values(), HOME_ONE, HOME_SPAN, *EXPLAINED)
"""For the test that every text has a translation."""


class _Names:
    """How ids and times are shown to this reader."""

    def __init__(self, texts: Texts, times: Times) -> None:
        self._texts = texts
        self._times = times

    def shelf(self, shelf: str) -> str:
        return shelf

    def antenna(self, antenna: str) -> str:
        return antenna

    def time(self, at_us: int) -> str:
        return self._times.short(at_us)

    def status(self, status: str) -> str:
        return word(self._texts, "status", status)


class _Known(dict[str, str]):
    """An old finding may lack a word that today's template wants."""

    def __missing__(self, key: str) -> str:
        return "?"


def sentence(finding: FindingView, texts: Texts, times: Times) -> str:
    """The finding's sentence."""
    # A view has every attribute that the sentence is made of, under the same names.
    template, words = parts(cast("Finding", finding), _Names(texts, times))
    if "home" in words and finding.home_to and finding.home_to != finding.home_from:
        words["home"] = texts.gettext(HOME_SPAN).format(first=finding.home_from, last=finding.home_to)
    return texts.gettext(template).format_map(_Known(words))
