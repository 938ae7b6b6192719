"""The JSON that scripts may rely on, each field of it described in docs/reference/json.md (DESIGN §4.4).

Fields are only ever added. Texts are the agents' own, raw; the printed JSON is ASCII, so that none of them reaches a
terminal as it is.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from orchestrator_tui.core.agents import Agent
from orchestrator_tui.core.delivery import STRENGTH, reach_in
from orchestrator_tui.core.gate_refusals import NUDGED
from orchestrator_tui.core.gates import answer_text
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.model import Batch, Decision, Gate, GateState, Liveness, Track
from orchestrator_tui.core.queries import agent_behind, gate_age_ms, is_stale, shown_tracks
from orchestrator_tui.core.routes_shown import cannot_hear, routes_shown
from orchestrator_tui.core.tracks_shown import is_run_itself

if TYPE_CHECKING:
    from orchestrator_tui.core.run import Run

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MS = 253_402_300_799_999
"""The last millisecond of the year 9999."""


def print_json(value: Mapping[str, Any]) -> None:
    """Print one object; what is not ASCII is escaped, so that hostile text stays inert in a terminal."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=True, allow_nan=False) + "\n")


def timestamp(at: Instant | None) -> str | None:
    """ISO 8601 in UTC with milliseconds: ``2026-11-20T10:05:45.184Z``; None for no moment."""
    if at is None:
        return None
    moment = _EPOCH + timedelta(milliseconds=min(max(at.wall_ms, 0), _LAST_MS))
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def batch_row(batch: Batch) -> dict[str, Any]:
    """One batch of ``list``."""
    return {
        "id": batch.id,
        "title": batch.title,
        "kind": batch.kind,
        "workflow": batch.workflow,
        "state": batch.state,
        "started_at": timestamp(batch.started_at),
        "ended_at": timestamp(batch.ended_at),
        "tracks": sum(not is_run_itself(track) for track in shown_tracks(batch)),
        "merged": list(batch.merged),
        "cost_usd": cost(batch),
    }


def cost(batch: Batch) -> float | None:
    """What a batch has cost so far in dollars, where anything is known of that."""
    known = [track.cost_usd for track in batch.tracks.values() if track.cost_usd is not None and not track.part_of]
    return round(sum(known), 6) if known else None


def status(batch: Batch | None, now: Instant) -> dict[str, Any]:
    """The whole of ``status``; nothing in it when there is no batch."""
    gates = list(batch.gates.values()) if batch is not None else []
    return {
        "batch": None if batch is None else _batch(batch, now),
        "tracks": [] if batch is None else _tracks(batch),
        "gates": {
            "open": sum(gate.state is GateState.OPEN for gate in gates),
            "stale": 0 if batch is None else sum(is_stale(gate, now, batch) for gate in gates),
            "decided_by_rule": 0 if batch is None else batch.decided_by_rule,
            "decided_by_person": 0 if batch is None else batch.decided_by_person,
        },
        "merged": [] if batch is None else list(batch.merged),
        "run": None if batch is None or batch.run is None else _run(batch, batch.run),
    }


def _run(batch: Batch, run: Run) -> dict[str, Any]:
    """What only a run has, beside its tracks."""
    return {
        "phase": run.phase,
        "pausing": run.pausing,
        "base": run.plan.base,
        "base_sha": run.plan.base_sha,
        "integration": run.plan.integration,
        "integration_sha": run.integration_sha,
        "published": run.published,
        "report": run.report,
        "models": dict(run.models),
        "concurrency": run.agents,
        "cost_usd": cost(batch),
        "effects": [{"id": one.id, "kind": one.kind, "track": one.track} for one in run.effects.values()],
    }


def _tracks(batch: Batch) -> list[dict[str, Any]]:
    listed = {track.slug for track in shown_tracks(batch)}
    return [
        track_view(track, agent_behind(batch, track), listed=track.slug in listed) for track in batch.tracks.values()
    ]


