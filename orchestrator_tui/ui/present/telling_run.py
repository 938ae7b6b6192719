"""What the events of runs say, in words a newcomer knows: text, quiet detail, theme token."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from orchestrator_tui.core.text import plural

Payload = Mapping[str, Any]

STAGE_WORDS = "stage_words"
"""Under this name the payload tells its stage in words: ``stage 2 Implement``."""


def _items(payload: Payload, name: str) -> str:
    return ", ".join(str(one) for one in payload.get(name, ()))


def _text(payload: Payload, name: str) -> str:
    return str(payload.get(name) or "")


def _stage(payload: Payload) -> str:
    """The stage that an event is about; what stands beside the ladder is the resolving of a conflict."""
    return "its conflict" if payload.get("stage") == 0 else _text(payload, STAGE_WORDS)


def _judged(payload: Payload) -> tuple[str, str, str]:
    stage = _stage(payload)
    words = {
        "accepted": f"{stage} is done and holds",
        "rejected": f"{stage} is not accepted",
        "rework": f"{stage} wants rework",
        "asked": f"{stage} asks a person",
        "grown": f"{stage} has outgrown what it was sent back for",
    }
    verdict = str(payload["verdict"])
    token = "" if verdict == "accepted" else "gate"
    return words.get(verdict, f"{stage}: {verdict}"), _items(payload, "problems"), token


def _entered(payload: Payload) -> tuple[str, str, str]:
    if payload["stage"] == 0:
        return "an agent is to resolve its conflict", _text(payload, "why"), "gate"
    back = "goes back to" if payload.get("from_stage") else "begins"
    return f"{back} {_stage(payload)}", _text(payload, "why"), ""


def _granted(payload: Payload) -> tuple[str, str, str]:
    by = f"by {payload['by']}"
    if not payload["tries"]:
        return f"{_stage(payload)} is looked at again", by, ""
    told = _text(payload, "instruction")
    return f"{plural(payload['tries'], 'more try', 'more tries')} for {_stage(payload)}", told or by, ""


_PHASES = {
    "approved": ("the plan is approved", ""),
    "running": ("the batch runs", ""),
    "handed_over": ("the session is complete", "gate"),
    "integrating": ("what is approved is merged", ""),
    "verifying": ("all is merged: the last checks run", ""),
    "awaiting_user": ("all is done: what goes out is yours to say", "gate"),
    "completed": ("the batch is completed", "track-done"),
    "stopped": ("the batch is stopped", "track-failed"),
    "failed": ("the batch has failed", "track-failed"),
}


def _batch_moved(payload: Payload) -> tuple[str, str, str]:
    to = str(payload["to"])
    text, token = _PHASES.get(to) or (f"the batch is {to.replace('_', ' ')}", "")
    by = f"by {payload['by']}" if payload.get("by") else ""
    return text, _text(payload, "why") or by, token


_COPY = {False: "its fresh copy is gone", True: "its fresh copy is kept"}

_CHECKPOINTS = {
    "pre": "before it begins",
    "post": "at its end",
    "failed": "since a part of it failed",
    "context": "since a conversation is nearly full",
}


def _checkpoint(payload: Payload) -> str:
    return f"checkpoint of wave {payload['wave']}, {_CHECKPOINTS.get(str(payload['type']), '')}"


def _published(payload: Payload) -> tuple[str, str, str]:
    result = str(payload["result"]).replace("_", " ")
    token = "track-done" if result.startswith("merged") else "gate"
    return f"publishing: {result}", _text(payload, "detail") or _text(payload, "by"), token


def _merge(payload: Payload) -> tuple[str, str, str]:
    words = {
        "merged": ("merged", "track-done"),
        "conflict": ("its merge conflicts", "gate"),
        "checks_failed": ("checks fail after its merge", "gate"),
        "undone": ("its merge is undone", "gate"),
    }
    text, token = words.get(str(payload["result"]), (f"merge: {payload['result']}", "gate"))
    joined = _items(payload, "joined")
    detail = f"what both append stays in {joined}" if joined else _text(payload, "detail")
    return text, _items(payload, "files") or detail, token


def _bring(payload: Payload) -> tuple[str, str, str]:
    sides = {
        "ours": "what it says is taken where it conflicts",
        "theirs": "what is merged already is kept where it conflicts",
    }
    text = sides.get(_text(payload, "take"), "what is merged already is brought into its worktree")
    by = _text(payload, "by")
    files = _items(payload, "files")
    return text, f"{files}, by {by}" if by else files, ""


def _deploy(payload: Payload) -> tuple[str, str, str]:
    fine = payload["result"] == "healthy"
    return f"{payload['environment']}: {payload['result']}", _text(payload, "detail"), "track-done" if fine else "gate"


def _checklist(payload: Payload) -> tuple[str, str, str]:
    failed = [str(one[0]) for one in payload["items"] if isinstance(one, (list, tuple)) and one[1] != "PASS"]
    if failed:
        return f"{plural(len(failed), 'item')} of its checklist: FAIL", ", ".join(failed), "gate"
    return "its checklist passes", "", "track-done"


def _paused(payload: Payload) -> tuple[str, str, str]:
    return "paused", _text(payload, "why"), "gate"


def _base_seen(payload: Payload) -> tuple[str, str, str]:
    if payload["level"] == "pass":
        return "the base branch is where it was", "", "quiet"
    return "the base branch has moved on", _text(payload, "why"), "gate"


def _wave_ended(payload: Payload) -> tuple[str, str, str]:
    failed = [str(name) for name, result in dict(payload.get("checks", {})).items() if result not in ("pass", "skip")]
    told = f"wave {payload['wave']} is over"
    if failed:
        return told, f"{', '.join(failed)}: fail", "gate"
    return told, _text(payload, "scaling"), "track-done"


def _apart(pairs: Any) -> str:
    return f"{plural(len(pairs), 'pair')} of tracks kept apart that share files"


def _tripped(payload: Payload) -> tuple[str, str, str]:
    pattern = str(payload["pattern"]).replace("_", " ")
    done = "is stopped" if payload["action"] == "stopped" else "is watched"
    return f"goes in circles and {done}: {pattern}", _text(payload, "what"), "gate"


RUN_TELLERS: dict[str, Callable[[Payload], tuple[str, str, str]]] = {
    "plan_recorded": lambda told: ("the plan is recorded", "", "quiet"),
    "plan_checked": lambda told: ("the plan was checked", "", "quiet"),
    "conflicts_found": lambda told: (_apart(told["pairs"]), "", "quiet"),
    "workflow_recorded": lambda told: (f"the rules of {told['workflow']} are recorded", "", "quiet"),
    "track_planned": lambda told: ("planned", "", "quiet"),
    "batch_moved": _batch_moved,
    "batch_paused": lambda told: (
        "the batch stops at once" if told["how"] == "now" else "the batch begins nothing new",
        f"by {told['by']}",
        "gate",
    ),
    "batch_resumed": lambda told: ("the batch goes on", f"by {told['by']}", ""),
    "checkpoint_recorded": lambda told: (
        _checkpoint(told),
        ", ".join(str(one) for one in told.get("completed", ())),
        "",
    ),
    "copy_ready": lambda told: ("a fresh copy stands", _text(told, "head")[:10], ""),
    "copy_dropped": lambda told: (_COPY[bool(told.get("why"))], _text(told, "why"), ""),
    "concurrency_set": lambda told: (f"{plural(told['agents'], 'agent')} at once from now on", _text(told, "why"), ""),
    "models_chosen": lambda told: ("models are chosen", "", "quiet"),
    "effect_begun": lambda told: (f"begins: {told['kind']}", "", "quiet"),
    "effect_ended": lambda told: (f"{told['outcome']}", _text(told, "detail"), "quiet"),
    "attempt_stopping": lambda told: ("its agent is being stopped", _text(told, "why"), "gate"),
    "tracks_dropped": lambda told: ("is divided anew", ", ".join(map(str, told["tracks"])), ""),
    "earlier_work_seen": lambda told: ("earlier work is here", "; ".join(map(str, told["signs"])), ""),
    "worktree_ready": lambda told: ("its worktree is ready", str(told["branch"]), ""),
    "worktree_kept": lambda told: ("its worktree is kept", _text(told, "why"), "quiet"),
    "worktree_removed": lambda told: ("its worktree is removed", "clean and merged", "quiet"),
    "track_paused": _paused,
    "agent_waits": lambda told: (
        "its agent waits for the answer" if told["gate"] else "its agent goes on without the answer",
        "",
        "quiet",
    ),
    "track_resumed": lambda told: ("goes on", "", ""),
    "stage_entered": _entered,
    "stage_granted": _granted,
    "stage_judged": _judged,
    "work_inspected": lambda told: ("its work was looked at", "", "quiet"),
    "artefact_read": lambda told: ("its document is read", str(told["path"]), "quiet"),
    "rescue_recorded": lambda told: (f"rescue: {told['action']}", f"{told['trigger']}; {told['outcome']}", "gate"),
    "checklist_recorded": _checklist,
    "merge_recorded": _merge,
    "tip_brought": _bring,
    "sides_seen": lambda told: ("both sides of the conflict are read", "", "quiet"),
    "deploy_recorded": _deploy,
    "published": _published,
    "base_seen": _base_seen,
    "base_brought": lambda told: ("the base is merged into the integration branch", str(told["sha"])[:10], ""),
    "wave_ended": _wave_ended,
    "baseline_seen": lambda told: (
        "the tree from which the waves start was looked at",
        f"{len(told['kept'])} results of checks are kept" if told["kept"] else "",
        "quiet",
    ),
    "friction_seen": lambda told: (
        "what earlier runs had trouble with was looked at",
        _items(told, "files"),
        "quiet",
    ),
    "track_carried": lambda told: (f"goes on as {told['to']} in wave {told['wave']}", _text(told, "left"), "gate"),
    "grounding_injected": lambda told: (
        "its agent is shown files whose edits went wrong before",
        _items(told, "files"),
        "quiet",
    ),
    "changes_counted": lambda told: (
        f"after wave {told['wave']} {plural(told['files'], 'file has', 'files have')} changed since the start",
        _items(told, "dependencies"),
        "quiet",
    ),
    "results_kept": lambda told: (
        ("results of checks cannot be kept", str(told["problem"]), "gate")
        if told.get("problem")
        else ("results of checks are kept for later batches", _items(told, "names"), "quiet")
    ),
    "isolation_set": lambda told: (
        f"wave {told['wave']}: {'one tree for all' if told['trees'] == 'batch' else 'a worktree each'}",
        _text(told, "why"),
        "quiet",
    ),
    "untracked_seen": lambda told: (
        f"before wave {told['wave']} the repository's tree was looked at",
        _items(told, "files"),
        "quiet" if told["decision"] == "ok" else "gate",
    ),
    "deviation_recorded": lambda told: (f"otherwise than planned: {told['what']}", _text(told, "why"), "gate"),
    "breaker_tripped": _tripped,
    "checkpoint_written": lambda told: (
        ("the checkpoint cannot be written", str(told["problem"]), "gate")
        if told.get("problem")
        else ("the checkpoint is written", _items(told, "paths"), "quiet")
    ),
    "report_written": lambda told: ("the report is written", str(told["path"]), "quiet"),
}
"""The words of each kind of :data:`orchestrator_tui.core.kinds_run.RUN_KINDS`."""
