"""Findings that have ended, with what people said at the shelf."""

from __future__ import annotations

from collections.abc import Iterator

from hub.effects import Effect, Finding, FindingKind, PutFinding

DAY_US = 86_400_000_000


def answered(
    kind: FindingKind, *, right: int, wrong: int, untold: int = 0, promised: float = 0.97, ended_at_us: int
) -> Iterator[Effect]:
    """So many findings of one promise; ids tell kind, promise and end."""
    for n in range(right + wrong + untold):
        told = "as_said" if n < right else "in_place" if n < right + wrong else ""
        yield PutFinding(
            Finding(
                id=f"p-{kind}-{promised}-{ended_at_us}-{n}", kind=kind, opened_at_us=ended_at_us - DAY_US,
                state="dismissed" if told == "in_place" else "verified", changed_at_us=ended_at_us, confidence=promised,
                why={"promised": promised, "told": told} if told else {"promised": promised},
            )
        )  # fmt: skip
