"""How call numbers are ordered in one site: the section ``callnumbers:`` of its file. Pure."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from shelfwire.callnumbers import DEFAULT, Rules, rules_from
from shelfwire.errors import InputError

SiteScheme = Literal["auto", "lc", "dewey", "clc", "local", "free"]


class CallNumbersForm(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """As a person writes it."""

    scheme: SiteScheme = "auto"
    rules: dict[str, Any] = {}


class CallNumbers(msgspec.Struct, frozen=True, kw_only=True):
    """By which scheme a call number is read whose source names none, and how this library orders."""

    scheme: str = "AUTO"
    """A name of `shelfwire.callnumbers.sort_key`; ``AUTO``: guessed for each number."""
    rules: Rules = DEFAULT


def call_numbers(form: CallNumbersForm, faults: list[str]) -> CallNumbers:
    """The settings; what is wrong goes to `faults` as ``path: what``."""
    try:
        rules = rules_from(form.rules, "callnumbers.rules") if form.rules else DEFAULT
    except InputError as fault:
        faults += fault.faults
        rules = DEFAULT
    if form.scheme == "local" and rules.local is None:
        faults.append(
            "callnumbers.scheme: is local, but callnumbers.rules.local says nothing; write the scheme there"
        )
    return CallNumbers(scheme=form.scheme.upper(), rules=rules)
