"""How the catalogue of a site stands: what came in last, what waits for a person, and how the followed systems are."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import msgspec

from hub.store.read import ImportView, StoreReader
from hub.store.sources import Source, list_sources

SHOWN: Final = 10


class ImportStanding(msgspec.Struct, frozen=True, kw_only=True):
    """One import."""

    import_id: str
    source: str
    state: str
    staged_at_us: int
    applied_at_us: int | None
    items: int
    added: int
    changed: int
    gone: int
    """Items that it drops."""
    drop_share: float
    """Of the catalogue, from 0 to 1."""
    faults: int
    done: int
    """Rows applied of `staged`."""
    staged: int
    detail: str

    @property
    def waits(self) -> bool:
        """Whether it was put aside and not taken yet: the hub is away, or a person has to accept what it would drop."""
        return self.state == "staged"

    def line(self) -> str:
        """For people."""
        what = f"{_when(self.applied_at_us or self.staged_at_us)}  {self.state:<8}  {self.source}: {self.items} items"
        if self.state == "applied":
            what += f", {self.added} added, {self.changed} changed, {self.gone} dropped"
        elif self.state == "applying":
            what += f", {self.done} of {self.staged} rows applied so far"
        elif self.state == "staged":
            drops = f", {self.gone} of them dropped ({self.drop_share:.1%})" if self.gone else ""
            what += f", {self.staged} rows wait{drops}; {self.import_id}"
        faults = f", {self.faults} faults" if self.faults else ""
        return what + faults + (f": {self.detail}" if self.detail else "")


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Of one site."""

    site: str
    imports: list[ImportStanding]
    """Newest first."""
    sources: list[Source]

    def lines(self) -> list[str]:
        """For people."""
        made = [f"Catalogue of {self.site}"]
        made += [f"  {one.line()}" for one in self.imports] or ["  nothing was ever imported"]
        if self.sources:
            made.append("Followed systems")
        for one in self.sources:
            ok = f", answered well at {_when(one.ok_at_us)}" if one.ok_at_us else ", has never answered well"
            detail = f": {one.detail}" if one.detail else ""
            made.append(f"  {one.source} ({one.kind}): {one.state}{ok}{detail}")
        return made


def standing(database: str, site: str) -> Standing:
    """As the store has it. Raises `AwayError`."""
    reader = StoreReader(database, site)
    try:
        imports = [_import(view) for view in reader.imports()[:SHOWN]]
    finally:
        reader.close()
    return Standing(site=site, imports=imports, sources=list_sources(database, site))


def _import(view: ImportView) -> ImportStanding:
    names = [name for name in ImportStanding.__struct_fields__ if name != "drop_share"]
    return ImportStanding(**{name: getattr(view, name) for name in names}, drop_share=view.drop_share)


def _when(at_us: int | None) -> str:
    if at_us is None:
        return "never"
    return datetime.fromtimestamp(at_us / 1e6, tz=UTC).strftime("%Y-%m-%d %H:%M UTC")
