"""Barcodes that a slip of the finger makes of one another. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from string import digits
from typing import Final

MAX_SIGNS: Final = 40
"""Longer than any barcode of a library; each sign costs a dozen guesses."""


def one_sign_off(key: str) -> Iterator[str]:
    """Every key that becomes `key` by one wrong, missing, added or swapped sign, each once, likeliest slips first."""
    if len(key) > MAX_SIGNS:
        return
    signs = sorted(set(digits) | set(key))
    seen = {key}
    for guess in (*_swapped(key), *_left_out(key), *_changed(key, signs), *_added(key, signs)):
        if guess and guess not in seen:
            seen.add(guess)
            yield guess


def _swapped(key: str) -> list[str]:
    return [key[:at] + key[at + 1] + key[at] + key[at + 2 :] for at in range(len(key) - 1)]


def _left_out(key: str) -> list[str]:
    return [key[:at] + key[at + 1 :] for at in range(len(key))]


def _changed(key: str, signs: list[str]) -> list[str]:
    return [key[:at] + sign + key[at + 1 :] for at in range(len(key)) for sign in signs]


def _added(key: str, signs: list[str]) -> list[str]:
    return [key[:at] + sign + key[at:] for at in range(len(key) + 1) for sign in signs]
