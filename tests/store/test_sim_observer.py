"""What a run by the wall clock saw in the store, for its report."""

from __future__ import annotations

import asyncio
from pathlib import Path

from helpers.store import NOW_US, SITE, finding

from firmware_sim.observer import Observer
from firmware_sim.report import _proposed
from hub.effects import PutFinding
from hub.store.migrate import upgrade
from hub.store.write import StoreWriter

WHY = {"items": 9, "from_area": "1F-R01", "to_area": "1F-R02"}


def test_a_proposal_is_kept_with_what_it_proposes_and_whether_it_is_still_open(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'hub.db'}"
    upgrade(url)
    writer, observer = StoreWriter(url), Observer(url, SITE, since_us=0)

    def seen(position: int, state: str) -> list[bool]:
        row = finding("moved", kind="moved_range", state=state, why=WHY, changed_at_us=NOW_US)
        writer.apply(SITE, [PutFinding(row)], position, NOW_US)
        asyncio.run(observer.look())
        return [one.is_open for one in observer.told()]

    assert seen(1, "open") == [True]
    told = _proposed(observer.told()[0], lambda wall_us: wall_us - NOW_US)
    assert (told["kind"], told["opened_us"], told["open"]) == ("moved_range", 0, True)
    assert told["subject"] == "9 items from 1F-R01 to 1F-R02"
    assert seen(2, "dismissed") == [False]
    observer.close()
    writer.close()
