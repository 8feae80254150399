"""Whatever a reader says and whenever it says it, the session neither crashes nor hangs, and asks for nothing without end."""

from __future__ import annotations

import random

import msgspec
from helpers.llrp import GOOD, wire
from helpers.llrp_peer import CYCLE, Talk, event, reply, status
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.llrp import events as ev
from edge.llrp import messages as msg
from edge.llrp.tags import TagReport
from shelfwire.messages import MAX_TAGS_A_DWELL, Dwell

DOES = st.lists(
    st.tuples(
        st.sampled_from(
            ["answer", "answer", "answer", "refuse", "event", "report", "frame", "junk", "wait", "rest"]
        ),
        st.integers(0, 1000),
    ),
    max_size=60,
)
EVENTS = (
    ev.BufferOverflow(),
    ev.AntennaEvent(0, 1),
    ev.ConnectionClose(),
    ev.ConnectionAttempt(0),
    ev.ConnectionAttempt(4),
)


def happens(talk: Talk, number: int) -> None:
    """Some event, mostly of our plan."""
    rospec = talk.rospec().id if any(type(one).__name__ == "AddROSpec" for one in talk.asked) else 1
    choices: list[ev.Event] = [
        ev.ROSpecEvent(number % 3, rospec),
        ev.AISpecEnd(rospec=rospec, spec_index=number % 4),
        *EVENTS,
    ]
    talk.says(event(choices[number % len(choices)], at_us=talk.now_us - number))


def does_one(talk: Talk, word: str, number: int) -> None:
    """One thing that the reader, the agent or time does."""
    match word:
        case "answer" if reply(talk.waiting[0]):
            talk.answers()
        case "refuse":
            talk.says(msg.ErrorMessage(status(100 + number % 12)), talk.waiting[1])
        case "event":
            happens(talk, number)
        case "report":
            talk.hears(TagReport(epc=f"{number:04X}", antenna=number % 5, spec_index=number % 4 or None))
        case "frame":
            talk.sends(wire(sorted(GOOD)[number % len(GOOD)]))
        case "junk":
            talk.sends(random.Random(number).randbytes(number % 30))
        case "wait":
            talk.wait(number / 50)
        case _:
            talk.do(talk.session.set_cycle(None if number % 2 else CYCLE, talk.now_us))


@settings(max_examples=150, deadline=None)
@given(DOES)
def test_any_reader_leaves_the_session_whole(does: list[tuple[str, int]]) -> None:
    talk = Talk()
    talk.greets()
    for word, number in does:
        if talk.open():
            does_one(talk, word, number)
    assert len(talk.asked) < 20 * len(does) + 60
    for dwell in talk.dwells:
        msgspec.convert(msgspec.to_builtins(dwell), Dwell)
        assert dwell.ended_at_us <= talk.now_us
        assert len(dwell.tags.epc) <= MAX_TAGS_A_DWELL
