"""``auto-progress.yaml`` of seed 003 as a plan: its tasks that are not done become tracks, in their groups."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestrator_tui.core.metadata import slugify
from orchestrator_tui.plan.imports.importer import Imported, Importer
from orchestrator_tui.plan.problems import WARNING, Problem, Unreadable, has_errors, nearest_of, shown
from orchestrator_tui.plan.text import Document, parse

WORKFLOW = "pool"
"""The workflow that such a plan names."""

DONE = "done"
STATUSES = (
    "pending",
    "in_progress",
    "done",
    "failed",
    "qa_approved",
    "qa_rejected",
    "pending_retry",
    "pending_fix",
    "rolled_back",
)
"""What a task may be; all that are not done are work that is left."""


def recognises(path: Path, text: str) -> bool:
    """Whether a file is one by its name, or holds a session with tasks and the group that it was at."""
    if path.name == "auto-progress.yaml":
        return True
    lines = text.splitlines()
    return any(one.startswith("parallel_group:") for one in lines) and any(one.startswith("tasks:") for one in lines)


def convert(text: str, file: str) -> Imported:
    """The plan that it stands for; what it knows of no task is told as missing by the plan's own check."""
    try:
        document = parse(text)
    except Unreadable as error:
        return Imported(None, (Problem(file, error.line, "", str(error)),))
    tasks = document.content.get("tasks") if isinstance(document.content, dict) else None
    if not isinstance(tasks, dict):
        return Imported(None, (Problem(file, document.line("tasks"), "tasks", "is missing, or holds no tasks"),))
    problems: list[Problem] = []
    lines: dict[str, int] = {}
    tracks: list[dict[str, Any]] = []
    for name, task in tasks.items():
        track = _track(name, task if isinstance(task, dict) else {}, document, file, problems)
        if track is not None:
            lines[f"tracks[{len(tracks)}]"] = document.line(f"tasks.{name}")
            tracks.append(track)
    if has_errors(problems):
        return Imported(None, tuple(problems))
    if not tracks:
        text = "every task is done: nothing is left to run"
        return Imported(None, (*problems, Problem(file, document.line("tasks"), "tasks", text)))
    title = document.content.get("session_id") or "auto-progress"
    plan = {"title": str(title), "workflow": WORKFLOW, "tracks": tracks}
    return Imported(plan, tuple(problems), lines)


def _track(
    name: str, task: Mapping[str, Any], document: Document, file: str, problems: list[Problem]
) -> dict[str, Any] | None:
    status, place = task.get("status") or "pending", f"tasks.{name}.status"
    if status not in STATUSES:
        text = f"{shown(str(status))} is no status of a task"
        near = nearest_of(str(status), STATUSES, 0.4)
        problems.append(Problem(file, document.line(place), place, text, near, level=WARNING))
    if status == DONE:
        return None
    said = task.get("name") or name
    track: dict[str, Any] = {"slug": slugify(name), "title": said, "brief": _brief(str(said), task)}
    group = task.get("group")
    if isinstance(group, str) and group.isascii() and group.isdigit():
        track["wave"] = group
    for key in ("files", "dependencies"):
        if task.get(key) and not isinstance(task[key], list):
            place = f"tasks.{name}.{key}"
            problems.append(Problem(file, document.line(place), place, "must be a list"))
    if isinstance(task.get("files"), list):
        track["files"] = task["files"]
    needed = task.get("dependencies")
    if isinstance(needed, list):
        others = {key: one for key, one in document.content["tasks"].items() if isinstance(one, dict)}
        track["depends_on"] = [slugify(str(one)) for one in needed if others.get(one, {}).get("status") != DONE]
    return track


def _brief(said: str, task: Mapping[str, Any]) -> str:
    """What is to be done, with what quality assurance or the last error has said of it."""
    told = [f"QA said: {task['qa_feedback']}"] if task.get("qa_feedback") else []
    told += [f"The last try failed: {task['last_error']}"] if task.get("last_error") else []
    return "\n".join([said, *told])


AUTO_PROGRESS = Importer("an auto-progress file", recognises, convert)
