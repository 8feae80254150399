"""The vocabulary of the policy tests: a small library, what its shelves hear, and what the hub then believes.

    library = Library(bays=2, shelves=3)
    book = library.book(home="1-B01-S3")
    library.shelf("1-B01-S3").hears(book, times=5)
    assert library.belief(book).is_at("1-B01-S3")

Every shelf has one antenna unless `antennas` says otherwise. Time runs only when a shelf listens or `wait` is called.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np

from hub.catalog.identifiers import flag_bits, identifier_digest
from hub.effects import (
    Effect,
    Finding,
    PlaceChanged,
    PutFinding,
    SendCommand,
    ShelfChanged,
    SweepChanged,
    SweepRows,
)
from hub.engine import Engine
from hub.events import ActAsked, CatalogColumns, Event, ReportTaken, Ticked
from hub.settings import EngineSettings
from shelfwire.messages import Air, Dwell, Lost, Quality, Report, Silence, Tags
from shelfwire.site.model import (
    Antenna,
    Bay,
    Face,
    Floor,
    Range,
    Reader,
    ReferenceTag,
    Shelf,
    Site,
    SiteHistory,
    TagUse,
)

SECOND = 1_000_000
HOUR = 3_600 * SECOND
START = 1_767_600_000 * SECOND  # 2026-01-05 08:00 UTC
DUAL = Air(session=1, target="AB")
SINGLE = Air(session=1, target="A")


def reference_epc(shelf: str) -> str:
    return "4EF0" + shelf.encode().hex().upper().ljust(20, "0")[:20]


def book_epc(number: int) -> str:
    return f"3034{number:020X}"


def make_shelves(bays: int, shelves: int, width_m: float = 0.95) -> tuple[Shelf, ...]:
    made: list[Shelf] = []
    for bay in range(1, bays + 1):
        for number in range(shelves, 0, -1):
            bay_id = f"1-B{bay:02d}"
            made.append(
                Shelf(
                    id=f"{bay_id}-S{number}",
                    index=len(made),
                    floor="1",
                    range="1-R",
                    face="A",
                    bay=bay_id,
                    number=number,
                    height_m=0.35 * number,
                    x_m=width_m * bay,
                    y_m=1.0,
                    width_m=width_m,
                )
            )
    return tuple(made)


def make_site(
    bays: int = 3,
    shelves: int = 3,
    *,
    antennas: Sequence[Sequence[str]] | None = None,
    references: bool = True,
    width_m: float = 0.95,
    tags: TagUse | None = None,
    hold_shelves: Sequence[str] = (),
) -> SiteHistory:
    """One face of bays; `antennas` lists the shelves that each hears (default: one antenna a shelf)."""
    boards = make_shelves(bays, shelves, width_m)
    groups = [(board.id,) for board in boards] if antennas is None else [tuple(group) for group in antennas]
    marks = {board.id: reference_epc(board.id) for board in boards} if references else {}
    hung = tuple(
        Antenna(
            id=f"ant-{i:03d}",
            index=i,
            reader=f"R{i // 4}",
            port=i % 4 + 1,
            hears=group,
            reference_tags=tuple(marks[shelf] for shelf in group if shelf in marks),
        )
        for i, group in enumerate(groups)
    )
    readers = tuple(Reader(id=f"R{i}", agent="edge-1") for i in range((len(hung) + 3) // 4))
    by_bay = {bay: tuple(b for b in boards if b.bay == bay) for bay in dict.fromkeys(b.bay for b in boards)}
    face = Face(
        id="1-RA",
        name="A",
        label="",
        bays=tuple(
            Bay(
                id=bay,
                label=bay,
                x_m=row[0].x_m,
                y_m=1.0,
                width_m=width_m,
                angle_deg=0.0,
                depth_m=0.3,
                shelves=row,
            )
            for bay, row in by_bay.items()
        ),
    )
    rng = Range(
        id="1-R",
        floor="1",
        x_m=0.0,
        y_m=1.0,
        angle_deg=0.0,
        length_m=bays * width_m,
        depth_m=0.3,
        faces=(face,),
    )
    site = Site(
        id="test",
        name={"en": "Test"},
        timezone="Europe/Berlin",
        valid_from_us=0,
        floors=(Floor(id="1", name={"en": "1"}, width_m=20.0, depth_m=20.0, ranges=(rng,)),),
        shelves=boards,
        readers=readers,
        antennas=hung,
        reference_tags=tuple(ReferenceTag(epc=epc, shelf=shelf) for shelf, epc in marks.items()),
        tags=tags or TagUse(),
        hold_shelves=tuple(hold_shelves),
    )
    return SiteHistory(versions=(site,), antenna_ids=tuple(a.id for a in hung))


@dataclass(frozen=True)
class Book:
    """One item with one tag (or more, for a set of parts)."""

    item_id: int
    epcs: tuple[str, ...]
    home: str | None
    home_to: str | None
    status: str
    linked: bool = True
    """Whether the catalogue knows its tags; if not, they have to say themselves whose they are."""
    aliases: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    label: str = ""

    @property
    def epc(self) -> str:
        return self.epcs[0]

    @property
    def barcode(self) -> str:
        return self.label or f"B{self.item_id:06d}"


class Library:
    """A site with its engine, a clock, and an agent that reports at once."""

    def __init__(
        self,
        bays: int = 3,
        shelves: int = 3,
        *,
        history: SiteHistory | None = None,
        settings: EngineSettings | None = None,
        air: Air = DUAL,
    ) -> None:
        self.history = history or make_site(bays, shelves)
        self.settings = settings or EngineSettings()
        self.engine = Engine(self.history, self.settings)
        self.air = air
        self.now_us = START
        self.agent_ahead_us = 0
        self.effects: list[Effect] = []
        self.books: list[Book] = []
        self.seq = 0
        self.acts = 0
        self._catalogued = 0

    # --- the catalogue ---

    def book(
        self,
        home: str | None = None,
        *,
        to: str | None = None,
        status: str = "on_shelf",
        parts: int = 1,
        epcs: Sequence[str] = (),
        **more: Any,
    ) -> Book:
        number = len(self.books) + 1
        tags = tuple(epcs) or tuple(book_epc(number * 100 + part) for part in range(parts))
        book = Book(number, tags, home, to, status, **more)
        self.books.append(book)
        return book

    def catalogue(self) -> None:
        """Hand the catalogue to the hub, as an import does."""
        index = self.history.now.shelf_by_id
        links = [(epc, book.item_id) for book in self.books if book.linked for epc in book.epcs]
        aliases = [(identifier_digest(one), book.item_id) for book in self.books for one in book.aliases]
        self.send(
            CatalogColumns(
                import_id=f"import-{len(self.books)}",
                item_id=[book.item_id for book in self.books],
                barcode=[book.barcode for book in self.books],
                status=[book.status for book in self.books],
                home_from=[index[book.home].index if book.home else -1 for book in self.books],
                home_to=[
                    index[book.to_shelf].index if book.to_shelf else -1 for book in map(_Ended, self.books)
                ],
                home_source=["list"] * len(self.books),
                link_key=[key for key, _ in links],
                link_item=[item for _, item in links],
                alias_digest=[digest for digest, _ in aliases],
                alias_item=[item for _, item in aliases],
                flag_bits=[flag_bits(book.flags) for book in self.books],
            )
        )
        self._catalogued = len(self.books)

    # --- time and events ---

    def send(self, event: Event) -> list[Effect]:
        if self._catalogued != len(self.books) and not isinstance(event, CatalogColumns):
            self.catalogue()
        effects = self.engine.handle(event, self.now_us)
        self.effects += effects
        return effects

    def tick(self) -> list[Effect]:
        return self.send(Ticked())

    def wait(self, seconds: float, step_s: float = 1.0) -> None:
        """Time passes and nobody reports."""
        until = self.now_us + int(seconds * SECOND)
        while self.now_us < until:
            self.now_us = min(until, self.now_us + int(step_s * SECOND))
            self.tick()

    def set_clock(self, now_us: int) -> None:
        """Somebody sets the hub's clock; the agent's runs on."""
        self.agent_ahead_us += self.now_us - now_us
        self.now_us = now_us

    def report(self, *dwells: Dwell) -> None:
        """The agent sends what it measured, and the hub applies it."""
        self.seq += 1
        message = Report(
            agent="edge-1",
            log="log-1",
            seq=self.seq,
            boot="boot-1",
            made_at_us=self.now_us + self.agent_ahead_us,
            wall_at_us=self.now_us + self.agent_ahead_us,
            dwells=list(dwells),
        )
        self.send(ReportTaken(message, self.now_us))
        self.tick()

    def shelf(self, shelf: str) -> Listener:
        """The first antenna that is meant for a shelf."""
        antenna = self.history.now.heard_by[shelf][0]
        return Listener(self, antenna)

    def antenna(self, name: str) -> Listener:
        return Listener(self, self.history.now.antennas[self.history.antenna_ids.index(name)])

    def lose(self, shelf: str, seconds: float) -> None:
        """The agent had to drop what this shelf's antenna heard in the last seconds."""
        antenna = self.history.now.heard_by[shelf][0]
        self.seq += 1
        span = Silence(
            reader=antenna.reader,
            port=antenna.port,
            started_at_us=self.now_us + self.agent_ahead_us - int(seconds * SECOND),
            ended_at_us=self.now_us + self.agent_ahead_us,
        )
        message = Lost(
            agent="edge-1",
            log="log-1",
            seq=self.seq,
            upto=self.seq,
            boot="boot-1",
            made_at_us=self.now_us + self.agent_ahead_us,
            wall_at_us=self.now_us + self.agent_ahead_us,
            reason="disk full",
            spans=[span],
        )
        self.send(ReportTaken(message, self.now_us))

    def round(
        self, placed: Mapping[str, Sequence[Book]], *, times: int = 1, deaf: Iterable[str] = ()
    ) -> None:
        """All antennas of the site listen in turn, `times`; each hears the books that stand on its shelves."""
        silent = set(deaf)
        for _ in range(times):
            for antenna in self.history.now.antennas:
                if antenna.id not in silent:
                    books = [book for shelf in antenna.hears for book in placed.get(shelf, ())]
                    Listener(self, antenna).hears(*books)

    def ask(self, kind: str, subject: str = "", *, act: str | None = None, **body: Any) -> list[Effect]:
        self.acts += 1
        event = ActAsked(act or f"act-{self.acts}", "staff", self.now_us, kind, subject, body)
        return self.send(event)

    # --- what the hub says ---

    def belief(self, book: Book, part: int = 0) -> Believed:
        return Believed(self, book, part)

    def findings(self, *kinds: str) -> list[Finding]:
        """The newest form of each finding ever put, of these kinds (all), that is not settled."""
        latest: dict[str, Finding] = {}
        for effect in self.effects:
            if isinstance(effect, PutFinding):
                latest[effect.finding.id] = effect.finding
        return [
            one
            for one in latest.values()
            if one.state in ("open", "claimed", "resolved") and (not kinds or one.kind in kinds)
        ]

    def finding(self, finding_id: str) -> Finding:
        return [e.finding for e in self.effects if isinstance(e, PutFinding) and e.finding.id == finding_id][
            -1
        ]

    def shelf_state(self, shelf: str) -> ShelfChanged:
        return [e for e in self.effects if isinstance(e, ShelfChanged) and e.shelf == shelf][-1]

    def sweep(self) -> SweepChanged:
        return [e for e in self.effects if isinstance(e, SweepChanged)][-1]

    def sweep_rows(self) -> SweepRows:
        return [e for e in self.effects if isinstance(e, SweepRows)][-1]

    def commands(self) -> list[SendCommand]:
        return [e for e in self.effects if isinstance(e, SendCommand)]

    def places(self, book: Book) -> list[PlaceChanged]:
        return [e for e in self.effects if isinstance(e, PlaceChanged) and e.item_id == book.item_id]


