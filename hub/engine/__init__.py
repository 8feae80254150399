"""The pure engine of one site: (event, now) → effects."""

from hub.engine.core import Engine

__all__ = ["Engine"]
