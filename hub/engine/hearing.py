"""A batch of dwells → what was heard, and what the tags said. Pure.

The fast way is one look of a whole batch in the index of tags; everything that happens once a tag or once a form of its EPC goes the slow way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from hub.belief.batch import Placed, Reads, TagReads, reads_of, words_of
from hub.belief.index import FIRST_REFERENCE, ROW, SAYS_AT, UNKNOWN
from hub.belief.interface import Ints
from hub.belief.looks import Judged
from hub.belief.security import NOT_ASKED, NOTHING, WANTS_PC
from hub.belief.trust import Sample
from hub.engine.state import EngineState
from hub.engine.teaching import sample
from shelfwire.errors import PeerError
from shelfwire.tags.key import tag_key

_S: Final = 1_000_000


@dataclass(frozen=True)
class Listened:
    """A batch of dwells, and what their antennas heard of known tags and reference tags."""

    dwells: list[Placed]
    reads: Reads
    codes: Ints
    """By read: row of a known tag, or less than 0."""
    says: Ints
    """By read: what the form of its EPC says of security."""
    proofs: list[tuple[int, int]]
    """By dwell: item tags, and reference tags of its own antenna."""
    samples: dict[int, Sample]
    """By place of the dwell: what it heard of the books whose place is known."""


def hear(engine: EngineState, dwells: list[Placed], now_us: int) -> None:
    """One batch of dwells, in order: proofs, looks, and what was heard."""
    heard = listen(engine, dwells)
    take(engine, heard, judge(engine, dwells, heard.proofs, heard.samples, now_us))


def listen(engine: EngineState, dwells: list[Placed]) -> Listened:
    """Whose tags were heard, and what each dwell proves by them; nothing is believed yet."""
    reads = reads_of(dwells)
    codes = engine.index.codes(reads.epc, len(reads.epc))
    if (codes == UNKNOWN).any():
        _strange(engine, dwells, reads, codes)
    says = np.where(codes >= 0, codes >> SAYS_AT, 0)
    codes = np.where(codes >= 0, codes & ROW, codes)
    known = np.bincount(reads.dwell[codes >= 0], minlength=len(dwells)).tolist()
    references = [0] * len(dwells)
    marked = np.flatnonzero(codes <= FIRST_REFERENCE)
    for dwell, code in sorted(set(zip(reads.dwell[marked].tolist(), codes[marked].tolist(), strict=True))):
        references[dwell] += code in engine.guards.get(dwells[dwell].antenna, ())
    proofs = list(zip(known, references, strict=True))
    return Listened(dwells, reads, codes, says, proofs, sample(engine, dwells, reads, codes))


def judge(
    engine: EngineState,
    dwells: list[Placed],
    proofs: list[tuple[int, int]],
    samples: dict[int, Sample],
    now_us: int,
) -> Judged:
    """Which of the dwells count, and which are looks; the antennas learn from them."""
    oldest_us = now_us - int(engine.settings.late_h * 3600) * _S
    return engine.antennas.judge(engine.geometry, dwells, proofs, oldest_us, samples)


def take(engine: EngineState, heard: Listened, judged: Judged) -> None:
    """Believe what was heard in the dwells that count."""
    dwells, reads, codes = heard.dwells, heard.reads, heard.codes
    counted = np.flatnonzero((codes >= 0) & judged.counts[reads.dwell])
    at = reads.dwell[counted]
    antenna = np.fromiter((one.antenna for one in dwells), dtype=np.int64, count=len(dwells))
    ended_s = np.fromiter((one.ended_at_us // _S for one in dwells), dtype=np.int64, count=len(dwells))
    news = engine.belief.hear(
        TagReads(codes[counted], antenna[at], judged.look[at], reads.rssi_dbm[counted], ended_s[at])
    )
    engine.weigh_soon(news)
    has_words = any(one.of.tags.pc is not None for one in dwells)
    changed = engine.security.hear(
        codes[counted], heard.says[counted], ended_s[at],
        words=(lambda: words_of(dwells)[counted]) if has_words else None,
        ask=lambda turn: _ask(engine, dwells, reads, int(counted[turn])),
    )  # fmt: skip
    engine.weigh_soon(changed)


def _strange(engine: EngineState, dwells: list[Placed], reads: Reads, codes: Ints) -> None:
    """EPCs that the index does not hold as they are: variants of known tags get their code, strangers are asked and counted."""
    strange: list[tuple[int, int | None, str]] = []
    """Read, PC word, tag key."""
    for i in np.flatnonzero(codes == UNKNOWN).tolist():
        pc = _word(dwells, reads, i)
        try:
            strange.append((i, pc, tag_key(reads.epc[i], pc)))
        except PeerError:
            engine.strangers.reads += 1
    # An EPC that is its own key was looked up already; the others together, because a look has a price and many share it.
    others = [key for i, _, key in strange if key != reads.epc[i]]
    code_of = dict(zip(others, engine.index.codes(others, len(others)).tolist(), strict=True))
    for i, pc, key in strange:
        code = code_of.get(key, UNKNOWN) if key != reads.epc[i] else UNKNOWN
        codes[i] = code
        if code == UNKNOWN:
            dwell = dwells[int(reads.dwell[i])]
            engine.reading.hear(key, dwell, reads.at(i), engine.stock, engine.strangers)
        elif code >= 0:
            says = engine.reading.form(reads.epc[i], pc)
            codes[i] = code | (NOTHING if says in {NOT_ASKED, WANTS_PC} else says) << SAYS_AT
            if says != NOT_ASKED:
                engine.index.remember(reads.epc[i], int(codes[i]))


def _word(dwells: list[Placed], reads: Reads, i: int) -> int | None:
    """The PC word of read `i`, if it was reported."""
    words = dwells[int(reads.dwell[i])].of.tags.pc
    return words[reads.at(i)] if words is not None else None


def _ask(engine: EngineState, dwells: list[Placed], reads: Reads, i: int) -> int:
    """What the form of read `i`'s EPC says of security."""
    return engine.reading.form(reads.epc[i], _word(dwells, reads, i))
