"""How people use a library: the numbers of the daily processes. Stated assumptions; a scenario sets its own. Pure."""

from __future__ import annotations

from typing import Annotated

import msgspec

Rate = Annotated[float, msgspec.Meta(ge=0, le=10_000)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Hour = Annotated[float, msgspec.Meta(ge=0, le=24)]
Span = tuple[Annotated[float, msgspec.Meta(ge=0)], Annotated[float, msgspec.Meta(ge=0)]]
"""Shortest and longest."""


class Hours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When the doors are open, local time; between them staff may work, and nobody else."""

    opens_h: Hour = 8.0
    closes_h: Hour = 22.0
    closed_weekdays: tuple[Annotated[int, msgspec.Meta(ge=0, le=6)], ...] = ()
    """0 is Monday."""
    busiest_h: Hour = 14.0
    """Visits follow a bell around this hour, lowest at the doors' opening and closing."""


class Habits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Deeds per 1,000 items and average open hour, and what becomes of them."""

    hours: Hours = Hours()
    term: Annotated[float, msgspec.Meta(ge=0, le=20)] = 1.0
    """All visits times this: 0.3 in the vacation, 1 in term, 2 before exams."""
    browse: Rate = 2.0
    """Taken from the shelf into a hand."""
    browse_s: Span = (20.0, 180.0)
    use_at_table: Rate = 0.6
    table_s: Span = (600.0, 14_400.0)
    borrow: Rate = 0.5
    return_: Rate = msgspec.field(default=0.5, name="return")
    walk_to_desk_s: Span = (60.0, 900.0)
    """Between the shelf and the desk the book is in a hand, and the catalogue still says on the shelf."""
    desk_tells_s: Span = (1.0, 60.0)
    """Between the loan at the desk and the hub's catalogue."""
    take: Rate = 0.0
    """Carried out without a loan."""
    stranger: Rate = 0.0
    """A tag of no catalogue is left on a shelf."""
    put_back_right: Share = 0.9
    """Of the browsed books, put back where they were taken; the rest is divided by the next three."""
    put_back_next_shelf: Share = 0.06
    put_back_on_top: Share = 0.03
    """Lying on top of the row, on the right shelf."""
    put_back_elsewhere: Share = 0.01
    left_on_table: Share = 0.7
    """Of the books used at a table; staff bring them back. The rest the reader puts back."""
    truck_every_h: Annotated[float, msgspec.Meta(ge=0.01)] = 3.0
    """Half a minute at the least. Staff empty tables and the returns, sort a truck, and put its books back, during opening hours and the hour before."""
    reshelve_s: Span = (4.0, 15.0)
    """For each book of the truck."""
    reshelve_wrong: Share = 0.01
    """Of the books that staff put back: on a shelf outside their home span."""
    security_forgotten: Share = 0.01
    """Of the loans and returns whose security bit is not changed."""
    withdraw: Rate = 0.0
    """Taken out of the stock by staff; the catalogue knows at once."""
    new_item: Rate = 0.0
    """Comes out of processing (`Planted.in_processing`): booked, and put on its shelf with the next truck."""
    fix: Rate = 0.0
    """Misplaced books put right by somebody who happens on them, per 1,000 *misplaced* and hour."""


class Planted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is already so when a scenario begins; shares of the items."""

    misplaced: Share = 0.0
    """On a shelf outside their home span."""
    missing: Share = 0.0
    """Gone, and the catalogue says on the shelf."""
    on_loan: Share = 0.0
    """Lent and away."""
    unchecked: Share = 0.0
    """Lent by the catalogue, and standing on their shelf."""
    on_top: Share = 0.0
    in_processing: Share = 0.0
    """Bought, in the catalogue, and not yet on its shelf."""
    held: Share = 0.0
    """On the hold shelf by the catalogue, and standing on their shelf: nobody has fetched them."""
    security_off: Share = 0.0
    """On their shelf, not lent, and their security is off."""
    strangers: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0


class MassMove(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole range is moved, book by book in order, and nobody tells the catalogue."""

    at_h: Annotated[float, msgspec.Meta(ge=0)]
    of: str
    """Range, face or bay: its books …"""
    to: str
    """… go to the shelves of this one, as many a shelf as before."""
    items: Annotated[int, msgspec.Meta(ge=1)] | None = None
    """Only so many, from the first on."""
    book_s: Annotated[float, msgspec.Meta(gt=0)] = 3.0
    """For each book."""


class Stocking(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands on the shelves: shapes and tags."""

    thickness_mm: Span = (8.0, 45.0)
    """Log-uniform between them."""
    thin: Share = 0.0
    """So many are thin volumes of 2 to 5 mm instead, standing together in runs."""
    fore_edge: Share = 0.15
    """Tag at the fore-edge instead of beside the spine."""
    near_metal: Share = 0.02
    """At a bookend or upright."""
    weak: Share = 0.02
    dead: Share = 0.0005
    alliance: Share = 0.5
    """Tags of the university alliance (a loan changes their EPC); the rest are plain numbers."""
    fill: Annotated[float, msgspec.Meta(gt=0, le=1)] = 1.0
    """Share of the watched shelves that is used, from the first on."""
