"""An explanation in sentences that a librarian understands. Pure.

Each template is a message id for translation; a `Teller` puts it, names and times into the reader's language.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

import msgspec

from hub.effects import Evidence
from hub.explain.doubts import FAINT_DBM, FEW_LOOKS, HEARD_ENOUGH
from hub.explain.model import AWAY, NOWHERE, Doubt, Explanation
from hub.percent import percent
from hub.views import FindingView

LOUD_DBM: Final = -58.0
"""Half a spread below what a usual antenna hears of its own shelf (the radio's assumptions in `hub.settings`): a tag that is
as loud is most often its own. Only a word; the number stands beside it."""
NOTHING_SAID: Final = math.log(1.2)
"""A piece that moves the odds by less says nothing either way."""
MOST_TIMES: Final = 1_000_000
"""More is said as *over a million*: no model of a radio is right to the eighth digit."""

ANSWERS: Final[dict[str, str]] = {
    "at": "We believe that it stands on {place}, {sure} sure, as weighed at {weighed}.",
    "at_home": "We believe that it stands at home on {place}, {sure} sure, as weighed at {weighed}.",
    "away": "We believe that it is on no shelf that we listen to, {sure} sure, as weighed at {weighed}; last heard {heard}.",
    "unheard": "No antenna has heard it yet.",
    "then_at": "At {time} we believed that it stood on {place}, {sure} sure, as weighed at {weighed}.",
    "then_at_home": "At {time} we believed that it stood at home on {place}, {sure} sure, as weighed at {weighed}.",
    "then_away": "At {time} we believed that it was on no shelf that we listen to, {sure} sure, as weighed at {weighed}.",
    "then_unheard": "At {time} no antenna had heard it yet.",
    "unmoved": "At {time} it stood on {place}: it has not moved since, and what placed it there is older than the history that is kept.",
    "unmoved_away": "At {time} it was away, as it is now; how it left is older than the history that is kept.",
    "before": "At {time} it stood on {place}: the first change that the history holds, at {weighed}, says so. What placed it there is no longer kept.",
    "before_away": "At {time} it was away: the first change that the history holds, at {weighed}, says so. How it left is no longer kept.",
    "unknown": "At {time} it was not in the catalogue yet.",
    "forgotten": "What was believed at {time} is no longer kept.",
}
"""The answer itself."""
RIVALS: Final[dict[str, str]] = {
    "at": "The next best answer is {place}, {sure}.",
    "at_home": "The next best answer is its home, {place}, {sure}.",
    "home_too": "The next best answer is another shelf of its home, {place}, {sure}.",
    "away": "The next best answer is that it is away, {sure}.",
}
WITNESSES: Final[dict[str, str]] = {
    "loud": "Antenna {antenna} at {place} heard it in {heard} of {looks} looks, loud ({dbm} dBm)",
    "fair": "Antenna {antenna} at {place} heard it in {heard} of {looks} looks, neither loud nor faint ({dbm} dBm)",
    "faint": "Antenna {antenna} at {place} heard it in {heard} of {looks} looks, faint ({dbm} dBm)",
    "seldom": "Antenna {antenna} at {place} heard it in only {heard} of {looks} looks ({dbm} dBm)",
    "heard": "Antenna {antenna} at {place} heard it in {heard} of {looks} looks",
    "silent": "Antenna {antenna} at {place} did not hear it in its last {looks} looks",
    "silent_once": "Antenna {antenna} at {place} did not hear it in its last look",
    "fallen_once": "Antenna {antenna} at {place} did not hear it in its last look, since {since}; before that at {dbm} dBm",
    "fallen": "Antenna {antenna} at {place} has not heard it in its last {looks} looks, since {since}; before that at {dbm} dBm",
}
AS_OF: Final = "The hub last wrote at {time}. What has happened since is not known here."
WEIGHED: Final[dict[str, str]] = {
    "opened": "As it was weighed when it was opened, {time}.",
    "weighed": "As it was weighed last, {time}.",
}
"""As of when a finding speaks."""
VERDICTS: Final[dict[str, str]] = {
    "times": "{what}: {times} times more likely {one} than {other}.",
    "million": "{what}: over a million times more likely {one} than {other}.",
    "nothing": "{what}: as likely {one} as {other}.",
    "alone": "{what}.",
}
PLACES: Final[dict[str, str]] = {
    "there": "there",
    "on": "on {place}",
    "home": "at home",
    "away": "away",
    "its_home": "its home {place}",
}
DOUBTS: Final[dict[str, str]] = {
    "no_tag": "It has no tag, so no antenna can hear it.",
    "no_home": "The catalogue names no home for it, so it can stand wrong nowhere.",
    "home_today": "Its home and its status are those of today; what they were then is not kept.",
    "other_tags": "It has {looks} tags; this is about the one that stands, or that was heard last.",
    "not_kept": "What was weighed is not kept: this was written before reasons were.",
    "wavers": "Just now it is more likely {place}, but one look moves nothing: the next ones decide.",
    "hangs": "It hangs on one antenna: without what {antenna} says, it would more likely be {place}.",
    "few_looks": "{antenna} has had only {looks} looks so far: the next ones may turn it.",
    "weak": "Its tag is weak: even {antenna} hears it in {heard} of {looks} looks only, or faintly. The silence of such a tag proves little.",
    "home_unwatched": "No antenna listens to its home {place}: it could stand there unheard.",
    "home_stale": "Its home {place} was last looked at {time}: it could stand there unheard.",
    "home_never": "Its home {place} was never looked at: it could stand there unheard.",
    "place_stale": "{place} was last looked at {time}: if it left since, nobody has noticed.",
    "antenna_doubtful": "{antenna} does not hear its reference tags now: its silence counts for nothing until it does.",
    "antenna_silent": "{antenna} works, but does not even hear its reference tags: its silence counts for nothing.",
    "antenna_unheard": "{antenna} has not worked since {time}: it has nothing to say about now.",
    "presumed": "No antenna has heard it: it is presumed there, since silence alone says nothing against a weak tag.",
    "silent_since": "{antenna} has looked since, last {time}, and the book has not come back; only the {looks} silent looks until it was weighed are "
    "counted here.",
    "turns_here": "It changes when another antenna hears it in two looks, or when the antennas that hear it now fall silent about it.",
    "turns_away": "Two looks that hear it bring it back at once.",
    "turns_unheard": "The first two looks that hear it give it a place.",
}
"""What is missing and what would change our mind, by `Doubt.kind`."""

MSGIDS: Final = tuple(
    dict.fromkeys(
        text
        for table in ({"": AS_OF}, ANSWERS, RIVALS, WITNESSES, WEIGHED, VERDICTS, PLACES, DOUBTS)
        for text in table.values()
    )
)


class Teller(Protocol):
    """How texts, names, times and shares are told to this reader."""

    def text(self, msgid: str) -> str:
        """A template in the reader's language."""
        ...

    def time(self, at_us: int) -> str:
        """Date and time in the reader's time zone."""
        ...

    def exact(self, at_us: int) -> str:
        """As `time`, to the second."""
        ...

    def share(self, probability: float | None) -> str:
        """A probability in words."""
        ...


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """An explanation in sentences."""

    answer: str
    rival: str
    """The next best answer; empty: none."""
    evidence: list[str]
    """One for each piece of `Explanation.evidence`, in its order."""
    doubts: list[str]
    """One for each of `Explanation.doubts`, in its order."""
    findings: list[str]
    """As of when each of `Explanation.findings` speaks, in its order."""
    as_of: str
    """As of when all this speaks; empty: of now, or of the time that was asked for."""


def tell(said: Explanation, teller: Teller) -> Told:
    """The sentences of an explanation."""
    return Told(
        answer=_answer(said, teller),
        rival=_rival(said, teller),
        evidence=[piece(one, said, teller) for one in said.evidence],
        doubts=[_doubt(one, said, teller) for one in said.doubts],
        findings=[_weighed(one, teller) for one in said.findings],
        as_of="" if said.as_of_us is None else _fill(teller, AS_OF, {"time": teller.exact(said.as_of_us)}),
    )


def piece(one: Evidence, said: Explanation, teller: Teller) -> str:
    """What one antenna heard, and how much more likely that makes the answer than the next best one."""
    what = _fill(teller, WITNESSES[_loudness(one)], _witness(one, said, teller))
    weight = one.weight
    if weight is None or not said.against:
        return _fill(teller, VERDICTS["alone"], {"what": what})
    here = "there" if one.shelf == said.answer else ""
    answer, other = here or _where(said.answer, said, teller), _where(said.against, said, teller)
    one_word, other_word = (answer, other) if weight >= 0 else (other, answer)
    words = {"what": what, "one": _named(one_word, teller), "other": _named(other_word, teller)}
    if abs(weight) < NOTHING_SAID:
        return _fill(teller, VERDICTS["nothing"], words)
    if abs(weight) > math.log(MOST_TIMES):
        return _fill(teller, VERDICTS["million"], words)
    return _fill(teller, VERDICTS["times"], words | {"times": times(abs(weight))})


def times(weight: float) -> str:
    """The odds behind a weight, as a person says it: 1.4, 3.2, 38, 400, 12,000; over a million only that it is more."""
    if weight > math.log(MOST_TIMES):
        return f"{MOST_TIMES:,}+"
    ratio = math.exp(weight)
    if ratio < 10:  # noqa: PLR2004 (from there on whole numbers)
        return f"{ratio:.1f}"
    step = 10 ** max(0, math.floor(math.log10(ratio)) - 1)
    return f"{round(ratio / step) * step:,}"


def _answer(said: Explanation, teller: Teller) -> str:
    key = said.basis
    if said.answer == NOWHERE and key in {"now", "change", "unheard", "unmoved", "before"}:
        template = "unheard" if said.asked_at_us is None else "then_unheard"
    elif key in {"now", "change"}:
        place = "away" if said.answer == AWAY else "at_home" if said.answer in said.at_home else "at"
        template = place if said.asked_at_us is None else f"then_{place}"
    elif key in {"unmoved", "before"}:
        template = f"{key}_away" if said.answer == AWAY else key
    else:
        template = key
    words = {"place": said.answer, "sure": teller.share(said.probability)}
    weighed = "–" if said.at_us is None else teller.exact(said.at_us)
    words |= {"time": _time(said.asked_at_us, teller), "weighed": weighed}
    return _fill(teller, ANSWERS[template], words | {"heard": _time(said.last_heard_at_us, teller)})


def _rival(said: Explanation, teller: Teller) -> str:
    if not said.rival:
        return ""
    template = "away" if said.rival == AWAY else "at_home" if said.rival in said.at_home else "at"
    if template == "at_home" and said.answer in said.at_home:
        template = "home_too"
    words = {"place": said.rival, "sure": teller.share(said.rival_probability)}
    return _fill(teller, RIVALS[template], words)


def _weighed(finding: FindingView, teller: Teller) -> str:
    """A finding keeps what was weighed when it was opened, or when its place or its reason last changed."""
    newest_us = max((one.last_at_us for one in finding.evidence), default=0)
    opened_us = finding.opened_at_us
    template, at_us = ("opened", opened_us) if newest_us <= opened_us else ("weighed", newest_us)
    return _fill(teller, WEIGHED[template], {"time": teller.exact(at_us)})


def _doubt(doubt: Doubt, said: Explanation, teller: Teller) -> str:
    words: dict[str, Any] = {name: getattr(doubt, name) for name in ("antenna", "heard", "looks")}
    place = doubt.shelf or ""
    if doubt.kind in {"wavers", "hangs"}:
        place = _named(_where(place, said, teller), teller)
    words |= {"place": place, "time": _time(doubt.at_us, teller)}
    return _fill(teller, DOUBTS[doubt.kind], words)


def _loudness(one: Evidence) -> str:
    if not one.heard:
        return ("silent" if one.rssi_dbm is None else "fallen") + ("_once" if one.dwells == 1 else "")
    if one.rssi_dbm is None:
        return "heard"
    if one.rssi_dbm <= FAINT_DBM:
        return "faint"
    # Loud, and yet hardly ever heard: to call that loud would sound as if it were heard well.
    if one.dwells >= FEW_LOOKS and one.heard < HEARD_ENOUGH * one.dwells:
        return "seldom"
    return "loud" if one.rssi_dbm >= LOUD_DBM else "fair"


def _witness(one: Evidence, said: Explanation, teller: Teller) -> Mapping[str, Any]:
    place = one.shelf
    if place in said.at_home:
        place = _fill(teller, PLACES["its_home"], {"place": place})
    dbm = "" if one.rssi_dbm is None else f"{one.rssi_dbm:.0f}".replace("-", "−")
    since = _time(one.first_at_us, teller)
    return {"antenna": one.antenna, "place": place, "heard": one.heard, "looks": one.dwells} | {
        "dbm": dbm,
        "since": since,
    }


def _where(place: str, said: Explanation, teller: Teller) -> str:
    """A key of `PLACES`, or a shelf in words."""
    if place == AWAY:
        return "away"
    # Where both are of the home, "at home" would compare it with itself.
    both = said.answer in said.at_home and said.against in said.at_home
    named = both or place not in said.at_home
    return _fill(teller, PLACES["on"], {"place": place}) if named else "home"


def _named(word: str, teller: Teller) -> str:
    return teller.text(PLACES[word]) if word in PLACES else word


def _time(at_us: int | None, teller: Teller) -> str:
    return "–" if at_us is None else teller.time(at_us)


def _fill(teller: Teller, template: str, words: Mapping[str, Any]) -> str:
    return teller.text(template).format_map(words)


class PlainTeller:
    """English, times in UTC."""

    zone: tzinfo = UTC

    def text(self, msgid: str) -> str:
        """As it is."""
        return msgid

    def time(self, at_us: int) -> str:
        """For example ``2026-03-01 14:05 UTC``."""
        return datetime.fromtimestamp(at_us / 1e6, tz=self.zone).strftime("%Y-%m-%d %H:%M %Z")

    def exact(self, at_us: int) -> str:
        """For example ``2026-03-01 14:05:07 UTC``."""
        return datetime.fromtimestamp(at_us / 1e6, tz=self.zone).strftime("%Y-%m-%d %H:%M:%S %Z")

    def share(self, probability: float | None) -> str:
        """``97 %``; never a certainty that nobody has."""
        return "not known how" if probability is None else f"{percent(probability)} %"


class SiteTeller(PlainTeller):
    """English, times on the site's clock."""

    def __init__(self, timezone: str) -> None:
        self.zone = ZoneInfo(timezone)
