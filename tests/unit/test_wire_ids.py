"""The forms of ids: what passes one is safe as a level of a topic, as a file name and as a part of a URL."""

from __future__ import annotations

import re

import pytest

from hub.backup import _NAME as BACKUP_NAME
from shelfwire import ids
from web.acting import _SUBJECT, _TOKEN
from web.api.routes import _TAG
from web.app import _ID
from web.auth.tokens import _FORM
from web.commands import _NAME as USER_NAME

FORMS = [
    *(re.compile(text) for text in (ids._NAME, ids._SHELF, ids._TOKEN)),
    *(_SUBJECT, _TOKEN, _TAG, _ID, _FORM, USER_NAME),
]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: str(form.pattern))
def test_no_form_of_an_id_lets_a_line_break_through(form: re.Pattern[str]) -> None:
    assert form.search("a" * 30)
    assert not form.search("a" * 30 + "\n")


def test_a_backup_writes_no_file_with_a_line_break_in_its_name() -> None:
    assert BACKUP_NAME.match("hub.yaml")
    assert not BACKUP_NAME.match("hub.yaml\n")
