"""The REST API under ``/api/v1``; its contract is ``docs/openapi.yaml``."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Register the blueprint."""
    from web.api import doing, routes  # noqa: PLC0415 (the blueprint is made once, at registration)

    app.register_blueprint(routes.routes)
    assert doing.routes is routes.routes
