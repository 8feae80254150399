"""A small library for the tests of the map: real tables in SQLite, filled through the hub's own writer."""

from __future__ import annotations

import random
import shutil
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from flask import Flask
from flask.testing import FlaskClient
from helpers.waitress import running
from sqlalchemy import Engine

from hub.catalog.model import Item
from hub.effects import (
    ActAnswered,
    AgentChanged,
    AntennaChanged,
    Effect,
    Evidence,
    Finding,
    ItemEvent,
    PlaceChanged,
    PutFinding,
    ShelfChanged,
    SweepChanged,
    SweepRows,
)
from hub.health import HubHealth
from hub.series.port import Aggregate, check_query
from hub.store.engine import open_engine
from hub.store.imports import stage_import
from hub.store.migrate import upgrade
from hub.store.users import Users
from hub.store.write import StoreWriter
from shelfwire.clock import SystemClock
from shelfwire.data import config_file
from shelfwire.site.load import load_site
from shelfwire.site.model import SiteHistory
from web.app import create_app
from web.auth.passwords import hash_password
from web.changes import Changes
from web.config import WebConfig
from web.deps import Deps
from web.library import Library
from web.serve import make_server

MINUTE = 60_000_000
HOUR = 60 * MINUTE
BOOKS = [
    ("The origin of species by means of natural selection", "Darwin, Charles", "QH365 .O2"),
    ("Principia mathematica", "Newton, Isaac", "QA803 .A45"),
    ("Moby Dick, or, The whale", "Melville, Herman", "PS2384 .M6"),
    ("红楼梦", "曹雪芹", "I242.4/57"),
    ("Pride and prejudice", "Austen, Jane", "PR4034 .P7"),
    ("A vindication of the rights of woman", "Wollstonecraft, Mary", "HQ1596 .W6"),
    ("Walden, or, Life in the woods", "Thoreau, Henry David", "PS3048 .A1"),
    ("本草纲目", "李时珍", "R281.3/11"),
    ("On the electrodynamics of moving bodies", "Einstein, Albert", "QC6 .E5"),
    ("Middlemarch: a study of provincial life", "Eliot, George", "PR4662 .A1"),
    ("Flatland: a romance of many dimensions", "Abbott, Edwin Abbott", "QA699 .A13"),
    ("The elements of geometry", "Euclides", "QA451 .E8"),
]


class World:
    """An app over a filled store."""

    def __init__(self, engine: Engine, app: Flask, history: SiteHistory, parts: Deps, now_us: int) -> None:
        self.engine = engine
        self.app = app
        self.history = history
        self.site = history.now
        self.parts = parts
        self.changes = parts.changes
        self.users = parts.users
        self.now_us = now_us
        self.woken: list[str] = []
        self.position = 1

    @property
    def library(self) -> Library:
        return next(iter(self.parts.libraries.values()))

    def client(self) -> FlaskClient:
        return self.app.test_client()

    def write(self, *effects: Effect) -> None:
        """As the hub does: rows first, then the word that something changed."""
        self.position += 1
        self.now_us += 1
        writer = StoreWriter(self.engine)
        writer.apply(self.site.id, effects, self.position, self.now_us)

    def say_changed(self, what: str, name: str) -> None:
        self.changes.note(what, name)
        self.changes.flush()

    def answer(self, act_id: str, *, ok: bool = True, detail: str = "") -> None:
        self.write(ActAnswered(act_id, ok, detail, self.now_us))


def make_world(
    folder: Path,
    *,
    site: str = "sites/small.yaml",
    filled: bool = True,
    like: Path | None = None,
    **config: Any,
) -> World:
    """An app over `site`; `filled`: with items, findings, agents, antennas and sweeps; `like`: over a copy of its tables."""
    url = f"sqlite:///{folder / 'hub.db'}"
    if like is not None:
        shutil.copyfile(like, folder / "hub.db")
    else:
        upgrade(url)
    engine = open_engine(url)
    history = load_site(config_file(site))
    clock = SystemClock()
    now_us = clock.wall_us()
    changes = Changes()
    health = HubHealth(
        at_us=now_us + HOUR, started_at_us=now_us - HOUR, software="0.1.0", pid=1, ready=True, taking=True
    )
    library = Library(history, engine, Lines(), changes, lambda: health)
    woken: list[str] = []
    parts = Deps(
        config=WebConfig(hub="hub.yaml", **config),
        libraries={history.now.id: library},
        users=Users(engine, history.now.id),
        secret=b"a secret of the tests",
        changes=changes,
        wake=woken.append,
        clock=clock,
    )
    world = World(engine, create_app(parts), history, parts, now_us)
    world.woken = woken
    if filled and like is None:
        fill(world)
    return world


