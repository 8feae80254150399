"""The options of a SIP2 server: all faults at once, and no secret in any of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hub.catalog.follow.config import CatalogSource
from hub.catalog.sip2.options import Options, settings
from shelfwire.config import convert, read_data
from shelfwire.errors import InputError

PAGE = Path(__file__).parents[2] / "docs/catalogs/sip2.md"


def faults(base: Path, **options: Any) -> tuple[str, ...]:
    with pytest.raises(InputError) as fault:
        settings({"host": "127.0.0.1"} | options, base)
    return fault.value.faults


def test_a_host_alone_is_enough(tmp_path: Path) -> None:
    found = settings({"host": "localhost"}, tmp_path)
    assert (found.options.port, found.trust, found.secrets.password) == (6001, None, "")


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        host="sip.example.org",
        user="a|b",
        location="x\ny",
        ca_file="ca.pem",
        terminal_password_file="none",
    )
    assert len(found) == 6
    assert all(line.startswith("sip2: ") for line in found)


@pytest.mark.parametrize("more", [{"tls": True}, {"plain_tcp": True}])
def test_off_this_machine_it_is_tls_unless_said_otherwise(tmp_path: Path, more: dict[str, Any]) -> None:
    assert "password would travel in the open" in faults(tmp_path, host="sip.example.org")[0]
    settings({"host": "sip.example.org"} | more, tmp_path)


@pytest.mark.parametrize(
    "options",
    [
        {"port": 0},
        {"encoding": "ebcdic"},
        {"server": "sirsi"},
        {"password": "in the open"},
        {"questions_a_second": 0},
        {"answer_within_s": 3600},
        {"statuses": {"01": "gone fishing"}},
    ],
)
def test_what_the_options_do_not_have_is_refused(tmp_path: Path, options: dict[str, Any]) -> None:
    assert faults(tmp_path, **options)


@pytest.mark.parametrize("content", [b"", b"\n", b"pass|word", "密".encode(), b"\xff", b"x" * 5000])
def test_a_password_that_cannot_be_sent_is_told_without_showing_it(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "password").write_bytes(content)
    found = faults(tmp_path, user="shelf", password_file="password", encoding="latin-1")
    assert len(found) == 1
    assert "password_file" in found[0]
    assert "pass|word" not in found[0]


def test_secrets_are_in_no_repr(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("opens-the-door\n", encoding="utf-8")
    found = settings(
        {
            "host": "localhost",
            "user": "shelf",
            "password_file": "password",
            "terminal_password_file": "password",
        },
        tmp_path,
    )
    assert found.secrets.password == found.secrets.terminal == "opens-the-door"
    assert "opens-the-door" not in repr(found)


def test_certificates_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    assert "ca.pem" in faults(tmp_path, tls=True, ca_file="ca.pem")[0]


def test_the_configuration_of_the_page_is_taken(tmp_path: Path) -> None:
    (tmp_path / "hub.yaml").write_text(
        PAGE.read_text(encoding="utf-8").split("```")[1].removeprefix("yaml"), encoding="utf-8"
    )
    source = convert(read_data(tmp_path / "hub.yaml")["catalogs"][0], CatalogSource, "page")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/sip2.password").write_text("opens-the-door", encoding="utf-8")
    assert settings(source.options, tmp_path).options.server == "koha"


def test_the_page_names_every_option() -> None:
    table = PAGE.read_text(encoding="utf-8").split("## Options")[1].split("## ")[0]
    assert [name for name in Options.__struct_fields__ if f"`{name}`" not in table] == []
