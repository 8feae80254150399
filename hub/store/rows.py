"""Effects → rows. Pure: one table here says where each effect goes, and nothing is skipped in silence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, Final, TypeVar

import msgspec

from hub import effects as fx
from hub.findings.promises import Promise, promise_of

UNKNOWN_KEY_US: Final = 86_400_000_000
"""The key of an unknown tag is kept for a day at the most (as is the secret that it is hashed with)."""
READ_FROM_TAG: Final = "tag"
"""In place of an import: a link that the tag itself told. An import ends it only if it names the tag (`hub.store.links`)."""
_ENDED: Final = frozenset({"resolved", "verified", "dismissed"})

Row = dict[str, Any]
T = TypeVar("T")

NOT_ROWS: Final = (fx.SendCommand, fx.Point)
"""Effects of the broker and the series."""


class Batch(msgspec.Struct):
    """The rows of one group of effects, by table; for one key the last effect of the group stands."""

    upserts: dict[str, dict[tuple[Any, ...], Row]] = {}
    """Table → key → whole row."""
    sweep_rows: dict[str, list[Row]] = {}
    """Sweep → all rows of its report."""
    statuses: dict[int, Row] = {}
    """item_id → the item's new state."""
    answers: dict[str, Row] = {}
    """Act → its answer."""
    moves: list[fx.HomesMoved | fx.HomesRestored] = []
    """Homes that a person gave to moved ranges, in order."""


def batch_of(site: str, effects: Iterable[fx.Effect]) -> Batch:
    """The rows that `effects` mean."""
    batch = Batch()
    for effect in effects:
        if not isinstance(effect, NOT_ROWS):
            _TAKE[type(effect)](batch, site, effect)
    return batch


def clean(value: Any) -> Any:
    """Text without NUL and halves of signs, which databases cannot keep; agents and catalogues are outside input."""
    if not isinstance(value, str):
        return value
    if "\x00" in value:
        value = value.replace("\x00", "\ufffd")
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


def chunks(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """`rows` in lists of at most `size`, read one list at a time."""
    source = iter(rows)
    while some := list(islice(source, size)):
        yield some


Take = Callable[[Batch, str, Any], None]


def _whole(table: str, kind: type[msgspec.Struct], *keys: str) -> Take:
    """For a struct whose fields are the columns of its table."""
    fields = kind.__struct_fields__

    def take(batch: Batch, site: str, struct: Any) -> None:
        row: Row = {"site": site}
        for field in fields:
            row[field] = clean(getattr(struct, field))
        batch.upserts.setdefault(table, {})[tuple(row[key] for key in keys)] = row

    return take


_put_finding: Final = _whole("findings", fx.Finding, "id")
_put_promise: Final = _whole("promises", Promise, "finding")


def _finding(batch: Batch, site: str, effect: fx.PutFinding) -> None:
    finding = effect.finding
    if finding.kind == "unknown_tag" and _forgets(finding):
        finding = msgspec.structs.replace(finding, tag_key=None)
    _put_finding(batch, site, finding)
    promise = promise_of(finding)
    if promise is not None:
        _put_promise(batch, site, promise)


def _forgets(finding: fx.Finding) -> bool:
    """Whether the key of an unknown tag has done its work: the finding ended, or is older than a day (`hub.store.retain`)."""
    return finding.state in _ENDED or finding.changed_at_us - finding.opened_at_us >= UNKNOWN_KEY_US


def _sweep_rows(batch: Batch, site: str, effect: fx.SweepRows) -> None:
    batch.sweep_rows[effect.sweep] = [
        {
            "site": site,
            "sweep": effect.sweep,
            "number": number,
            "item_id": item_id,
            "outcome": outcome,
            "home": home,
            "heard": heard,
            "confidence": confidence,
        }
        for number, (item_id, outcome, home, heard, confidence) in enumerate(effect.rows)
    ]


def _status(batch: Batch, site: str, effect: fx.ItemStatusChanged) -> None:
    """`hub.store.states` makes the change of the row of it; flags of None are as they were."""
    before = batch.statuses.get(effect.item_id)
    flags = None if effect.flags is None else list(effect.flags)
    batch.statuses[effect.item_id] = {
        "site": site,
        "item_id": effect.item_id,
        "status": clean(effect.status),
        "source_status": clean(effect.source_status),
        "flags": before["flags"] if flags is None and before is not None else flags,
        "at_us": effect.at_us,
    }


def _linked(batch: Batch, site: str, effect: fx.TagLinked) -> None:
    row: Row = {"site": site, "tag_key": clean(effect.tag_key), "item_id": effect.item_id}
    row |= {"valid_from_us": effect.at_us, "valid_to_us": None, "part": effect.part, "parts": effect.parts}
    row["import_id"] = READ_FROM_TAG
    batch.upserts.setdefault("links", {})[row["tag_key"], effect.item_id, effect.at_us] = row


def _answer(batch: Batch, site: str, effect: fx.ActAnswered) -> None:
    batch.answers[effect.id] = {
        "the_site": site,
        "the_act": effect.id,
        "the_ok": effect.ok,
        "the_detail": clean(effect.detail),
        "the_time": effect.at_us,
    }


def _moves(batch: Batch, _: str, effect: fx.HomesMoved | fx.HomesRestored) -> None:
    batch.moves.append(effect)


_TAKE: Final[dict[type, Take]] = {
    fx.PutFinding: _finding,
    fx.PlaceChanged: _whole("places", fx.PlaceChanged, "item_id", "tag_key"),
    fx.ShelfChanged: _whole("shelves", fx.ShelfChanged, "shelf"),
    fx.AgentChanged: _whole("agents", fx.AgentChanged, "agent"),
    fx.AntennaChanged: _whole("antennas", fx.AntennaChanged, "antenna"),
    fx.ItemEvent: _whole("item_events", fx.ItemEvent, "id"),
    fx.SweepChanged: _whole("sweeps", fx.SweepChanged, "id"),
    fx.SweepRows: _sweep_rows,
    fx.ItemStatusChanged: _status,
    fx.TagLinked: _linked,
    fx.ActAnswered: _answer,
    fx.HomesMoved: _moves,
    fx.HomesRestored: _moves,
}
