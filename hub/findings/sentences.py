"""Why a finding is one, in a sentence: expected where, heard where, when, how often, how sure. Pure.

Each template is a message id for translation; `parts` gives it with the words to fill in, so that another language
can order them differently.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, Protocol

from hub.effects import Finding
from hub.percent import percent

TEMPLATES: Final[dict[str, str]] = {
    "misplaced": "Heard on {shelf} in {heard} of the last {dwells} looks since {since}; belongs to {home}. {sure} % sure.",
    "missing": "Not heard in {dwells} looks at {last_shelf} since {since}, last heard {last_heard}; the catalogue expects it on "
    "{home}. {sure} % sure that it is gone.",
    "missing_returned": "Booked in at {returned}, and not heard since; before that it was last heard {last_heard} at {last_shelf}. "
    "{sure} % sure that it is not on its shelf.",
    "missing_never": "Never heard: silent in {dwells} looks at {home} since {since}; the catalogue expects it there. {sure} % sure.",
    "unexpected": "Heard on {shelf} in {heard} of the last {dwells} looks since {since}, but the catalogue says: {status}. "
    "{sure} % sure.",
    "unexpected_on_loan": "Heard on {shelf} in {heard} of the last {dwells} looks since {since}, but it is on loan: it came back "
    "without being booked in. {sure} % sure.",
    "unexpected_claimed": "Found on {shelf}, heard in {heard} of the last {dwells} looks since {since}: the catalogue has it on loan, "
    "and somebody said that it was returned. {sure} % sure.",
    "unexpected_in_transit": "Heard on {shelf} in {heard} of the last {dwells} looks since {since}, but it is in transit: it was not "
    "sent, or it arrived without being booked in. {sure} % sure.",
    "unexpected_lost": "Found on {shelf}, heard in {heard} of the last {dwells} looks since {since}: the catalogue has it as lost. "
    "{sure} % sure.",
    "unexpected_missing": "Found on {shelf}, heard in {heard} of the last {dwells} looks since {since}: the catalogue has it as "
    "missing. {sure} % sure.",
    "unexpected_withdrawn": "Heard on {shelf} in {heard} of the last {dwells} looks since {since}, but it was withdrawn: take it out. "
    "{sure} % sure.",
    "unexpected_in_processing": "Heard on {shelf} in {heard} of the last {dwells} looks since {since}, though it is still in "
    "processing: was it put here before it was booked out? {sure} % sure.",
    "unexpected_owner": "A tag of another library ({owner}) has stayed at {shelf} since {since}, heard in {heard} looks.",
    "held": "Heard on {shelf} in {heard} of the last {dwells} looks since {since}, but it is on hold: somebody waits for it at the "
    "hold shelf. {sure} % sure.",
    "held_requested": "On {shelf}, heard in {heard} of the last {dwells} looks since {since}: somebody has asked for it. Fetch it.",
    "security_off": "Its security is off although it is not on loan, heard so on {shelf} in {heard} of the last {dwells} looks since "
    "{since}: the gate would not ring. Switch it on.",
    "security_armed": "Its security is on although it is on loan, heard so on {shelf} in {heard} of the last {dwells} looks since "
    "{since}: the gate would ring for whoever borrowed it.",
    "security_unused": "{off} of the {known} books that stand on the shelves and tell their security have it off, many of them on "
    "{shelf}. Does the library use it? If not, say so in the site file under tags.",
    "unknown_tag": "A tag that the catalogue does not know has stayed at {shelf} since {since}, heard in {heard} looks.",
    "silent_antenna": "{antenna} worked {dwells} times since {since} and did not hear its reference tags: shelf {shelf} is not "
    "looked at.",
    "silent_shelf": "{antenna} worked {dwells} times since {since} and hears hardly any of the {usual} books it used to hear on "
    "{shelf}: is the shelf empty, or the antenna covered?",
    "silent_weak": "{antenna} hears everything on {shelf} {loss} dB more quietly than usual since {since}, in {dwells} dwells: its cable, "
    "a plug, or less power? Its silence is not believed.",
    "silent_deaf": "{antenna} hears only the loud tags on {shelf}, {loss} dB less than usual since {since}, in {dwells} dwells: noise, "
    "or a receiver that fails? Its silence is not believed.",
    "silent_elsewhere": "{antenna} hears other books than the {usual} on {shelf} since {since}, in {dwells} dwells: were two cables "
    "exchanged? What it hears is not believed.",
    "stale_shelf": "{shelf} has not been looked at since {since}.",
    "never_looked": "{shelf} has never been looked at.",
    "moved_range": "{items} items of {from_area} now stand in {to_area}, {order} % of them in the same order, since {since}: has this "
    "range been moved? {sure} % sure that they stand there.",
    "moved_range_growing": "{items} items of {from_area} now stand in {to_area}, and more have come since {since}: is this range "
    "being moved? {sure} % sure that they stand there.",
    "moved_range_approved": "{items} items of {from_area} stand in {to_area}: a person said that the range was moved, and {homes} items "
    "belong there now.",
}
"""By the word under ``template`` in a finding's `why`, else by its kind."""

