"""The page and its three answers: the view, a wish, a press. Flask; listens on this machine only."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from flask import Flask, Response, abort, g, jsonify, render_template, request, send_from_directory
from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined
from werkzeug.exceptions import HTTPException

import web
from firmware_sim.watch import words
from firmware_sim.watch.present import Present, buttons, page_words
from firmware_sim.watch.presses import DeedButton, FaultButton, Press, Refused
from firmware_sim.watch.session import Session
from firmware_sim.watch.worker import SPEEDS, BusyError, Worker
from shelfwire import __version__
from shelfwire.site.model import Bay
from web.config import LANGUAGE_COOKIE, LOCAL_NAMES, THEME_COOKIE, THEMES
from web.drawing.plan import DrawnFloor, draw
from web.hardening import HEADERS
from web.i18n import LANGUAGES, choose, in_language

HERE: Final = Path(__file__).parent
WEB: Final = Path(next(iter(web.__path__)))
SHARED: Final = frozenset({"app.css", "icon.svg"})
"""Files of the map that this page uses, so that both look alike."""
BODY_BYTES: Final = 2_000
"""A wish has six short fields."""
LONGEST_ID: Final = 80
STEP_S: Final = 30.0
"""Of the library, for one press of the step button."""
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}\Z")
EDGE_CM: Final = 40
NAME_CM: Final = 45
"""Around what is drawn of a floor, and for the name of a range at its left end."""

Answer = dict[str, Any]


class Wrong(Exception):  # noqa: N818 (an answer: what was asked for does not exist)
    """Said in words, with 400."""


class Wish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a visitor wants; `do` says which of the others count."""

    do: Literal["play", "pause", "step", "speed", "fault", "deed", "cross", "undo"]
    bay: Annotated[str, msgspec.Meta(max_length=LONGEST_ID)] = ""
    speed: int | None = None
    fault: FaultButton | None = None
    deed: DeedButton | None = None
    tag: Annotated[int, msgspec.Meta(ge=0, le=2**31)] | None = None
    cross: Annotated[float, msgspec.Meta(ge=0.01, le=0.6)] | None = None
    press: Annotated[int, msgspec.Meta(ge=1)] | None = None