@dataclass(frozen=True)
class _Ended:
    book: Book

    @property
    def to_shelf(self) -> str | None:
        return self.book.home_to or self.book.home


@dataclass
class Listener:
    """One antenna; `hears` is one dwell or more, with its reference tags unless it is half dead."""

    library: Library
    antenna: Antenna
    options: dict[str, Any] = field(default_factory=dict)

    def hears(
        self,
        *books: Book,
        times: int = 1,
        every_s: float = 2.0,
        dbm: float = -55.0,
        references: bool = True,
        quality: Quality = "exact",
        air: Air | None = None,
        epcs: Sequence[str] = (),
        pcs: Mapping[str, int] | None = None,
    ) -> None:
        """`times` dwells of one second, `every_s` apart, each hearing exactly `books` (and raw `epcs`).

        `pcs`: PC words of some EPCs; without it the reader reports none.
        """
        for _ in range(times):
            self.library.now_us += int(every_s * SECOND)
            heard = [book.epc for book in books] + list(epcs)
            marks = list(self.antenna.reference_tags) if references else []
            dwell = self.dwell(heard, marks, dbm, quality, air or self.library.air)
            if pcs is not None:
                words = [pcs.get(epc, len(epc) // 4 << 11) for epc in dwell.tags.epc]
                dwell = msgspec.structs.replace(dwell, tags=msgspec.structs.replace(dwell.tags, pc=words))
            self.library.report(dwell)

    def hears_nothing(self, *, times: int = 1, every_s: float = 2.0, **options: Any) -> None:
        """Dwells in which no book answers (the reference tags do, unless told otherwise)."""
        self.hears(times=times, every_s=every_s, **options)

    def dwell(
        self, heard: Sequence[str], marks: Sequence[str], dbm: float, quality: Quality, air: Air
    ) -> Dwell:
        now_us = self.library.now_us + self.library.agent_ahead_us
        epcs = [*heard, *marks]
        return Dwell(
            reader=self.antenna.reader,
            port=self.antenna.port,
            started_at_us=now_us - SECOND,
            ended_at_us=now_us,
            quality=quality,
            air=air,
            tags=Tags(epc=epcs, count=[3] * len(epcs), rssi_dbm=[dbm] * len(heard) + [-50.0] * len(marks)),
        )


@dataclass(frozen=True)
class Believed:
    """What the hub believes of one tag of a book."""

    library: Library
    book: Book
    part: int

    @property
    def row(self) -> int:
        return self.library.engine.stock.keys.index(self.book.epcs[self.part])

    @property
    def shelf(self) -> str | None:
        """The believed shelf; None: away, or not located."""
        belief = self.library.engine.belief
        place = int(belief.place[self.row])
        return None if belief.away[self.row] or place < 0 else belief.geometry.shelf_ids[place]

    def is_at(self, shelf: str) -> bool:
        return self.shelf == shelf

    @property
    def is_away(self) -> bool:
        return bool(self.library.engine.belief.away[self.row])

    @property
    def away(self) -> float:
        """Probability of away, now."""
        return float(self.library.engine.weigh(np.array([self.row])).away[0])


def settings(**changes: Any) -> EngineSettings:
    """Default settings with changes."""
    return msgspec.structs.replace(EngineSettings(), **changes)
