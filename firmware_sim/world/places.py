"""Where a tag can be: a shelf, or one of the places where no antenna hears it. Pure.

A place is one int32: 0 and up are shelf indexes of the site, the codes below are everything else.
"""

from __future__ import annotations

from typing import Final

AWAY: Final = -1
"""Out of the building."""
HAND: Final = -2
"""Carried by somebody between the shelves."""
TABLE: Final = -3
TRUCK: Final = -4
"""On a book truck, on its way back to the shelves."""
DESK: Final = -5
"""In the returns bin or behind the desk."""
