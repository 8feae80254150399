"""The spool: nothing below the bound is lost, what the bound takes is counted, damage stays small."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.series import points
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.effects import Point
from hub.series.spool import Spool
from shelfwire.errors import InputError

MIB = 1024 * 1024


def drain(spool: Spool, size: int = 100) -> list[int]:
    found: list[int] = []
    while (batch := spool.oldest(size)) is not None:
        found += [int(point.fields["value"]) for point in batch.points]
        spool.sent(batch)
    return found


def test_points_come_out_in_the_order_in_which_they_went_in(tmp_path: Path) -> None:
    spool = Spool(tmp_path, MIB)
    for first in range(0, 1000, 10):
        spool.append(points(first, first + 10))
    assert spool.waiting == 1000
    assert drain(spool) == list(range(1000))
    assert (spool.waiting, spool.dropped) == (0, 0)
    spool.close()


def test_a_batch_that_was_not_sent_is_given_again(tmp_path: Path) -> None:
    spool = Spool(tmp_path, MIB)
    spool.append(points(0, 10))
    assert spool.oldest(5) == spool.oldest(5)
    spool.close()


def test_a_new_process_goes_on_where_the_old_one_stopped(tmp_path: Path) -> None:
    spool = Spool(tmp_path, MIB)
    spool.append(points(0, 100))
    batch = spool.oldest(30)
    assert batch is not None
    spool.sent(batch)
    spool.close()
    again = Spool(tmp_path, MIB)
    assert again.waiting == 70
    again.append(points(100, 110))
    assert drain(again) == list(range(30, 110))
    again.close()


def test_a_full_spool_drops_the_oldest_and_counts_them(tmp_path: Path) -> None:
    spool = Spool(tmp_path, MIB)
    total = 20_000
    for first in range(0, total, 100):
        spool.append(points(first, first + 100))
    assert spool.size_bytes <= MIB
    lost = spool.dropped
    assert 0 < lost < total
    assert drain(spool) == list(range(lost, total))
    spool.close()
    again = Spool(tmp_path, MIB)
    assert again.dropped == lost
    again.close()


def test_what_the_bound_takes_while_it_is_on_its_way_is_not_sent_twice(tmp_path: Path) -> None:
    spool = Spool(tmp_path, MIB)
    spool.append(points(0, 100))
    batch = spool.oldest(100)
    assert batch is not None
    for first in range(100, 20_000, 100):
        spool.append(points(first, first + 100))
    spool.sent(batch)
    rest = drain(spool)
    assert rest == list(range(rest[0], 20_000))
    assert rest[0] > 100
    spool.close()


def test_sent_segments_give_their_disk_back(tmp_path: Path) -> None:
    spool = Spool(tmp_path, MIB)
    for first in range(0, 5_000, 100):
        spool.append(points(first, first + 100))
        drain(spool)
    assert spool.size_bytes < 100_000
    assert len(list(tmp_path.glob("*.spool"))) == 1
    spool.close()


@pytest.mark.parametrize("damage", ["torn", "flipped", "zeros"])
def test_a_damaged_line_costs_itself_and_nothing_else(tmp_path: Path, damage: str) -> None:
    spool = Spool(tmp_path, MIB)
    spool.append(points(0, 10))
    spool.close()
    (path,) = tmp_path.glob("*.spool")
    data = bytearray(path.read_bytes())
    if damage == "torn":
        data = data[:-7]
    elif damage == "flipped":
        data[len(data) // 2] ^= 0x40
    else:
        data += bytes(50)
    path.write_bytes(data)
    again = Spool(tmp_path, MIB)
    again.append(points(10, 20))
    found = drain(again)
    assert found == sorted(found)
    assert len(found) == (20 if damage == "zeros" else 19)
    assert again.dropped == 1
    again.close()


def test_a_torn_state_file_means_sending_again_never_a_crash(tmp_path: Path) -> None:
    spool = Spool(tmp_path, MIB)
    spool.append(points(0, 5))
    spool.close()
    (tmp_path / "state.json").write_bytes(b'{"segm')
    again = Spool(tmp_path, MIB)
    assert drain(again) == list(range(5))
    again.close()


def test_two_processes_cannot_share_a_spool(tmp_path: Path) -> None:
    spool = Spool(tmp_path, MIB)
    with pytest.raises(InputError, match="another process"):
        Spool(tmp_path, MIB)
    spool.close()


def test_a_disk_that_refuses_costs_these_points_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool(tmp_path, MIB)
    spool.append(points(0, 5))

    def full(_handle: int, data: memoryview) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("hub.series.spool.os.write", full)
        with pytest.raises(OSError, match="No space"):
            spool.append(points(5, 10))
    spool.append(points(10, 15))
    assert drain(spool) == [*range(5), *range(10, 15)]
    assert spool.dropped == 5
    spool.close()


def test_an_absurd_point_is_counted_not_kept(tmp_path: Path) -> None:
    spool = Spool(tmp_path, MIB)
    spool.append([Point("m", {"t": "x" * 100_000}, {"value": 1.0}, 1)])
    assert (spool.waiting, spool.dropped) == (0, 1)
    spool.close()


steps = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(1, 50)),
        st.tuples(st.just("send"), st.integers(1, 70)),
        st.tuples(st.just("restart"), st.just(0)),
    ),
    max_size=40,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_whatever_happens_every_point_comes_out_once_and_in_order(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("spool")
    spool = Spool(folder, MIB)
    made = 0
    found: list[int] = []
    for step, size in steps:
        if step == "append":
            spool.append(points(made, made + size))
            made += size
        elif step == "send" and (batch := spool.oldest(size)) is not None:
            found += [int(point.fields["value"]) for point in batch.points]
            spool.sent(batch)
        elif step == "restart":
            spool.close()
            spool = Spool(folder, MIB)
        assert spool.waiting == made - len(found)
    found += drain(spool)
    assert found == list(range(made))
    spool.close()
