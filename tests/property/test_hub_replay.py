"""A hub that was stopped at any moment ends in the same state, with the same effects, as one that never was."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from helpers.hubs import AGENT, SITE, T0, dwell, heard, lost, report, status
from hypothesis import given, settings
from hypothesis import strategies as st

from hub import intake, snapshot
from hub.effects import Effect
from hub.engine import Engine
from hub.events import CatalogColumns, Ticked
from hub.frames import Entry
from hub.intake import Intake, IntakeState
from hub.journal import Journal
from hub.settings import EngineSettings
from shelfwire.data import config_file
from shelfwire.site.load import load_site

S = 1_000_000
HISTORY = load_site(config_file("sites/small.yaml"))
SETTINGS = EngineSettings(unknown_secret="of this test")
COLUMNS = CatalogColumns(
    import_id="i", item_id=[1, 2, 3], barcode=["a", "b", "c"], status=["on_shelf"] * 3,
    home_from=[15, 15, 40], home_to=[15, 15, 40], home_source=["list"] * 3,
    link_key=[f"E280{n:020X}" for n in range(3)], link_item=[1, 2, 3],
)  # fmt: skip

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["report", "report", "report", "double", "late", "lost", "status", "tick"]),
        st.integers(1, 30),
    ),
    min_size=5,
    max_size=25,
)


def message_of(kind: str, seq: int, at_us: int) -> Any:
    if kind == "status":
        return status(online=bool(seq % 2))
    if kind == "lost":
        return lost(seq, seq + 2)
    shift_us = 40 * S if kind == "late" else S
    return report(
        seq, at_us=at_us, dwells=[dwell(seq % 5, at_us - shift_us, port=port) for port in (seq % 30 + 1, 1)]
    )


def entries_of(steps: list[tuple[str, int]]) -> list[list[Entry]]:
    """What intake puts into the journal, in groups, each with its tick."""
    one = Intake(frozenset({AGENT}))
    groups = []
    for number, (kind, seq) in enumerate(steps):
        now_us = T0 + number * 2 * S
        group = []
        for _ in range(2 if kind == "double" else 1):
            if kind != "tick":
                group += [
                    Entry(now_us, SITE, taken.kind, taken.payload)
                    for taken in one.admit(heard(message_of(kind, seq, now_us)), now_us)
                ]
        one.chase(now_us)
        if (note := one.take_note()) is not None:
            group.append(Entry(now_us, SITE, "note", note))
        groups.append([*group, Entry(now_us, SITE, "tick")])
    return groups


def replay(engine: Engine, one: Intake, journal: Journal, after: int) -> list[Effect]:
    effects: list[Effect] = []
    for group in journal.read(after):
        for place, entry in enumerate(group.entries):
            if group.first + place <= after:
                continue
            if entry.kind == "note":
                one.book_note(entry.payload)
                continue
            event = intake.event_of(entry)
            assert event is not None
            if not isinstance(event, Ticked):
                one.book(event, entry.now_us)
            effects += engine.handle(event, entry.now_us)
    return effects


def plain(value: Any) -> Any:
    """A state that can be compared."""
    if isinstance(value, np.ndarray):
        return (value.dtype.str, value.shape, value.tobytes())
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value.item() if isinstance(value, np.generic) else msgspec.to_builtins(value)


@given(steps=STEPS, data=st.data())
@settings(deadline=None, max_examples=25)
def test_a_snapshot_and_the_journal_behind_it_give_the_state_of_an_uninterrupted_run(
    steps: list[tuple[str, int]], data: st.DataObject
) -> None:
    groups = entries_of(steps)
    stop = data.draw(st.integers(0, len(groups)))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        journal = Journal(folder / "journal", segment_bytes=2_000, max_bytes=10**8)
        whole, whole_intake = Engine(HISTORY, SETTINGS), Intake(frozenset({AGENT}))
        whole.handle(COLUMNS, T0)
        for group in groups[:stop]:
            journal.append(group)
        before = replay(whole, whole_intake, journal, 0)
        position = journal.tail
        state = {"engine": whole.dump(), "intake": msgspec.to_builtins(whole_intake.copy_state())}
        snapshot.publish(snapshot.stage(folder / "snapshots", snapshot.freeze(position, state)))
        for group in groups[stop:]:
            journal.append(group)
        after = replay(whole, whole_intake, journal, position)

        found = snapshot.youngest_sound(folder / "snapshots")
        assert found is not None
        again = Engine.load(HISTORY, SETTINGS, found[1]["engine"])
        again_intake = Intake(frozenset({AGENT}), msgspec.convert(found[1]["intake"], IntakeState))
        assert replay(again, again_intake, journal, found[0]) == after
        assert plain(again.dump()) == plain(whole.dump())
        assert msgspec.to_builtins(again_intake.state) == msgspec.to_builtins(whole_intake.state)

        fresh, fresh_intake = Engine(HISTORY, SETTINGS), Intake(frozenset({AGENT}))
        fresh.handle(COLUMNS, T0)
        assert replay(fresh, fresh_intake, journal, 0) == [*before, *after]
        journal.close()
