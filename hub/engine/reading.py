"""What tags say of themselves: whose they are, and in which form of their EPC they are armed. Pure.

A tag that no link knows is decoded and looked up, once for each catalogue; one that names an item waits here until it is linked
(`hub.engine.core`), because new rows are made for many tags at a time. All asking is bounded in each tick: what does not get its turn
is asked when it is heard again. No EPC of a stranger is remembered here: that it was asked stands beside its hash.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from hub.belief.batch import Placed
from hub.belief.security import NOT_ASKED, form_of
from hub.belief.stock import Stock, Told
from hub.belief.strangers import Strangers
from hub.settings import EngineSettings
from shelfwire.site.model import TagUse
from shelfwire.tags.decoder import Decoder
from shelfwire.tags.errors import TagError
from shelfwire.tags.isil import is_isil, same_owner
from shelfwire.tags.tag import Tag

_S: Final = 1_000_000
_PC, _USER = 1, 2
"""Beside the EPC, not every reader reports these; a tag is asked again when more of it was read than before."""
WAITING: Final = 20_000
"""Tags that wait to be linked, at most; the rest waits to be heard again."""


class TagReading:
    """Asks tags, within bounds."""

    def __init__(self, use: TagUse, settings: EngineSettings) -> None:
        self._settings = settings
        self.catalogue = 0
        """Number of the catalogue that tags are looked up in."""
        self.waiting: dict[str, Told] = {}
        """By tag key."""
        self.ambiguous = 0
        """Reads of tags whose identifier two items have."""
        self._left = self._forms_left = 0
        self._asked_us = 0
        self._linked_us = 0
        self.follow(use)

    def follow(self, use: TagUse) -> None:
        """The site uses its tags so."""
        self.use = use
        # What was decoded is kept here and beside the hashes; the decoder must not remember a stranger or a card.
        self._decoder = Decoder(use.families, afi=use.afi, cached=0)

    def begin_anew(self) -> None:
        """Another catalogue: all are asked again, also those that wait, because the old one told their items."""
        self.catalogue += 1
        self.waiting.clear()

    def begin(self, now_us: int) -> None:
        """A tick begins: so many tags may be asked in it."""
        span_s = min(max(now_us - self._asked_us, 0) / _S, 2.0)
        self._asked_us = now_us
        # Two turns: after a restart forms are asked anew, and that must not change when strangers are linked.
        self._left = self._forms_left = max(1, int(self._settings.tags_asked_per_s * span_s))

    def form(self, epc: str, pc: int | None) -> int:
        """What this form of a known tag's EPC says of its security; `NOT_ASKED`: not now."""
        if self._forms_left <= 0:
            return NOT_ASKED
        self._forms_left -= 1
        return form_of(self._read(epc, pc), used=self.use.security)

    def hear(self, key: str, dwell: Placed, at: int, stock: Stock, strangers: Strangers) -> None:
        """Read number `at` of a dwell is a tag that no link knows."""
        if key in self.waiting:
            return
        at_s = dwell.ended_at_us // _S
        stranger = strangers.hear(key, dwell.antenna, at_s)
        tags = dwell.of.tags
        pc = tags.pc[at] if tags.pc is not None else None
        user = tags.user[at] or None if tags.user is not None else None
        read = _PC * (pc is not None) | _USER * (user is not None)
        before = stranger.read if stranger is not None and stranger.asked == self.catalogue else None
        # While too many wait, nobody is asked: who was asked is not asked again.
        if (before is not None and not read & ~before) or len(self.waiting) >= WAITING:
            return
        tag = self._decode(tags.epc[at], pc, user)
        if tag is None:
            return
        if stranger is not None:
            stranger.asked, stranger.owner, stranger.read = self.catalogue, "", (before or 0) | read
        if tag.kind == "patron_card":
            strangers.cards += 1
            strangers.drop(key, at_s)
        elif tag.matchable and not self._ours(tag):
            if stranger is not None:
                stranger.owner = _sign(tag)
        elif tag.matchable and self._names_item(key, tag, stock):
            strangers.drop(key, at_s)

    def _names_item(self, key: str, tag: Tag, stock: Stock) -> bool:
        """Whether the tag names one item; then it waits to be linked."""
        match = stock.names.match(tag, stock.barcode)
        self.ambiguous += match.ambiguous
        if match.place >= 0:
            self.waiting[key] = Told(key, int(stock.item_id[match.place]), *_part(tag))
        return match.place >= 0

    def due(self, now_us: int) -> list[Told]:
        """The tags to be linked now, in the order in which they were heard."""
        if not self.waiting or 0 <= now_us - self._linked_us < self._settings.link_every_s * _S:
            return []
        self._linked_us = now_us
        some = list(self.waiting.values())[: self._settings.links_at_once]
        for one in some:
            del self.waiting[one.key]
        return some

    def _decode(self, epc: str, pc: int | None, user: str | None) -> Tag | None:
        """None: no turn left in this tick."""
        if self._left <= 0:
            return None
        self._left -= 1
        return self._read(epc, pc, user)

    def _read(self, epc: str, pc: int | None, user: str | None = None) -> Tag:
        try:
            return self._decoder.decode(epc, pc, user)
        except TagError:
            # A user bank that is none must not hide what the EPC says, which was looked at before.
            return self._decoder.decode(epc, pc) if user is not None else Tag("raw")

    def _ours(self, tag: Tag) -> bool:
        """Whether the tag's owner may be this library: one without owner, or a library that named no sign, excludes nothing."""
        signs = [sign for sign in (tag.owner, tag.alternative_owner) if sign]
        if not signs or not self.use.owners:
            return True
        return any(same_owner(sign, own) for sign in signs for own in self.use.owners)

    def dump(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "use": msgspec.to_builtins(self.use),
            "catalogue": self.catalogue,
            "waiting": [list(one) for one in self.waiting.values()],
            "ambiguous": self.ambiguous,
            "times": [self._asked_us, self._linked_us],
        }

    def restore(self, state: dict[str, Any]) -> bool:
        """As `dump` left it. False: the site has begun to use its tags in another way since, so all must be asked anew."""
        self.catalogue, self.ambiguous = state["catalogue"], state["ambiguous"]
        self._asked_us, self._linked_us = state["times"]
        same = bool(msgspec.convert(state["use"], TagUse) == self.use)
        if same:
            self.waiting = {key: Told(key, *rest) for key, *rest in state["waiting"]}
        else:
            self.catalogue += 1
        return same


def _sign(tag: Tag) -> str:
    """The owner if it is an institution's sign; what else stands there is nobody's business."""
    sign = tag.owner or tag.alternative_owner or ""
    return sign if is_isil(sign) else "?"


def _part(tag: Tag) -> tuple[int, int]:
    """(part, of parts); 0: it stands for the whole set. What a tag does not say, or says wrongly, is the only part."""
    part, parts = tag.part, tag.parts
    if part is None or parts is None or parts <= 1 or not 0 <= part <= parts:
        return 1, 1
    return part, parts
