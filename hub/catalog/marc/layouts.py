"""Where systems put their items in a MARC record, and how each field is taken apart. Pure.

Only the subfields named here, or declared by the library, are read: notes, in which staff's initials and sometimes a
patron's name stand, are never looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import msgspec

from hub.catalog import schemes, statuses
from hub.catalog.marc.record import Fields, Subfields
from hub.catalog.marc.text import Decode, one_line
from hub.catalog.model import Flag, ItemStatus, Scheme
from hub.catalog.options import MarcFields, MarcOptions, flag_words, listed, words
from hub.catalog.schemes import own_schemes


class Own(msgspec.Struct, frozen=True):
    """The library's own words, as they are compared."""

    statuses: dict[str, ItemStatus]
    flags: dict[str, Flag]
    schemes: dict[str, Scheme]


def own_words(options: MarcOptions) -> Own:
    """Of the mapping."""
    return Own(words(options.statuses), flag_words(options.flags), own_schemes(options.schemes))


class State(NamedTuple):
    """What a field says of the loan state."""

    status: ItemStatus | None
    """None: a word that nobody knows."""
    raw: str = ""
    flags: tuple[Flag, ...] = ()


class Reading:
    """One item field with what is needed to read it."""

    def __init__(self, field: bytes, record: Fields, decode: Decode, own: Own) -> None:
        self.sub = Subfields(field)
        self.record = record
        self.decode = decode
        self.own = own

    def __call__(self, code: str) -> str:
        """The text of the first subfield of that code, or of a declared ``001`` or ``090$ab`` of the record."""
        if len(code) == 1:
            value = self.sub(code)
            return one_line(self.decode(value)) if value else ""
        tag, _, codes = code.partition("$")
        for field in self.record.get(tag, ()):
            parts = Subfields(field).all(codes) if codes else [field]
            if text := one_line(" ".join(map(self.decode, parts))):
                return text
        return ""

    def joined(self, codes: tuple[str, ...]) -> str:
        """The texts of these codes, by blanks."""
        return " ".join(text for code in codes if (text := self(code)))


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """How one kind of item field is read."""

    tag: str
    barcode: str
    number: Callable[[Reading], tuple[str, Scheme]]
    """The call number and its scheme, both perhaps empty."""
    state: Callable[[Reading], State]
    ids: tuple[str, ...] = ()
    """Other identifiers that a tag may carry."""
    flags: tuple[tuple[Flag, str], ...] = ()
    """Set when the subfield is neither empty nor 0."""
    said: str = ""
    """Subfields that a line about an item without a barcode repeats: call number, copy and place; never a note."""
    several: bool = False
    """Every subfield of the barcode is an item of its own."""
    declared: MarcFields | None = None


def _plain(codes: str, scheme: str = "") -> Callable[[Reading], tuple[str, Scheme]]:
    parts = tuple(codes)

    def number(at: Reading) -> tuple[str, Scheme]:
        return at.joined(parts), schemes.of_word(at(scheme), at.own.schemes) if scheme else ""

    return number


def _koha(
    withdrawn: str, lost: str, due: str, not_for_loan: str, location: str
) -> Callable[[Reading], State]:
    def state(at: Reading) -> State:
        place, lost_code, due_date = at(location), at(lost), at(due)
        status, raw = statuses.of_koha(
            withdrawn=at(withdrawn),
            lost=lost_code,
            due=due_date,
            not_for_loan=at(not_for_loan),
            location=place,
            words=at.own.statuses,
        )
        flags: tuple[Flag, ...] = (
            ("recently_returned",) if place.upper() == "CART" and status == "on_shelf" else ()
        )
        return State(status, raw, ("long_overdue",) if lost_code == "2" and due_date else flags)

    return state


def _sirsi(at: Reading) -> State:
    return State(*statuses.of_sirsi(at("k"), at("l"), at.own.statuses))


def _sierra(at: Reading) -> State:
    code = at("s") or "-"
    flags: tuple[Flag, ...] = ("claimed_returned",) if code == "z" else ()
    return State(statuses.of_sierra(code, "", at.own.statuses), code, flags)


def _word(code: str) -> Callable[[Reading], State]:
    def state(at: Reading) -> State:
        word = at(code)
        return of_word(word, at.own) if word else State("on_shelf")

    return state


def of_word(word: str, own: Own) -> State:
    """A word for the state; it may say a flag too, or only a flag."""
    status, flags = statuses.of_word_and_flag(word, own.statuses, own.flags)
    return State(status, word, flags)