def create_app(worker: Worker, site_name: dict[str, str], about: dict[str, str]) -> Flask:
    """The WSGI application over a worker."""
    app = Flask("firmware_sim.watch", static_folder=None)
    app.jinja_loader = ChoiceLoader(
        [FileSystemLoader(HERE / "templates"), FileSystemLoader(WEB / "templates")]
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has it
    token = secrets.token_urlsafe(24)
    _guard(app)

    @app.get("/")
    def page() -> str:
        return _page(worker, token, site_name, about)

    @app.get("/static/<name>")
    def static_file(name: str) -> Response:
        folder = WEB / "static" if name in SHARED else HERE / "static"
        return send_from_directory(folder, name, max_age=0)

    @app.get("/view")
    def view() -> Response:
        return _view(worker)

    @app.post("/wish")
    def wish() -> Response:
        if not secrets.compare_digest(request.headers.get("X-Form-Token", "").encode(), token.encode()):
            abort(403, "this page is out of date; load it again")
        return jsonify(_wish(worker))

    return app


def _guard(app: Flask) -> None:
    @app.before_request
    def _check() -> None:
        name = request.host.rsplit(":", 1)[0].strip("[]").lower()
        if name not in LOCAL_NAMES:
            abort(421, "this server is not known by that name")
        g.language = choose(
            request.cookies.get(LANGUAGE_COOKIE), (tag for tag, _ in request.accept_languages)
        )

    @app.after_request
    def _headers(response: Response) -> Response:
        for key, value in HEADERS.items():
            response.headers.setdefault(key, value)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    @app.errorhandler(HTTPException)
    def _fault(fault: HTTPException) -> tuple[Response, int]:
        return jsonify({"error": fault.description or fault.name}), fault.code or 500

    @app.errorhandler(BusyError)
    def _busy(_: BusyError) -> tuple[Response, int]:
        return jsonify({"error": words.say(g.language, "page", "lost")}), 503


def _page(worker: Worker, token: str, site_name: dict[str, str], about: dict[str, str]) -> str:
    theme = found if (found := request.cookies.get(THEME_COOKIE)) in THEMES else "auto"

    site = worker.site
    plans = [(in_language(floor.name, g.language), near(draw(site, floor.id))) for floor in site.floors]
    first = worker.ask(first_bay)
    return render_template(
        "watch.html", w=page_words(g.language), language=g.language, languages=LANGUAGES, theme=theme, token=token,
        version=__version__, site_title=in_language(site_name, g.language), buttons=buttons(g.language), speeds=SPEEDS,
        about=in_language(about, g.language) if about else "", plans=plans, bays=list(site.bay_by_id), first=first,
    )  # fmt: skip


def near(plan: DrawnFloor) -> DrawnFloor:
    """The same plan, looked at from so near that the ranges fill it."""
    points = [pair.split(",") for bay in plan.bays for pair in bay.target.split()]
    if not points:
        return plan
    xs, ys = [int(x) for x, _ in points], [int(y) for _, y in points]
    names = min((rng.x for rng in plan.ranges), default=min(xs)) - NAME_CM
    left, top = min(*xs, names), min(ys) - EDGE_CM
    return msgspec.structs.replace(
        plan, box=f"{left} {top} {max(xs) + EDGE_CM - left} {max(ys) + EDGE_CM - top}"
    )


def first_bay(session: Session) -> str:
    """Where something is to be seen at once: the bay with most books out of place, in truth."""
    world, site = session.sim.world, session.sim.site
    odd: dict[str, int] = {}
    for shelf in site.shelves:
        if len(site.heard_by.get(shelf.id, ())) and len(site.heard_by[shelf.id][0].hears) == 1:
            strays = sum(
                tag >= world.strangers_from or not world.at_home(tag) or bool(world.lying[tag])
                for tag in world.on_shelf(shelf.index).tolist()
            )
            odd[shelf.bay] = odd.get(shelf.bay, 0) + strays
    return max(odd, key=lambda bay: odd[bay], default=session.bays[0].id)


def _view(worker: Worker) -> Response:
    if len(request.query_string) > 300:  # noqa: PLR2004 (three short values)
        abort(414, "that address is too long")
    bay_id, tag, seen = request.args.get("bay", ""), _number("tag"), _number("seen")
    worker.seen()
    number = worker.number
    transport = {
        "number": number, "playing": worker.playing, "speed": worker.speed, "lived": round(worker.lived()),
        "rested": words.say(g.language, "page", "rested") if worker.rested else "",
    }  # fmt: skip
    if seen == number:
        return jsonify(transport)
    language = g.language

    def ask(session: Session) -> Answer:
        return Present(session, language).everything(_bay(session, bay_id), _tag(session, tag))

    return jsonify(transport | _asked(worker, ask))


def _number(name: str) -> int | None:
    value = request.args.get(name)
    if value is None or value == "":
        return None
    if not re.fullmatch(r"[0-9]{1,12}", value):
        abort(400, f"{name}: {value[:20]!r} is no number")
    return int(value)


def _wish(worker: Worker) -> Answer:
    if request.mimetype != "application/json":
        abort(415, "send JSON")
    try:
        wish = msgspec.json.decode(request.get_data(cache=False), type=Wish)
    except (msgspec.DecodeError, RecursionError) as fault:
        abort(400, f"that wish cannot be understood: {fault}")
    if wish.do in {"play", "pause"}:
        worker.set(playing=wish.do == "play")
        return {"said": ""}
    if wish.do == "speed":
        if wish.speed not in SPEEDS:
            abort(400, f"speed: one of {', '.join(map(str, SPEEDS))}")
        worker.set(speed=wish.speed)
        return {"said": ""}
    if wish.do == "step":
        worker.set(playing=False)
        worker.ask(lambda session: session.step(STEP_S), changes=True)
        worker.ask(lambda session: session.judge(), changes=True)
        return {"said": ""}
    language = g.language
    return _asked(worker, lambda session: _pressed(session, wish, language), changes=True)


def _asked(worker: Worker, ask: Callable[[Session], Answer], *, changes: bool = False) -> Answer:
    try:
        return worker.ask(ask, changes=changes)
    except Wrong as fault:
        abort(400, str(fault))


def _pressed(session: Session, wish: Wish, language: str) -> Answer:
    """Do it between two steps, and say it in words."""
    present, presses = Present(session, language), session.presses
    try:
        press: Press
        if wish.do == "undo":
            if wish.press is None:
                raise Wrong("press: say which")
            press = presses.take_back(wish.press)
        elif wish.do == "fault":
            if wish.fault is None:
                raise Wrong("fault: say which")
            press = presses.break_(wish.fault, _bay(session, wish.bay))
        elif wish.do == "cross":
            if wish.cross is None:
                raise Wrong("cross: say how often")
            press = presses.bleed(wish.cross, _bay(session, wish.bay))
        else:
            if wish.deed is None:
                raise Wrong("deed: say which")
            press = presses.let(wish.deed, _bay(session, wish.bay), _tag(session, wish.tag))
    except Refused as fault:
        return {"said": present.refused(fault), "ok": False}
    told = present.press(press)
    if wish.do == "undo":
        return {"said": f"{told['did']} – {present.say('page', 'taken_back')}", "ok": True, "press": told}
    return {"said": told["did"], "see": told["see"], "ok": True, "press": told}


def _bay(session: Session, name: str) -> Bay:
    found = session.sim.site.bay_by_id.get(name) if _ID.match(name) else None
    if found is None:
        raise Wrong(f"bay: there is no bay {name[:20]!r}")
    return found


def _tag(session: Session, tag: int | None) -> int | None:
    world = session.sim.world
    if tag is not None and not 0 <= tag < world.strangers_from + world.strangers:
        raise Wrong(f"tag: there is no book number {tag}")
    return tag
