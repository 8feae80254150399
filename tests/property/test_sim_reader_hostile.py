"""Whatever a client sends, an emulated reader answers in the protocol's words, keeps its bounds, and goes on."""

from __future__ import annotations

import json
from pathlib import Path

from helpers.machines import NOW, SECOND, OneTag, ask, code
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.llrp import messages as m
from edge.llrp.codec import Framer, LinkError, encode
from edge.llrp.wire import Frame
from firmware_sim.readers.box import IMPINJ, Box
from firmware_sim.readers.llrp import LARGEST_BYTES
from firmware_sim.readers.machine import Machine

FRAMES = json.loads((Path(__file__).parents[1] / "data" / "llrp" / "frames.json").read_text())
REQUESTS = [
    bytes.fromhex(entry["hex"])
    for entry in FRAMES["good"]
    if entry["name"].startswith(("add-", "get-", "set-", "enable-", "delete-", "start-", "stop-", "disable-", "impinj-"))
]  # fmt: skip
TYPES = [1, 2, 3, 14, 20, 21, 22, 23, 24, 25, 26, 40, 41, 42, 43, 44, 46, 47, 60, 64, 72, 100, 999, 1023]

mangled = st.builds(
    lambda data, at, value: data[: at % len(data)] + bytes([value]) + data[at % len(data) + 1 :],
    st.sampled_from(REQUESTS),
    st.integers(6, 400),
    st.integers(0, 255),
)
frames = st.builds(
    lambda kind, number, body, version: Frame(type=kind, id=number, body=body, version=version),
    st.sampled_from(TYPES),
    st.integers(0, 2**32 - 1),
    st.binary(max_size=120),
    st.sampled_from([1, 1, 1, 2, 0, 7]),
)


def fresh() -> Machine:
    machine = Machine(
        Box(name="R1", antennas=4, vendor=IMPINJ, buffer_tags=50, buffer_messages=20), OneTag(), NOW
    )
    machine.connect(NOW)
    return machine


@settings(max_examples=150)
@given(st.lists(st.one_of(st.sampled_from(REQUESTS), mangled, frames), max_size=12))
def test_any_messages_are_answered_and_the_reader_lives(sent: list[bytes | Frame]) -> None:
    machine, now_us = fresh(), NOW
    for one in sent:
        frame = one if isinstance(one, Frame) else framed(one)
        now_us += SECOND // 3
        outs = [] if frame is None else machine.receive(frame, now_us)
        outs += machine.advance(now_us)
        for out in outs:
            assert len(encode(out.message, out.id, out.version)) < LARGEST_BYTES
    ask(machine, m.SetReaderConfig(reset=True), now_us)
    machine.connect(now_us)
    assert code(ask(machine, m.GetReaderCapabilities(), now_us)) == 0


def framed(data: bytes) -> Frame | None:
    framer = Framer()
    framer.feed(data)
    try:
        return framer.take()
    except LinkError:
        return None


@settings(max_examples=100)
@given(st.lists(frames, min_size=1, max_size=8))
def test_a_request_has_one_answer_with_its_number_or_none(sent: list[Frame]) -> None:
    machine = fresh()
    for frame in sent:
        answers = [out for out in machine.receive(frame, NOW) if isinstance(out.message, m.Answer)]
        assert len(answers) <= 1
        assert [out.id for out in answers] == [frame.id] * len(answers)
        if frame.type == 100:
            assert answers == []
