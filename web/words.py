"""The words for what the hub calls by a code. English here, as msgids; a person never sees a code."""

from __future__ import annotations

from typing import Final

from hub.explain.sentences import times
from hub.percent import percent
from web.i18n import Texts, mark
from web.shelfnumber import PARTS, SCHEMES

SHELF_STATES: Final = {
    "attention": mark("Attention"),
    "stale": mark("Not looked at"),
    "quiet": mark("Quiet"),
    "unwatched": mark("Unwatched"),
}
SHELF_MEANINGS: Final = {
    "attention": mark("something here needs a person"),
    "stale": mark("not looked at for too long: nothing is known"),
    "quiet": mark("looked at, nothing to do"),
    "unwatched": mark("no antenna hears it"),
}
KINDS: Final = {
    "misplaced": mark("Misplaced"),
    "out_of_order": mark("Out of order"),
    "missing": mark("Missing"),
    "unexpected": mark("Unexpected"),
    "unknown_tag": mark("Unknown tag"),
    "security": mark("Security mark"),
    "held": mark("On hold, on the shelf"),
    "silent_antenna": mark("Silent antenna"),
    "stale_shelf": mark("Shelf not looked at"),
    "moved_range": mark("Moved range"),
}
FINDING_STATES: Final = {
    "suspected": mark("Suspected"),
    "open": mark("Open"),
    "claimed": mark("Claimed"),
    "resolved": mark("Done, waiting for the antenna"),
    "verified": mark("Verified"),
    "dismissed": mark("Dismissed"),
}
STATUSES: Final = {
    "on_shelf": mark("On the shelf"),
    "on_loan": mark("On loan"),
    "hold_shelf": mark("On the hold shelf"),
    "in_transit": mark("In transit"),
    "in_processing": mark("In processing"),
    "lost": mark("Lost"),
    "missing": mark("Missing in the catalogue"),
    "withdrawn": mark("Withdrawn"),
    "not_for_loan": mark("Not for loan"),
    "display": mark("On display"),
}
HOME_SOURCES: Final = {
    "list": mark("from the catalogue's list"),
    "label": mark("from the shelf labels"),
    "learned": mark("learned from where the books stand"),
    "moved": mark("moved with its range, as a person approved"),
    "none": mark("no home known"),
}
FLAGS: Final = {
    "requested": mark("Requested"),
    "recently_returned": mark("Just returned"),
    "claimed_returned": mark("Said to be returned"),
    "long_overdue": mark("Long overdue"),
    "damaged": mark("Damaged"),
    "restricted": mark("Restricted"),
    "unclear": mark("Not clear"),
}
ANTENNA_STATES: Final = {
    "good": mark("Good"),
    "doubtful": mark("Doubtful"),
    "silent": mark("Silent"),
    "unheard": mark("No look for long"),
}
AILMENTS: Final = {
    "lost": mark("Hears hardly any book of its shelf"),
    "weak": mark("Hears everything more quietly: look at cable, plug and power"),
    "deaf": mark("Hears only the loud tags: noise, or a receiver that fails"),
    "elsewhere": mark("Hears the books of other shelves: were two cables exchanged?"),
    "unmeasured": mark("Its reader reports a loudness that says nothing; only what was heard counts"),
}
READER_STATES: Final = {
    "connected": mark("Connected"),
    "connecting": mark("Connecting"),
    "refused": mark("Refused us"),
    "lost": mark("Lost"),
    "stopped": mark("Stopped"),
}
FAULTS: Final = {
    "unreadable": mark("messages that cannot be read"),
    "future_version": mark("messages of a newer version: update the hub"),
    "too_large": mark("messages that are too large"),
    "unknown_agent": mark("messages of an agent that the site does not know"),
    "cloned_log": mark("a copied outbox: two agents number with one log"),
    "two_logs": mark("two live outboxes of one agent: one of them is a copy or a second process"),
    "topic_mismatch": mark("messages in another agent's name"),
}
TOLD: Final = {
    "as_said": mark("Seen there: it was as the card says"),
    "in_place": mark("Seen there: it was where it belongs"),
    "not_there": mark("Seen there: it was not there"),
    "elsewhere": mark("Seen there: it stood elsewhere"),
}
SWEEP_STATES: Final = {
    "planned": mark("Planned"),
    "running": mark("Running"),
    "done": mark("Finished"),
    "failed": mark("Failed"),
    "cancelled": mark("Cancelled"),
}
OUTCOMES: Final = {
    "expected": mark("Expected"),
    "found_in_place": mark("Found in place"),
    "found_elsewhere": mark("Found elsewhere"),
    "missing": mark("Missing"),
    "unexpected": mark("Unexpected"),
    "unknown": mark("Unknown"),
    "not_covered": mark("Not covered"),
}
OUTCOME_MEANINGS: Final = {
    "expected": mark("items that the catalogue says stand here"),
    "found_in_place": mark("heard where they belong"),
    "found_elsewhere": mark("heard, but on another shelf"),
    "missing": mark("not heard, although we listened well"),
    "unexpected": mark("heard, although on loan, withdrawn or lost"),
    "unknown": mark("tags that no item is linked to"),
    "not_covered": mark("we could not listen there: no statement"),
}
EVENTS: Final = {
    "placed": mark("Heard here"),
    "away": mark("No longer heard"),
    "finding": mark("Finding"),
    "act": mark("A person acted"),
    "status": mark("Catalogue status changed"),
    "home": mark("Home changed with its range"),
}
LABEL_STATES: Final = {
    "staged": mark("Waits for approval"),
    "applying": mark("Is being taken"),
    "applied": mark("In force"),
    "replaced": mark("Replaced by a newer one"),
    "refused": mark("Refused"),
}
LABEL_KINDS: Final = {"label": mark("Shelf labels"), "learned": mark("Learned borders")}
IMPORT_STATES: Final = {
    "staging": mark("Is being read"),
    "staged": mark("Waits"),
    "applying": mark("Is being taken"),
    "applied": mark("Taken"),
    "refused": mark("Refused"),
}
SYSTEM_STATES: Final = {
    "new": mark("Not asked yet"),
    "listing": mark("Listing its items"),
    "waiting": mark("Up to date"),
    "held": mark("A list waits for a person"),
    "away": mark("Does not answer"),
    "wrong": mark("Needs a person"),
}
COUNTS: Final = {
    "rows": mark("Rows listed"),
    "items": mark("Items"),
    "changes": mark("Changes listed"),
    "gone": mark("Gone"),
    "faults": mark("Faults of the last listing"),
    "to_ask": mark("Items to ask about"),
    "not_asked": mark("Not asked about, the queue was full"),
    "asked": mark("Items asked about"),
    "answered": mark("Answers"),
    "changed": mark("States that had changed"),
    "not_known": mark("Items it does not know"),
    "ask_faults": mark("Answers with a fault"),
}
"""What a followed system counts (`hub.catalog.follow`)."""
VERDICTS: Final = {
    "stays": mark("Stays"),
    "moves": mark("To move"),
    "unread": mark("Call number not readable"),
    "elsewhere": mark("Belongs elsewhere"),
    "unknown": mark("Unknown barcode"),
    "twice": mark("Scanned again"),
}
ROLES: Final = {"shelver": mark("Shelver"), "librarian": mark("Librarian"), "admin": mark("Administrator")}
HTTP: Final = {
    400: mark("That request cannot be understood."),
    401: mark("Please log in first."),
    403: mark("Your role may not do that."),
    404: mark("There is nothing of that name here."),
    405: mark("That cannot be done here."),
    409: mark("That was already asked with another content."),
    413: mark("That is too much at once."),
    414: mark("That address is too long."),
    415: mark("That form of content is not understood."),
    421: mark("This server is not known by that name."),
    429: mark("Too many tries. Wait a little."),
    500: mark("Something went wrong on our side."),
    503: mark("The library's data cannot be reached at this moment."),
}
TABLES: Final = {
    "shelf": SHELF_STATES,
    "shelf_meaning": SHELF_MEANINGS,
    "kind": KINDS,
    "finding": FINDING_STATES,
    "status": STATUSES,
    "home": HOME_SOURCES,
    "antenna": ANTENNA_STATES,
    "ailment": AILMENTS,
    "reader": READER_STATES,
    "fault": FAULTS,
    "told": TOLD,
    "sweep": SWEEP_STATES,
    "outcome": OUTCOMES,
    "outcome_meaning": OUTCOME_MEANINGS,
    "event": EVENTS,
    "role": ROLES,
    "verdict": VERDICTS,
    "flag": FLAGS,
    "label_state": LABEL_STATES,
    "label_kind": LABEL_KINDS,
    "import": IMPORT_STATES,
    "system": SYSTEM_STATES,
    "count": COUNTS,
    "part": PARTS,
    "scheme": SCHEMES,
}


def word(texts: Texts, table: str, code: str) -> str:
    """The word for `code` of one of `TABLES`; the code itself where a newer hub knows more than we do."""
    return texts.gettext(TABLES[table].get(code, code))


def sureness(probability: float | None) -> str:
    """``97 %``; never a certainty that nobody has."""
    if probability is None:
        return "–"
    return f"{percent(probability)} %"


def odds(weight: float | None) -> str:
    """How a piece of evidence moves the odds: ``×400``, or ``÷3.0`` where it speaks against; nobody has weighed it: ``–``."""
    if weight is None:
        return "–"
    return f"{'×' if weight >= 0 else '÷'}{times(abs(weight))}"
