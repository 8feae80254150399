"""The source's words for loan states, ours, and what a word says beside the status."""

from __future__ import annotations

import pytest

from hub.catalog import statuses
from hub.catalog.model import STATUSES


@pytest.mark.parametrize(
    ("word", "status", "flags"),
    [
        ("Available", "on_shelf", ()),
        ("  checked   OUT ", "on_loan", ()),
        ("Paged", "on_shelf", ("requested",)),
        ("Reshelving", "on_shelf", ("recently_returned",)),
        ("Claimed returned", "on_loan", ("claimed_returned",)),
        ("Long overdue", "lost", ("long_overdue",)),
        ("Canceled Transit", "in_transit", ("unclear",)),
        ("CLAIM_RETURNED_LOAN", "on_loan", ("claimed_returned",)),
        ("Unavailable", "in_processing", ("unclear",)),
        ("注销", "withdrawn", ()),
        ("at_desk", "hold_shelf", ()),
        ("Not Available", "not_for_loan", ()),
        ("gone fishing", None, ()),
    ],
)
def test_a_word_says_a_status_and_perhaps_a_flag(
    word: str, status: str | None, flags: tuple[str, ...]
) -> None:
    assert statuses.of_word_and_flag(word, {}, {}) == (status, flags)


def test_the_library_s_own_words_come_first() -> None:
    assert statuses.of_word_and_flag("paged", {"paged": "hold_shelf"}, {"paged": "unclear"}) == (
        "hold_shelf",
        ("unclear",),
    )


@pytest.mark.parametrize(("flag", "status"), [("damaged", "on_shelf"), ("long_overdue", None)])
def test_a_word_of_the_library_that_says_only_a_flag_makes_no_book_on_loan_stand_on_its_shelf(
    flag: str, status: str | None
) -> None:
    assert statuses.of_word_and_flag("weg", {}, {"weg": flag})[0] == status  # type: ignore[dict-item]  # one of FLAGS


@pytest.mark.parametrize(
    ("code", "due", "status"),
    [("-", "", "on_shelf"), ("-", "2026-01-01", "on_loan"), ("m", "2026-01-01", "missing"), ("k", "", None)],
)
def test_a_sierra_code_with_a_due_date_is_on_loan(code: str, due: str, status: str | None) -> None:
    assert statuses.of_sierra(code, due, {}) == status


def test_every_flag_word_is_a_known_word_too_so_that_it_never_hides_a_status() -> None:
    assert [word for word in statuses.FLAG_WORDS if word not in statuses.WORDS] == []
    assert set(statuses.WORDS.values()) == set(STATUSES)
