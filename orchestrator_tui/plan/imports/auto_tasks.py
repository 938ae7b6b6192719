"""``features-<ts>.yaml`` and ``auto-execution/tasks.json`` of seed 003 as a plan: what is not done becomes tracks.

Both say of each entry by which command it is verified; that command becomes its track's own check.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestrator_tui.core.metadata import slugify
from orchestrator_tui.plan.imports.auto_progress import STATUSES, WORKFLOW
from orchestrator_tui.plan.imports.importer import Imported, Importer
from orchestrator_tui.plan.problems import WARNING, Problem, Unreadable, has_errors, nearest_of, shown
from orchestrator_tui.plan.text import Document, parse

OVER: Mapping[str, tuple[str, ...]] = {"features": ("passing", "skipped"), "tasks": ("done",)}
"""By the key of the list: statuses of entries that are no work any more."""

KNOWN: Mapping[str, tuple[str, ...]] = {"features": ("failing", "passing", "skipped"), "tasks": STATUSES}

CHECK = "verify"
"""The name of the check that an entry's command becomes."""

_FORMS: Mapping[str, tuple[type, str]] = {
    **dict.fromkeys(("files", "dependencies"), (list, "must be a list")),
    **dict.fromkeys(("name", "description", "verification_command", "expected_output"), (str, "must be a text")),
}
_FEATURES = re.compile(r"features-[\w.-]+\.ya?ml")
_FOLDER, _TASKS = "auto-execution", "tasks.json"
_TITLE = 200


def recognises(path: Path, text: str) -> bool:
    """Whether a file is one, by its name and place, or by the commands that its features are verified by."""
    if _FEATURES.fullmatch(path.name) or (path.name == _TASKS and path.parent.name == _FOLDER):
        return True
    lines = text.splitlines()
    return any(one.startswith("features:") for one in lines) and "verification_command:" in text


def convert(text: str, file: str) -> Imported:
    """The plan that it stands for; what it knows of no entry is told as missing by the plan's own check."""
    try:
        document = parse(text)
    except Unreadable as error:
        return Imported(None, (Problem(file, error.line, "", str(error)),))
    content = {"tasks": document.content} if isinstance(document.content, list) else document.content
    key = next((one for one in OVER if isinstance(content, dict) and isinstance(content.get(one), list)), "")
    if not key:
        return Imported(None, (Problem(file, 1, "", "holds no list of features or tasks"),))
    problems: list[Problem] = []
    lines: dict[str, int] = {}
    tracks: list[dict[str, Any]] = []
    entries = [one if isinstance(one, dict) else {} for one in content[key]]
    for place, entry in enumerate(entries):
        at = f"{key}[{place}]" if isinstance(document.content, dict) else f"[{place}]"
        if _is_left(key, entry, at, document, file, problems):
            lines[f"tracks[{len(tracks)}]"] = document.line(at)
            tracks.append(_track(entry, entries, OVER[key]))
    if has_errors(problems):
        return Imported(None, tuple(problems))
    if not tracks:
        text = "no entry is left to run" if problems or not entries else "everything is done: nothing is left to run"
        return Imported(None, (*problems, Problem(file, document.line(key), key, text)))
    title = str(content.get("feature") or content.get("title") or Path(file).stem)
    return Imported({"title": title[:_TITLE], "workflow": WORKFLOW, "tracks": tracks}, tuple(problems), lines)


def _is_left(
    key: str, entry: Mapping[str, Any], at: str, document: Document, file: str, problems: list[Problem]
) -> bool:
    """Whether an entry is work still; one without an id, or with a value that nobody can use, is told."""
    place = f"{at}.status"
    if not entry.get("id"):
        problems.append(
            Problem(file, document.line(at), f"{at}.id", "is missing: the entry is left out", level=WARNING)
        )
        return False
    status = str(entry.get("status") or KNOWN[key][0])
    if status not in KNOWN[key]:
        text, near = f"{shown(status)} is no status of {key}", nearest_of(status, KNOWN[key], 0.4)
        problems.append(Problem(file, document.line(place), place, text, near, level=WARNING))
    left = status not in OVER[key]
    for name, (form, text) in _FORMS.items() if left else ():
        if entry.get(name) and not isinstance(entry[name], form):
            place = f"{at}.{name}"
            problems.append(Problem(file, document.line(place), place, text))
    return left


def _track(entry: Mapping[str, Any], entries: list[dict[str, Any]], over: tuple[str, ...]) -> dict[str, Any]:
    name, told = str(entry["id"]), str(entry.get("description") or "").strip()
    title = str(entry.get("name") or "").strip() or told or name
    command, expected = str(entry.get("verification_command") or ""), str(entry.get("expected_output") or "")
    track: dict[str, Any] = {"slug": slugify(name) or "task", "title": title.splitlines()[0][:_TITLE]}
    track["brief"] = told or title
    if isinstance(entry.get("files"), list):
        track["files"] = entry["files"]
    if command:
        track["checks"] = {CHECK: command}
    if expected:
        track["acceptance"] = [f"{command or 'its verification'} gives: {expected}"]
    needed = entry.get("dependencies")
    if isinstance(needed, list):
        done = {str(one.get("id")) for one in entries if one.get("status") in over}
        track["depends_on"] = [slugify(str(one)) for one in needed if str(one) not in done]
    return track


AUTO_TASKS = Importer("a list of features or tasks", recognises, convert)
