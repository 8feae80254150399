"""One file per message version and form, written once and never again: today's code must read them for ever."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from helpers.wire import EXAMPLES

from shelfwire.codec import Form, encode
from shelfwire.messages import VERSION

GOLDEN = Path(__file__).parent
FILES = sorted([*GOLDEN.glob("*-v*.json"), *GOLDEN.glob("*-v*.msgpack")])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_today_reads_what_was_ever_sent(path: Path) -> None:
    name, version = path.stem.rsplit("-v", 1)
    message = EXAMPLES[name].decode(path.read_bytes())
    assert message.v == int(version)
    if int(version) == VERSION:
        assert message == EXAMPLES[name].message


@pytest.mark.parametrize("form", ["json", "msgpack"])
@pytest.mark.parametrize("name", EXAMPLES)
def test_what_is_sent_today_is_what_stands_in_the_files(name: str, form: Form) -> None:
    """A change here changes the wire: then raise `VERSION` and add files, never mend these."""
    golden = (GOLDEN / f"{name}-v{VERSION}.{form}").read_bytes()
    sent = encode(EXAMPLES[name].message, form)
    if form == "json":
        assert msgspec.json.decode(sent) == msgspec.json.decode(golden)
    else:
        assert sent == golden


def test_each_message_has_a_file_of_each_version_and_form() -> None:
    names = {path.name for path in FILES}
    assert names == {
        f"{name}-v{version}.{form}"
        for name in EXAMPLES
        for version in range(1, VERSION + 1)
        for form in ("json", "msgpack")
    }


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_two_forms_say_the_same(name: str) -> None:
    example = EXAMPLES[name]
    assert example.decode(encode(example.message, "json")) == example.decode(
        encode(example.message, "msgpack")
    )
