"""One book from both sides: what is so, and what the hub believes and why. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from firmware_sim.watch.session import Session
from firmware_sim.watch.view import apart, by_item, percent
from hub.belief.slots import NOBODY
from hub.engine.board import candidates
from hub.explain.witnesses import NOTHING, OFF_SHELF, contest_of, witnesses
from web import words as hub_words
from web.sentences import sentence

if TYPE_CHECKING:
    from firmware_sim.watch.present import Present

_S = 1_000_000


def book_panel(session: Session, tag: int, told: Present) -> dict[str, Any]:
    """Truth and belief about one tag, as titles, rows and sentences."""
    stranger = tag >= session.sim.world.strangers_from
    found: dict[str, Any] = {
        "tag": tag,
        "title": told.title(tag),
        "sub": "",
        "truth": _truth(session, tag, told),
    }
    if stranger:
        found["belief"] = {
            "note": told.say("book", "stranger_belief"),
            "good": None,
            "candidates": [],
            "rows": [],
        }
        return found
    row = session.sim.world.stock.title_of(tag)
    found["sub"] = " · ".join(
        part for part in (row.author, row.call_number, session.sim.world.barcode(tag)) if part
    )
    found["belief"] = _belief(session, tag, told)
    return found


def _truth(session: Session, tag: int, told: Present) -> list[list[str]]:
    sim, world = session.sim, session.sim.world
    place = int(world.place[tag])
    where = told.place(place)
    if world.lying[tag]:
        where += f", {told.say('book', 'lying')}"
    deed = world.last_deed(tag)
    rows = [[told.say("book", "where"), where]]
    if deed is None:
        rows.append([told.say("book", "since"), told.say("book", "start")])
    else:
        rows.append([told.say("book", "since"), told.times.full(deed.at_us)])
        words = told.deed_words(deed.kind, tag, deed.came_from, deed.went_to)
        rows.append([told.say("book", "by"), words])
    if tag < world.strangers_from:
        rows.append([told.say("book", "belongs"), told.place(int(world.stock.home[tag]))])
        rows.append(
            [
                told.say("book", "catalogue"),
                hub_words.word(told.texts, "status", world.status_of(tag)),
            ]
        )
        rows.append([told.say("book", "tag"), told.say("book", f"tag_{int(world.stock.tag_place[tag])}")])
    if place >= 0:
        antennas = sim.site.heard_by.get(sim.site.shelves[place].id, ())
        awake = any(bool((sim.radio.audible(one.index, world.now_us) == tag).any()) for one in antennas)
        key = "wakes" if awake else "sleeps" if antennas else "no_air"
        rows.append([told.say("book", "air"), told.say("book", key)])
    return rows


def _belief(session: Session, tag: int, told: Present) -> dict[str, Any]:
    engine = session.engine
    rows = np.array([tag], dtype=np.int64)
    weighed = engine.weigh(rows)
    named = [
        [told.say("book", "away") if name == "away" else name, percent(chance), name]
        for name, chance in candidates(engine.belief, engine.stock, weighed, np.array([0]))[0]
    ]
    when, who = engine.belief.slots.last_heard(rows)
    heard_s, by = int(when[0]), int(who[0])
    heard = told.say("book", "never")
    if heard_s:
        heard = told.times.full(heard_s * _S)
        if by != NOBODY:
            heard += " " + told.say("book", "by_antenna", antenna=engine.geometry.antenna_ids[by])
    finding = by_item(engine).get(tag)
    facts = [[told.say("book", "heard"), heard]]
    found: dict[str, Any] = {"candidates": named, "rows": facts, "witnesses": _witnesses(session, tag, told)}
    found["kind"] = "" if finding is None else finding.kind
    if finding is None:
        facts.append([told.say("book", "finding"), told.say("book", "no_finding")])
    else:
        kind = hub_words.word(told.texts, "kind", finding.kind)
        facts.append([told.say("book", "finding"), f"{kind}, {hub_words.sureness(finding.confidence)}"])
        found["sentence"] = sentence(finding, told.texts, told.times)  # type: ignore[arg-type]  # a view has the same names
    wrong = bool(apart(session.sim, engine)[tag])
    found["note"] = told.say("book", "wrong" if wrong else "right")
    found["good"] = not wrong
    return found


def _witnesses(session: Session, tag: int, told: Present) -> list[str]:
    engine, found, now_s = session.engine, [], session.now_us // _S
    place, home = int(engine.belief.place[tag]), int(engine.stock.home_from[engine.stock.item_of_row[tag]])
    answer = OFF_SHELF if engine.belief.away[tag] else place
    against = home if answer != home else NOTHING
    for one in witnesses(engine.belief, engine.stock, contest_of(tag, answer, against, now_s), now_s)[0]:
        names = {"antenna": one.antenna, "heard": one.heard, "dwells": one.dwells, "dbm": one.rssi_dbm}
        found.append(told.say("book", witness_key(one.heard, one.rssi_dbm), **names))
    return found


def witness_key(heard: int, rssi_dbm: float | None) -> str:
    """Which words tell a witness. The loudness of one that hears nothing now is from before its silence."""
    if heard:
        return "witness" if rssi_dbm is None else "witness_loud"
    return "witness_silent" if rssi_dbm is None else "witness_fallen_silent"
