"""Helpers for tests of and with the simulated library."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from firmware_sim.access import Login, agent_account, hub_account, web_account
from firmware_sim.broker import Broker, Wish, secret
from firmware_sim.world import Habits, Planted, Title, World, furnish
from shelfwire.site.model import (
    Antenna,
    Bay,
    Face,
    FaceName,
    Floor,
    Range,
    Reader,
    ReferenceTag,
    Shelf,
    Site,
)

START_US = 1_700_000_000_000_000


def accounts(site: str = "demo", agents: tuple[str, ...] = ("edge-1", "edge-2")) -> list[Login]:
    """Accounts of a hub, a web and the agents, with fresh passwords."""
    named = [agent_account(site, agent, secret()) for agent in agents]
    return [hub_account(site, secret()), web_account(site, secret()), *named]


@contextmanager
def running_broker(
    folder: Path, kind: Wish = "auto", site: str = "demo", agents: tuple[str, ...] = ("edge-1", "edge-2")
) -> Iterator[Broker]:
    """A broker with the usual accounts, stopped at the end whatever happens."""
    broker = Broker(folder, accounts(site, agents), kind=kind)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


def tiny_site(ranges: int = 2, bays: int = 3, boards: int = 4) -> Site:
    """Ranges with two faces; one antenna and one reference tag a board; the readers R1 and R2 take turns with the ranges."""
    shelves: list[Shelf] = []
    antennas: list[Antenna] = []
    references: list[ReferenceTag] = []
    built: list[Range] = []
    ports = {"R1": 0, "R2": 0}
    for number in range(1, ranges + 1):
        reader = f"R{1 + (number + 1) % 2}"
        faces = []
        sides: tuple[FaceName, FaceName] = ("A", "B")
        for side in sides:
            face_id = f"1F-R{number:02d}{side}"
            made = []
            for bay in range(1, bays + 1):
                bay_id = f"{face_id}-B{bay:02d}"
                here = []
                for board in range(boards, 0, -1):
                    name = f"{bay_id}-S{board}"
                    shelf = Shelf(
                        id=name, index=len(shelves), floor="1F", range=f"1F-R{number:02d}", face=side, bay=bay_id,
                        number=board, height_m=0.3 * board, x_m=0.9 * bay, y_m=2.0 * number + (0.4 if side == "B" else 0.0),
                        width_m=0.9,
                    )  # fmt: skip
                    shelves.append(shelf)
                    here.append(shelf)
                    ports[reader] += 1
                    epc = f"6DAA{len(antennas):020X}"
                    references.append(ReferenceTag(epc=epc, shelf=name))
                    antennas.append(
                        Antenna(
                            id=f"ant-{len(antennas):04d}", index=len(antennas), reader=reader, port=ports[reader],
                            hears=(name,), reference_tags=(epc,),
                        )
                    )  # fmt: skip
                made.append(
                    Bay(
                        id=bay_id, label="", x_m=0.9 * bay, y_m=2.0 * number, width_m=0.9, angle_deg=0.0, depth_m=0.3,
                        shelves=tuple(here),
                    )
                )  # fmt: skip
            faces.append(Face(id=face_id, name=side, label="", bays=tuple(made)))
        built.append(
            Range(
                id=f"1F-R{number:02d}", floor="1F", x_m=0.0, y_m=2.0 * number, angle_deg=0.0, length_m=0.9 * bays,
                depth_m=0.6, faces=tuple(faces),
            )
        )  # fmt: skip
    return Site(
        id="demo", name={"en": "Test room"}, timezone="UTC", valid_from_us=0,
        floors=(Floor(id="1F", name={"en": "Ground"}, width_m=20.0, depth_m=20.0, ranges=tuple(built)),),
        shelves=tuple(shelves), readers=(Reader(id="R1", agent="edge-1"), Reader(id="R2", agent="edge-2")),
        antennas=tuple(antennas), reference_tags=tuple(references),
    )  # fmt: skip


def titles(count: int) -> list[Title]:
    """Rows of an invented catalogue in shelf order."""
    return [Title(f"{39_000_000_000_000 + n}", f"Title {n}", "", f"QA {n}") for n in range(count)]


def tiny_world(
    items: int = 240, seed: int = 1, people: Habits | None = None, planted: Planted | None = None
) -> World:
    """A world over `tiny_site`."""
    site = tiny_site()
    stock = furnish(site, titles(items), items, seed=seed)
    return World(site, stock, start_us=START_US, seed=seed, people=people, planted=planted)
