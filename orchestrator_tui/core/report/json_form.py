"""A report as JSON that scripts may rely on: fields are only ever added (docs/reference/json.md)."""

from __future__ import annotations

import json
from typing import Any

from orchestrator_tui.core.report.model import (
    AttemptTold,
    CheckTold,
    FindingTold,
    GateTold,
    ItemTold,
    Measures,
    Report,
    TrackTold,
)
from orchestrator_tui.core.report.sections import review_result, validation_outcome
from orchestrator_tui.core.report.words import moment


def as_json(report: Report) -> dict[str, Any]:
    """The report as one object; times are ISO 8601 in UTC, lengths of time whole seconds."""
    return {
        "kind": report.kind,
        "batch": report.id,
        "track": report.subject,
        "title": report.title,
        "workflow": report.workflow,
        "state": report.state,
        "verdict": report.verdict,
        "why": report.why,
        "started_at": moment(report.started_at),
        "ended_at": moment(report.ended_at),
        "elapsed_seconds": report.took_ms // 1000,
        "base": report.base,
        "base_sha": report.base_sha,
        "integration": report.integration,
        "integration_sha": report.integration_sha,
        "published": report.published,
        "models": dict(report.models),
        "merged": list(report.merged),
        "measures": _measures(report.measures),
        "checklist": [_item(one) for one in report.checklist],
        "checks": [_check(one) for one in report.checks],
        "follow_ups": list(report.follow_ups),
        "signals": list(report.signals),
        "gates": [_gate(one) for one in report.gates],
        "tracks": [_track(one) for one in report.tracks],
    }


def as_json_text(report: Report) -> str:
    """The same as text; ASCII, so that hostile words stay inert in a terminal."""
    return json.dumps(as_json(report), indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def _measures(told: Measures) -> dict[str, Any]:
    return {
        "discovery_reuse": told.discovery_reuse,
        "rescue_attempts": told.rescue_attempts,
        "abandonment_events": told.abandonments,
        "re_review_loops": dict(told.loops),
        "gates_by_rule": told.gates_by_rule,
        "gates_by_person": told.gates_by_person,
        "waited_on_person_seconds": told.waited_ms // 1000,
        "attempts": told.attempts,
        "checks": told.checks_run,
        "cost_usd": told.cost_usd,
        "tokens": told.tokens,
    }


def _item(told: ItemTold) -> dict[str, Any]:
    return {"name": told.name, "result": told.result, "detail": told.detail}


def _check(told: CheckTold) -> dict[str, Any]:
    return {"name": told.name, "result": told.result, "detail": told.detail}


def _finding(told: FindingTold) -> dict[str, Any]:
    return {
        "id": told.id,
        "severity": told.severity,
        "state": told.state,
        "times": told.times,
        "title": told.title,
        "place": told.place,
    }


def _gate(told: GateTold) -> dict[str, Any]:
    return {
        "id": told.id,
        "track": told.track,
        "kind": told.kind,
        "risk": told.risk,
        "question": told.question,
        "state": told.state,
        "answer": told.answer,
        "reason": told.reason,
        "by": told.by,
        "by_rule": told.rule,
        "waited_seconds": told.waited_ms // 1000,
    }


def _attempt(told: AttemptTold) -> dict[str, Any]:
    return {
        "id": told.id,
        "stage": told.stage,
        "purpose": told.purpose,
        "model": told.model,
        "outcome": told.outcome,
        "verdict": told.verdict,
        "seconds": told.took_ms // 1000,
        "cost_usd": told.cost_usd,
        "tokens": told.tokens,
        "turns": told.turns,
    }


def _track(told: TrackTold) -> dict[str, Any]:
    return {
        "slug": told.slug,
        "title": told.title,
        "kind": told.kind,
        "workflow": told.workflow,
        "state": told.state,
        "outcome": told.outcome,
        "why": told.why,
        "next_action": told.next_action,
        "wave": told.wave,
        "stage": told.stage,
        "stages": [
            {
                "index": one.index,
                "name": one.name,
                "status": one.status,
                "seconds": None if one.took_ms is None else one.took_ms // 1000,
            }
            for one in told.stages
        ],
        "branch": told.branch,
        "worktree": told.worktree,
        "pr": told.pr,
        "depends_on": list(told.depends_on),
        "owned": list(told.owned),
        "head_sha": told.head_sha,
        "merged_sha": told.merged_sha,
        "files": list(told.files),
        "added": told.added,
        "removed": told.removed,
        "commits": told.commits,
        "uncommitted": told.uncommitted,
        "deployed": [{"environment": name, "result": result} for name, result in told.deployed],
        "review": review_result(told),
        "validation": validation_outcome(told),
        "review_rounds": told.rounds,
        "re_review_loops": told.loops,
        "gates_by_rule": told.gates_by_rule,
        "gates_by_person": told.gates_by_person,
        "waited_on_person_seconds": told.waited_ms // 1000,
        "elapsed_seconds": told.took_ms // 1000,
        "cost_usd": told.cost_usd,
        "tokens": told.tokens,
        "attempts": [_attempt(one) for one in told.attempts],
        "checks": [_check(one) for one in told.checks],
        "findings": [_finding(one) for one in told.findings],
        "checklist": [_item(one) for one in told.checklist],
        "rescues": [
            dict(zip(("trigger", "action", "rationale", "outcome", "number"), one, strict=False))
            for one in told.rescues
        ],
    }