def track_view(track: Track, agent: Agent | None, *, listed: bool) -> dict[str, Any]:
    """One track of ``status``: ``agent`` works on it, and ``listed`` tells whether screens list it."""
    stage = next((one for one in track.stages if one.index == track.stage), None)
    seen = [at for at in (track.reported_at, track.activity.at if track.activity else None) if at is not None]
    return {
        "slug": track.slug,
        "title": track.title,
        "kind": track.kind,
        "workflow": track.workflow,
        "state": track.state.value,
        "wave": track.wave,
        "stage": track.stage,
        "stage_name": stage.name if stage else "",
        "stage_status": stage.status.value if stage else "",
        "stages": [{"index": one.index, "name": one.name, "status": one.status.value} for one in track.stages],
        "branch": track.branch,
        "worktree": track.worktree,
        "attempts": len(track.attempts),
        "last_activity_at": timestamp(max(seen, key=lambda at: at.wall_ms, default=None)),
        "silent": track.liveness is not Liveness.REPORTING,
        "cost_usd": track.cost_usd,
        "tokens": track.tokens,
        "model": track.model,
        "agent": None if agent is None else _agent(agent),
        "part_of": track.part_of,
        "listed": listed,
        "depends_on": list(track.depends_on),
        "merged_sha": "" if track.work is None else track.work.merged_sha,
        "paused": "" if track.work is None else track.work.paused,
        "why": "" if track.work is None else track.work.why,
        "checklist": [] if track.work is None else [_item(*one) for one in track.work.checklist],
    }


def _item(name: str, result: str, detail: str) -> dict[str, str]:
    return {"name": name, "result": result, "detail": detail}


def _agent(agent: Agent) -> dict[str, Any]:
    return {
        "session": agent.session,
        "id": agent.id,
        "parent": agent.parent,
        "mode": agent.mode,
        "name": agent.name,
        "status": agent.status,
        "evidence": list(agent.evidence),
        "connected": agent.connected,
        "pane": agent.pane,
        "team": agent.team,
        "version": agent.version,
    }


def gate_view(gate: Gate, batch: Batch, now: Instant, waiting: frozenset[str] | None = None) -> dict[str, Any]:
    """One gate of ``gates``; ``waiting`` are the routes whose readers live, None where nobody looked."""
    question, reach = gate.question, reach_in(batch, gate, waiting)
    return {
        "id": gate.id,
        "batch": gate.batch,
        "track": gate.track,
        "stage": question.stage,
        "kind": question.kind,
        "risk": gate.risk.name.lower(),
        "question": question.question,
        "context": question.context,
        "options": [{"key": option.key, "label": option.label} for option in question.options],
        "multiple": question.multiple,
        "free_text": question.free_text,
        "subject": question.subject,
        "recommendation": gate.recommendation,
        "revision": gate.revision,
        "digest": gate.digest,
        "state": gate_state(gate),
        "asked_at": timestamp(gate.asked_at),
        "age_seconds": gate_age_ms(gate, now) // 1000,
        "stale": is_stale(gate, now, batch),
        "route": gate_route(gate),
        "routes": [{"route": one.route, "state": one.state, "why": one.why} for one in routes_shown(gate, reach)],
        "can_hear": not cannot_hear(gate, reach),
        "decision": None if gate.decision is None else _decision(gate.decision),
        "delivered_at": step_time(gate, "delivered"),
        "acknowledged_at": step_time(gate, "acknowledged"),
        "asker": gate.asker,
    }


def gate_state(gate: Gate) -> str:
    """The state of a gate in one word; a decided gate whose answer found no way is ``undelivered`` (A-6)."""
    return "undelivered" if gate.undelivered else gate.state.value


def gate_route(gate: Gate) -> str | None:
    """The route that the answer took last, else the strongest that the gate has."""
    taken = [step.route for step in gate.steps if step.route and step.step != NUDGED]
    return taken[-1] if taken else next((route for route in STRENGTH if route in gate.routes), None)


def step_time(gate: Gate, step: str) -> str | None:
    """When the answer last made this step: ``delivered`` or ``acknowledged``."""
    return timestamp(next((one.at for one in reversed(gate.steps) if one.step == step), None))


def _batch(batch: Batch, now: Instant) -> dict[str, Any]:
    elapsed = 0 if batch.started_at is None else elapsed_ms(batch.started_at, batch.ended_at or now)
    return {
        "id": batch.id,
        "title": batch.title,
        "workflow": batch.workflow,
        "state": batch.state,
        "started_at": timestamp(batch.started_at),
        "elapsed_seconds": elapsed // 1000,
    }


def _decision(decision: Decision) -> dict[str, Any]:
    return {
        "option": answer_text(decision.options, decision.text),
        "text": decision.text,
        "reason": decision.reason,
        "by": decision.by,
        "origin": decision.origin,
        "at": timestamp(decision.at),
    }
