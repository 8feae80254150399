"""The rows that findings are about follow the machine, whatever came and went."""

from __future__ import annotations

import numpy as np
import pytest

from hub.belief.index import TagIndex
from hub.belief.stock import Stock
from hub.effects import Finding, FindingKind
from hub.findings import machine as machines
from hub.findings.about import About
from hub.findings.machine import Machine, Subject

KEYS = [f"E28011{number:018X}" for number in range(30)]
KINDS: tuple[FindingKind, ...] = ("misplaced", "missing")


def looked_up(machine: Machine, kind: FindingKind) -> list[int]:
    names = {one.name for one in (*machine.suspicions, *machine.findings) if one.kind == kind}
    return sorted(KEYS.index(name) for name in names if name in KEYS)


def step(machine: Machine, dice: np.random.Generator, now_us: int) -> None:
    """A tag that is on two items, one that is on none, and many others come and go."""
    number = int(dice.integers(-1, len(KEYS)))
    subject = Subject(
        KINDS[dice.integers(2)], int(dice.integers(40, 42)), KEYS[number] if number >= 0 else "AB" * 12
    )
    match int(dice.integers(4)):
        case 0:
            machine.suspect(subject, now_us, {})
        case 1:
            finding = Finding(
                id=f"{subject}", kind=subject.kind, state="open", opened_at_us=1, changed_at_us=1, confidence=1.0
            )  # fmt: skip
            machine.confirm(subject, now_us, lambda: finding)
        case 2 if subject in machine.findings:
            machine.absorb([subject], "range", now_us)
        case _:
            machine.refute(subject, now_us)


@pytest.mark.parametrize("remembered", [5, 1_000])
def test_they_are_those_that_a_look_at_all_of_them_finds(
    monkeypatch: pytest.MonkeyPatch, remembered: int
) -> None:
    monkeypatch.setattr(machines, "CHANGES", remembered)
    dice, machine, stock = np.random.default_rng(2), Machine(), Stock()
    stock.keys = KEYS
    about = About(machine, TagIndex(KEYS, []), stock)
    for turn in range(400):
        for _ in range(int(dice.integers(8))):
            step(machine, dice, turn)
        found = {kind: about.of(kind).tolist() for kind in KINDS}
        assert found == {kind: looked_up(machine, kind) for kind in KINDS}
        assert sorted(set(about.all().tolist())) == sorted({row for rows in found.values() for row in rows})
