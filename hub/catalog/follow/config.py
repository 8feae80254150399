"""``catalogs:`` in hub.yaml: which library systems are followed, how often, and how gently. Pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any

import msgspec

Share = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]


class CatalogSource(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One library system of one site."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}\Z")]
    """Under which the map shows it; the place in its listing is kept under this name."""
    site: str | None = None
    """None: the hub's only site."""
    kind: str
    """A connector: ``koha``, ``folio``, ``alma``, ``sip2``, or one of an installed package."""
    options: dict[str, Any] = {}
    """The connector's own settings (docs/catalogs). Secrets stand in files that are named here."""
    list_every_min: Annotated[float, msgspec.Meta(ge=1, le=10_080)] | None = 15.0
    """Between two listings of what changed. Shorter: the system is asked more; longer: a new book is an unknown tag for
    longer. None: never listed, only asked. Systems that cannot list are never listed."""
    full_every_h: Annotated[float, msgspec.Meta(ge=1, le=8_760)] = 168.0
    """Between two listings of everything: deleted items vanish silently from most answers about changes."""
    complete: bool = True
    """An item of this source that a full listing lacks leaves the catalogue (status withdrawn). False for a source that
    lists only a part, such as one branch under changing filters."""
    drop_share: Share = 0.05
    """A listing that would drop more than this share of the source's items waits for a person (the map's catalogue page,
    or `shelfwire catalog sync --full --accept-drop`). Higher: half a listing may pass for a whole one."""
    asks: bool = True
    """Ask about items as the shelves speak of them."""
    asks_a_second: Annotated[float, msgspec.Meta(gt=0, le=100)] = 2.0
    """Items asked about a second, at the most: a stocktake must never slow the lending desk."""
    again_s: Annotated[float, msgspec.Meta(ge=10, le=86_400)] = 300.0
    """An item is not asked about again within this time; while the answer stays the same the time doubles, up to six hours."""


def faults_of(sources: list[CatalogSource], sites: list[str], *, listing_kinds: Collection[str]) -> list[str]:
    """What is wrong beside the types: each as one line, without the file's name. `listing_kinds`: connectors that can list."""

    def lists_all(one: CatalogSource) -> bool:
        return one.complete and one.list_every_min is not None and one.kind in listing_kinds

    def site_of(one: CatalogSource) -> str | None:
        return sites[0] if one.site is None and len(sites) == 1 else one.site

    names = [one.name for one in sources]
    faults = [
        f"catalogs: two sources are named {name}; names tell them apart"
        for name in sorted({name for name in names if names.count(name) > 1})
    ]
    for one in sources:
        if one.site is not None and one.site not in sites:
            faults.append(
                f"catalogs: {one.name}: site {one.site} is unknown; the hub serves {', '.join(sites)}"
            )
        if one.site is None and len(sites) > 1:
            faults.append(f"catalogs: {one.name}: say its site, one of {', '.join(sites)}")
        elif lists_all(one) and any(
            other is not one and lists_all(other) and site_of(other) == site_of(one) for other in sources
        ):
            faults.append(
                f"catalogs: {one.name}: another source of its site is listed as complete too, so each would drop what only "
                "the other has; say `complete: false` for all but one"
            )
    return faults
