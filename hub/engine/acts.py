"""What people ask for, applied once each and answered in words. Pure."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from hub.effects import ActAnswered, Effect, ItemEvent, SendCommand
from hub.engine import moving, states
from hub.engine.state import EngineState
from hub.engine.sweeps import Sweeps
from hub.events import ActAsked
from hub.findings.again import begin_anew
from hub.findings.machine import RefusedError
from hub.findings.ranges import KIND
from shelfwire.ids import digest_id
from shelfwire.messages import Command

ANSWERS: Final = frozenset({"finding.resolve", "finding.dismiss"})
"""Of single findings; a proposal has answers of its own (`hub.engine.moving`), and they are a librarian's."""
REMEMBERED: Final = 50_000
"""Ids of acts kept, so that one sent twice is answered and not done twice; an offline tablet sends some hundred."""


def apply(engine: EngineState, sweeps: Sweeps, act: ActAsked, now_us: int) -> list[Effect]:
    """Do what `act` asks, or refuse in words; always ends in an `ActAnswered`."""
    known = engine.answered.get(act.id)
    if known is not None:
        return [ActAnswered(act.id, ok=known[0], detail=known[1], at_us=now_us)]
    try:
        effects, detail = _do(engine, sweeps, act, now_us)
        answer = ActAnswered(act.id, ok=True, detail=detail, at_us=now_us)
    except RefusedError as refused:
        effects, answer = [], ActAnswered(act.id, ok=False, detail=str(refused), at_us=now_us)
    while len(engine.answered) >= REMEMBERED:
        del engine.answered[next(iter(engine.answered))]
    engine.answered[act.id] = (answer.ok, answer.detail)
    return [*effects, answer]


def _do(  # noqa: PLR0911 (one for each kind of act)
    engine: EngineState, sweeps: Sweeps, act: ActAsked, now_us: int
) -> tuple[list[Effect], str]:
    match act.kind:
        case "finding.claim" | "finding.release" | "finding.resolve" | "finding.dismiss":
            return _finding(engine, act, now_us), "done"
        case "sweep.start":
            return sweeps.start(act.id, act.role, act.body, now_us)
        case "sweep.cancel":
            return sweeps.cancel(act.subject, now_us), "cancelled"
        case "agent.command":
            return _command(engine, act, now_us), "sent"
        case "moved.approve" | "moved.reject" | "moved.undo":
            return moving.apply(engine, act, now_us)
        case "item.status" | "item.states":
            return states.apply(engine, act, now_us)
        case "catalog.import" | "catalog.labels":
            # The service reads the import and hands in its columns as an event of its own.
            return [], "import taken"
    raise RefusedError(f"this hub knows no act {act.kind[:60]!r}")


def _finding(engine: EngineState, act: ActAsked, now_us: int) -> list[Effect]:
    subject = engine.machine.subject_of(act.subject)
    if subject is not None and subject.kind == KIND and act.kind in ANSWERS:
        raise RefusedError("approve this proposal, reject it, or put the books back: then it settles itself")
    put = engine.machine.act(act.kind, act.subject, act.role, act.body, now_us)
    if subject is not None and act.kind == "finding.dismiss" and subject.kind == "silent_antenna":
        index = engine.geometry.antenna_index.get(subject.name)
        # Reference tags do not get fewer: what an antenna with them does not hear, no person can explain away.
        if index is not None and not engine.geometry.references[index]:
            engine.antennas.accept_as_usual(index)
        elif index is not None:
            engine.antennas.trust.accept(index)
    if subject is not None and act.kind == "finding.resolve":
        begin_anew(subject, engine.machine, engine.antennas, engine.geometry, now_us)
    item_id = put.finding.item_id
    if item_id is None:
        return [put]
    detail: dict[str, Any] = {"act": act.kind, "finding": put.finding.kind, "state": put.finding.state}
    event = ItemEvent(
        id=digest_id(engine.site_id, "act", act.id), item_id=item_id, at_us=now_us, kind="act", shelf=put.finding.shelf,
        probability=None, detail=detail,
    )  # fmt: skip
    return [put, event]


def _command(engine: EngineState, act: ActAsked, now_us: int) -> list[Effect]:
    if act.subject not in {reader.agent for reader in engine.geometry.site.readers}:
        raise RefusedError(f"the site has no agent {act.subject[:60]!r}")
    expires_us = now_us + int(engine.settings.command_expires_s * 1e6)
    plain = act.body | {"id": digest_id(engine.site_id, "command", act.id), "expires_at_us": expires_us}
    try:
        command = msgspec.convert(plain, Command)
    except msgspec.ValidationError as fault:
        raise RefusedError(f"this is no command: {fault}") from fault
    return [SendCommand(act.subject, command)]
