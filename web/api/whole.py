"""The whole API: each file adds its routes to one blueprint when it is imported."""

from __future__ import annotations

from typing import Final

from web.api import catalogue, doing, explaining, order
from web.api.routes import routes

FILES: Final = (doing, order, catalogue, explaining)
"""Those with routes beside `web.api.routes` itself."""
api_routes = routes
