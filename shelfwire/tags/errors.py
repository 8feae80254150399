"""What can be wrong with a tag, in words of one code each. Standard library only."""

from __future__ import annotations

from shelfwire.errors import PeerError


class TagError(PeerError):
    """Text that is no tag memory at all, or fields that an encoding cannot hold.

    `code` is one of the codes of `docs/tags.md`. What a tag *contains* never raises: decoders return the codes.
    """

    def __init__(self, code: str, what: str) -> None:
        super().__init__(what)
        self.code = code
