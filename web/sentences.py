"""Why a finding was made, as one sentence in the reader's language."""

from __future__ import annotations

from hub.views import FindingView
from web.i18n import Texts, mark
from web.times import Times
from web.words import sureness

_TEMPLATES = {
    "misplaced": mark("Expected at %(home)s, heard at %(shelf)s in %(heard)s of %(dwells)s looks, last at %(time)s."),
}


def sentence(finding: FindingView, texts: Texts, times: Times) -> str:
    """The sentence."""
    evidence = finding.evidence[0] if finding.evidence else None
    return texts.text(
        _TEMPLATES.get(finding.kind, _TEMPLATES["misplaced"]),
        home=finding.home_from or "–",
        shelf=finding.shelf or "–",
        heard=evidence.heard if evidence else 0,
        dwells=evidence.dwells if evidence else 0,
        time=times.short(evidence.last_at_us if evidence else finding.opened_at_us),
        sure=sureness(finding.confidence),
    )
