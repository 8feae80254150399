"""How fast tags are decoded, unseen and remembered, on one core; and how many spoiled tags the decoders survive. JSON.

    python bench/bench_tags.py                     # tags a second by format, unseen and from the cache
    python bench/bench_tags.py --fuzz 3000000      # random and spoiled tags; stops at the first that raises

CPU time of this process is counted: on a busy machine it tells what the work costs.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from shelfwire.tags import Decoder, Tag, decode
from shelfwire.tags.encode import Fields, Written, encode
from shelfwire.tags.explain import explain
from shelfwire.tags.tag import HF_FAMILIES, UHF_FAMILIES

OWNERS = {"gxlm": "10248", "gs1": None}
ROUNDS = 20
"""How often the remembered tags are asked for again."""


def written(family: str, count: int, *, plain: bool) -> list[Written]:
    """Tags of one format as libraries write them; `plain` without user memory."""
    made = []
    for number in range(count):
        pii = "9780306406157" if family == "gs1" else f"{number:010d}"
        fields = Fields(
            pii,
            OWNERS.get(family, "CN-110108-1-NLC"),
            part=None if plain else 1,
            parts=None if plain else 3,
            shelf_hint=None if plain else "TP393/H637",
            serial=str(number),
        )
        made.append(encode(family, fields))
    return made


def timed(work: Callable[[], object], count: int) -> int:
    """So many a second of CPU time."""
    start = time.process_time()
    work()
    return round(count / (time.process_time() - start))


def unseen(tags: list[tuple[str, int]]) -> int:
    decoder = Decoder()

    def work() -> None:
        for epc, pc in tags:
            decoder.decode(epc, pc)

    return timed(work, len(tags))


def remembered(tags: list[tuple[str, int]], *, rounds: int = ROUNDS) -> dict[str, int]:
    """Asked again in another order, each time with new strings, as they come out of a report."""
    decoder = Decoder()
    for epc, pc in tags:
        decoder.decode(epc, pc)
    ask = decoder.decode
    alone = column = 0.0
    for number in range(rounds):
        order = tags[:]
        random.Random(number).shuffle(order)
        report = fresh(order)
        start = time.process_time()
        for epc, pc in report:
            ask(epc, pc)
        alone += time.process_time() - start
        epcs, pcs = [epc for epc, _ in fresh(order)], [pc for _, pc in order]
        start = time.process_time()
        decoder.decode_many(epcs, pcs)
        column += time.process_time() - start
    count = rounds * len(tags)
    return {"one at a time": round(count / alone), "as columns": round(count / column)}


def fresh(tags: list[tuple[str, int]]) -> list[tuple[str, int]]:
    return [("".join((epc[:4], epc[4:])), pc) for epc, pc in tags]


def with_user(made: list[Written]) -> int:
    tags = [(one.epc.hex(), one.pc, one.user.hex()) for one in made]

    def work() -> None:
        for epc, pc, user in tags:
            decode(epc, pc, user)

    return timed(work, len(tags))


def hf(made: list[Written]) -> int:
    blocks = [(one.block.hex(), one.dsfid) for one in made]

    def work() -> None:
        for block, dsfid in blocks:
            decode(block=block, dsfid=dsfid)

    return timed(work, len(blocks))


def speeds(count: int) -> dict[str, Any]:
    dice = random.Random(4)
    uhf = {family: written(family, count, plain=True) for family in ("gxlm", "iso28560-4", "gs1")}
    heard = {family: [(one.epc.hex().upper(), one.pc or 0) for one in made] for family, made in uhf.items()}
    heard["raw"] = [(dice.randbytes(12).hex().upper(), 0x3000) for _ in range(count)]
    mixed = [tag for tags in zip(*heard.values(), strict=True) for tag in tags]
    dice.shuffle(mixed)
    return {
        "unseen_a_second": {
            **{family: unseen(tags) for family, tags in heard.items()},
            "all four mixed": unseen(mixed),
            "gxlm with user memory": with_user(written("gxlm", count, plain=False)),
            "iso28560-4 with user memory": with_user(written("iso28560-4", count, plain=False)),
            "iso28560-3": hf(written("iso28560-3", count, plain=False)),
            "iso28560-2": hf(written("iso28560-2", count, plain=False)),
        },
        "remembered_a_second": {
            "of 2,000 tags": remembered(mixed[:2000], rounds=10 * ROUNDS),
            "of 20,000 tags": remembered(mixed[:20_000]),
        },
    }


def spoiled(dice: random.Random, true: list[bytes], most: int) -> bytes:
    """Random bytes, or a true memory with bytes changed, cut off or added."""
    if dice.random() < 0.3:
        return dice.randbytes(dice.randrange(most))
    data = bytearray(dice.choice(true))
    for _ in range(dice.randrange(4)):
        if data:
            data[dice.randrange(len(data))] = dice.randrange(256)
    if dice.random() < 0.2:
        del data[dice.randrange(len(data) + 1) :]
    if dice.random() < 0.2:
        data += dice.randbytes(dice.randrange(8))
    return bytes(data[:most])


def cases(
    dice: random.Random, count: int
) -> Iterator[tuple[bytes, int | None, bytes | None, bytes | None, int | None]]:
    """EPC, PC word, user memory, HF memory, DSFID."""
    made = [
        one for family in ("gxlm", "iso28560-4", "gs1") for one in written(family, 30, plain=family == "gs1")
    ]
    epcs, users = [one.epc for one in made], [one.user for one in made if one.user]
    blocks = [
        one.block for family in ("iso28560-3", "iso28560-2") for one in written(family, 30, plain=False)
    ]
    pcs = [one.pc or 0 for one in made]
    for _ in range(count):
        if dice.random() < 0.35:
            yield (
                b"",
                None,
                None,
                spoiled(dice, blocks, 160),
                dice.choice([None, 0, 6, 0x3E, dice.randrange(256)]),
            )
            continue
        pc = dice.choice([None, dice.choice(pcs), dice.choice(pcs), dice.randrange(1 << 16)])
        user = spoiled(dice, users, 120) if dice.random() < 0.5 else None
        yield spoiled(dice, epcs, 62), pc, user, None, None


def fuzz(count: int, seed: int) -> dict[str, Any]:
    """Every tag gives a tag of a known format, and every tenth is explained too. What raises is shown and ends it."""
    families: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for number, (epc, pc, user, block, dsfid) in enumerate(cases(random.Random(seed), count)):
        try:
            tag: Tag = decode(block=block, dsfid=dsfid) if block is not None else decode(epc, pc, user)
            assert tag.family in (UHF_FAMILIES if block is None else HF_FAMILIES)
            if number % 10 == 0:
                tag.as_json()
                explain(tag, epc, pc, user, block)
        except Exception:
            print(
                f"seed {seed}, case {number}: {epc.hex()=} {pc=} {user=} {block=} {dsfid=}", file=sys.stderr
            )
            raise
        families[tag.family] += 1
        wrong.update(tag.errors)
    return {"tags": count, "seed": seed, "families": dict(families), "errors": dict(wrong), "raised": 0}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=20_000, help="tags of each format (20,000)")
    parser.add_argument("--fuzz", type=int, default=0, help="spoiled tags to survive, instead of the speeds")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    print(json.dumps(fuzz(given.fuzz, given.seed) if given.fuzz else speeds(given.count), indent=2))


if __name__ == "__main__":
    main()
