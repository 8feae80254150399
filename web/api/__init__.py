"""The REST API under ``/api/v1``; its contract is ``docs/openapi.yaml``."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Register the blueprint."""
    from web.api.routes import routes

    app.register_blueprint(routes)
