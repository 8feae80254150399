"""Whatever tags say, in EPC, PC word and user memory: nothing raises, a restart changes nothing, and no stranger's EPC is kept."""

from __future__ import annotations

import msgspec
from helpers.shelves import Library, make_site
from hypothesis import given, settings
from hypothesis import strategies as st

from hub import snapshot
from hub.belief.index import UNKNOWN, TagIndex
from hub.effects import TagLinked
from hub.engine import Engine
from shelfwire.messages import Tags
from shelfwire.site.model import TagUse
from shelfwire.tags.encode import Fields, encode

SITE = make_site(1, 2, tags=TagUse(owners=("DK-718500",)))
SHELF = SITE.now.shelves[0].id


def written(family: str, barcode: str, owner: str | None = None) -> tuple[str, int, str]:
    made = encode(family, Fields(barcode, owner=owner))
    return (made.epc or b"").hex().upper(), made.pc or 0, (made.user or b"").hex().upper()


OURS = [
    written("gxlm", "32100001"),
    written("iso28560-4", "32100002", "DK-718500"),
    written("iso28560-4", "32100003", "DE-1"),
]
digits = st.text("0123456789ABCDEF", max_size=64)
anything = st.tuples(digits | st.text(max_size=8), st.integers(0, 0xFFFF), digits | st.text(max_size=6))
plays = st.lists(st.lists(st.sampled_from(OURS) | anything, max_size=6), min_size=1, max_size=12)
Play = list[list[tuple[str, int, str]]]


def library() -> Library:
    made = Library(history=SITE)
    for number in (1, 2, 3):
        made.book(home=SHELF, label=f"3210000{number}", linked=False)
    made.catalogue()
    return made


def play(library: Library, heard: Play, *, words: bool) -> None:
    listener = library.shelf(SHELF)
    for tags in heard:
        library.now_us += 2_000_000
        dwell = listener.dwell([epc for epc, _, _ in tags], [], -55.0, "exact", library.air)
        columns: Tags = dwell.tags
        if words:
            pcs, users = [pc for _, pc, _ in tags], [user for _, _, user in tags]
            columns = msgspec.structs.replace(columns, pc=pcs, user=users)
        library.report(msgspec.structs.replace(dwell, tags=columns))


def held(index: TagIndex) -> set[str]:
    """Every EPC that stands anywhere in the index."""
    packed = {
        words.tobytes()[: digits // 2].hex().upper()
        for digits, table in index._tables.items()
        for words in table._keys
    }
    return packed | index._others.keys() | index._lately.keys()


@settings(max_examples=30, deadline=None)
@given(before=plays, after=plays, words=st.booleans())
def test_tags_of_any_content_go_through_and_a_restart_changes_nothing(
    *, before: Play, after: Play, words: bool
) -> None:
    one, other = library(), library()
    for each in (one, other):
        play(each, before, words=words)
    frozen = snapshot.freeze(1, other.engine.dump())
    assert frozen.tree
    other.engine = Engine.load(SITE, other.settings, other.engine.dump())
    for each in (one, other):
        play(each, after, words=words)
        each.wait(5)
    assert [e for e in one.effects if isinstance(e, TagLinked)] == [
        e for e in other.effects if isinstance(e, TagLinked)
    ]
    linked = {e.item_id for e in one.effects if isinstance(e, TagLinked)}
    assert 3 not in linked
    assert one.engine.stock.keys == other.engine.stock.keys
    assert one.engine.security.state.tolist() == other.engine.security.state.tolist()
    known = set(one.engine.stock.keys)
    # What waits for its turn is whole dwells, as agents sent them, for half a minute.
    kept = {name: part for name, part in one.engine.dump().items() if name != "inbox"}
    text = f"{kept} {vars(one.engine.reading)} {vars(one.engine.reading._decoder)} {held(one.engine.index) - known}"
    heard = sorted({epc for tags in (*before, *after) for epc, _, _ in tags if len(epc) >= 20})
    codes = one.engine.index.codes(heard, len(heard)).tolist()
    strangers = [epc for epc, code in zip(heard, codes, strict=True) if code == UNKNOWN]
    assert not [epc for epc in strangers if epc in text]
