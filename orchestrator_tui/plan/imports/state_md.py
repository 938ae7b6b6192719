"""``STATE.md`` of seed 004 as a plan: what a session left unfinished becomes the tracks of the next one.

The plan starts from the branch that the file names. A session that is still ``active`` in it ended without a close; it
is resumed by what is not done, and that is said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from orchestrator_tui.core.metadata import slugify
from orchestrator_tui.core.session import PLANNED
from orchestrator_tui.plan.imports.docs_tasks import planned_document
from orchestrator_tui.plan.imports.importer import Imported, Importer
from orchestrator_tui.plan.imports.marked_text import listed
from orchestrator_tui.plan.problems import WARNING, Problem, Unreadable, nearest_of, shown
from orchestrator_tui.plan.text import Document, parse

WORKFLOW = "waves"
"""The workflow that a plan made of a state file names."""

VERSION = "1"
STATUSES = ("active", "paused", "completed", "idle")
TYPES = ("housekeeping", "feature", "deep")
PLATFORMS = ("claude", "codex", "cursor")
"""Platforms with a state directory of their own: their name behind a dot."""

FINISHED = ("done", "no-tests-needed")

_KEYS = (
    *("schema-version", "session-type", "branch", "issues", "started_at", "status", "current-wave", "total-waves"),
    *("updated", "session", "session-start-ref", "docs-tasks", "mission-status"),
)
_REQUIRED = ("schema-version", "session-type", "branch", "status", "current-wave", "total-waves")
_HEAD = re.compile(r"---[ \t]*\n(.*?\n)---[ \t]*(?:\n|$)", re.DOTALL)
_WAVE = re.compile(r"###\s+Wave\s+(\d+)\s+[—–-]+\s+(.+?)\s*")
_AGENT = re.compile(r"[-*]\s+Agent\s+\"((?:[^\"\\]|\\.)*)\":\s+([\w-]+(?: started)?)\s*(?:[—–]\s*(.*))?")
_CARRIED = re.compile(r"\s*→\s*carried over as ([0-9a-f]{8})\s*$")
_LATER = re.compile(r"\s*→\s*wave \d+\s*$")
_NO_FILES = re.compile(r"0 files|no files|none|-")
_MORE = re.compile(r"\s+and \d+ more$")


def recognises(path: Path, text: str) -> bool:
    """Whether a file is a state file: its head names a version of its form and a type of session."""
    head = _HEAD.match(text)
    return head is not None and "schema-version:" in head[1] and "session-type:" in head[1]


def head_of(text: str) -> Mapping[str, Any]:
    """The keys of a state file's head; {} where the text is none."""
    head = _HEAD.match(text)
    if head is None:
        return {}
    try:
        content = parse(head[1]).content
    except Unreadable:
        return {}
    return content if isinstance(content, dict) else {}


def platform_of(file: str) -> str:
    """Whose state directory a file lies in, "" where it lies elsewhere: the session goes on where it was."""
    folder = Path(file).parent.name
    return folder[1:] if folder[:1] == "." and folder[1:] in PLATFORMS else ""


def convert(text: str, file: str) -> Imported:
    """The plan of what is left over, with everything that is wrong with the file, one line each."""
    head = _HEAD.match(text)
    if head is None:
        return Imported(None, (Problem(file, 1, "", "has no head between two lines of ---"),))
    try:
        document = parse(head[1])
    except Unreadable as error:
        return Imported(None, (Problem(file, error.line + 1, "", str(error)),))
    if not isinstance(document.content, dict):
        return Imported(None, (Problem(file, 1, "", "must hold `key: value` lines in its head"),))
    problems = _head_problems(document, file)
    if any(one.level != WARNING for one in problems):
        return Imported(None, tuple(problems))
    first = head[0].count("\n") + 1
    tracks, lines = _unfinished(text[head.end() :].splitlines(), first)
    said = document.content
    if not tracks:
        text_ = "leaves nothing unfinished: there is nothing to go on with"
        return Imported(None, (*problems, Problem(file, document.line("status") + 1, "status", text_)))
    if said["status"] == "active":
        text_ = "is active: that session ended without a close; what it left unfinished is resumed"
        problems.append(Problem(file, document.line("status") + 1, "status", text_, level=WARNING))
    session: dict[str, Any] = {"type": said["session-type"], "waves": said["total-waves"]}
    issues = said.get("issues")
    session |= {"issues": list(issues)} if isinstance(issues, list) and issues else {}
    docs = _docs(said.get("docs-tasks"))
    session |= {"docs": docs} if docs else {}
    platform = platform_of(file)
    session |= {"platform": platform} if platform else {}
    content = {
        "title": f"Resume the session on {said['branch']}",
        "workflow": WORKFLOW,
        "base": said["branch"],
        "session": session if said["session-type"] != TYPES[0] else _without_waves(session),
        "tracks": tracks,
    }
    return Imported(content, tuple(problems), lines)


