"""A power cut at any byte: what was on disk stays under its number, and no number that was seen is given twice."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from helpers.edge import dwell
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from edge.config import MIB, OutboxConfig
from edge.outbox import HOUR_US, Outbox
from shelfwire.codec import decode_from_agent, encode
from shelfwire.messages import Lost, Report, Silence

CONFIG = OutboxConfig(max_bytes=MIB, max_age_h=1.0)


def _lost(seq: int, upto: int, reason: str, spans: Sequence[Silence]) -> bytes:
    record = Lost(
        agent="a",
        log="L",
        seq=seq,
        upto=upto,
        boot="b",
        made_at_us=0,
        wall_at_us=0,
        reason=reason,
        spans=list(spans),
    )
    return encode(record)


class OutboxLife(RuleBasedStateMachine):
    """The model: which bytes were committed under each number, and up to where they are acknowledged."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="outbox-"))
        self.now_us = 0
        self.made = 0
        self.committed: dict[int, bytes] = {}
        self.pending: dict[int, bytes] = {}
        self.upto = 0
        self.outbox = self._open()

    def _open(self) -> Outbox:
        return Outbox(
            self.folder,
            CONFIG,
            site="s",
            agent="a",
            new_log="L",
            make_lost=_lost,
            now_us=self.now_us,
            wall_us=0,
        )

    @rule(reports=st.integers(1, 8), tags=st.sampled_from([0, 1, 700]))
    def hear(self, reports: int, tags: int) -> None:
        for _ in range(reports):
            self.made += 1
            seq = self.outbox.next_seq
            payload = encode(
                Report(
                    agent="a",
                    log="L",
                    seq=seq,
                    boot="b",
                    made_at_us=0,
                    wall_at_us=0,
                    dwells=[dwell(self.made, tags=tags, at_us=self.made)],
                )
            )
            assert self.outbox.append(payload, self.now_us) == seq
            self.pending[seq] = payload

    @rule()
    def commit(self) -> None:
        self.outbox.commit()
        self.committed |= self.pending
        self.pending.clear()

    @rule(share=st.floats(0, 1))
    def acknowledge(self, share: float) -> None:
        upto = int(self.outbox.committed * share)
        assert self.outbox.acked(upto)
        self.upto = max(self.upto, upto)

    @rule()
    def tidy(self) -> None:
        self.outbox.tidy(self.now_us)
        if self.outbox.committed == self.outbox.last:
            self.committed |= self.pending
            self.pending.clear()

    @rule(hours=st.sampled_from([0.1, 0.6, 2.0]))
    def wait(self, hours: float) -> None:
        self.now_us += int(hours * HOUR_US)
        self.commit()
        self.outbox.enforce(self.now_us)

    @rule()
    def the_disk_refuses(self) -> None:
        self.outbox.take_back()
        self.pending = {seq: data for seq, data in self.pending.items() if seq <= self.outbox.committed}
        self.committed |= self.pending
        self.pending.clear()

    @rule(share=st.floats(0, 1))
    def power_cut(self, share: float) -> None:
        """Of what was not committed, any part may be on disk."""
        keep = self.outbox._committed_size
        path, size = self.outbox._active.path, self.outbox._active.size
        known = self.outbox.committed
        self.outbox.close()
        os.truncate(path, keep + int((size - keep) * share))
        self.outbox = self._open()
        assert self.outbox.next_seq > known
        self.committed |= {seq: data for seq, data in self.pending.items() if seq < self.outbox.next_seq}
        self.pending.clear()
        self.upto = min(self.upto, max(self.outbox.upto, 0))  # what is acknowledged may be sent once more

    @invariant()
    def each_number_is_what_it_was_or_stated_lost(self) -> None:
        if not hasattr(self, "outbox"):
            return
        outbox = self.outbox
        seq = outbox.upto + 1
        while seq <= outbox.committed:
            item = outbox.item(seq)
            assert item is not None
            assert item.first <= seq <= item.last
            if item.first == item.last and not isinstance(decode_from_agent(item.payload), Lost):
                assert item.payload == self.committed.get(seq, self.pending.get(seq))
            seq = item.last + 1
        assert outbox.size_bytes <= CONFIG.max_bytes + 100_000

    def teardown(self) -> None:
        if hasattr(self, "outbox"):
            self.outbox.close()
            shutil.rmtree(self.folder)


OutboxLife.TestCase.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)
TestOutboxLife = OutboxLife.TestCase
