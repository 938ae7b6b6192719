"""The plan of a session in the fixed headings of seed 004 as a plan: each agent of a wave is a track of its role.

Its ``### Execution Config`` says what the session is run with, its ``### Docs Tasks`` which documents are planned.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from orchestrator_tui.core.metadata import slugify
from orchestrator_tui.plan.imports.docs_tasks import planned_document
from orchestrator_tui.plan.imports.importer import Imported, Importer
from orchestrator_tui.plan.imports.marked_text import NOTHING, listed, plain
from orchestrator_tui.plan.problems import WARNING, Problem, Unreadable, nearest_of
from orchestrator_tui.plan.session_config import parse_config
from orchestrator_tui.plan.text import parse

WORKFLOW = "waves"
"""The workflow that such a plan names."""

AGENT_FORM = "Agent 1: task → files → acceptance → subagent_type"
EXECUTION, DOCS = "Execution Config", "Docs Tasks"
SECTIONS = (
    *("Agent Registry", "Inter-Wave Checkpoints", "Project Intelligence Applied", "Risk Mitigation"),
    *(EXECUTION, DOCS),
)
_PLAN = re.compile(r"##\s+Wave Plan\b\s*(?:\((.*)\))?\s*")
_HEADING = re.compile(r"###\s+(.*?)\s*")
_WAVE = re.compile(r"Wave\s+(\S+?)\s*[:—–-]\s*(.*?)\s*(?:\((.*)\))?\s*")
_AGENT = re.compile(r"[-*]\s+\**Agent\s+(\S+?)\**\s*:\**\s*(.*?)\s*")
_ARROW = re.compile(r"\s*(?:→|->|=>)\s*")
_COUNT = re.compile(r"(\d+)\s+(?:agents?|waves?)\b")
_NOTHING = NOTHING | {"read-only", "(none)"}

_Numbered = list[tuple[int, str]]


def recognises(path: Path, text: str) -> bool:
    """Whether a file is such a plan, by its first heading of the fixed ones."""
    return any(_PLAN.fullmatch(line) for line in text.splitlines())


def convert(text: str, file: str) -> Imported:
    """The plan that it stands for, with everything that is wrong with the file, one line each."""
    head, first, sections = _sections(text)
    problems: list[Problem] = []
    lines: dict[str, int] = {"session.type": first, "session.waves": first}
    session = _head(head)
    tracks: list[dict[str, Any]] = []
    for number, heading, rows in sections:
        if heading.startswith("Wave"):
            tracks += _wave(number, heading, rows, file, problems, lines, tracks)
        elif heading == EXECUTION:
            session |= _execution(rows, file, problems)
        elif heading.startswith(DOCS):
            session |= _docs(number, rows, file, problems)
        elif heading not in SECTIONS:
            meant = nearest_of(heading, SECTIONS)
            problems.append(Problem(file, number, heading, "is no section of a plan", meant, level=WARNING))
    if not tracks:
        problems.append(Problem(file, first, "Wave Plan", f"names no agent; write `- {AGENT_FORM}`"))
    if any(one.level != WARNING for one in problems):
        return Imported(None, tuple(problems))
    title = next((line[2:].strip() for line in text.splitlines() if line.startswith("# ") and line[2:].strip()), "")
    content = {"title": title or f"Session of {Path(file).stem}", "workflow": WORKFLOW, "session": session}
    return Imported({**content, "tracks": tracks}, tuple(problems), lines)


def _sections(text: str) -> tuple[str, int, list[tuple[int, str, _Numbered]]]:
    """What stands in brackets behind the first heading, its line, and each section with its numbered lines."""
    head, first, inside = "", 0, False
    found: list[tuple[int, str, _Numbered]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        plan, heading = _PLAN.fullmatch(line), _HEADING.fullmatch(line)
        if plan is not None:
            head, first, inside = plan[1] or "", number, True
        elif line.startswith(("## ", "# ")):
            inside = False
        elif inside and heading is not None:
            found.append((number, heading[1], []))
        elif inside and found:
            found[-1][2].append((number, line))
    return head, first, found


def _head(head: str) -> dict[str, Any]:
    """``Session: feature, 5 waves, isolation: auto``."""
    made: dict[str, Any] = {}
    for part in (one.strip() for one in head.split(",")):
        key, colon, value = (one.strip() for one in part.partition(":"))
        count = _COUNT.fullmatch(part)
        if colon and key.lower() in ("session", "isolation"):
            made["type" if key.lower() == "session" else "isolation"] = value.lower()
        elif count is not None:
            made["waves"] = count[1]
    return made


def _wave(
    line: int,
    heading: str,
    rows: _Numbered,
    file: str,
    problems: list[Problem],
    lines: dict[str, int],
    before: Sequence[Mapping[str, Any]],
) -> list[dict[str, Any]]:
    found = _WAVE.fullmatch(heading)
    if found is None or not found[1].isdigit() or int(found[1]) < 1:
        problems.append(Problem(file, line, heading, "must be `Wave 1: Role (2 agents, parallel)`"))
        return []
    roles = [one.strip() for one in found[2].split("+") if one.strip()]
    made: list[dict[str, Any]] = []
    agents = list(_agents(rows))
    for number, key, spec in agents:
        parts = [_unbracketed(plain(one)) for one in _ARROW.split(spec)]
        if len(parts) < 2 or not parts[0]:
            problems.append(Problem(file, number, key, f"must be `{AGENT_FORM}`"))
            continue
        place = f"tracks[{len(before) + len(made)}]"
        lines |= {f"{place}{name}": number for name in ("", ".slug", ".title", ".files", ".acceptance")}
        lines[f"{place}.role"] = line
        made.append(_track(parts, int(found[1]), roles, [one["slug"] for one in (*before, *made)]))
    told = _COUNT.search(found[3] or "")
    if told is not None and int(told[1]) != len(agents):
        text = f"announces {told[1]} and names {len(agents)}"
        problems.append(Problem(file, line, f"Wave {found[1]}", text, level=WARNING))
    return made


def _agents(rows: _Numbered) -> Iterator[tuple[int, str, str]]:
    for number, row in rows:
        found = _AGENT.fullmatch(row.strip())
        if found is not None:
            yield number, f"Agent {found[1]}", found[2]


def _unbracketed(text: str) -> str:
    """A text without the brackets around all of it: the fixed form has them around what is to be filled in."""
    depth, ends = 0, -1
    for place, letter in enumerate(text):
        depth += (letter == "[") - (letter == "]")
        if not depth:
            ends = place
            break
    return text[1:-1].strip() if text[:1] == "[" and ends == len(text) - 1 else text


def _track(parts: Sequence[str], wave: int, roles: Sequence[str], taken: Sequence[str]) -> dict[str, Any]:
    task, files, acceptance = parts[0], parts[1], parts[2] if len(parts) > 2 else ""
    slug = base = slugify(task)[:50] or "task"
    number = 2
    while slug in taken:
        slug, number = f"{base}-{number}", number + 1
    named = [one for one in listed(files) if one.lower() not in _NOTHING]
    made: dict[str, Any] = {"slug": slug, "title": task[:200], "brief": task, "wave": str(wave)}
    # In a wave of two roles, who changes nothing is of the first one, which looks.
    made |= {"role": roles[-1] if named else roles[0]} if roles else {}
    made |= {"files": named} if named else {}
    return made | ({"acceptance": [acceptance]} if acceptance.lower() not in _NOTHING else {})


def _execution(rows: _Numbered, file: str, problems: list[Problem]) -> dict[str, Any]:
    """What the section says; it goes before what the project's settings say, which the start of a session reads."""
    said = parse_config(rows, file)
    problems += said.problems
    made = {
        "waves": said.waves,
        "agents": said.agents.get("", 0),
        "turns": said.turns,
        "isolation": said.isolation,
        "enforcement": said.enforcement,
    }
    return {key: str(value) for key, value in made.items() if value}


def _docs(line: int, rows: _Numbered, file: str, problems: list[Problem]) -> dict[str, Any]:
    fences = [place for place, (_, row) in enumerate(rows) if row.strip().startswith("```")]
    inner = rows[fences[0] + 1 : fences[1]] if len(fences) > 1 else rows
    try:
        content = parse("\n".join(row for _, row in inner)).content
    except Unreadable as error:
        problems.append(Problem(file, inner[0][0] + error.line - 1 if inner else line, DOCS, str(error)))
        return {}
    tasks = content.get("docs-tasks") if isinstance(content, dict) else content
    if tasks is None:
        return {}
    if not isinstance(tasks, list) or any(not isinstance(one, dict) for one in tasks):
        problems.append(Problem(file, line, DOCS, "must be a list of tasks with id, audience and target-pattern"))
        return {}
    docs = [planned_document(one) for one in tasks]
    return {"docs": docs} if docs else {}


WAVE_PLAN = Importer("a plan of waves", recognises, convert)
