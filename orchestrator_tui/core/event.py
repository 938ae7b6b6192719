"""The one event record, and the table of kinds that says what each payload must hold (DESIGN §3).

The table is data: a kind's required fields, its optional fields, and their types. Formats are additive;
a kind that is not in the table was written by a newer version and makes its batch read-only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.kinds_run import RUN_KINDS, Spec

FORMAT_VERSION = 1
"""Version of the journal's format, and the ``min_reader`` that it demands."""


class EventError(ValueError):
    """A payload that does not fit its kind: an error of ours, or of a newer writer."""


@frozen
class Draft:
    """An event before it has a place in the journal."""

    kind: str
    payload: Mapping[str, Any]


@frozen
class Event:
    """One journalled fact.

    Attributes:
        batch: id of its batch.
        seq: place in its batch, gapless, from 1.
        at: when it was recorded.
        kind: a key of :data:`KINDS`.
        origin: who recorded it: ``cockpit``, ``host``, ``agent:<track>``, ``cli``, ``hook``, ``mcp``.
        epoch: the lease epoch of the batch at that moment.
        payload: see :data:`KINDS`.
        hash: SHA-256 over the previous hash and this event's exact bytes; "" before it is stored.
    """

    batch: str
    seq: int
    at: Instant
    kind: str
    origin: str
    epoch: int
    payload: Mapping[str, Any]
    hash: str = ""


_TEXT = str
_INT = int
_NUMBER = (int, float)
_LIST = list
_MAP = dict
_BOOL = bool
_TEXT_OR_NONE = (str, type(None))
_INT_OR_NONE = (int, type(None))
_ANY = (str, int, float, bool, list, dict, type(None))

_GATE_KEY: dict[str, type | tuple[type, ...]] = {"gate": _TEXT, "revision": _INT}

