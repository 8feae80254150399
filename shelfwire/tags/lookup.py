"""Which item a tag belongs to: by link, by primary id, by alternative id, with the owner. Pure.

Identifiers on tags are as people typed them, so they are compared without case; where case alone tells two items apart,
the exact one counts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from shelfwire.tags.isil import same_owner
from shelfwire.tags.links import TagLinks
from shelfwire.tags.tag import Tag, usable_id

By = Literal["link", "primary id", "alternative id", "none"]
_NO_LINKS: Final = TagLinks()


@dataclass(frozen=True, slots=True)
class Known:
    """An item as far as tags name it. `owner` None: the library's own."""

    item_id: str
    primary_item_id: str
    alternative_item_ids: tuple[str, ...] = ()
    owner: str | None = None


class Match(NamedTuple):
    """The items (several for a tag that stands for a set), how they were found, and in words why none was."""

    item_ids: tuple[str, ...]
    by: By
    why: str = ""


class Lookup:
    """The items of a catalogue by what their tags may say. `owners` are the signs of the library itself."""

    def __init__(
        self, items: Iterable[Known], links: TagLinks = _NO_LINKS, *, owners: Collection[str] = ()
    ) -> None:
        self._links = links
        self._owners = tuple(owners)
        self._primary: dict[str, list[Known]] = {}
        self._alternative: dict[str, list[Known]] = {}
        for item in items:
            self._primary.setdefault(item.primary_item_id.casefold(), []).append(item)
            for other in item.alternative_item_ids:
                self._alternative.setdefault(other.casefold(), []).append(item)

    def find(self, tag: Tag, at_us: int) -> Match:
        """The items of a tag at a time. A link counts before anything that the tag says; a raw tag has only links."""
        if tag.key and (linked := self._links.items_of(tag.key, at_us)):
            return Match(linked, "link")
        if tag.kind != "item":
            return Match((), "none", f"it is no item but a {tag.kind.replace('_', ' ')}")
        if not tag.matchable:
            return Match((), "none", "its checksum is wrong, so its identifier is not to be trusted")
        primary, other = usable_id(tag.primary_item_id), usable_id(tag.alternative_item_id)
        if primary is None and other is None:
            return Match((), "none", "it has no identifier that could be looked up")
        tried = [self._among(index, text, tag, by) for text, index, by in self._ways(primary, other)]
        said = [match for match in tried if match is not None]
        return said[0] if said else Match((), "none", f"no item has the identifier {primary or other}")

    def _among(
        self,
        index: dict[str, list[Known]],
        text: str,
        tag: Tag,
        by: Literal["primary id", "alternative id"],
    ) -> Match | None:
        """What one index says; None where it does not have the identifier."""
        found = index.get(text.casefold(), [])
        ours = [item for item in found if self._owned(item, tag)]
        exact = [item for item in ours if text in {item.primary_item_id, *item.alternative_item_ids}]
        names = sorted({item.item_id for item in exact or ours})
        if len(names) == 1:
            return Match((names[0],), by)
        if names:
            return Match((), "none", f"{len(names)} items have the identifier {text}: {', '.join(names)}")
        return (
            Match((), "none", f"{text} is an item here, but the tag's owner is {tag.owner}")
            if found
            else None
        )

    def _ways(
        self, primary: str | None, other: str | None
    ) -> Iterable[tuple[str, dict[str, list[Known]], Literal["primary id", "alternative id"]]]:
        if primary:
            yield primary, self._primary, "primary id"
            yield primary, self._alternative, "alternative id"
        if other:
            yield other, self._alternative, "alternative id"
            yield other, self._primary, "alternative id"

    def _owned(self, item: Known, tag: Tag) -> bool:
        """Whether the tag's owner may be the item's. A tag without owner, or a library that named none, excludes nothing."""
        signs = [sign for sign in (tag.owner, tag.alternative_owner) if sign]
        wanted = (item.owner,) if item.owner else self._owners
        return not signs or not wanted or any(same_owner(sign, own) for sign in signs for own in wanted)
