"""A robot, a cart or a hand past a face: the same books and the same shade as before the fixed antennas."""

from __future__ import annotations

import numpy as np
import pytest

from firmware_sim.direct.building import build_site
from firmware_sim.radio import Radio
from firmware_sim.radio.facewalk import walk_face
from firmware_sim.radio.moving import CART, HANDHELD, ROBOT
from firmware_sim.scenario import Building
from firmware_sim.world import Title, World, furnish
from firmware_sim.world.habits import Stocking
from shelfwire.site.model import Face

ITEMS = 300


@pytest.fixture(scope="module")
def radio() -> Radio:
    _, history = build_site(Building(items_a_shelf=30), ITEMS, fill=1.0, seed=5)
    titles = [Title(f"{n:08d}", "Title", "Author", f"QA{n}") for n in range(ITEMS)]
    stock = furnish(history.now, titles, ITEMS, Stocking(), seed=5)
    return Radio(World(history.now, stock, start_us=1_772_431_200_000_000, seed=5), seed=5)


def _face(radio: Radio) -> Face:
    return radio.world.site.floors[0].ranges[0].faces[0]


def test_only_what_stands_on_the_face_is_heard_and_references_too(radio: Radio) -> None:
    found = walk_face(radio, _face(radio), CART, seed=5)
    boards = {shelf.index for bay in _face(radio).bays for shelf in bay.shelves}
    books = found.tag[found.tag >= 0]
    assert set(radio.world.place[books].tolist()) <= boards
    assert (found.heard < 0).any()
    assert len(found.heard) > 0.85 * len(found.tag)


def test_a_tag_is_loudest_where_it_stands(radio: Radio) -> None:
    found = walk_face(radio, _face(radio), CART, seed=5, heights_m=(1.1,), single=False)
    walk = found.walk
    off = []
    for row in np.unique(walk.row):
        mine = np.flatnonzero(walk.row == row)
        off.append(float(np.median(walk.x_m[mine])) - float(found.x_m[row]))
    assert abs(float(np.median(off))) < 0.1
    assert float(np.median(np.abs(off))) < 0.4


def test_a_hand_misses_more_than_a_robot(radio: Radio) -> None:
    hand = walk_face(radio, _face(radio), HANDHELD, seed=5)
    robot = walk_face(radio, _face(radio), ROBOT, seed=5)
    assert len(hand.heard) < len(robot.heard)


def test_a_book_that_left_the_face_is_not_heard(radio: Radio) -> None:
    before = walk_face(radio, _face(radio), CART, seed=5)
    gone = int(before.heard[before.heard >= 0][0])
    radio.world.do("take", gone)
    assert gone not in walk_face(radio, _face(radio), CART, seed=5).heard
