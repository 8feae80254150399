"""When a finding opens: the price of an errand for nothing, and of a book that nobody looks for."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.findings.decision import EVEN, LEAST, MOST, threshold
from hub.settings import EngineSettings

USUAL = EngineSettings()


def with_alarms(count: float) -> EngineSettings:
    return msgspec.structs.replace(USUAL, false_alarms_per_10000=count)


def test_one_false_alarm_per_ten_thousand_is_what_the_settings_are_told_for() -> None:
    assert threshold("misplaced", USUAL) == USUAL.misplaced_above
    assert threshold("missing", USUAL) == USUAL.missing_above


def test_a_tenth_of_the_false_alarms_asks_for_ten_times_the_odds() -> None:
    tenth = threshold("misplaced", with_alarms(0.1))
    assert tenth == pytest.approx(0.9**0.1)
    assert tenth / (1 - tenth) == pytest.approx(10 * 9, rel=0.06)


def test_what_was_plainly_heard_costs_as_much_said_as_unsaid() -> None:
    for kind in ("unexpected", "held", "security", "silent_antenna", "stale_shelf", "unknown_tag"):
        assert threshold(kind, USUAL) == EVEN


@given(st.floats(0.01, 20.0), st.floats(0.01, 20.0))
def test_who_bears_more_false_alarms_is_never_asked_to_be_surer(one: float, other: float) -> None:
    fewer, more = sorted([one, other])
    assert (
        LEAST <= threshold("missing", with_alarms(more)) <= threshold("missing", with_alarms(fewer)) <= MOST
    )


@given(st.floats(0.0, 1.0), st.floats(0.01, 20.0))
def test_a_finding_opens_exactly_where_it_is_cheaper_than_silence(chance: float, alarms: float) -> None:
    least = threshold("misplaced", with_alarms(alarms))
    price_of_alarm = least / (1.0 - least)
    said, unsaid = (1.0 - chance) * price_of_alarm, chance
    if abs(chance - least) > 1e-9:
        assert (said < unsaid) == (chance > least)
