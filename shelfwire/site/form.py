"""The site as a person writes it in YAML: compact forms, read by `shelfwire.site.load`. Pure.

Every struct here is one kind of mapping in the file; ``docs/site.md`` explains them with examples.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec

from shelfwire.ids import AgentId, AntennaId, ReaderId, ShelfId, SiteId
from shelfwire.messages import Port
from shelfwire.site.callnumbers import CallNumbersForm
from shelfwire.tags.tag import AfiUse

SHELVES_M: Final = (0.08, 0.41, 0.74, 1.07, 1.40, 1.73)
"""Six boards every 0.33 m, the usual adult stack of 2.1 m."""

Part = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9.]{1,16}\Z")]
"""An id that becomes a part of shelf ids: letters, digits and points."""
Label = Annotated[str, msgspec.Meta(max_length=80)]
Names = dict[Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2,3}\Z")], Label]
Metres = Annotated[float, msgspec.Meta(ge=0, le=2_000)]
Length = Annotated[float, msgspec.Meta(ge=0.05, le=2_000)]
Point = Annotated[list[Metres], msgspec.Meta(min_length=2, max_length=2)]
Heights = Annotated[
    list[Annotated[float, msgspec.Meta(ge=-5, le=30)]], msgspec.Meta(min_length=1, max_length=40)
]
Epc = Annotated[str, msgspec.Meta(pattern=r"^([0-9A-Fa-f]{4}){1,31}\Z")]
Owner = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9:/-]{1,20}\Z")]
"""An ISIL, or the number of an alliance library."""
UhfFamily = Literal["iso28560-4", "gxlm", "gs1"]
"""The same words as `shelfwire.tags.tag.Family`, as far as the EPC bank can be one."""
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""With its zone: ``2026-03-01T06:00:00+01:00``."""
Many = Annotated[int, msgspec.Meta(ge=1, le=500)]


class Form(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What all forms share: unknown keys are faults."""


class BayForm(Form, frozen=True, kw_only=True):
    """One bay that differs from its neighbours."""

    width_m: Length | None = None
    shelves_m: Heights | None = None
    label: Label | None = None


class FaceForm(Form, frozen=True, kw_only=True):
    """One side of a range; `bays` is a number of equal bays or a list."""

    label: Label = ""
    bays: Many | Annotated[list[BayForm], msgspec.Meta(min_length=1, max_length=500)]
    bay_width_m: Length | None = None
    shelves_m: Heights | None = None


class RangeForm(Form, frozen=True, kw_only=True):
    """A row of shelving; settings here hold for both faces."""

    id: Part
    at_m: Point
    angle_deg: Annotated[float, msgspec.Meta(ge=-360, le=360)] = 0
    depth_m: Annotated[float, msgspec.Meta(ge=0.05, le=5)] = 0.5
    length_m: Length | None = None
    """Empty: as long as the bays of its longer face."""
    height_m: Annotated[float, msgspec.Meta(ge=0.1, le=30)] | None = None
    bay_width_m: Length | None = None
    shelves_m: Heights | None = None
    a: FaceForm | None = msgspec.field(default=None, name="A")
    b: FaceForm | None = msgspec.field(default=None, name="B")


class FloorForm(Form, frozen=True, kw_only=True):
    """One storey."""

    id: Part
    name: Names
    width_m: Length
    depth_m: Length
    ceiling_m: Annotated[float, msgspec.Meta(ge=0.5, le=30)] = 2.8
    ranges: Annotated[list[RangeForm], msgspec.Meta(max_length=5_000)]


class ReaderForm(Form, frozen=True, kw_only=True):
    """The box that drives antennas."""

    id: ReaderId
    agent: AgentId
    ports: Port | None = None
    """How many antennas it can drive, where that shall be checked."""


class AntennaForm(Form, frozen=True, kw_only=True):
    """One antenna (`id`, `port`, `hears`), or a run of them, one a shelf (`first_id`, `first_port`, `one_a_shelf`)."""

    reader: ReaderId
    id: AntennaId | None = None
    port: Port | None = None
    hears: Annotated[list[ShelfId], msgspec.Meta(min_length=1, max_length=2_000)] | None = None
    first_id: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,30}[0-9]{1,9}\Z")] | None = (
        None
    )
    first_port: Port | None = None
    one_a_shelf: Annotated[list[ShelfId], msgspec.Meta(min_length=1, max_length=2_000)] | None = None


class ReferenceTagForm(Form, frozen=True, kw_only=True):
    """One reference tag (`epc`, `shelf`), or a run of them (`first_epc`, `each_shelf_of`, `a_shelf`)."""

    epc: Epc | None = None
    shelf: ShelfId | None = None
    first_epc: Epc | None = None
    each_shelf_of: Annotated[list[ShelfId], msgspec.Meta(min_length=1, max_length=2_000)] | None = None
    a_shelf: Annotated[int, msgspec.Meta(ge=1, le=20)] | None = None


class AddForm(Form, frozen=True, kw_only=True):
    """What is new in a change, or in its new place."""

    readers: list[ReaderForm] = []
    antennas: list[AntennaForm] = []
    reference_tags: list[ReferenceTagForm] = []


class RemoveForm(Form, frozen=True, kw_only=True):
    """What is gone from a change on."""

    readers: list[ReaderId] = []
    antennas: list[AntennaId] = []
    reference_tags: list[Epc] = []


class ChangeForm(Form, frozen=True, kw_only=True):
    """What is different from `valid_from` on."""

    valid_from: Moment
    note: Label = ""
    add: AddForm = AddForm()
    move: AddForm = AddForm()
    """Known ids with their new reader, port, shelves or agent."""
    remove: RemoveForm = RemoveForm()


class TagsForm(Form, frozen=True, kw_only=True):
    """How the library uses its tags; a person says so, nothing is guessed from the tags."""

    families: Annotated[list[UhfFamily], msgspec.Meta(min_length=1)] | None = None
    """Empty: all that Shelfwire reads."""
    owners: Annotated[list[Owner], msgspec.Meta(max_length=1_000)] = []
    """The library's own signs, as its tags carry them. Empty: whoever a tag belongs to, it may be ours."""
    afi: AfiUse = "standard"
    security: bool = True
    """False: neither the AFI nor the lending bit of the alliance says anything here."""


class SiteForm(Form, frozen=True, kw_only=True):
    """The whole file."""

    site: SiteId
    name: Names
    timezone: Annotated[str, msgspec.Meta(max_length=60)]
    valid_from: Moment
    bay_width_m: Length = 0.9
    shelves_m: Heights = msgspec.field(default_factory=lambda: list(SHELVES_M))
    height_m: Annotated[float, msgspec.Meta(ge=0.1, le=30)] = 2.1
    floors: Annotated[list[FloorForm], msgspec.Meta(min_length=1, max_length=200)]
    readers: list[ReaderForm] = []
    antennas: list[AntennaForm] = []
    reference_tags: list[ReferenceTagForm] = []
    callnumbers: CallNumbersForm = CallNumbersForm()
    tags: TagsForm = TagsForm()
    hold_shelves: Annotated[list[ShelfId], msgspec.Meta(max_length=2_000)] = []
    """Where books wait for those who asked for them."""
    changes: Annotated[list[ChangeForm], msgspec.Meta(max_length=10_000)] = []
