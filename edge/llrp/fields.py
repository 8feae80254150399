"""The kinds of field that LLRP's parameters are made of, as annotations. Pure."""

from __future__ import annotations

from typing import Annotated, Final, Literal, NamedTuple

CUSTOM: Final = 1023
"""The number of vendors' parameters and of vendors' messages."""


class Number(NamedTuple):
    """One number; `form` is a struct code, with ``x`` for a reserved byte after it."""

    form: str


class Bits(NamedTuple):
    """`width` bits, after those of the field before, the first at the top of its byte; then `pad` bits that mean nothing."""

    width: int
    pad: int = 0


class Tv(NamedTuple):
    """A TV parameter of its own number, as an optional number (or tuple of numbers) of the struct."""

    number: int
    form: str


class Run(NamedTuple):
    """A counted run; the u16 count is of elements (``array``), bytes (``bytes``, ``text``) or bits (``bits``); ``rest`` has none."""

    kind: Literal["array", "bytes", "text", "bits", "rest"]
    form: str = "B"


U8 = Annotated[int, Number("B")]
U16 = Annotated[int, Number("H")]
U32 = Annotated[int, Number("I")]
U64 = Annotated[int, Number("Q")]
S16 = Annotated[int, Number("h")]
U8Reserved = Annotated[int, Number("Bx")]
Bit = Annotated[bool, Bits(1)]
Flag = Annotated[bool, Bits(1, 7)]
"""A byte whose top bit counts."""
Top2 = Annotated[int, Bits(2, 6)]
Text = Annotated[str, Run("text")]
Octets = Annotated[bytes, Run("bytes")]
Rest = Annotated[bytes, Run("rest")]
U8s = Annotated[tuple[int, ...], Run("array", "B")]
U16s = Annotated[tuple[int, ...], Run("array", "H")]
U32s = Annotated[tuple[int, ...], Run("array", "I")]
BitString = Annotated[tuple[int, bytes], Run("bits")]
"""Number of bits and their bytes, first bit at the top of the first byte."""

TV_FORMS: Final[dict[int, str]] = {
    **dict.fromkeys((1, 7, 8, 10, 11, 12, 14, 15, 17, 19, 20), "H"),
    **dict.fromkeys((2, 3, 4, 5), "Q"),
    **dict.fromkeys((9, 16), "I"),
    6: "b",
    13: "12s",
    18: "HH",
}
"""Every TV parameter of LLRP 1.0.1, and 19 and 20 of 1.1."""