def with_books_in_order(world: World, boards: Sequence[str]) -> World:
    """Thirty more books in their order on three boards; one of them a board too far."""
    site = world.site
    books = [
        Item(
            barcode=f"b{number}", call_number=f"QA{number * 10 + 1}", scheme="LC", tags=(f"A1B2{number:04X}",)
        )
        for number in range(30)
    ]
    stage_import(world.engine, site.id, "i1", books, (), "test")
    index = {shelf.id: shelf.index for shelf in site.shelves}
    columns = StoreWriter(world.engine).apply_import(site.id, "i1", index)
    key_of = dict(zip(columns.link_item, columns.link_key, strict=True))
    world.write(
        *(
            PlaceChanged(
                item_id=item_id, tag_key=key_of[item_id], at_us=1, shelf=boards[2 if at == 3 else at // 10],
                probability=0.97, candidates=[], last_heard_at_us=1, last_heard_by="ant-0011", evidence=[],
            )
            for at, item_id in enumerate(columns.item_id[-30:])
        )
    )  # fmt: skip
    return world


def add_user(
    world: World, name: str = "pat", role: str = "librarian", password: str = "three small words"
) -> None:
    world.users.add_user(name, role, hash_password(password), world.now_us)


def bearer(world: World, role: str = "shelver") -> dict[str, str]:
    """The header of a program that is logged in with this role; the map is closed from then on."""
    add_user(world, role, role)
    answer = world.client().post("/api/v1/login", json={"name": role, "password": "three small words"})
    assert answer.json
    return {"Authorization": f"Bearer {answer.json['token']}"}


class Lines:
    """A series in which every antenna's line rises and falls."""

    def query(  # noqa: PLR0917 (the port's)
        self,
        measurement: str,
        tags: Mapping[str, str],
        field: str,
        from_us: int,
        to_us: int,
        bucket_s: int,
        how: Aggregate = "mean",
    ) -> list[tuple[int, float]]:
        check_query(from_us, to_us, bucket_s)
        dice = random.Random(str(sorted(tags.items())))
        return [(at, 20 + dice.random() * 15) for at in range(from_us, to_us, bucket_s * 1_000_000)]

    def close(self) -> None:
        pass


def fill(world: World, items_a_shelf: int = 14, seed: int = 1) -> None:
    """Items, places and findings that look like a library at noon."""
    site, now_us = world.site, world.now_us
    dice = random.Random(seed)
    made = [
        Item(
            barcode=f"30000{number:07d}",
            title=BOOKS[number % len(BOOKS)][0],
            author=BOOKS[number % len(BOOKS)][1],
            call_number=f"{BOOKS[number % len(BOOKS)][2]} {1850 + number % 170}",
            status="on_loan" if number % 29 == 7 else "on_shelf",
            home_from=site.shelves[number // items_a_shelf].id,
            home_to=site.shelves[min(number // items_a_shelf + 1, len(site.shelves) - 1)].id,
            tags=(f"3034F4A1B2C3{number:012X}",),
        )
        for number in range(len(site.shelves) * items_a_shelf)
    ]
    stage_import(world.engine, site.id, "import-1", made, (), "a list of the tests")
    writer = StoreWriter(world.engine)
    index = {shelf.id: shelf.index for shelf in site.shelves}
    columns = writer.apply_import(site.id, "import-1", index)
    key_of = dict(zip(columns.link_item, columns.link_key, strict=True))
    effects: list[Effect] = []
    wrong: dict[str, int] = {}
    for item_id, home in zip(columns.item_id, columns.home_from, strict=True):
        roll = dice.random()
        shelf = site.shelves[home].id
        if roll < 0.02:
            shelf = dice.choice(site.shelves).id
        effects += _placed(item_id, key_of[item_id], shelf if roll < 0.97 else None, now_us, dice)
        if roll < 0.008:
            effects.append(_misplaced(item_id, key_of[item_id], shelf, site.shelves[home].id, now_us, dice))
            wrong[shelf] = wrong.get(shelf, 0) + 1
        elif roll > 0.994:
            effects.append(_missing(item_id, key_of[item_id], site.shelves[home].id, now_us, dice))
            wrong[site.shelves[home].id] = wrong.get(site.shelves[home].id, 0) + 1
    stale = {shelf.id for shelf in site.shelves if shelf.bay.endswith("B02") and shelf.index % 4 == 1}
    for board in site.shelves:
        watched = board.id in site.heard_by
        found = wrong.get(board.id, 0)
        state: Any = (
            "unwatched"
            if not watched
            else "attention"
            if found
            else "stale"
            if board.id in stale
            else "quiet"
        )
        looked = None if not watched else now_us - (5 * HOUR if board.id in stale else 20_000_000)
        effects.append(
            ShelfChanged(
                shelf=board.id, at_us=now_us, state=state, looked_at_us=looked, items=items_a_shelf,
                away=int(dice.random() * 2), findings=found,
            )
        )  # fmt: skip
    effects += _health(world, dice)
    effects += _sweep(world, columns.item_id[:60])
    writer.apply(site.id, effects, 1, now_us)


def _placed(item_id: int, key: str, shelf: str | None, now_us: int, dice: random.Random) -> Sequence[Effect]:
    sure = 0.6 + dice.random() * 0.399
    other = "away" if shelf else "1F-R02A-B01-S3"
    heard = now_us - int(dice.random() * 2 * MINUTE) if shelf else now_us - 3 * HOUR
    place = PlaceChanged(
        item_id=item_id, tag_key=key, at_us=heard, shelf=shelf, probability=sure,
        candidates=[(shelf or "away", sure), (other, (1 - sure) * 0.7)],
        last_heard_at_us=heard, last_heard_by="ant-0011",
        evidence=[evidence("ant-0011", shelf or "1F-R02A-B01-S1", now_us, "heard" if shelf else "silent")],
    )  # fmt: skip
    days = [(now_us - 60 * HOUR, "placed", "1F-R02A-B01-S1"), (now_us - 30 * HOUR, "away", None)]
    events = [
        ItemEvent(
            id=f"e{item_id}-{n}",
            item_id=item_id,
            at_us=at,
            kind=kind,
            shelf=where,
            probability=0.93,
            detail={},
        )
        for n, (at, kind, where) in enumerate([*days, (heard - HOUR, "placed" if shelf else "away", shelf)])
    ]
    return [place, *events]


def evidence(antenna: str, shelf: str, now_us: int, says: Any = "heard") -> Evidence:
    return Evidence(
        antenna=antenna, shelf=shelf, first_at_us=now_us - 40 * MINUTE, last_at_us=now_us - MINUTE, dwells=38,
        heard=34 if says == "heard" else 0, rssi_dbm=-57.3 if says == "heard" else None, says=says,
    )  # fmt: skip


def _misplaced(  # noqa: PLR0917 (all of them make one row)
    item_id: int, key: str, shelf: str, home: str, now_us: int, dice: random.Random
) -> PutFinding:
    return PutFinding(
        Finding(
            id=f"mis{item_id}", kind="misplaced", state="claimed" if dice.random() < 0.15 else "open",
            opened_at_us=now_us - int(dice.random() * 8 * HOUR), changed_at_us=now_us, confidence=0.8 + dice.random() * 0.19,
            item_id=item_id, tag_key=key, shelf=shelf, home_from=home, home_to=home, claimed_by="shelver",
            why={"heard": 34, "dwells": 38, "since_us": now_us - 3 * HOUR},
            evidence=[evidence("ant-0011", shelf, now_us), evidence("ant-0012", home, now_us, "silent")],
        )
    )  # fmt: skip


def _missing(item_id: int, key: str, home: str, now_us: int, dice: random.Random) -> PutFinding:
    return PutFinding(
        Finding(
            id=f"gone{item_id}", kind="missing", state="open", opened_at_us=now_us - int(dice.random() * 30 * HOUR),
            changed_at_us=now_us, confidence=0.7 + dice.random() * 0.29, item_id=item_id, tag_key=key,
            home_from=home, home_to=home, why={"dwells": 38, "last_shelf": home, "since_us": now_us - 20 * HOUR, "last_heard_us": now_us - 26 * HOUR},
            evidence=[evidence("ant-0012", home, now_us, "silent")],
        )
    )  # fmt: skip


def _health(world: World, dice: random.Random) -> Iterator[Effect]:
    now_us = world.now_us
    for number, agent in enumerate(dict.fromkeys(reader.agent for reader in world.site.readers)):
        readers = [
            {
                "reader": reader.id, "state": "lost" if number and at == 0 else "connected",
                "detail": "no answer on 192.0.2.7:5084; tried again since 11:02" if number and at == 0 else "",
                "ports": list(range(1, 33)), "model": "R700", "gaps": 3 if number else 0, "estimated": False,
            }
            for at, reader in enumerate(each for each in world.site.readers if each.agent == agent)
        ]  # fmt: skip
        yield AgentChanged(
            agent=agent, online=True, boot="b", log="l", at_us=now_us - 2_000_000, software="0.1.0", trouble="",
            clock_offset_us=-134_500, reports=48_120, doubled=3, missing=0, lost=0,
            faults={"unreadable": 2} if number else {}, last_fault="unreadable: `$.dwells[0].port`" if number else "",
            readers=readers, outbox_reports=0, known=True,
        )  # fmt: skip
    for antenna in world.site.antennas:
        state: Any = dice.choices(("good", "doubtful", "silent", "unheard"), (90, 5, 3, 2))[0]
        yield AntennaChanged(
            antenna=antenna.id, at_us=now_us, state=state, last_dwell_at_us=now_us - 9_000_000,
            trusted_at_us=now_us - 9_000_000 if state == "good" else None, dwells=900, reads_a_dwell=27.4,
            reference_share=1.0 if state == "good" else 0.2,
        )  # fmt: skip


def _sweep(world: World, items: Sequence[int]) -> list[Effect]:
    now_us, shelves = world.now_us, [shelf.id for shelf in world.site.shelves[:30]]
    rows: list[tuple[int | None, str, str | None, str | None, float]] = []
    for number, item_id in enumerate(items):
        outcome = (
            ("found_elsewhere", "missing", "unexpected")[number % 3] if number % 9 == 0 else "found_in_place"
        )
        rows.append((item_id, outcome, shelves[0], None if outcome == "missing" else shelves[1], 0.91))
    rows.append((None, "unknown", None, shelves[3], 0.88))
    number_of = {name: sum(row[1] == name for row in rows) for name in {row[1] for row in rows}}
    done = SweepChanged(
        id="night-1", scope="all", state="done", asked_by="hub", started_at_us=now_us - 9 * HOUR,
        ended_at_us=now_us - 8 * HOUR, shelves=shelves, covered=shelves[:-2], expected=len(items),
        found_in_place=number_of.get("found_in_place", 0), found_elsewhere=number_of.get("found_elsewhere", 0),
        missing=number_of.get("missing", 0), unexpected=number_of.get("unexpected", 0), unknown=1, not_covered=0,
        detail="reader RD03 did not answer for 4 minutes",
    )  # fmt: skip
    running = SweepChanged(
        id="now-2", scope="1F-R02A", state="running", asked_by="librarian", started_at_us=now_us - 4 * MINUTE,
        ended_at_us=None, shelves=shelves, covered=shelves[:11], expected=210, found_in_place=80, found_elsewhere=1,
        missing=0, unexpected=0, unknown=0, not_covered=0, detail="",
    )  # fmt: skip
    return [done, SweepRows(sweep="night-1", rows=rows), running]


@contextmanager
def served(world: World) -> Iterator[str]:
    """The app behind the real server, set as in production, on a free port; gives its address."""
    config = msgspec.structs.replace(world.parts.config, port=0)
    server = make_server(world.app, config)
    with running(server) as at:
        try:
            yield at
        finally:
            world.changes.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