def _public_note(at: Reading) -> State:
    """852 has no place for a status; Evergreen writes one as its public note, which counts only when it is a word we know."""
    note = at("z")
    status = statuses.of_word(note, at.own.statuses) if note else None
    return of_word(note, at.own) if status is not None else State("on_shelf")


def _label(at: Reading) -> tuple[str, Scheme]:
    """The label of an 852: prefix, class, item part, suffix; else its shelving control number, perhaps with prefix and suffix."""
    number = (
        at.joined(("k", "h", "i", "m")) if at.sub.has("h") or at.sub.has("i") else at.joined(("k", "j", "m"))
    )
    return number, schemes.of_852(at.sub.indicators[:1], at("2"), at.own.schemes)


def _label_of_holding(at: Reading) -> tuple[str, Scheme]:
    """876: its holding is the 852 with the same $8 (before the point), else the first."""
    link = at.sub("8").partition(b".")[0]
    holdings = [Reading(field, at.record, at.decode, at.own) for field in at.record.get("852", ())]
    linked = [holding for holding in holdings if link and holding.sub("8").partition(b".")[0] == link]
    return _label((linked or holdings)[0]) if holdings else ("", "")


def _chinese(at: Reading) -> tuple[str, Scheme]:
    """905: the two halves of a Chinese call number; 中图法 where the record has its class in 690."""
    return "/".join(part for part in (at("d"), at("e")) if part), "CLC" if "690" in at.record else ""


LAYOUTS: Final[Mapping[str, Layout]] = {
    layout.tag: layout
    for layout in (
        Layout(
            tag="952", barcode="p", number=_plain("oh", "2"), state=_koha("0", "1", "q", "7", "c"),
            ids=("i", "9"), flags=(("damaged", "4"), ("restricted", "5")), said="abcho",
        ),
        Layout(
            tag="995", barcode="f", number=_plain("kv"), state=_koha("3", "2", "n", "o", "e"),
            ids=("j", "9"), flags=(("damaged", "1"),), said="bcekv",
        ),
        Layout(tag="999", barcode="i", number=_plain("av", "w"), state=_sirsi, said="alvm"),
        Layout(tag="949", barcode="i", number=_plain("av", "w"), state=_sirsi, said="alvm"),
        Layout(tag="945", barcode="i", number=_plain("abc"), state=_sierra, ids=("y",), said="abcl"),
        Layout(tag="876", barcode="p", number=_label_of_holding, state=_word("j"), ids=("a",), said="alt"),
        Layout(tag="852", barcode="p", number=_label, state=_public_note, said="abchijkm"),
        Layout(
            tag="905", barcode="b", number=_chinese, state=lambda _: State("on_shelf"), said="ade", several=True
        ),
    )
}  # fmt: skip
"""In the order in which they are looked for."""


def declared_layout(fields: MarcFields) -> Layout:
    """A field of the library's own."""
    codes = listed(fields.call_number)

    def number(at: Reading) -> tuple[str, Scheme]:
        return at.joined(codes), schemes.of_word(at(fields.scheme), at.own.schemes) if fields.scheme else ""

    def state(at: Reading) -> State:
        word = at(fields.status) if fields.status else ""
        said = of_word(word, at.own) if word else State("on_shelf")
        due = fields.due is not None and at(fields.due) != ""
        return said._replace(status="on_loan") if due and said.status == "on_shelf" else said

    return Layout(
        tag=fields.items,
        barcode=fields.barcode,
        number=number,
        state=state,
        ids=listed(fields.alternative_ids),
        flags=tuple(fields.flags.items()),
        said="".join(code for code in codes if len(code) == 1),
        declared=fields,
    )


def needed_tags(layouts: Mapping[str, Layout]) -> set[str]:
    """The tags that these layouts look at beside their own: a record is searched for no others."""
    found = set(layouts)
    found |= {"852"} if "876" in layouts else set()
    found |= {"690"} if "905" in layouts else set()
    for layout in layouts.values():
        if (fields := layout.declared) is not None:
            single = (
                fields.barcode,
                fields.scheme,
                fields.status,
                fields.due,
                fields.home_from,
                fields.home_to,
            )
            named = (*single, fields.tags, fields.title, fields.author, *fields.flags.values())
            codes = (*named, *listed(fields.call_number), *layout.ids)
            found |= {code[:3] for code in codes if code is not None and len(code) > 1}
    return found
