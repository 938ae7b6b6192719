"""Requests of processes without the lease, turned into events by the holder that takes them (DESIGN §3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from orchestrator_tui.core.canonical import sha256_hex
from orchestrator_tui.core.decide import STATUS_QUESTION, message_draft
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.facts import StageSaid
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.live_rules import MOST_SURE, Sureness
from orchestrator_tui.core.model import Batch
from orchestrator_tui.core.naming import BATCH_TRACK, agent_slug
from orchestrator_tui.core.observe_report import observe_report, read_report
from orchestrator_tui.core.observe_said import observe_said, track_of_task
from orchestrator_tui.core.refusal import MAX_TEXT_BYTES
from orchestrator_tui.core.rules import Rules
from orchestrator_tui.core.schedule.rules import workflow_of
from orchestrator_tui.core.stage_said import STAGE_SAID, read_payload
from orchestrator_tui.core.text import sanitise, sanitise_line
from orchestrator_tui.core.tracks_shown import is_agent_track, own_track, part
from orchestrator_tui.journal.port import Request
from orchestrator_tui.runtime.requests_run import ADD, CONTROL, take_control, take_tracks

AGENT_EVENT = "agent_event"
"""The request by which a hook tells that something has happened to an agent: a reason to look at once."""

_SEVERITIES = ("blocker", "concern", "follow-up", "nit")
_READ_ROUTES = ("hook", "mcp")
"""Routes by which a message reaches its agent's context itself."""

_RESULTS = ("pass", "fail", "partial", "skip", "not_run")


def take(batch: Batch, request: Request, rules: Rules, now: Instant) -> tuple[Draft, ...]:
    """The events of one request, its ``request_taken`` last; a request that makes no sense is taken with the reason."""
    if request.kind == AGENT_EVENT:
        return (taken(request, "looked"),)
    if request.kind == "report":
        return _report(batch, request, rules, now)
    if request.kind == STAGE_SAID:
        return _stage_said(batch, request, now)
    if request.kind in (CONTROL, ADD):
        return _of_run(batch, request)
    maker = _MAKERS.get(request.kind)
    if maker is None:
        return (taken(request, f"unknown request {sanitise_line(request.kind, 60)}"),)
    track = _track(batch, request)
    if not track:
        return (taken(request, f"unknown track {sanitise_line(str(request.payload.get('track')), 60)}"),)
    try:
        drafts = _finding_of(batch, track, request) if request.kind == "finding" else maker(track, request)
    except (KeyError, TypeError, ValueError) as error:
        return (unfit(request, error),)
    return (*drafts, taken(request, "done"))


def ending(request: Request) -> tuple[str, str]:
    """The session that tells its end by this event of an agent, and the reason that it gives; ("", "") for others."""
    payload = request.payload
    session, reason = payload.get("session"), payload.get("reason")
    if payload.get("event") != "SessionEnd" or not isinstance(session, str):
        return "", ""
    return session, sanitise_line(reason, 80) if isinstance(reason, str) and reason else "SessionEnd"


def unfit(request: Request, error: Exception) -> Draft:
    """The ``request_taken`` of a request that cannot be carried out as it is, with the reason."""
    return taken(request, f"malformed {request.kind}: {sanitise_line(str(error), 120)}")


POSTPONED_MS = 60_000
"""How long a request may wait for its track: the task file that adds it is seen a moment later."""


def postponed(batch: Batch, request: Request, now: Instant) -> bool:
    """Whether the request speaks of a track, or of what a task file holds, that is not seen yet and is on its way."""
    if elapsed_ms(request.at, now) >= POSTPONED_MS:
        return False
    said = stage_said(request)
    if said is not None:
        track = track_of_task(batch, said.source)
        return track is None or said.wall_ms > track.written_ms
    named = isinstance(request.payload.get("track"), str) and request.kind in _MAKERS
    return named and not _track(batch, request)


def stage_said(request: Request) -> StageSaid | None:
    """What an update of a task said of its stage, where this request tells that and can be understood."""
    if request.kind != STAGE_SAID:
        return None
    try:
        return read_payload(request.payload)
    except ValueError:
        return None