KINDS: dict[str, Spec] = {
    # batch
    "batch_opened": (
        {"title": _TEXT, "kind": _TEXT},
        {
            "workflow": _TEXT,
            "repository": _TEXT,
            "source": _TEXT,
            "limits": _MAP,
            "trust": _TEXT,
            "min_reader": _INT,
        },
    ),
    "batch_ended": ({"outcome": _TEXT}, {}),
    "batch_reopened": ({"why": _TEXT}, {}),
    "limits_set": ({"limits": _MAP}, {}),
    "lease_taken": ({"holder": _TEXT}, {}),
    "lease_released": ({"holder": _TEXT}, {}),
    "request_made": ({"kind": _TEXT, "payload": _MAP}, {}),
    "request_taken": ({"request": _INT, "kind": _TEXT}, {"outcome": _TEXT}),
    # tracks
    "track_added": (
        {"track": _TEXT, "title": _TEXT, "kind": _TEXT},
        {
            "workflow": _TEXT,
            "wave": _INT,
            "source": _TEXT,
            "stages": _LIST,
            "state": _TEXT,
            "reported_wall_ms": _INT,
            "fingerprint": _TEXT,
        },
    ),
    "track_changed": ({"track": _TEXT, "changes": _MAP}, {}),
    "track_moved": ({"track": _TEXT, "to": _TEXT}, {"why": _TEXT, "observed": _BOOL}),
    "track_reported": (
        {"track": _TEXT},
        {"progress": _TEXT, "blocked": _BOOL, "fingerprint": _TEXT, "wall_ms": _INT},
    ),
    "stage_changed": (
        {"track": _TEXT, "stage": _INT, "status": _TEXT},
        {"name": _TEXT, "detail": _TEXT, "observed": _BOOL, "late": _BOOL},
    ),
    "stages_skipped": (
        {"track": _TEXT, "stages": _LIST},
        {"by": _TEXT, "reason": _TEXT},
    ),
    "agent_seen": (
        {"track": _TEXT, "session": _TEXT, "status": _TEXT},
        {
            "agent": _TEXT,
            "parent": _TEXT,
            "mode": _TEXT,
            "name": _TEXT,
            "evidence": _LIST,
            "connected": _BOOL,
            "pane": _TEXT,
            "team": _TEXT,
            "version": _TEXT,
        },
    ),
    "activity_seen": ({"track": _TEXT, "text": _TEXT}, {"wall_ms": _INT}),
    "attempt_started": (
        {"track": _TEXT, "attempt": _TEXT, "purpose": _TEXT},
        {
            "stage": _INT_OR_NONE,
            "argv": _LIST,
            "cwd": _TEXT,
            "process": (list, type(None)),
            "model": _TEXT,
            "number": _INT,
            "role": _TEXT,
            "tier": _TEXT,
            "session": _TEXT,
            "part": _TEXT,
        },
    ),
    "attempt_ended": (
        {"track": _TEXT, "attempt": _TEXT, "outcome": _TEXT},
        {
            "exit_code": _INT_OR_NONE,
            "verdict": _TEXT,
            "summary": _TEXT,
            "cost_usd": _NUMBER,
            "tokens": _INT,
            "turns": _INT,
            "left_over": _INT,
            "resumes_wall_ms": _INT_OR_NONE,
        },
    ),
    "cost_recorded": (
        {"track": _TEXT},
        {"cost_usd": _NUMBER, "tokens": _INT, "model": _TEXT},
    ),
    "finding_added": (
        {"track": _TEXT, "finding": _TEXT, "severity": _TEXT, "title": _TEXT},
        {
            "detail": _TEXT,
            "file": _TEXT,
            "line": _INT_OR_NONE,
            "by": _TEXT,
            "about": _TEXT,
            "confidence": _INT,
            "standing": _TEXT,
        },
    ),
    "finding_closed": ({"track": _TEXT, "finding": _TEXT, "state": _TEXT}, {"why": _TEXT}),
    "check_recorded": (
        {"track": _TEXT, "name": _TEXT, "result": _TEXT},
        {"detail": _TEXT, "command": _TEXT, "sha": _TEXT, "duration_ms": _INT, "run": _TEXT},
    ),
    "note_added": ({"track": _TEXT, "text": _TEXT}, {"by": _TEXT}),
    "message_sent": (
        {"track": _TEXT, "message": _TEXT, "text": _TEXT},
        {"by": _TEXT, "purpose": _TEXT, "routes": _LIST},
    ),
    "message_delivered": (
        {"track": _TEXT, "message": _TEXT, "route": _TEXT},
        {"evidence": _TEXT},
    ),
    "message_failed": ({"track": _TEXT, "message": _TEXT, "route": _TEXT, "why": _TEXT}, {}),
    # silence (seed 002: ten minutes, then two)
    "agent_asked": (
        {"track": _TEXT, "message": _TEXT},
        {"route": _TEXT, "silent_ms": _INT},
    ),
    "agent_liveness": ({"track": _TEXT, "liveness": _TEXT}, {"signs": _LIST}),
    # gates: every one of these is a compare-and-set on the gate's row
    "gate_opened": (
        {
            "gate": _TEXT,
            "revision": _INT,
            "digest": _TEXT,
            "track": _TEXT,
            "kind": _TEXT,
            "question": _TEXT,
            "source": _TEXT,
            "risk": _TEXT,
        },
        {
            "context": _TEXT,
            "options": _LIST,
            "stage": _INT_OR_NONE,
            "subject": _ANY,
            "free_text": _BOOL,
            "multiple": _BOOL,
            "recommendation": _TEXT_OR_NONE,
            "recommendation_why": _TEXT,
            "asker_recommendation": _TEXT_OR_NONE,
            "confidence": _TEXT,
            "declared_risk": _TEXT,
            "environment": _TEXT,
            "risk_why": _TEXT,
            "routes": _LIST,
            "asked_wall_ms": _INT,
            "asker": _TEXT,
        },
    ),
    "gate_route_added": ({**_GATE_KEY, "route": _TEXT}, {"asker": _TEXT}),
    "gate_decided": (
        {
            **_GATE_KEY,
            "digest": _TEXT,
            "decision": _TEXT,
            "options": _LIST,
            "label": _TEXT,
            "by": _TEXT,
            "origin": _TEXT,
        },
        {
            "reason": _TEXT,
            "text": _TEXT,
            "shown_wall_ms": _INT_OR_NONE,
            "undo_ms": _INT,
            "actor": _MAP,
        },
    ),
    "decision_undone": ({**_GATE_KEY, "decision": _TEXT, "by": _TEXT}, {}),
    "decision_refused": (
        {"gate": _TEXT, "why": _TEXT, "by": _TEXT, "origin": _TEXT},
        {"revision": _INT_OR_NONE, "options": _LIST},
    ),
    "delivery_claimed": (
        {**_GATE_KEY, "decision": _TEXT, "route": _TEXT, "claimant": _TEXT},
        {},
    ),
    "delivery_failed": (
        {**_GATE_KEY, "decision": _TEXT, "route": _TEXT, "why": _TEXT},
        {"undelivered": _BOOL},
    ),
    "decision_delivered": (
        {**_GATE_KEY, "decision": _TEXT, "route": _TEXT},
        {"evidence": _TEXT},
    ),
    "decision_acknowledged": (
        {**_GATE_KEY, "decision": _TEXT, "route": _TEXT, "evidence": _TEXT},
        {},
    ),
    "gate_nudged": ({**_GATE_KEY, "decision": _TEXT, "route": _TEXT}, {"evidence": _TEXT}),
    "gate_withdrawn": ({**_GATE_KEY, "why": _TEXT}, {}),
    "gate_cancelled": ({**_GATE_KEY, "why": _TEXT}, {"by": _TEXT}),
    "gate_expired": ({**_GATE_KEY, "why": _TEXT}, {}),
    "gate_answered_elsewhere": ({**_GATE_KEY, "why": _TEXT}, {}),
    "gate_cleared": ({**_GATE_KEY}, {}),
    "redelivery_asked": ({**_GATE_KEY, "decision": _TEXT, "by": _TEXT}, {}),
    "gate_stale": ({**_GATE_KEY, "count": _INT, "level": _INT, "age_ms": _INT}, {}),
    "gate_snoozed": ({**_GATE_KEY, "snooze_ms": _INT, "by": _TEXT}, {}),
    "gate_risk_raised": (
        {
            **_GATE_KEY,
            "risk": _TEXT,
            "risk_why": _TEXT,
            "recommendation": _TEXT_OR_NONE,
            "recommendation_why": _TEXT,
        },
        {},
    ),
    # signals
    "signal_raised": (
        {"signal": _TEXT, "kind": _TEXT, "text": _TEXT},
        {"track": _TEXT, "gate": _TEXT, "evidence": _LIST},
    ),
    "signal_cleared": ({"signal": _TEXT, "why": _TEXT}, {}),
    **RUN_KINDS,
}

