"""The session in one reader's words, as plain data for the page. Pure."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from firmware_sim.scoring.subject import Shown
from firmware_sim.watch import words
from firmware_sim.watch.panel import book_panel
from firmware_sim.watch.presses import CROSS, DEEDS, FAULTS, Press, Refused, fits
from firmware_sim.watch.session import Session
from firmware_sim.watch.standing import Standing
from firmware_sim.watch.ticker import Line
from firmware_sim.watch.view import bay_view
from shelfwire.site.model import Bay
from web import words as hub_words
from web.i18n import Texts, texts
from web.times import Times

LINES: Final = 14
DONE: Final = 8
TITLE_CHARS: Final = 60


class Present:
    """Words a session for one language. Made for each answer: times are told as of now."""

    def __init__(self, session: Session, language: str) -> None:
        self.session = session
        self.language = language
        self.texts: Texts = texts(language)
        self.times = Times(session.sim.site.timezone, self.texts, session.now_us)

    def say(self, table: str, key: str, **names: Any) -> str:
        """Our own words."""
        return words.say(self.language, table, key, **names)

    # --- the whole --------------------------------------------------------------------------------------------

    def everything(self, bay: Bay, tag: int | None) -> dict[str, Any]:
        """All that the page shows of this bay and book."""
        session = self.session
        openings = session.sim.world.openings
        return {
            "clock": self.times.full(session.now_us),
            "iso": self.times.iso(session.now_us),
            "hour": self._hour(),
            "doors": self._doors(),
            "night": openings is not None and openings.closing(session.now_us) is None,
            "bay": self._bay(bay),
            "book": None if tag is None else book_panel(session, tag, self),
            "map": self._map(),
            "held": {kind: (one.number if (one := session.presses.active(kind, bay)) else 0) for kind in FAULTS},
            "cross": session.sim.radio.settings.cross_read,
            "can": self._can(bay, tag),
            "score": [self._row(one) for one in session.standings],
            "ticker": [self._line(one) for one in list(session.ticker.lines)[:LINES]],
            "done": [self.press(one) for one in reversed(session.presses.all)][:DONE],
            "action": self._action(),
        }  # fmt: skip

    def _hour(self) -> float:
        local = self.times.local(self.session.now_us)
        return round(local.hour + local.minute / 60, 2)

    def _doors(self) -> list[float]:
        people = self.session.sim.scenario.people
        return [0.0, 24.0] if people is None else [people.hours.opens_h, people.hours.closes_h]

    def _bay(self, bay: Bay) -> dict[str, Any]:
        session = self.session
        view = bay_view(session.sim, session.engine, bay, session.states)
        found: dict[str, Any] = msgspec.to_builtins(view)
        for board, plain in zip(view.boards, found["boards"], strict=True):
            there = sum(one.look not in {"away", "missing", "never"} for one in board.believed)
            plain["words"] = self.say(
                "page", "board_words", shelf=board.id, true=len(board.true), believed=there, apart=len(board.apart)
            )  # fmt: skip
            plain["true_count"] = self.say("page", "books", count=len(board.true))
            plain["believed_count"] = self.say("page", "books", count=there)
            plain["apart_words"] = (
                self.say("page", "differ_one", count=len(board.apart))
                if board.apart
                else self.say("page", "same")
            )
            plain["state_word"] = hub_words.word(self.texts, "shelf", board.state)
        found["apart"] = [
            {"tag": tag, "title": self.title(tag), "words": self._apart(tag)}
            for tag in dict.fromkeys(tag for board in view.boards for tag in board.apart)
        ]
        return found

    def _apart(self, tag: int) -> str:
        session = self.session
        belief = session.engine.belief
        said = int(belief.place[tag])
        there = (
            self.say("page", "away")
            if belief.away[tag]
            else self.place(said)
            if said >= 0
            else self.say("page", "never")
        )
        return f"{self.place(int(session.sim.world.place[tag]))} → {there}"

    def _map(self) -> dict[str, list[Any]]:
        session = self.session
        counts = session.findings_by_bay()
        found = {}
        for bay in session.bays:
            number = counts.get(bay.id, 0)
            state = session.bay_state(bay, number)
            text = self.say(
                "page", "bay_words", bay=bay.id, findings=number, state=hub_words.word(self.texts, "shelf", state)
            )  # fmt: skip
            somebody = session.sim.radio.somebody(bay.shelves[0].index, session.now_us)
            found[bay.id] = [state, number, text, somebody]
        return found

    def _can(self, bay: Bay, tag: int | None) -> dict[str, bool]:
        """Which of the people's buttons can be meant for the chosen book; the others choose one by dice."""
        return {kind: tag is not None and fits(self.session.sim, kind, bay, tag) for kind in DEEDS}

    # --- score and ticker -------------------------------------------------------------------------------------

    def _row(self, one: Standing) -> dict[str, Any]:
        return {
            "name": self.say("page", one.name),
            "hub": one.name == "hub",
            "precision": _share(one.right, one.called),
            "recall": _share(one.found, one.misplaced),
            "false_missing": [one.false_missing, one.missing],
            "places": _share(one.placed, one.standing),
        }

    def _line(self, line: Line) -> dict[str, Any]:
        site = self.session.sim.site
        found: dict[str, Any] = {
            "number": line.number,
            "clock": self.times.clock(line.at_us),
            "sort": line.sort,
            "bay": site.shelves[line.shelf].bay if line.shelf >= 0 else "",
            "tag": line.tag,
        }
        if line.deed is not None:
            deed = line.deed
            found["kind"] = "deed"
            found["text"] = self.deed_words(deed.kind, deed.tag, deed.came_from, deed.went_to)
            return found
        shown = line.shown
        assert shown is not None
        about = self.title(shown.tag) if shown.tag >= 0 else self._where(shown)
        kind = hub_words.word(self.texts, "kind", shown.kind)
        found["kind"] = shown.kind
        found["text"] = f"{kind}: {about}"
        if line.more:
            found["text"] += " " + self.say("page", "and_more", count=line.more)
        verdict = self.session.verdicts.get(id(shown))
        word = "pending" if verdict is None else verdict.word
        found["verdict"] = word
        found["verdict_word"] = self.say("page", f"{word}_word")
        if (
            line.sort == "closed"
        ):  # the hub's word for it, "verified", would read as a verdict beside the verdict
            found["closed_word"] = self.say("page", "closed_word")
        elif verdict is not None and verdict.after_s is not None:
            found["verdict_word"] += " · " + self.say(
                "page", "after", delay=words.delay(self.language, verdict.after_s)
            )
        return found

    def _where(self, shown: Shown) -> str:
        """What a finding about no book is about."""
        if shown.place < 0 or shown.kind == "silent_antenna":
            return shown.antenna or self.place(shown.place)
        return self.place(shown.place)

    def _action(self) -> list[Any] | None:
        """Where something happened or was found last: [number, bay, tag]."""
        for line in self.session.ticker.lines:
            if line.shelf >= 0 and line.sort != "closed":
                return [line.number, self.session.sim.site.shelves[line.shelf].bay, line.tag]
        return None

    # --- presses ----------------------------------------------------------------------------------------------

    def press(self, one: Press) -> dict[str, Any]:
        """What a visitor did, and what is to be seen."""
        names = dict(one.names)
        if one.deed is not None:
            names |= self._deed_names(one.deed.tag, one.deed.came_from, one.deed.went_to)
        if "amount" in names and names["amount"] is not None:
            names["amount"] = round(names["amount"] * 100)
        names["what"] = ", ".join(names.get("what", ()))
        return {
            "number": one.number,
            "clock": self.times.clock(one.at_us),
            "did": self.say("did", one.kind, **names),
            "see": self.say("see", one.kind),
            "over": one.over,
            "tag": names.get("tag"),
            "bay": one.bay,
        }

    def refused(self, fault: Refused) -> str:
        """Why a press did nothing."""
        return self.say("refused", fault.key)

    # --- small words ------------------------------------------------------------------------------------------

    def title(self, tag: int) -> str:
        """A book by its title; a stranger as what it is."""
        world = self.session.sim.world
        if tag >= world.strangers_from:
            return self.say("book", "stranger_title")
        title = world.stock.title_of(tag).title.strip().rstrip(" ./:,")
        return title if len(title) <= TITLE_CHARS else title[: TITLE_CHARS - 1].rstrip() + "…"

    def place(self, place: int) -> str:
        """A shelf by its id, another place in words."""
        return self.session.sim.site.shelves[place].id if place >= 0 else words.place(self.language, place)

    def deed_words(self, kind: str, tag: int, came_from: int, went_to: int) -> str:
        """What somebody did, in a sentence."""
        return self.say("told", kind, **self._deed_names(tag, came_from, went_to))

    def _deed_names(self, tag: int, came_from: int, went_to: int) -> dict[str, Any]:
        world = self.session.sim.world
        home = self.place(int(world.stock.home[tag])) if tag < world.strangers_from else ""
        return {
            "title": self.title(tag), "from": self.place(came_from), "to": self.place(went_to), "home": home,
        }  # fmt: skip


def buttons(language: str) -> dict[str, Any]:
    """The buttons by their groups, for the page."""
    groups = (
        ("at_antenna", ("antenna_unplugged", "cable_loss", "hub_port_stuck")),
        ("at_reader", ("reader_dead", "reader_slow", "corrupt_frames")),
        ("at_link", ("link_cut", "link_lossy", "duplicates", "reordering", "clock_wrong", "disk_full")),
        ("at_process", ("agent_killed", "broker_killed", "hub_killed")),
    )
    name = {key: words.say(language, "button", key) for key in words.BUTTONS}
    return {
        "faults": [
            (words.say(language, "page", group), [(key, name[key]) for key in keys]) for group, keys in groups
        ],
        "deeds": [(key, name[key]) for key in DEEDS],
        "cross": [(rate, f"{rate:.0%}") for rate in CROSS],
    }


def page_words(language: str) -> dict[str, str]:
    """All fixed words of the page."""
    return {key: text[words.at(language)] for key, text in words.PAGE.items()}


def _share(part: int, whole: int) -> list[Any]:
    """[percent or None, part, whole]."""
    return [None if not whole else round(100 * part / whole), part, whole]