def _track(batch: Batch, request: Request) -> str:
    """The track that a request speaks of, or "".

    An agent may know its track by the name that it had before anybody named it: then its address tells.
    """
    named, asker = request.payload.get("track"), request.payload.get("asker")
    if isinstance(named, str) and named in batch.tracks:
        return named
    agents = (track for track in batch.tracks.values() if track.agent is not None and is_agent_track(track))
    for track in agents:
        agent = track.agent
        if agent is not None and named == agent_slug(agent.session, agent.id):
            return part(batch, track) or track.slug
    own = own_track(batch, asker) if isinstance(asker, str) and asker and not named else None
    return "" if own is None else part(batch, own) or own.slug


def taken(request: Request, outcome: str) -> Draft:
    """The ``request_taken`` of a request."""
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
    confidence = payload.get("confidence")
    if isinstance(confidence, int) and not isinstance(confidence, bool) and 0 <= confidence <= MOST_SURE:
        finding["confidence"] = confidence
    return (Draft("finding_added", finding),)


def _finding_of(batch: Batch, track: str, request: Request) -> tuple[Draft, ...]:
    """A finding of the caller's own track, or from who works for the whole batch of the track that it names.

    One that names no track there is stays with the batch, under that name (seed 001: unassigned); a reviewer of one
    track speaks of that track whatever it names.
    """
    named = sanitise_line(_text(request.payload, "of", 80), 80)
    if not named or track != BATCH_TRACK:
        return _weighed(batch, track, _finding(track, request))
    if named in batch.tracks and named != BATCH_TRACK:
        return _weighed(batch, named, _finding(named, request))
    return _weighed(batch, track, _finding(track, request), {"about": named})


def _weighed(
    batch: Batch, track: str, drafts: tuple[Draft, ...], more: Mapping[str, str] | None = None
) -> tuple[Draft, ...]:
    """Findings with what becomes of them by how sure their reviewer is; what is left out stays in the journal.

    It is recorded, not worked out again: what a finding was counted for stays when the rules of the workflow change.
    """
    rules = Sureness()
    if batch.run is not None and track in batch.tracks:
        rules = workflow_of(batch, batch.tracks[track]).sureness
    made = []
    for one in drafts:
        standing = rules.standing(one.payload.get("confidence"))
        made.append(Draft(one.kind, {**one.payload, **(more or {}), **({"standing": standing} if standing else {})}))
    return tuple(made)


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
    return (message_draft(track, _message_id(request), text, request.origin, "message"),)


def _nudge(track: str, request: Request) -> tuple[Draft, ...]:
    identifier = _message_id(request)
    asked = {"track": track, "message": identifier, "route": "task_file"}
    return (Draft("agent_asked", asked), message_draft(track, identifier, STATUS_QUESTION, request.origin, "status"))


def _message_id(request: Request) -> str:
    """A name that stands in no transcript by chance, as ``m-4`` does: found there, it proves that the message came."""
    return f"m-{sha256_hex(f'{request.batch} {request.id}')[:12]}"


def _message_read(track: str, request: Request) -> tuple[Draft, ...]:
    route = _text(request.payload, "route", 40)
    if route not in _READ_ROUTES:
        raise ValueError(f"route is none of {', '.join(_READ_ROUTES)}")
    read = {
        "track": track,
        "message": _text(request.payload, "message", 120),
        "route": route,
        "evidence": "printed into its context",
    }
    return (Draft("message_delivered", read),)


def _stage_said(batch: Batch, request: Request, now: Instant) -> tuple[Draft, ...]:
    try:
        said = read_payload(request.payload)
    except ValueError as error:
        return (unfit(request, error),)
    return (*observe_said(batch, (said,), now), taken(request, "done"))


def _of_run(batch: Batch, request: Request) -> tuple[Draft, ...]:
    try:
        make = take_control if request.kind == CONTROL else take_tracks
        drafts, outcome = make(batch, request.payload, request.origin)
    except (TypeError, ValueError, LookupError, AttributeError) as error:
        return (unfit(request, error),)
    return (*drafts, taken(request, outcome))


def _report(batch: Batch, request: Request, rules: Rules, now: Instant) -> tuple[Draft, ...]:
    try:
        drafts, refused = observe_report(batch, read_report(request.payload), rules, now)
    except (TypeError, ValueError) as error:
        return (unfit(request, error),)
    return (*drafts, taken(request, f"refused: {refused}" if refused else "done"))


_MAKERS: dict[str, Callable[[str, Request], tuple[Draft, ...]]] = {
    "note": _note,
    "finding": _finding,
    "check": _check,
    "attempt": _attempt,
    "tell": _tell,
    "nudge": _nudge,
    "message_read": _message_read,
}
