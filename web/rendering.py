"""What every template may use: texts, times, words, the visitor, links of the current site."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Flask, g, render_template, request, url_for
from markupsafe import Markup, escape

from hub.views import FindingView
from web import importing, moving, words
from web.auth import guard, roles, tokens
from web.confirming import choices
from web.deps import deps, library, texts, times, visitor
from web.i18n import LANGUAGES, in_language
from web.reasons import reason
from web.sentences import sentence
from web.shared import ID_PLACE, TOKEN_PLACE, fill
from web.told import told


def install(app: Flask) -> None:
    """Register globals and the extension for texts."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # added by the extension
        lambda text: texts().gettext(text),
        lambda one, many, number: texts().ngettext(one, many, number),
        newstyle=True,
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True

    @app.context_processor
    def _names() -> dict[str, Any]:
        parts = deps()
        return {
            "layout": "part.html" if request.headers.get("Shelfwire-Part") else "base.html",
            "language": texts().language,
            "languages": LANGUAGES,
            "theme": g.theme,
            "times": times(),
            "visitor": visitor(),
            "library": library(),
            "site": library().site,
            "sites": [(key, site_name(value)) for key, value in parts.libraries.items()],
            "site_title": site_name(library()),
            "demo": parts.config.demo,
            "live": parts.changes.up,
            "version": g.version,
            "word": lambda table, code: words.word(texts(), table, code),
            "sure": words.sureness,
            "odds": words.odds,
            "why": why_html,
            "moved_ends": lambda finding: moving.ends(library(), finding),
            "reason": lambda text: reason(texts(), text),
            "fault": lambda text: importing.fault(texts(), text),
            "fault_place": lambda text: importing.place(texts(), text),
            "named": lambda names: in_language(names, texts().language),
            "here": here,
            "form_token": (lambda: TOKEN_PLACE) if g.get("shared") else guard.form_token,
            "new_id": (lambda: ID_PLACE) if g.get("shared") else new_id,
            "choices": choices,
            "may": lambda kind: (who := visitor()) is not None and roles.may(who.role, kind),
            "told": lambda answer: told(texts(), ok=answer.ok, detail=answer.detail),
            "act_answer": lambda act_id: library().reader.act_answer(act_id[:64]),
        }


def site_name(of: Any) -> str:
    """The library's name in the reader's language."""
    return in_language(of.site.name, texts().language)


def here(endpoint: str, **values: Any) -> str:
    """A link within the current site."""
    return url_for(endpoint, site=library().site.id, **values)


def why(finding: FindingView) -> str:
    """The sentence that says why a finding was made."""
    return sentence(finding, texts(), times())


def why_html(finding: FindingView) -> Markup:
    """The same for a page, where an id of a shelf is never broken at its hyphens."""
    text = escape(why(finding))
    names = {
        finding.shelf,
        finding.home_from,
        finding.home_to,
        *map(finding.why.get, ("last_shelf", "from_area", "to_area")),
    }
    for name in sorted((str(name) for name in names if name), key=len, reverse=True):
        text = text.replace(escape(name), Markup('<span class="whole">{}</span>').format(name))
    return text


def page(template: str, **values: Any) -> str:
    """A page, or only its inner part when a script of ours asks for fresh content."""
    return render_template(template, **values)


def shared_page(template: str, **values: Any) -> str:
    """As `page`, for a template that shows nothing of the visitor but language, theme and role.

    Tablets that ask for the same part share one rendering until something changes (`Library.shared`).
    """
    if not request.headers.get("Shelfwire-Part"):
        return page(template, **values)
    who = visitor()
    key = (
        template,
        request.full_path,
        texts().language,
        g.theme,
        who.role if who else None,
        deps().changes.up,
    )
    g.shared = True
    try:
        part = library().shared(key, lambda: page(template, **values))
    finally:
        g.shared = False
    return fill(part, guard.form_token(), new_id)


def new_id() -> str:
    """Of an act that a form may ask for."""
    return tokens.encode(secrets.token_bytes(16))
