"""The place in a listing of Alma's sets, what their members are, and Alma's error codes. Pure."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

import msgspec

from hub.catalog.alma.options import AlmaOptions
from shelfwire.errors import InputError

PAGE: Final = 100
"""Members or items an answer; Alma gives no more."""

MAX_ITEMS_A_TITLE: Final = 100_000
"""Of a journal with a century of bound issues some thousands; beyond it the counter of an answer is wrong."""

NO_ITEM: Final = frozenset({"401689"})
"""No item of this barcode."""
NO_MEMBER: Final = frozenset({"401652", "401688", "402203", "402204"})
"""How Alma refuses a title or item by its number; of an item that was deleted it only says "general error"."""
NO_SET: Final = frozenset({"60107"})
MAX_REFUSED: Final = 20
"""Members in a row that Alma refuses before a listing stops: so many were not deleted since the set was asked for.
Higher: a faulty Alma passes for an empty one; lower: a batch of deleted books stops the listing."""
NO_RIGHT: Final = frozenset({"UNAUTHORIZED", "FORBIDDEN", "INVALID_API_KEY"})
"""Alma says these with status 400 too."""
_KNOWN: Final = NO_ITEM | NO_MEMBER | NO_SET | NO_RIGHT | {
    "401664", "60106", "60215", "60216", "60217", "402119", "402217", "402469",
    "40166411", "INVALID_REQUEST", "GENERAL_ERROR", "INTERNAL_SERVER_ERROR", "ROUTING_ERROR", "REQUEST_TOO_LARGE",
    "PER_SECOND_THRESHOLD", "DAILY_THRESHOLD", "CONCURRENT_THRESHOLD", "TIMEOUT",
}  # fmt: skip
"""From the interface's own description. Any other code is not repeated: it may be a text about a person."""

_MEMBER: Final = re.compile(
    r"/bibs/(?P<title>[0-9]{5,30})(?:/holdings/(?P<holding>[0-9]{5,30})/items/(?P<item>[0-9]{5,30}))?\Z"
)

Count = Annotated[int, msgspec.Meta(ge=0)]


class Cursor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a listing goes on."""

    run: Literal["all", "changed"] = "all"
    set_number: Count = 0
    """Which of the sets, from 0."""
    offset: Count = 0
    """How many of its members were handed over."""
    elsewhere: Count = 0
    """Items passed over because they stand in a library or location that the options do not name."""


class Member(msgspec.Struct, frozen=True):
    """A member of a set: of its name and description nothing is read, in a set of users it is a person's."""

    link: str | None = None


class Members(msgspec.Struct, frozen=True):
    """One answer of ``/conf/sets/{id}/members``."""

    total_record_count: int | str
    member: list[Member] | None = None


class Items(msgspec.Struct, frozen=True):
    """One answer of ``/bibs/{title}/holdings/ALL/items``; each item is taken apart by itself."""

    total_record_count: int | str
    item: list[msgspec.Raw] | None = None


class _Error(msgspec.Struct, frozen=True, rename="camel"):
    error_code: str | None = None


class _Errors(msgspec.Struct, frozen=True):
    error: list[_Error] | None = None


class _Refusal(msgspec.Struct, frozen=True, rename="camel"):
    error_list: _Errors | None = None


def read_cursor(text: str | None) -> Cursor:
    """The place that a `Mark` names. Raises `InputError` for text that no mark of this connector holds."""
    if text is None:
        return Cursor()
    try:
        return msgspec.json.decode(text, type=Cursor)
    except (msgspec.MsgspecError, UnicodeError) as fault:
        raise InputError("cursor: is none of an Alma listing; begin with a full listing") from fault


def write_cursor(cursor: Cursor) -> str:
    """The text of a `Mark`."""
    return msgspec.json.encode(cursor).decode()


def after_page(at: Cursor, members: int, size: int, elsewhere: int) -> Cursor:
    """The place after a page of `members` of a set of `size`, in which so many items stand `elsewhere`."""
    through = not members or at.offset + members >= size
    return msgspec.structs.replace(
        at,
        set_number=at.set_number + through,
        offset=0 if through else at.offset + members,
        elsewhere=at.elsewhere + elsewhere,
    )


def sets_of(cursor: Cursor, options: AlmaOptions) -> tuple[str, ...]:
    """Which sets this listing reads. Raises `InputError` when there are none."""
    if not options.sets:
        raise InputError(
            "options: sets: none is named, so Alma cannot list its items; name sets, or set list_every_min: null and"
            " bring the catalogue in from a MARC export"
        )
    return options.changed_sets or options.sets if cursor.run == "changed" else options.sets


def member_path(link: str | None) -> tuple[str, str | None] | None:
    """(number of the title, path of the item or None for all of the title) of a member; None: it is neither.

    The path is built anew from the figures of the link, whose host is nobody's business.
    """
    found = _MEMBER.search((link or "").partition("?")[0])
    if found is None:
        return None
    title, holding, item = found["title"], found["holding"], found["item"]
    return title, f"/bibs/{title}/holdings/{holding}/items/{item}" if item else None


def count_of(said: int | str) -> int:
    """A number that Alma writes as text at times. 0 for what is none."""
    if isinstance(said, str):
        said = int(said) if said.isascii() and said.isdecimal() and len(said) < len("1000000000") else 0
    return max(0, said)


def remaining_calls(header: str | None) -> int | None:
    """``X-Exl-Api-Remaining``: how many calls are left until midnight, of all programs of the institution."""
    text = (header or "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < len("10000000000") else None


def code_of(body: bytes) -> str:
    """Alma's error code, if it is a known one."""
    try:
        refusal = msgspec.json.decode(body, type=_Refusal)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return ""
    errors = refusal.error_list.error if refusal.error_list else None
    code = (errors[0].error_code or "") if errors else ""
    return code if code in _KNOWN else ""
