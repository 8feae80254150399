"""A client of another house: pyllrp (MIT) plans one turn for each antenna, waits until all are over, and prints what it heard as JSON.

Runs in an environment of its own. Arguments: host, port, milliseconds a turn, antennas (comma separated).
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

host, port, turn_ms = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
antennas = [int(one) for one in sys.argv[4].split(",")]
heard: list[dict[str, Any]] = []
ended: list[int] = []
statuses: list[tuple[str, int]] = []


def report(_: Any, message: Any) -> None:
    """Keep what a report holds."""
    for tag in message.getTagData():
        epc = tag["EPC"]
        heard.append({**tag, "EPC": epc.hex().upper() if isinstance(epc, bytes) else f"{int(epc):024X}"})


def event(_: Any, message: Any) -> None:
    """Count the turns that are over."""
    data = message.getFirstParameterByClass(llrp.ReaderEventNotificationData_Parameter)
    end = data.getFirstParameterByClass(llrp.AISpecEvent_Parameter)
    if end is not None:
        ended.append(end.SpecIndex)


def ask(message: Any) -> None:
    """One request; its status is kept."""
    answer = connector.transact(message)
    status = answer.getFirstParameterByClass(llrp.LLRPStatus_Parameter)
    statuses.append((type(answer).__name__, int(status.StatusCode)))


def turn(number: int, antenna: int) -> Any:
    """One antenna for its time."""
    stop = llrp.AISpecStopTrigger_Parameter(
        AISpecStopTriggerType=llrp.AISpecStopTriggerType.Duration, DurationTrigger=turn_ms
    )
    inventory = llrp.InventoryParameterSpec_Parameter(
        InventoryParameterSpecID=number, ProtocolID=llrp.AirProtocols.EPCGlobalClass1Gen2
    )
    return llrp.AISpec_Parameter(AntennaIDs=[antenna], Parameters=[stop, inventory])


boundary = llrp.ROBoundarySpec_Parameter(
    Parameters=[
        llrp.ROSpecStartTrigger_Parameter(ROSpecStartTriggerType=llrp.ROSpecStartTriggerType.Immediate),
        llrp.ROSpecStopTrigger_Parameter(ROSpecStopTriggerType=llrp.ROSpecStopTriggerType.Null),
    ]
)
selector = llrp.TagReportContentSelector_Parameter(
    EnableAntennaID=True, EnableSpecIndex=True, EnablePeakRSSI=True, EnableFirstSeenTimestamp=True,
    EnableLastSeenTimestamp=True, EnableTagSeenCount=True,
)  # fmt: skip
content = llrp.ROReportSpec_Parameter(
    ROReportTrigger=llrp.ROReportTriggerType.Upon_N_Tags_Or_End_Of_AISpec, N=0, Parameters=[selector]
)
turns = [turn(number, antenna) for number, antenna in enumerate(antennas, 1)]
plan = llrp.ADD_ROSPEC_Message(
    Parameters=[
        llrp.ROSpec_Parameter(
            ROSpecID=7, CurrentState=llrp.ROSpecState.Disabled, Parameters=[boundary, *turns, content]
        )
    ]
)
wanted = llrp.EventNotificationState_Parameter(
    EventType=llrp.NotificationEventType.AISpec_Event, NotificationState=True
)
events = llrp.SET_READER_CONFIG_Message(
    Parameters=[llrp.ReaderEventNotificationSpec_Parameter(Parameters=[wanted])]
)

# it matches answers by number alone, and what the reader says by itself has numbers too
llrp._CurMessageIDCounter = itertools.count(100_000)
connector.connect(host, port)
connector.addHandler(llrp.RO_ACCESS_REPORT_Message, report)
connector.addHandler(llrp.READER_EVENT_NOTIFICATION_Message, event)
ask(llrp.SET_READER_CONFIG_Message(ResetToFactoryDefault=True))
ask(events)
ask(plan)
ask(llrp.ENABLE_ROSPEC_Message(ROSpecID=7))
connector.startListener()
until = time.monotonic() + 30
while len(antennas) not in ended and time.monotonic() < until:
    time.sleep(0.05)
connector.stopListener()
ask(llrp.DISABLE_ROSPEC_Message(ROSpecID=7))
ask(llrp.DELETE_ROSPEC_Message(ROSpecID=7))
connector.disconnect()
sys.stdout.write(json.dumps({"statuses": statuses, "heard": heard, "ended": ended}, default=str))
