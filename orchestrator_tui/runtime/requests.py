"""Requests of processes without the lease, turned into events by the holder that takes them (DESIGN §3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from orchestrator_tui.core.decide import STATUS_QUESTION, message_draft
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.model import Batch
from orchestrator_tui.core.refusal import MAX_TEXT_BYTES
from orchestrator_tui.core.text import sanitise, sanitise_line
from orchestrator_tui.journal.port import Request

_SEVERITIES = ("blocker", "concern", "follow-up", "nit")
_RESULTS = ("pass", "fail", "partial", "skip", "not_run")


def take(batch: Batch, request: Request) -> tuple[Draft, ...]:
    """The events of one request, its ``request_taken`` last; a request that makes no sense is taken with the reason."""
    maker = _MAKERS.get(request.kind)
    track = request.payload.get("track")
    if maker is None:
        return (_taken(request, f"unknown request {sanitise_line(request.kind, 60)}"),)
    if not isinstance(track, str) or track not in batch.tracks:
        return (_taken(request, f"unknown track {sanitise_line(str(track), 60)}"),)
    try:
        drafts = maker(track, request)
    except (KeyError, TypeError, ValueError) as error:
        return (unfit(request, error),)
    return (*drafts, _taken(request, "done"))


def unfit(request: Request, error: Exception) -> Draft:
    """The ``request_taken`` of a request that cannot be carried out as it is, with the reason."""
    return _taken(request, f"malformed {request.kind}: {sanitise_line(str(error), 120)}")


POSTPONED_MS = 60_000
"""How long a request may wait for its track: the task file that adds it is seen a moment later."""


def postponed(batch: Batch, request: Request, now: Instant) -> bool:
    """Whether the request speaks of a track that is not known yet, though its task file is on its way."""
    track = request.payload.get("track")
    unknown = request.kind in _MAKERS and isinstance(track, str) and track not in batch.tracks
    return unknown and elapsed_ms(request.at, now) < POSTPONED_MS


def _taken(request: Request, outcome: str) -> Draft:
    kind = sanitise_line(request.kind, 60)
    return Draft("request_taken", {"request": request.id, "kind": kind, "outcome": outcome})


def _text(payload: Mapping[str, Any], key: str, limit: int) -> str:
    value = payload.get(key, "")
    if not isinstance(value, str):
        raise TypeError(f"{key} is not a text")
    return sanitise(value, limit)


def _note(track: str, request: Request) -> tuple[Draft, ...]:
    text = _text(request.payload, "text", 4096)
    return (Draft("note_added", {"track": track, "text": text, "by": request.origin}),)


def _finding(track: str, request: Request) -> tuple[Draft, ...]:
    payload = request.payload
    severity = payload["severity"]
    if severity not in _SEVERITIES:
        raise ValueError(f"severity is none of {', '.join(_SEVERITIES)}")
    line = payload.get("line")
    finding = {
        "track": track,
        "finding": f"f-{request.id}",
        "severity": severity,
        "title": _text(payload, "title", 200),
        "detail": _text(payload, "detail", 4096),
        "file": _text(payload, "file", 500),
        "line": line if isinstance(line, int) and not isinstance(line, bool) else None,
        "by": request.origin,
    }
    return (Draft("finding_added", finding),)


def _check(track: str, request: Request) -> tuple[Draft, ...]:
    payload = request.payload
    if payload["result"] not in _RESULTS:
        raise ValueError(f"result is none of {', '.join(_RESULTS)}")
    check = {
        "track": track,
        "name": _text(payload, "name", 120),
        "result": payload["result"],
        "detail": _text(payload, "detail", 500),
    }
    return (Draft("check_recorded", check),)


def _attempt(track: str, request: Request) -> tuple[Draft, ...]:
    payload = request.payload
    pid, start, boot = payload["process"]
    attempt = {
        "track": track,
        "attempt": f"a-{request.id}",
        "purpose": "implement",
        "argv": [str(one) for one in payload["argv"]],
        "cwd": str(payload["cwd"]),
        "process": [int(pid), str(start), str(boot)],
    }
    return (Draft("attempt_started", attempt),)


def _tell(track: str, request: Request) -> tuple[Draft, ...]:
    text = _text(request.payload, "text", MAX_TEXT_BYTES)
    return (message_draft(track, f"m-{request.id}", text, request.origin, "message"),)


def _nudge(track: str, request: Request) -> tuple[Draft, ...]:
    identifier = f"m-{request.id}"
    asked = {"track": track, "message": identifier, "route": "task_file"}
    return (Draft("agent_asked", asked), message_draft(track, identifier, STATUS_QUESTION, request.origin, "status"))


_MAKERS: dict[str, Callable[[str, Request], tuple[Draft, ...]]] = {
    "note": _note,
    "finding": _finding,
    "check": _check,
    "attempt": _attempt,
    "tell": _tell,
    "nudge": _nudge,
}
