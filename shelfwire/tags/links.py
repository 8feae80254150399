"""Tag key ↔ item, many to many, part n of m, each with valid-from and valid-to. Pure.

An item may have several tags, a tag may be replaced, and one tag may stand for all items of a set (part 0).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class TagLink:
    """One tag on one item. `part` 0: it stands for the whole set. Times in microseconds, the end not included."""

    tag_key: str
    item_id: str
    part: int = 1
    parts: int = 1
    valid_from_us: int = 0
    valid_to_us: int | None = None

    def holds(self, at_us: int) -> bool:
        """Whether it is in force."""
        return self.valid_from_us <= at_us and (self.valid_to_us is None or at_us < self.valid_to_us)


class TagLinks:
    """All links, past ones too; every change gives a new one."""

    def __init__(self, links: Iterable[TagLink] = ()) -> None:
        self.links = tuple(links)
        self._by_key: dict[str, list[TagLink]] = {}
        self._by_item: dict[str, list[TagLink]] = {}
        for link in self.links:
            self._by_key.setdefault(link.tag_key, []).append(link)
            self._by_item.setdefault(link.item_id, []).append(link)

    def items_of(self, tag_key: str, at_us: int) -> tuple[str, ...]:
        """The items that a tag stands for."""
        return tuple(link.item_id for link in self._by_key.get(tag_key, ()) if link.holds(at_us))

    def tags_of(self, item_id: str, at_us: int) -> tuple[TagLink, ...]:
        """The links of an item, by part."""
        found = [link for link in self._by_item.get(item_id, ()) if link.holds(at_us)]
        return tuple(sorted(found, key=lambda link: (link.part, link.tag_key)))

    def tagged(
        self, tag_key: str, item_ids: Collection[str], at_us: int, *, part: int = 1, parts: int = 1
    ) -> TagLinks:
        """From now on the tag is on exactly these items; what it was on before ends. Other tags of the items stay."""
        kept = {
            link.item_id
            for link in self._by_key.get(tag_key, ())
            if link.holds(at_us) and link.item_id in item_ids and (link.part, link.parts) == (part, parts)
        }
        ended = (
            replace(link, valid_to_us=at_us)
            if link.tag_key == tag_key and link.holds(at_us) and link.item_id not in kept
            else link
            for link in self.links
        )
        new = (TagLink(tag_key, item, part, parts, at_us) for item in item_ids if item not in kept)
        return TagLinks((*ended, *new))

    def replaced(self, old_key: str, new_key: str, at_us: int) -> TagLinks:
        """A new tag takes the place of an old one, on every item and part that the old one was on."""
        old = [link for link in self._by_key.get(old_key, ()) if link.holds(at_us)]
        ended = (replace(link, valid_to_us=at_us) if link in old else link for link in self.links)
        new = (replace(link, tag_key=new_key, valid_from_us=at_us) for link in old)
        return TagLinks((*ended, *new))
