"""What the events of runs say, in words a newcomer knows: text, quiet detail, theme token."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from orchestrator_tui.ui.present.words import plural

Payload = Mapping[str, Any]

HIDDEN_OF_RUNS = frozenset(
    {"effect_begun", "effect_ended", "work_inspected", "models_chosen", "workflow_recorded", "track_planned"}
)
"""Kinds that the timeline leaves out: finer steps of something that another line tells."""


def _items(payload: Payload, name: str) -> str:
    return ", ".join(str(one) for one in payload.get(name, ()))


def _text(payload: Payload, name: str) -> str:
    return str(payload.get(name) or "")


def _judged(payload: Payload) -> tuple[str, str, str]:
    words = {
        "accepted": f"stage {payload['stage']} is done and holds",
        "rejected": f"stage {payload['stage']} is not accepted",
        "rework": f"stage {payload['stage']} wants rework",
        "asked": f"stage {payload['stage']} asks a person",
    }
    verdict = str(payload["verdict"])
    token = "" if verdict == "accepted" else "gate"
    return words.get(verdict, f"stage {payload['stage']}: {verdict}"), _items(payload, "problems"), token


def _merge(payload: Payload) -> tuple[str, str, str]:
    words = {
        "merged": ("merged", "done"),
        "conflict": ("its merge conflicts", "gate"),
        "checks_failed": ("checks fail after its merge", "gate"),
        "undone": ("its merge is undone", "gate"),
    }
    text, token = words.get(str(payload["result"]), (f"merge: {payload['result']}", "gate"))
    return text, _items(payload, "files") or _text(payload, "detail"), token


def _deploy(payload: Payload) -> tuple[str, str, str]:
    fine = payload["result"] == "healthy"
    return f"{payload['environment']}: {payload['result']}", _text(payload, "detail"), "done" if fine else "gate"


def _checklist(payload: Payload) -> tuple[str, str, str]:
    failed = [str(one[0]) for one in payload["items"] if isinstance(one, (list, tuple)) and one[1] != "PASS"]
    if failed:
        return f"{plural(len(failed), 'item')} of its checklist fail", ", ".join(failed), "gate"
    return "its checklist passes", "", "done"


def _paused(payload: Payload) -> tuple[str, str, str]:
    return "paused", _text(payload, "why"), "gate"


RUN_TELLERS: dict[str, Callable[[Payload], tuple[str, str, str]]] = {
    "plan_recorded": lambda told: ("the plan is recorded", "", "quiet"),
    "plan_checked": lambda told: ("the plan was checked", "", "quiet"),
    "workflow_recorded": lambda told: (f"the rules of {told['workflow']} are recorded", "", "quiet"),
    "track_planned": lambda told: ("planned", "", "quiet"),
    "batch_moved": lambda told: (f"the batch is {str(told['to']).replace('_', ' ')}", _text(told, "why"), ""),
    "batch_paused": lambda told: (
        "the batch stops at once" if told["how"] == "now" else "the batch begins nothing new",
        f"by {told['by']}",
        "gate",
    ),
    "batch_resumed": lambda told: ("the batch goes on", f"by {told['by']}", ""),
    "concurrency_set": lambda told: (f"{plural(told['agents'], 'agent')} at once from now on", _text(told, "why"), ""),
    "models_chosen": lambda told: ("models are chosen", "", "quiet"),
    "effect_begun": lambda told: (f"begins: {told['kind']}", "", "quiet"),
    "effect_ended": lambda told: (f"{told['outcome']}", _text(told, "detail"), "quiet"),
    "attempt_stopping": lambda told: ("its agent is being stopped", _text(told, "why"), "gate"),
    "worktree_ready": lambda told: ("its worktree is ready", str(told["branch"]), ""),
    "worktree_kept": lambda told: ("its worktree is kept", _text(told, "why"), "quiet"),
    "worktree_removed": lambda told: ("its worktree is removed", "clean and merged", "quiet"),
    "track_paused": _paused,
    "track_resumed": lambda told: ("goes on", "", ""),
    "stage_entered": lambda told: (f"enters stage {told['stage']}", _text(told, "why"), ""),
    "stage_granted": lambda told: (
        f"{plural(told['tries'], 'more try', 'more tries')} for stage {told['stage']}",
        f"by {told['by']}",
        "",
    ),
    "stage_judged": _judged,
    "work_inspected": lambda told: ("its work was looked at", "", "quiet"),
    "rescue_recorded": lambda told: (f"rescue: {told['action']}", f"{told['trigger']}; {told['outcome']}", "gate"),
    "checklist_recorded": _checklist,
    "merge_recorded": _merge,
    "tip_brought": lambda told: ("what is merged already is brought into its worktree", _items(told, "files"), ""),
    "sides_seen": lambda told: ("both sides of the conflict are read", "", "quiet"),
    "deploy_recorded": _deploy,
    "published": lambda told: ("went out to the base branch", _text(told, "detail"), "done"),
    "report_written": lambda told: ("the report is written", str(told["path"]), "quiet"),
}
"""The words of each kind of :data:`orchestrator_tui.core.kinds_run.RUN_KINDS`."""