def _without_waves(session: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of a session of one wave."""
    return {name: value for name, value in session.items() if name in ("type", "platform")}


def _head_problems(document: Document, file: str) -> list[Problem]:
    said: Mapping[str, Any] = document.content

    def problem(key: str, text: str, meant: str = "", level: str = "error") -> Problem:
        # The head begins below the first line of dashes.
        return Problem(file, document.line(key) + 1, key, text, meant, level=level)

    found = [problem(key, "is missing") for key in _REQUIRED if not isinstance(said.get(key), str)]
    for key in said:
        if key not in _KEYS:
            found.append(problem(key, "there is no such key; it is ignored", nearest_of(key, _KEYS), WARNING))
    if said.get("issues") is not None and not isinstance(said["issues"], list):
        text = f"{shown(said['issues'])} is no list of numbers; write [41, 44]; it is ignored"
        found.append(problem("issues", text, level=WARNING))
    if found and any(one.level != WARNING for one in found):
        return found
    if said["schema-version"] != VERSION:
        found.append(problem("schema-version", f"{shown(said['schema-version'])} is not {VERSION}"))
    for key, known in (("session-type", TYPES), ("status", STATUSES)):
        if said[key] not in known:
            text = f"{shown(said[key])} is none of {', '.join(known)}"
            found.append(problem(key, text, nearest_of(said[key], known)))
    for key in ("current-wave", "total-waves"):
        if not (said[key].isascii() and said[key].isdigit()):
            found.append(problem(key, f"{shown(said[key])} is no whole number"))
    return found


def _unfinished(lines: Sequence[str], first: int) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """The agents of the history that did not end with done, as tracks, and the lines they stand in."""
    made: list[dict[str, Any]] = []
    places: dict[str, int] = {}
    role, inside = "", False
    agents = [found for line in lines if (found := _AGENT.fullmatch(line.strip())) is not None]
    # What a later wave has taken over is that wave's, once it stands there.
    last = {found[1]: found for found in agents}
    for number, line in enumerate(lines, start=first):
        if line.startswith("## "):
            inside = line.strip() == "## Wave History"
        wave = _WAVE.fullmatch(line.strip())
        if wave is not None:
            # A wave of two roles ends with the later one: what it left is that one's.
            role = wave[2].split("+")[-1].strip()
        agent = _AGENT.fullmatch(line.strip()) if inside else None
        if agent is None or agent[2].lower() in FINISHED:
            continue
        if _LATER.search(agent[3] or "") and last[agent[1]][0] != agent[0]:
            continue
        at = f"tracks[{len(made)}]"
        places |= {f"{at}{key}": number for key in ("", ".slug", ".title", ".brief", ".files", ".role")}
        made.append(_track(agent, role, [one["slug"] for one in made]))
    return made, places


def _track(agent: re.Match[str], role: str, taken: Sequence[str]) -> dict[str, Any]:
    title, status = agent[1].replace('\\"', '"'), agent[2]
    rest = agent[3] or ""
    carried = _CARRIED.search(rest)
    files, _, told = _LATER.sub("", _CARRIED.sub("", rest)).partition(" — ")
    brief = f"{title}\n\nThe last session left this {status}" + (f": {told.strip()}" if told.strip() else "")
    slug = base = slugify(title) or "task"
    number = 2
    while slug in taken:
        slug, number = f"{base[:58]}-{number}", number + 1
    made: dict[str, Any] = {"slug": slug, "title": title[:200]}
    made["brief"] = f"{brief}\n\n<!-- task-hash: {carried[1]} -->" if carried is not None else brief
    made |= {"role": role} if role and role != TYPES[0] else {}
    named = [one for one in listed(_MORE.sub("", files)) if _NO_FILES.fullmatch(one) is None]
    return made | ({"files": named} if named else {})


def _docs(tasks: Any) -> list[dict[str, Any]]:
    """Documents that are planned still; a head without the key means there are none."""
    rows = [one for one in tasks if isinstance(one, dict)] if isinstance(tasks, list) else []
    return [planned_document(one) for one in rows if one.get("status", PLANNED) == PLANNED]


STATE_MD = Importer("STATE.md", recognises, convert)
