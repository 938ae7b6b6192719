"""The kinds of events that only runs know: their fields as in :data:`orchestrator_tui.core.event.KINDS`."""

from __future__ import annotations

Spec = tuple[dict[str, type | tuple[type, ...]], dict[str, type | tuple[type, ...]]]
"""Required fields with their types, and optional ones."""

_TEXT = str
_INT = int
_LIST = list
_MAP = dict
_BOOL = bool
_INT_OR_NONE = (int, type(None))

RUN_KINDS: dict[str, Spec] = {
    # runs: plans and workflows as they were when the batch began
    "plan_recorded": ({"plan": _MAP}, {}),
    "plan_checked": ({"checked": _MAP}, {}),
    "conflicts_found": ({"pairs": _LIST}, {}),
    "workflow_recorded": ({"workflow": _TEXT, "rules": _MAP}, {}),
    "track_planned": ({"track": _TEXT, "planned": _MAP}, {}),
    "tracks_dropped": ({"tracks": _LIST}, {"why": _TEXT, "by": _TEXT}),
    "earlier_work_seen": ({"signs": _LIST}, {}),
    "batch_moved": ({"to": _TEXT}, {"why": _TEXT, "by": _TEXT}),
    "checkpoint_recorded": (
        {"wave": _INT, "type": _TEXT, "tracks": _LIST},
        {"completed": _LIST, "about": _TEXT},
    ),
    "batch_paused": ({"how": _TEXT, "by": _TEXT}, {"why": _TEXT}),
    "batch_resumed": ({"by": _TEXT}, {}),
    "concurrency_set": ({"agents": _INT, "why": _TEXT}, {}),
    "models_chosen": ({"models": _MAP}, {"sources": _MAP}),
    # runs: effects, each recorded before it is done and after (DESIGN §3)
    "effect_begun": ({"effect": _TEXT, "kind": _TEXT, "track": _TEXT}, {"arguments": _MAP}),
    "effect_ended": ({"effect": _TEXT, "outcome": _TEXT}, {"detail": _TEXT}),
    # runs: tracks
    "attempt_stopping": ({"track": _TEXT, "attempt": _TEXT, "why": _TEXT}, {}),
    "worktree_ready": (
        {"track": _TEXT, "path": _TEXT, "branch": _TEXT, "base_sha": _TEXT},
        {"provisioned": _LIST, "adopted": _BOOL},
    ),
    "copy_ready": ({"track": _TEXT, "name": _TEXT, "path": _TEXT, "head": _TEXT}, {}),
    "copy_dropped": ({"track": _TEXT, "path": _TEXT}, {"why": _TEXT}),
    "worktree_kept": ({"track": _TEXT, "why": _TEXT}, {"disk_bytes": _INT}),
    "worktree_removed": ({"track": _TEXT}, {"branch_removed": _BOOL}),
    "track_paused": ({"track": _TEXT, "why": _TEXT}, {"by": _TEXT, "until": _TEXT, "resumes_wall_ms": _INT_OR_NONE}),
    "track_resumed": ({"track": _TEXT}, {"by": _TEXT}),
    "agent_waits": ({"track": _TEXT, "gate": _TEXT}, {}),
    "stage_entered": (
        {"track": _TEXT, "stage": _INT},
        {"why": _TEXT, "from_stage": _INT, "problems": _LIST, "covers": _LIST},
    ),
    "stage_granted": (
        {"track": _TEXT, "stage": _INT, "tries": _INT, "by": _TEXT},
        {"instruction": _TEXT, "taken": _LIST},
    ),
    "stage_judged": (
        {"track": _TEXT, "stage": _INT, "verdict": _TEXT},
        {"attempt": _TEXT, "problems": _LIST},
    ),
    "work_inspected": (
        {"track": _TEXT, "inspection": _TEXT, "head": _TEXT},
        {
            "files": _LIST,
            "outside": _LIST,
            "missing": _LIST,
            "uncommitted": _LIST,
            "tests": _LIST,
            "marked": _LIST,
            "added": _INT,
            "removed": _INT,
            "commits": _INT,
        },
    ),
    "artefact_read": ({"track": _TEXT, "path": _TEXT, "text": _TEXT}, {}),
    "rescue_recorded": (
        {"track": _TEXT, "trigger": _TEXT, "action": _TEXT, "outcome": _TEXT},
        {"rationale": _TEXT, "number": _INT},
    ),
    "checklist_recorded": ({"track": _TEXT, "items": _LIST}, {}),
    "merge_recorded": (
        {"track": _TEXT, "result": _TEXT},
        {"head": _TEXT, "from_sha": _TEXT, "to_sha": _TEXT, "files": _LIST, "joined": _LIST, "detail": _TEXT},
    ),
    "tip_brought": (
        {"track": _TEXT, "tip": _TEXT, "result": _TEXT},
        {"files": _LIST, "take": _TEXT, "head": _TEXT, "by": _TEXT},
    ),
    "sides_seen": ({"track": _TEXT, "sides": _MAP}, {}),
    "deploy_recorded": ({"track": _TEXT, "environment": _TEXT, "result": _TEXT}, {"detail": _TEXT}),
    "published": ({"result": _TEXT}, {"sha": _TEXT, "detail": _TEXT, "by": _TEXT}),
    "checkpoint_written": ({"track": _TEXT, "paths": _LIST}, {"problem": _TEXT}),
    "report_written": ({"path": _TEXT}, {"of": _TEXT}),
    # runs: agents at work, a base that moves, what follows between waves
    "base_seen": (
        {"sha": _TEXT, "level": _TEXT, "commits": _INT, "of": _TEXT},
        {"files": _LIST, "why": _TEXT, "rewritten": _BOOL},
    ),
    "base_brought": ({"sha": _TEXT, "from_sha": _TEXT, "to_sha": _TEXT}, {}),
    "wave_ended": (
        {"wave": _INT, "tracks": _LIST},
        {
            "roles": _LIST,
            "checks": _MAP,
            "outside": _LIST,
            "missing": _LIST,
            "duration_ms": _INT,
            "scaling": _TEXT,
            "adaptations": _LIST,
        },
    ),
    "baseline_seen": ({"sha": _TEXT, "tree": _TEXT, "dependencies": _TEXT, "kept": _LIST}, {}),
    "friction_seen": ({"files": _LIST, "moments": _LIST, "batches": _LIST}, {}),
    "grounding_injected": ({"track": _TEXT, "attempt": _TEXT, "files": _LIST, "lines": _LIST}, {"capped": _BOOL}),
    "changes_counted": ({"wave": _INT, "files": _INT}, {"dependencies": _LIST}),
    "results_kept": ({"sha": _TEXT, "names": _LIST}, {"problem": _TEXT}),
    "isolation_set": ({"wave": _INT, "trees": _TEXT, "agents": _INT, "why": _TEXT}, {}),
    "untracked_seen": ({"wave": _INT, "decision": _TEXT}, {"files": _LIST}),
    "deviation_recorded": ({"wave": _INT, "what": _TEXT, "why": _TEXT}, {}),
    "track_carried": ({"track": _TEXT, "to": _TEXT, "wave": _INT}, {"left": _TEXT}),
    "breaker_tripped": (
        {"track": _TEXT, "attempt": _TEXT, "pattern": _TEXT, "times": _INT, "action": _TEXT},
        {"stage": _INT, "file": _TEXT, "what": _TEXT, "error": _TEXT, "error_class": _TEXT},
    ),
}
