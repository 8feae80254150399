"""A client of another house: pyllrp connects to a reader, adds its own plan, listens, and prints what it heard as JSON.

Runs in an environment of its own. Arguments: host, port, seconds.
"""

from __future__ import annotations

import importlib
import itertools
import json
import sys
import time
from typing import Any

llrp: Any = importlib.import_module("pyllrp.pyllrp")
connector: Any = importlib.import_module("pyllrp.LLRPConnector").LLRPConnector()

host, port, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
heard: list[dict[str, Any]] = []
statuses: list[tuple[str, int]] = []


def report(_: Any, message: Any) -> None:
    """Keep what a report holds."""
    heard.extend(
        {name: str(getattr(value, "hex", lambda value=value: value)()) for name, value in tag.items()}
        for tag in message.getTagData()
    )


def ask(message: Any) -> None:
    """One request; its status is kept."""
    answer = connector.transact(message)
    status = answer.getFirstParameterByClass(llrp.LLRPStatus_Parameter)
    statuses.append((type(answer).__name__, int(status.StatusCode)))


llrp._CurMessageIDCounter = itertools.count(
    100_000
)  # it matches answers by number alone, and reports have numbers too
connector.connect(host, port)
connector.addHandler(llrp.RO_ACCESS_REPORT_Message, report)
ask(llrp.GET_READER_CAPABILITIES_Message(RequestedData=0))
ask(llrp.DELETE_ROSPEC_Message(ROSpecID=0))
plan = llrp.GetBasicAddRospecMessage(ROSpecID=7, antennas=[1, 2])
ask(plan)
ask(llrp.ENABLE_ROSPEC_Message(ROSpecID=7))
llrp.ENABLE_EVENTS_AND_REPORTS_Message().send(connector.readerSocket)
connector.startListener()
time.sleep(seconds)
connector.stopListener()
ask(llrp.DISABLE_ROSPEC_Message(ROSpecID=7))
ask(llrp.DELETE_ROSPEC_Message(ROSpecID=7))
connector.disconnect()
sys.stdout.write(json.dumps({"statuses": statuses, "heard": heard}))
