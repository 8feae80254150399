"""From a wish and a reader's capabilities to the plan that it is asked to run."""

from __future__ import annotations

import msgspec
import pytest
from helpers.llrp_peer import capabilities, config

from edge.llrp import plan
from edge.llrp.capabilities import General
from edge.llrp.impinj import SearchMode, Selector
from edge.llrp.messages import GetReaderCapabilitiesResponse
from edge.llrp.rospec import RfControl, Transmitter
from edge.ports import Cycle
from shelfwire.messages import Air

IMPINJ = plan.reader_of(capabilities())
PLAIN = msgspec.structs.replace(IMPINJ, vendor=161)


def make(
    reader: plan.Reader = IMPINJ, cycle: Cycle | None = None, level: int = plan.FULL, **changes: object
) -> plan.Plan:
    made = plan.make(config(**changes), cycle or Cycle(antennas=(1, 2)), reader, 9, level)
    assert made is not None
    return made


def test_the_recorded_reader_is_understood() -> None:
    assert (IMPINJ.antennas, IMPINJ.max_specs, IMPINJ.holds, IMPINJ.hop_table) == (4, 32, True, 1)
    assert IMPINJ.powers[0] == (1, 10.0)
    assert IMPINJ.powers[-1] == (81, 30.0)
    assert IMPINJ.model == "Impinj 2001002"
    assert IMPINJ.sensitivity == 1


@pytest.mark.parametrize(
    ("wish", "index", "dbm"), [(30, 81, 30.0), (36, 81, 30.0), (20.3, 42, 20.25), (10, 1, 10.0), (3, 1, 10.0)]
)
def test_power_is_the_largest_step_not_above_the_wish(wish: float, index: int, dbm: float) -> None:
    made = make(cycle=Cycle(antennas=(1,), power_dbm=wish))
    settings = made.spec.aispecs[0].inventories[0].antennas[0]
    assert settings.transmitter == Transmitter(1, 1, index)
    assert made.turns[0].power_dbm == (dbm,)


def test_a_port_may_have_its_own_power() -> None:
    made = make(cycle=Cycle(antennas=(1, 2), power_dbm=30, port_power_dbm={2: 15.0}))
    assert [turn.power_dbm for turn in made.turns] == [(30.0,), (15.0,)]


def test_each_antenna_gets_its_own_aispec_in_the_wished_order() -> None:
    made = make(cycle=Cycle(antennas=(3, 1), dwell_ms=700))
    assert [spec.antennas for spec in made.spec.aispecs] == [(3,), (1,)]
    assert [turn.duration_us for turn in made.turns] == [700_000, 700_000]


def test_without_a_wish_all_antennas_work() -> None:
    assert [turn.antennas for turn in make(cycle=Cycle(), antennas=None).turns] == [(1,), (2,), (3,), (4,)]


def test_antennas_that_the_reader_has_not_are_left_out_and_named() -> None:
    made = make(cycle=Cycle(antennas=(1, 9)))
    assert [turn.antennas for turn in made.turns] == [(1,)]
    assert made.dropped == ("antennas [9]: the reader has 4",)


def test_a_reader_with_none_of_the_antennas_gets_no_plan() -> None:
    assert plan.make(config(), Cycle(antennas=(9,)), IMPINJ, 1, plan.FULL) is None


def test_too_few_specs_share_the_antennas_and_the_time() -> None:
    made = make(msgspec.structs.replace(IMPINJ, max_specs=2), Cycle(antennas=(1, 2, 3, 4), dwell_ms=500))
    assert [turn.antennas for turn in made.turns] == [(1, 2), (3, 4)]
    assert [turn.duration_us for turn in made.turns] == [1_000_000, 1_000_000]
    assert "dwells of single antennas" in made.dropped[0]


@pytest.mark.parametrize(
    ("target", "search", "mode", "air"),
    [
        ("AB", "reader", 2, Air(session=1, target="AB", search="dual")),
        ("A", "reader", 1, Air(session=1, target="A", search="single")),
        ("AB", "suppress", 3, Air(session=1, target="A", search="suppress")),
    ],
)
def test_the_search_mode_follows_the_wish_and_the_dwells_say_which(
    target: str, search: str, mode: int, air: Air
) -> None:
    made = make(target=target, search=search)
    command = made.spec.aispecs[0].inventories[0].antennas[0].inventory
    assert command is not None
    assert command.custom == (SearchMode(mode),)
    assert made.air == air


def test_where_the_target_cannot_be_set_nothing_is_claimed_about_it() -> None:
    made = make(PLAIN)
    assert made.air == Air(session=1)
    assert made.spec.report is not None
    assert made.spec.report.custom == ()
    assert "target AB: this reader decides by itself" in made.dropped


def test_what_was_refused_is_not_claimed() -> None:
    made = make(level=plan.NO_ANTENNA_CONFIG)
    assert made.air == Air()
    assert made.turns[0].power_dbm == (None,)
    assert made.spec.aispecs[0].inventories[0].antennas == ()


def test_the_mode_is_an_identifier_of_the_readers_table() -> None:
    command = make(mode=1002).spec.aispecs[0].inventories[0].antennas[0].inventory
    assert command is not None
    assert command.rf == RfControl(1002)
    unknown = make(mode=77)
    assert unknown.spec.aispecs[0].inventories[0].antennas[0].inventory.rf is None  # type: ignore[union-attr]  # set above
    assert "mode 77" in unknown.dropped[0]


def test_a_reader_that_says_little_gets_a_modest_plan() -> None:
    reader = plan.reader_of(GetReaderCapabilitiesResponse())
    made = make(reader, Cycle())
    assert [turn.antennas for turn in make(reader, Cycle(antennas=(1,))).turns] == [(1,)]
    settings = made.spec.aispecs[0].inventories[0].antennas[0]
    assert (settings.transmitter, settings.receiver) == (None, None)


def test_a_reader_that_claims_65535_antennas_does_not_size_our_plans() -> None:
    claim = GetReaderCapabilitiesResponse(
        general=General(max_antennas=65_535, vendor=0, model=0, firmware="x" * 9999)
    )
    reader = plan.reader_of(claim)
    assert reader.antennas == plan.MAX_ANTENNAS
    assert len(reader.firmware) == 100


def test_phases_are_asked_for_only_where_wished() -> None:
    def asks(made: plan.Plan) -> bool:
        assert made.spec.report is not None
        (selector,) = made.spec.report.custom
        assert isinstance(selector, Selector)
        return selector.phase is not None

    assert asks(make(options={"phase": True}))
    assert not asks(make())
