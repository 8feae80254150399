"""What search must find, said without a database: the model that both databases are held to."""

from __future__ import annotations

from hub.store.searchtext import TITLE_KEY_CHARS, Query, SearchColumns, index_words


def finds(asked: Query, stored: SearchColumns) -> bool:
    """Whether an item is an answer to a question, however many are."""
    if not asked.words:
        return False
    begins = (
        stored.barcode_key.startswith(asked.key)
        or stored.call_key.startswith(asked.key)
        or stored.title_key.startswith(asked.whole[:TITLE_KEY_CHARS])
    )
    return begins or _has_words(asked, stored)


def _has_words(asked: Query, stored: SearchColumns) -> bool:
    held = index_words(stored)
    for text, longer in asked.words:
        is_word = any(word == text or (longer and word.startswith(text)) for word in held)
        of_barcode = f"={text}" in held and any(sign.isdecimal() for sign in text)
        if not (is_word or of_barcode):
            return False
    return all(term in stored.search for term in asked.unproved)
