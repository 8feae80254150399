"""The catalogue as it was."""

from __future__ import annotations

from hub.events import ActAsked, CatalogColumns
from hub.pastviews import PastHome, PastItem, PastLink, PastStatus
from hub.rerun.catalogue import PastCatalogue


def item(number: int, *, since_us: int = 0, status: str = "on_shelf", home: int = 0) -> PastItem:
    return PastItem(number, f"B{number}", status, home, home, "list", 0, (), since_us)


def link(key: str, number: int, since_us: int = 0, until_us: int | None = None, *, part: int = 1) -> PastLink:
    return PastLink(key, number, part, since_us, until_us)


def states(columns: CatalogColumns) -> dict[int, str]:
    return dict(zip(columns.item_id, columns.status, strict=True))


def imported(at_us: int) -> ActAsked:
    return ActAsked(f"import-{at_us}", "staff", at_us, "catalog.import", "", {})


def test_items_and_links_are_those_of_the_time() -> None:
    past = PastCatalogue(
        [item(1), item(2, since_us=50)], [link("A", 1, 0, 40), link("B", 1, 40), link("C", 2, 50)], [], {}
    )
    assert past.columns(10).item_id == [1]
    assert past.columns(10).link_key == ["A"]
    assert past.columns(40).link_key == ["B"]
    assert past.columns(60).link_key == ["B", "C"]
    assert past.columns(60).link_part == []


def test_a_link_that_stands_for_a_whole_set_says_so() -> None:
    past = PastCatalogue([item(1)], [link("A", 1, part=0), link("B", 1, part=2)], [], {})
    assert past.columns(0).link_part == [0, 2]


def test_states_go_back_by_what_was_noted_before_them() -> None:
    changes = [PastStatus(10, 1, "on_shelf", "on_loan"), PastStatus(20, 1, None, "on_shelf")]
    past = PastCatalogue([item(1), item(2, status="lost")], [], changes, {})
    assert [states(past.columns(at))[1] for at in (5, 10, 15, 25)] == [
        "on_shelf",
        "on_loan",
        "on_loan",
        "on_shelf",
    ]
    assert states(past.columns(5))[2] == "lost"
    assert past.guessed == 0


def test_a_state_that_nobody_noted_is_taken_as_the_usual_one_and_counted() -> None:
    changes = [
        PastStatus(10, 1, None, "on_loan"),
        PastStatus(10, 2, None, "on_shelf"),
        PastStatus(10, 3, None, "on_loan"),
    ]
    past = PastCatalogue([item(n) for n in (1, 2, 3)], [], changes, {3: "on_hold"})
    assert states(past.columns(5)) == {1: "on_shelf", 2: "on_loan", 3: "on_hold"}
    assert past.guessed == 2


def test_homes_that_a_person_gave_go_back_too() -> None:
    past = PastCatalogue([item(1, home=7)], [], [], {}, [PastHome(10, 1, (3, 3), (7, 7))])
    assert [past.columns(at).home_from for at in (5, 10)] == [[3], [7]]


def test_an_import_brings_a_catalogue_only_when_items_or_tags_changed() -> None:
    past = PastCatalogue([item(1), item(2, since_us=50)], [], [PastStatus(20, 1, "on_shelf", "on_loan")], {})
    (only_states,) = past.event(30, imported(30), 0)
    assert isinstance(only_states, ActAsked)
    assert only_states.body == {"states": [{"barcode": "B1", "status": "on_loan"}]}
    (whole,) = past.event(60, imported(60), 30)
    assert isinstance(whole, CatalogColumns)
    assert past.event(70, imported(70), 60) == []


def test_after_an_approved_move_the_homes_are_what_they_became() -> None:
    past = PastCatalogue([item(1, home=7)], [], [], {}, [PastHome(10, 1, (3, 3), (7, 7))])
    act = ActAsked("a", "staff", 10, "moved.approve", "f", {})
    first, second = past.event(10, act, 0)
    assert first is act
    assert isinstance(second, CatalogColumns)
    assert second.home_from == [7]
