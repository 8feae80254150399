"""An agent with scripted readers as a process of its own, so that a test can kill it: ``python -m helpers.edge_process CONFIG DWELLS_A_SECOND``."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

from helpers.edge import FAST, Readers

from edge import config
from edge.agent import Agent


async def main(path: Path, dwells_a_second: float) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    agent = Agent(config.read(path), path.parent, drivers=Readers(dwells_a_second).find)
    agent.link._backoff = FAST
    await agent.run(stop)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), float(sys.argv[2])))
