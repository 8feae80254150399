"""The one error root of the project, and whose fault it was.

Anything raised that is not a `ShelfwireError` is a bug.
"""

from __future__ import annotations


class ShelfwireError(Exception):
    """Root of all errors that Shelfwire raises on purpose. The text is one that a person can act on."""


class InputError(ShelfwireError):
    """The caller's fault: a file, an option or a setting is wrong. The command line exits with 2.

    `faults` holds every fault found, each as one line ``where: what is wrong and what to do``.
    """

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class PeerError(ShelfwireError):
    """The other side's fault: bytes or messages that break the protocol. Counted, never fatal."""


class AwayError(ShelfwireError):
    """A server (broker, database, series) does not answer now. Wait and try again; nothing is lost."""


class FullError(ShelfwireError):
    """A disk or a stated bound is full. Stop taking, say so, keep what was taken."""
