"""The index of tag keys is a dictionary, whatever is put in and asked."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hub.belief import index as module
from hub.belief.index import FIRST_REFERENCE, UNKNOWN, TagIndex

_HEX = st.text("0123456789ABCDEF", min_size=4, max_size=4).flatmap(
    lambda word: st.sampled_from([word, word * 2, word * 6, "E2801105" + word * 4, word * 9, word[:3]])
)
_KEYS = st.lists(st.one_of(_HEX, st.sampled_from(["nonsense", "", "É034", "30 34"])), max_size=40)


@given(keys=_KEYS, references=_KEYS, more=_KEYS, asked=_KEYS)
def test_the_index_answers_as_a_dictionary_does(
    keys: list[str], references: list[str], more: list[str], asked: list[str]
) -> None:
    keys, references = list(dict.fromkeys(keys)), list(dict.fromkeys(references))
    index = TagIndex(keys, references)
    wanted = {key: FIRST_REFERENCE - i for i, key in enumerate(references)}
    wanted.update({key: i for i, key in enumerate(keys)})
    _same(index, wanted, asked + keys + references)
    new = [key for key in dict.fromkeys(more) if key not in wanted]
    index.add(new)
    wanted.update({key: len(keys) + i for i, key in enumerate(new)})
    _same(index, wanted, asked + keys + references + new)


@given(keys=st.lists(_HEX, min_size=1, max_size=40, unique=True), variants=st.lists(_HEX, max_size=60))
def test_remembered_variants_are_found_before_and_after_they_are_put_away(
    keys: list[str], variants: list[str]
) -> None:
    before = module._LATELY
    module._LATELY = 8  # type: ignore[misc]
    try:
        index, wanted = TagIndex(keys, []), {key: i for i, key in enumerate(keys)}
        left = len(keys)
        for number, epc in enumerate(dict.fromkeys(variants)):
            if epc in wanted:
                continue
            index.remember(epc, number + 1_000)
            if left:
                wanted[epc] = number + 1_000
                left -= 1
        _same(index, wanted, [*keys, *variants])
    finally:
        module._LATELY = before  # type: ignore[misc]


def _same(index: TagIndex, wanted: dict[str, int], asked: list[str]) -> None:
    assert index.codes(asked, len(asked)).tolist() == [wanted.get(one, UNKNOWN) for one in asked]
