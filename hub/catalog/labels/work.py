"""Labels of one site with its rows at hand: what a table would change, and what can be learned. For the map and the command line.

Reads only, a whole catalogue at a time: a million items take some seconds. Raises `AwayError`.
"""

from __future__ import annotations

from collections.abc import Sequence

from hub.catalog.homes import HomeSource
from hub.catalog.labels.check import ORDER, Examined, examine, usual_scheme, with_schemes
from hub.catalog.labels.learning import SURE, Learning, Proposal, propose, table_of
from hub.store.labels import LabelKind
from hub.store.read import StoreReader
from shelfwire.callnumbers.labels import Row
from shelfwire.site.model import Site


def whole_rows(reader: StoreReader, site: Site, rows: Sequence[Row]) -> list[Row]:
    """Rows of a file with the scheme by which each is read, where neither the file nor the site says one."""
    return with_schemes(rows, site.callnumbers.scheme, usual_scheme(reader.some_keys()))


def look(reader: StoreReader, site: Site, kind: LabelKind, rows: Sequence[Row]) -> Examined:
    """What a table would change if it took the place of the one of its kind."""
    tables: dict[HomeSource, Sequence[Row]] = {
        each: rows if each == kind else reader.labels_in_force(each) for each in ORDER
    }
    own = site.callnumbers
    return examine(tables, kind, reader.filed_items(), _shelf_index(site), own.scheme, own.rules)


def proposed(reader: StoreReader, site: Site) -> Learning:
    """Borders learned from where the books stand now."""
    rows = [row for kind in ORDER for row in reader.labels_in_force(kind)]
    shelves = [shelf.id for shelf in site.shelves]
    own = site.callnumbers
    return propose(reader.heard_books(_shelf_index(site), SURE), shelves, rows, own.scheme, own.rules)


def learned_table(
    reader: StoreReader, site: Site, learning: Learning, chosen: Sequence[Proposal]
) -> list[Row]:
    """The table of learned starts with the chosen ones in it; boards that were not chosen keep what they had."""
    return table_of(learning, chosen, reader.labels_in_force("learned"), _shelf_index(site))


def _shelf_index(site: Site) -> dict[str, int]:
    return {shelf.id: shelf.index for shelf in site.shelves}
