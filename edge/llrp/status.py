"""LLRPStatus and its errors: what a reader thought of a message. Pure. Section 6 of the facts sheet as names."""

from __future__ import annotations

from typing import Final

import msgspec

from edge.llrp.fields import U16, Text
from edge.llrp.layout import tlv

SUCCESS: Final = 0
PARAMETER_ERROR: Final = 100
FIELD_ERROR: Final = 101
UNEXPECTED_PARAMETER: Final = 102
MISSING_PARAMETER: Final = 103
UNKNOWN_FIELD: Final = 108
UNSUPPORTED_MESSAGE: Final = 109
UNSUPPORTED_VERSION: Final = 110
UNSUPPORTED_PARAMETER: Final = 111
INNER_PARAMETER_ERROR: Final = 200
INNER_FIELD_ERROR: Final = 201
INNER_UNSUPPORTED_PARAMETER: Final = 209
FIELD_INVALID: Final = 300
FIELD_OUT_OF_RANGE: Final = 301
DEVICE_ERROR: Final = 401

_INNER: Final = range(200, 210)
"""The same list as from 100 on, one level down."""

_WORDS: Final = {
    100: "wrong parameter",
    101: "wrong field",
    102: "unexpected parameter",
    103: "missing parameter",
    104: "duplicate parameter",
    105: "too many parameters",
    106: "too many fields",
    107: "unknown parameter",
    108: "unknown field value",
    109: "unsupported message",
    110: "unsupported version",
    111: "unsupported parameter",
    112: "unexpected message",
    300: "invalid value",
    301: "value out of range",
    401: "device error",
}


def words(code: int) -> str:
    """A status code as a person reads it."""
    outer = code - INNER_PARAMETER_ERROR + PARAMETER_ERROR if code in _INNER else code
    return f"{_WORDS.get(outer, 'status')} ({code})"


@tlv(288)
class FieldError(msgspec.Struct, frozen=True):
    """Which field was wrong."""

    field: U16
    """Counted from 0."""
    code: U16


@tlv(289)
class ParameterError(msgspec.Struct, frozen=True, kw_only=True):
    """Which parameter was wrong, and what in it."""

    parameter: U16
    code: U16
    field_error: FieldError | None = None
    parameter_error: ParameterError | None = None


@tlv(287)
class LlrpStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of a reader to one message; `code` 0 is success."""

    code: U16 = SUCCESS
    description: Text = ""
    field_error: FieldError | None = None
    parameter_error: ParameterError | None = None

    def text(self) -> str:
        """The whole status in one line, for a log or a page; bounded."""
        parts = [words(self.code)]
        if self.description:
            parts.append(repr(self.description[:200]))
        if self.field_error:
            parts.append(f"field {self.field_error.field}: {words(self.field_error.code)}")
        inner = self.parameter_error
        while inner is not None:
            parts.append(f"in parameter {inner.parameter}: {words(inner.code)}")
            if inner.field_error:
                parts.append(f"field {inner.field_error.field}: {words(inner.field_error.code)}")
            inner = inner.parameter_error
        return "; ".join(parts)


OK: Final = LlrpStatus()
