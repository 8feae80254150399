"""A client of another house: the library of sllurp (GPL-3.0-only, so only ever here, as a program of its own) takes an inventory and prints it as JSON.

Runs in an environment of its own. Arguments: host, port, seconds, antennas (comma separated), `impinj` for the vendor's phase and fine loudness.
"""

from __future__ import annotations

import importlib
import json
import logging
import sys
import threading
import time
from typing import Any

llrp: Any = importlib.import_module("sllurp.llrp")

host, port, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
antennas = [int(one) for one in sys.argv[4].split(",")]
vendor = "impinj" in sys.argv[5:]
heard: list[dict[str, Any]] = []
rounds = threading.Event()


class Complaints(logging.Handler):
    """Everything that the library finds wrong with the reader."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.lines.append(record.getMessage())


def report(_reader: Any, tags: list[dict[str, Any]]) -> None:
    """Keep what a report holds."""
    for tag in tags:
        epc = tag.get("EPC-96") or tag.get("EPC") or tag.get("EPCData")
        heard.append(
            {"epc": epc.decode() if isinstance(epc, bytes) else epc}
            | {name: value for name, value in tag.items() if isinstance(value, int | str)}
        )
    if {tag["AntennaID"] for tag in heard if "AntennaID" in tag} >= set(antennas[-1:]):
        rounds.set()


complaints = Complaints()
logging.getLogger("sllurp").addHandler(complaints)
content = {
    "EnableROSpecID": True, "EnableSpecIndex": True, "EnableInventoryParameterSpecID": True, "EnableAntennaID": True,
    "EnableChannelIndex": True, "EnablePeakRSSI": True, "EnableFirstSeenTimestamp": True,
    "EnableLastSeenTimestamp": True, "EnableTagSeenCount": True, "EnableAccessSpecID": True,
    "C1G2EPCMemorySelector": {"EnableCRC": True, "EnablePCBits": True},
}  # fmt: skip
wishes: dict[str, Any] = {
    "antennas": antennas, "duration": seconds, "tag_content_selector": content, "session": 1, "tag_population": 64,
    "mode_identifier": 1000, "tx_power_dbm": 30.0,
}  # fmt: skip
if vendor:
    wishes |= {
        "impinj_search_mode": "2",
        "impinj_tag_content_selector": {
            "EnableRFPhaseAngle": True,
            "EnablePeakRSSI": True,
            "EnableRFDopplerFrequency": True,
        },
        "impinj_event_selector": {"AntennaAttemptEvent": True},
    }
events: list[str] = []
reader: Any = llrp.LLRPReaderClient(host, port, llrp.LLRPReaderConfig(wishes))
reader.add_tag_report_callback(report)
reader.add_event_callback(lambda _reader, event: events.extend(event))
reader.connect()
rounds.wait(seconds + 20)
time.sleep(0.5)
reader.disconnect(10)
said = {"heard": heard, "complaints": complaints.lines, "events": sorted(set(events))}
sys.stdout.write(json.dumps(said, default=str))