_PLAIN: Final = (
    "heard", "dwells", "usual", "off", "known", "owner", "items", "order", "homes", "from_area", "to_area", "loss",
)  # fmt: skip
"""Words that stand in `why` as they are."""
HOME_ONE: Final = "{first}"
HOME_SPAN: Final = "{first} to {last}"


class Names(Protocol):
    """How ids and times are shown to this reader."""

    def shelf(self, shelf: str) -> str:
        """A shelf in words."""
        ...

    def antenna(self, antenna: str) -> str:
        """An antenna in words."""
        ...

    def time(self, at_us: int) -> str:
        """Date and time in the reader's time zone."""
        ...

    def status(self, status: str) -> str:
        """A catalogue status in words."""
        ...


class PlainNames:
    """Ids as they are, times in UTC."""

    def shelf(self, shelf: str) -> str:
        """The id."""
        return shelf

    def antenna(self, antenna: str) -> str:
        """The id."""
        return antenna

    def time(self, at_us: int) -> str:
        """For example ``2026-03-01 14:05 UTC``."""
        return datetime.fromtimestamp(at_us / 1e6, tz=UTC).strftime("%Y-%m-%d %H:%M UTC")

    def status(self, status: str) -> str:
        """With spaces."""
        return status.replace("_", " ")


PLAIN: Final = PlainNames()


def parts(finding: Finding, names: Names = PLAIN) -> tuple[str, dict[str, str]]:
    """The template of a finding and the words for its places."""
    why = finding.why
    words: dict[str, str] = {name: str(why[name]) for name in _PLAIN if name in why}
    words["sure"] = percent(finding.confidence)
    for name, at_us in (("since", "since_us"), ("last_heard", "last_heard_us"), ("returned", "returned_us")):
        if at_us in why:
            words[name] = names.time(int(why[at_us]))
    if finding.shelf is not None:
        words["shelf"] = names.shelf(finding.shelf)
    if "last_shelf" in why:
        words["last_shelf"] = names.shelf(str(why["last_shelf"]))
    if "status" in why:
        words["status"] = names.status(str(why["status"]))
    if finding.antenna is not None:
        words["antenna"] = names.antenna(finding.antenna)
    if finding.home_from is not None:
        first, last = names.shelf(finding.home_from), names.shelf(finding.home_to or finding.home_from)
        words["home"] = (HOME_ONE if first == last else HOME_SPAN).format(first=first, last=last)
    return TEMPLATES.get(str(why.get("template", finding.kind)), finding.kind), words


def sentence(finding: Finding, names: Names = PLAIN) -> str:
    """The finding's sentence in English."""
    template, words = parts(finding, names)
    return template.format_map(_Known(words))


class _Known(dict[str, str]):
    """An old finding may lack a word that today's template wants."""

    def __missing__(self, key: str) -> str:
        return "?"
