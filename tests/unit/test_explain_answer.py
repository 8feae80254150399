"""What an explanation says from what the store holds, now and at a time in the past."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from helpers.explained import FAR, HOME, HOUR, OTHER, TAG, heard, silent, why

from hub.effects import AntennaChanged, Evidence
from hub.explain.answer import Asked, explain
from hub.explain.keeping import keep, kept
from hub.explain.model import AWAY, NOWHERE, Explanation, Facts, Held
from hub.explain.nearby import one_sign_off
from hub.explain.sentences import DOUBTS, PlainTeller, Told, tell, times
from hub.views import FindingView, ItemView, ShelfView
from web.i18n import texts
from web.sentences import sentence
from web.times import Times
from web.words import sureness

NOW = 1_795_000_000_000_000
INDEX = {HOME: 4, OTHER: 20, FAR: 21}


def item(**more: Any) -> ItemView:
    known: dict[str, Any] = dict.fromkeys(("title", "author", "call_number", "source_status", "scheme"), "")
    known |= {
        "item_id": 1,
        "barcode": "b1",
        "status": "on_shelf",
        "home_from": HOME,
        "home_to": HOME,
        "home_source": "list",
    }
    known |= {
        "flags": [],
        "callnumber_fault": "",
        "alternative_ids": [],
        "candidates": [],
        "evidence": [],
        "findings": [],
    }
    known |= dict.fromkeys(("shelf", "probability", "last_heard_at_us", "last_heard_by")) | {
        "tag_keys": [TAG]
    }
    return ItemView(**(known | more))


def held(answer: str, at_us: int = NOW, *evidence: Evidence, **more: Any) -> Held:
    known: dict[str, Any] = {"tag_key": TAG, "probability": 0.9, "candidates": [(answer, 0.9), (HOME, 0.08)]}
    known["last_heard_at_us"] = at_us
    return Held(answer=answer, at_us=at_us, evidence=list(evidence), **(known | more))


def told(
    now: list[Held], at_us: int | None = None, *, of: ItemView | None = None, **more: Any
) -> tuple[Explanation, Told]:
    known: dict[str, Any] = {
        "since_us": NOW - 900 * HOUR,
        "then": [],
        "after": None,
        "shelves": {},
        "antennas": {},
    }
    facts = Facts(now=now, **(known | {"findings": []} | more))
    said = explain(of or item(), facts, Asked(now_us=NOW, at_us=at_us, kept_days=30), INDEX)
    return said, tell(said, PlainTeller())


def doubts(said: Explanation) -> list[str]:
    return [one.kind for one in said.doubts]


def test_a_loud_antenna_says_how_much_more_likely_it_makes_the_place_than_home() -> None:
    said, words = told([held(FAR, NOW, heard("ant-0042", FAR, NOW))])
    assert (said.answer, said.rival) == (FAR, HOME)
    assert words.evidence == [
        f"Antenna ant-0042 at {FAR} heard it in 31 of 32 looks, loud (−54 dBm): 400 times more likely there than at home."
    ]
    assert (
        words.answer
        == f"We believe that it stands on {FAR}, 90 % sure, as weighed at 2026-11-18 11:06:40 UTC."
    )
    assert words.rival == f"The next best answer is its home, {HOME}, 8 %."


def test_shelves_of_one_home_are_named_where_they_are_compared() -> None:
    wide = item(home_from=OTHER, home_to=FAR)
    pieces = [
        heard("ant-0042", FAR, NOW, against=OTHER),
        heard("ant-0043", OTHER, NOW, weight=-1.0, against=OTHER),
        heard("ant-0044", HOME, NOW, weight=0.5, against=OTHER),
    ]
    _, words = told([held(FAR, NOW, *pieces, candidates=[(FAR, 0.9), (OTHER, 0.1)])], of=wide)
    assert words.rival == f"The next best answer is another shelf of its home, {OTHER}, 10 %."
    for words_of, (one, other) in zip(
        words.evidence,
        [("there", f"on {OTHER}"), (f"on {OTHER}", f"on {FAR}"), (f"on {FAR}", f"on {OTHER}")],
        strict=True,
    ):
        assert words_of.endswith(f"times more likely {one} than {other}.")


def test_what_stands_outside_of_its_home_is_compared_with_it_though_the_best_other_answer_is_a_third_shelf() -> (
    None
):
    third = [(FAR, 0.96), (OTHER, 0.03)]
    said, words = told([held(FAR, NOW, heard("ant-0042", FAR, NOW, against=HOME), candidates=third)])
    assert (said.rival, said.against, said.at_home) == (OTHER, HOME, [HOME])
    assert said.candidates == [*third, (HOME, 0.0)]
    assert words.evidence[0].endswith("400 times more likely there than at home.")
    then, words = told(
        [], NOW, then=[held(FAR, NOW, heard("ant-0042", FAR, NOW, against=HOME), candidates=third)]
    )
    assert then.candidates[-1] == (HOME, 0.0)
    assert words.evidence[0].endswith("400 times more likely there than at home.")


def test_reasons_of_before_the_home_was_compared_tell_what_they_were_weighed_against() -> None:
    third = [(FAR, 0.96), (OTHER, 0.03)]
    said, words = told([held(FAR, NOW, heard("ant-0042", FAR, NOW), candidates=third)])
    assert said.against == OTHER
    assert words.evidence[0].endswith(f"more likely there than on {OTHER}.")


@pytest.mark.parametrize(
    ("probability", "told_as"),
    [
        (0.977, "98 %"),
        (0.99, "99 %"),
        (0.9949, "99 %"),
        (0.996, ">99 %"),
        (1.0, ">99 %"),
        (0.004, "<1 %"),
        (0.0, "<1 %"),
    ],
)
def test_all_round_shares_alike(probability: float, told_as: str) -> None:
    assert PlainTeller().share(probability) == sureness(probability) == told_as
    why = sentence(finding(confidence=probability), texts("en"), Times("UTC", texts("en"), NOW))
    assert f"{told_as} sure" in why


def finding(**more: Any) -> FindingView:
    known: dict[str, Any] = dict.fromkeys(FindingView.__struct_fields__)
    known |= {
        "id": "f1",
        "kind": "misplaced",
        "state": "open",
        "opened_at_us": NOW,
        "changed_at_us": NOW,
        "shelf": FAR,
    }
    known |= {"confidence": 0.99, "home_from": HOME, "home_to": HOME, "why": {}, "evidence": []}
    return FindingView(**(known | more))


def test_a_finding_says_as_of_when_it_was_weighed() -> None:
    later = NOW + 12_000_000
    opened = finding(opened_at_us=later, evidence=[heard("ant-0042", FAR, NOW)])
    changed = finding(opened_at_us=NOW - HOUR, evidence=[heard("ant-0042", FAR, NOW)])
    said, words = told([held(FAR)], findings=[opened, changed])
    assert len(said.findings) == len(words.findings) == 2
    assert words.findings[0] == "As it was weighed when it was opened, 2026-11-18 11:06:52 UTC."
    assert words.findings[1] == "As it was weighed last, 2026-11-18 11:06:40 UTC."


def test_the_silence_of_a_missing_book_is_that_of_its_finding_and_what_is_not_counted_is_said() -> None:
    left, found = NOW - HOUR, NOW - HOUR + 240_000_000
    away = held(AWAY, left, silent("ant-0011", HOME, left, dwells=2), candidates=[(AWAY, 0.9), (HOME, 0.1)])
    missing = finding(kind="missing", evidence=[silent("ant-0011", HOME, found, dwells=44, against=HOME)])
    good = AntennaChanged(
        antenna="ant-0011", at_us=NOW, state="good", last_dwell_at_us=NOW, trusted_at_us=NOW, dwells=9, reads_a_dwell=0.0,
        reference_share=1.0,
    )  # fmt: skip
    said, words = told([away], findings=[missing], antennas={"ant-0011": good})
    assert said.evidence[0].dwells == 44
    assert "silent_since" in doubts(said)
    assert any(
        "only the 44 silent looks until it was weighed are counted here" in one for one in words.doubts
    )
    looked = msgspec.structs.replace(good, trusted_at_us=found)
    assert "silent_since" not in doubts(told([away], findings=[missing], antennas={"ant-0011": looked})[0])


def test_a_hub_that_stands_still_says_as_of_when_it_speaks() -> None:
    said, words = told([held(FAR)], written_at_us=NOW - HOUR)
    assert said.as_of_us == NOW - HOUR
    assert (
        words.as_of
        == "The hub last wrote at 2026-11-18 10:06:40 UTC. What has happened since is not known here."
    )
    assert told([held(FAR)], written_at_us=NOW - 60_000_000)[1].as_of == ""
    assert told([held(FAR)], NOW - 1, written_at_us=NOW - HOUR, then=[held(FAR)])[1].as_of == ""


def test_what_speaks_against_the_answer_is_turned_round() -> None:
    _, words = told([held(FAR, NOW, heard("ant-0043", OTHER, NOW, heard=9, rssi_dbm=-67.0, weight=-0.92))])
    assert words.evidence[0].endswith(f"faint (−67 dBm): 2.5 times more likely at home than on {FAR}.")


def test_what_is_hardly_ever_heard_is_not_called_loud() -> None:
    _, words = told(
        [held(FAR, NOW, heard("ant-0043", OTHER, NOW, heard=2, dwells=31, rssi_dbm=-56.0, weight=-0.92))]
    )
    assert words.evidence[0].startswith(
        f"Antenna ant-0043 at {OTHER} heard it in only 2 of 31 looks (−56 dBm): "
    )


def test_silence_at_home_is_told_as_silence() -> None:
    _, words = told([held(FAR, NOW, silent("ant-0011", HOME, NOW))])
    assert f"at its home {HOME} did not hear it in its last 32 looks" in words.evidence[0]


@pytest.mark.parametrize("dbm", [None, -60.0])
def test_the_silence_of_one_look_is_told_as_one(dbm: float | None) -> None:
    _, words = told([held(FAR, NOW, silent("ant-0011", HOME, NOW, dwells=1, rssi_dbm=dbm))])
    assert "did not hear it in its last look" in words.evidence[0]


@pytest.mark.parametrize(
    ("weight", "says"),
    [
        (0.1, "as likely there as at home."),
        (50.0, "over a million times more likely there than at home."),
        (None, "(−54 dBm)."),
    ],
)
def test_a_weight_is_never_said_more_exactly_than_it_is_known(weight: float | None, says: str) -> None:
    _, words = told([held(FAR, NOW, heard("ant-0042", FAR, NOW, weight=weight))])
    assert words.evidence[0].endswith(says)


def test_times_are_rounded_as_people_say_them() -> None:
    assert [times(weight) for weight in (0.34, 2.25, 3.64, 5.99, 9.4, 33.0)] == [
        "1.4",
        "9.5",
        "38",
        "400",
        "12,000",
        "1,000,000+",
    ]


def test_five_pieces_are_shown_heaviest_first_for_or_against() -> None:
    pieces = [
        heard(f"ant-{n}", FAR, NOW, weight=weight)
        for n, weight in enumerate((1.0, -6.0, 2.0, 0.5, 4.0, None, 3.0))
    ]
    said, words = told([held(FAR, NOW, *pieces)])
    assert [one.weight for one in said.evidence] == [-6.0, 4.0, 3.0, 2.0, 1.0]
    assert len(words.evidence) == 5


def test_what_hangs_on_one_antenna_is_said() -> None:
    one = [held(FAR, NOW, heard("ant-0042", FAR, NOW, weight=5.0))]
    said, words = told(one)
    assert doubts(said)[0] == "hangs"
    assert (
        words.doubts[0]
        == "It hangs on one antenna: without what ant-0042 says, it would more likely be at home."
    )
    both = [
        held(FAR, NOW, heard("ant-0042", FAR, NOW, weight=2.0), silent("ant-0011", HOME, NOW, weight=1.9))
    ]
    assert "hangs" not in doubts(told(both)[0])


def test_a_weak_tag_and_few_looks_are_said() -> None:
    weak, _ = told([held(FAR, NOW, heard("ant-0042", FAR, NOW, heard=12, rssi_dbm=-64.0, weight=1.0))])
    assert "weak" in doubts(weak)
    young, _ = told([held(FAR, NOW, heard("ant-0042", FAR, NOW, dwells=2, heard=2, weight=1.0))])
    assert "few_looks" in doubts(young)


def test_a_home_that_nobody_listens_to_or_looked_at_is_said() -> None:
    for state, looked_us, kind in (
        ("unwatched", None, "home_unwatched"),
        ("stale", NOW - HOUR, "home_stale"),
        ("stale", None, "home_never"),
    ):
        seen = ShelfView(
            shelf=HOME, at_us=NOW, state=state, looked_at_us=looked_us, items=0, away=0, findings=0
        )
        said, words = told([held(FAR)], shelves={HOME: seen})
        assert kind in doubts(said)
        assert "it could stand there unheard" in " ".join(words.doubts)
        assert kind not in doubts(told([held(HOME)], shelves={HOME: seen})[0])


def test_an_antenna_that_does_not_prove_itself_is_said() -> None:
    bad = AntennaChanged(
        antenna="ant-0042", at_us=NOW, state="silent", last_dwell_at_us=NOW, trusted_at_us=None, dwells=9, reads_a_dwell=0.0,
        reference_share=0.0,
    )  # fmt: skip
    said, _ = told([held(FAR, NOW, heard("ant-0042", FAR, NOW))], antennas={"ant-0042": bad})
    assert "antenna_silent" in doubts(said)


def test_the_past_is_the_newest_change_at_or_before_the_time() -> None:
    then = held(HOME, NOW - 50 * HOUR, heard("ant-0011", HOME, NOW - 50 * HOUR))
    said, words = told([held(FAR)], NOW - 20 * HOUR, then=[then])
    assert (said.basis, said.answer, said.at_us) == ("change", HOME, NOW - 50 * HOUR)
    assert words.answer.startswith("At 2026-")
    assert "turns_here" not in doubts(said)
    assert "home_today" in doubts(said)


def test_a_change_of_before_reasons_were_kept_tells_its_place_alone() -> None:
    then = held(HOME, NOW - 50 * HOUR, tag_key="", candidates=[])
    said, _ = told([held(FAR)], NOW - 20 * HOUR, then=[then])
    assert (said.answer, said.tag_key) == (HOME, None)
    assert "not_kept" in doubts(said)
    newer = held(AWAY, NOW - 30 * HOUR)
    assert told([held(FAR)], NOW - 20 * HOUR, then=[newer, then])[0].answer == AWAY


def test_before_the_first_kept_change_its_own_word_of_the_place_before_counts() -> None:
    after = held(FAR, NOW - 3 * HOUR, before=HOME)
    said, words = told([held(FAR)], NOW - 900 * HOUR, after=after)
    assert (said.basis, said.answer, said.probability) == ("before", HOME, None)
    assert "is no longer kept" in words.answer
    assert said.evidence == []


def test_a_book_that_never_moved_again_stood_there_though_its_reasons_are_gone() -> None:
    said, words = told([held(FAR, NOW)], NOW - 800 * HOUR)
    assert (said.basis, said.answer, said.candidates) == ("unmoved", FAR, [])
    assert "older than the history that is kept" in words.answer


def test_a_time_that_the_history_does_not_reach_says_so() -> None:
    after = held(FAR, NOW - 3 * HOUR)
    said, words = told([held(FAR)], NOW - 800 * HOUR, after=after)
    assert (said.basis, said.doubts) == ("forgotten", [])
    assert words.answer.endswith("is no longer kept.")
    recent, _ = told([held(FAR)], NOW - 100 * HOUR, after=after)
    assert (recent.basis, recent.answer) == ("unheard", NOWHERE)


def test_before_the_catalogue_had_it_there_is_nothing_to_say() -> None:
    said, words = told([], NOW - 950 * HOUR)
    assert said.basis == "unknown"
    assert "was not in the catalogue yet" in words.answer


def test_an_item_without_a_tag_or_never_heard_is_explained_too() -> None:
    assert doubts(told([], of=item(tag_keys=[]))[0]) == ["no_tag"]
    said, words = told([held(NOWHERE, NOW, last_heard_at_us=None)], of=item(home_from=None, home_to=None))
    assert words.answer == "No antenna has heard it yet."
    assert doubts(said) == ["turns_unheard", "no_home"]


def test_of_several_tags_the_one_that_stands_is_told() -> None:
    two = [held(AWAY, NOW), held(FAR, NOW - HOUR, tag_key="A1")]
    said, _ = told(two, of=item(tag_keys=[TAG, "A1"]))
    assert (said.answer, said.tag_key) == (FAR, "A1")
    assert "other_tags" in doubts(said)


def test_reasons_are_read_back_as_they_were_kept() -> None:
    reasons = why(NOW, heard("ant-0042", FAR, NOW), silent("ant-0011", HOME, NOW), before=AWAY)
    plain = msgspec.json.decode(msgspec.json.encode(keep(reasons)))
    assert kept(plain) == reasons
    assert len(msgspec.json.encode(plain)) < 500


@pytest.mark.parametrize(
    "detail", [{}, {"pieces": 3}, {"pieces": [["ant"]]}, {"pieces": [], "tag": 3}, {"pieces": [[1, 2]]}]
)
def test_a_detail_that_is_no_reason_is_none(detail: dict[str, Any]) -> None:
    assert kept(detail) is None


def test_slips_of_the_finger_are_one_sign_off() -> None:
    guesses = list(one_sign_off("1234"))
    assert {"2134", "124", "1224", "12345"} <= set(guesses)
    assert "1234" not in guesses
    assert len(guesses) == len(set(guesses))
    assert list(one_sign_off("9" * 41)) == []


def test_every_doubt_has_its_words() -> None:
    from inspect import getsource  # noqa: PLC0415 (one test)

    from hub.explain import doubts as room  # noqa: PLC0415 (as above)

    text = getsource(room)
    known = {kind for kind in DOUBTS if f'"{kind}"' in text or kind.startswith("antenna_")}
    assert known == set(DOUBTS)
