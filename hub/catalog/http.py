"""The one door to library systems over HTTP."""

from __future__ import annotations

import urllib3

__all__ = ["urllib3"]