GATE_KINDS = frozenset(
    {
        "gate_opened",
        "gate_route_added",
        "gate_decided",
        "decision_undone",
        "delivery_claimed",
        "delivery_failed",
        "decision_delivered",
        "decision_acknowledged",
        "gate_nudged",
        "gate_withdrawn",
        "gate_cancelled",
        "gate_expired",
        "gate_answered_elsewhere",
        "gate_cleared",
        "redelivery_asked",
        "gate_stale",
        "gate_snoozed",
        "gate_risk_raised",
    }
)
"""Kinds that change a gate's row; each is one compare-and-set, by any process (DESIGN §3)."""


WORK_KINDS = frozenset(
    {"attempt_started", "attempt_ended", "check_recorded", "stages_skipped", "stage_changed", "track_moved"}
)
"""Kinds that every track knows, and that tell how far the work of a run's track is."""


def check_payload(kind: str, payload: Mapping[str, Any]) -> None:
    """Raise :class:`EventError` unless ``payload`` holds what ``kind`` demands.

    Unknown fields are kept: the format is additive.
    """
    spec = KINDS.get(kind)
    if spec is None:
        raise EventError(f"unknown event kind {kind!r}: written by a newer version")
    required, optional = spec
    for name, types in required.items():
        if name not in payload:
            raise EventError(f"{kind}: field {name!r} is missing")
        _check_type(kind, name, payload[name], types)
    for name, types in optional.items():
        if name in payload:
            _check_type(kind, name, payload[name], types)


def _check_type(kind: str, name: str, value: Any, types: type | tuple[type, ...]) -> None:
    allowed = types if isinstance(types, tuple) else (types,)
    if isinstance(value, bool) and bool not in allowed:
        raise EventError(f"{kind}: field {name!r} must not be a boolean")
    if not isinstance(value, allowed):
        names = " or ".join(one.__name__ for one in allowed)
        raise EventError(f"{kind}: field {name!r} is {type(value).__name__}, not {names}")
