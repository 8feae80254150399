from hypothesis import given, settings
from hypothesis import strategies as st

from hub.clocks import MAX_BOOTS, Clocks

unhurried = settings(deadline=None)
"""A busy machine is no fault."""


def test_the_smallest_delay_decides() -> None:
    clocks = Clocks()
    assert clocks.heard("a", "b", 1_000, 5_000) == 4_000
    assert clocks.heard("a", "b", 2_000, 5_500) == 3_500
    assert clocks.heard("a", "b", 3_000, 9_000) == 3_500


def test_each_boot_has_its_own_offset() -> None:
    clocks = Clocks()
    clocks.heard("a", "b1", 0, 10)
    clocks.heard("a", "b2", 0, 99)
    assert (clocks.offset_us("a", "b1"), clocks.offset_us("a", "b2"), clocks.offset_us("a", "b3")) == (
        10,
        99,
        None,
    )


def test_a_clock_in_1970_is_only_an_offset() -> None:
    assert Clocks().heard("a", "b", 60_000_000, 1_767_600_000_000_000) == 1_767_599_940_000_000


def test_boots_are_bounded_and_the_oldest_forgotten() -> None:
    clocks = Clocks()
    for boot in range(MAX_BOOTS + 10):
        clocks.heard("a", str(boot), 0, 1)
    assert clocks.offset_us("a", "0") is None
    assert len(clocks.dump()) == MAX_BOOTS


@unhurried
@given(
    st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**6)), min_size=1),
    st.integers(-(10**15), 10**15),
)
def test_a_constant_shift_of_the_clock_shifts_the_offset_and_nothing_else(
    reports: list[tuple[int, int]], shift: int
) -> None:
    plain, shifted = Clocks(), Clocks()
    for true_us, delay_us in reports:
        one = plain.heard("a", "b", true_us, true_us + delay_us) + true_us
        other = shifted.heard("a", "b", true_us + shift, true_us + delay_us) + true_us + shift
        assert one == other


@unhurried
@given(st.lists(st.tuples(st.text(max_size=3), st.text(max_size=3), st.integers(), st.integers())))
def test_dump_and_load_give_the_same_clocks(reports: list[tuple[str, str, int, int]]) -> None:
    clocks = Clocks()
    for agent, boot, made, arrived in reports:
        clocks.heard(agent, boot, made, arrived)
    assert Clocks.load(clocks.dump()).dump() == clocks.dump()
