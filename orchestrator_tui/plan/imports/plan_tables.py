"""A table of tracks in Markdown as a plan: one row a track, with the columns that people write in such plans.

The first column says by its name whose plan it is: Track, Chunk, Task or Agent; a line ``Workflow: NAME`` above the
table goes before it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.metadata import slugify
from orchestrator_tui.plan.imports.importer import Imported, Importer
from orchestrator_tui.plan.imports.marked_text import COMMANDS, NOTHING, listed, plain
from orchestrator_tui.plan.problems import WARNING, Problem, nearest_of, shown

WORKFLOWS = {"track": "tracks", "chunk": "chunks", "task": "pool", "agent": "waves"}
"""First column → the workflow whose users call the unit of work so (vocabulary §B)."""

ITEMS = ("item", "work item", "slug", "feature", "bug")
"""Other first columns: they leave open whose plan it is, and the line above the table must say it."""

COLUMNS = {
    "title": ("title", "scope", "what", "description", "summary", "work", "tasks", "task"),
    "files": ("files", "owned files", "owns", "paths"),
    "depends_on": ("dependencies", "depends on", "depends", "dependson", "after", "needs"),
    "wave": ("wave", "group", "parallel group"),
    "tier": ("model", "tier"),
    "role": ("role",),
    "checks": ("validation", "validation commands", "verification", "verify", "checks"),
    "acceptance": ("acceptance", "acceptance criteria", "done when"),
    "priority": ("priority",),
    "state": ("state", "status"),
}
"""Key of a track → the headings under which it stands."""

OVER = ("done", "merged", "complete", "completed", "abandoned", "skipped")
_KNOWN = [heading for headings in COLUMNS.values() for heading in headings]
_ROW = re.compile(r"\|(.*)\|")
_RULE = re.compile(r"(?=[^-]*-)[\s:|-]*")
_CELL = re.compile(r"(?<!\\)\|")
_WORKFLOW = re.compile(r"[-*\s]*\**workflow\**\s*:\**\s*`?([a-z][a-z0-9-]*)`?\s*", re.IGNORECASE)
_WORD = re.compile(r"[a-z]+")


@frozen
class Table:
    """A table: its headings with their line, and its rows, each with its line."""

    line: int
    headings: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def recognises(path: Path, text: str) -> bool:
    """Whether a Markdown file holds a table of tracks, with what they own or what they wait for."""
    return path.suffix.lower() in (".md", ".markdown") and _table(text) is not None


def convert(text: str, file: str) -> Imported:
    """The plan of all rows that are not over, with everything that is wrong with the table, one line each."""
    table = _table(text)
    if table is None:
        return Imported(None, (Problem(file, 1, "", "holds no table of tracks"),))
    keys, problems = _keys(table, file)
    rows = [(line, dict(zip(keys, cells, strict=False))) for line, cells in table.rows]
    named = [(line, slugify(plain(row.get("slug", ""))), row) for line, row in rows]
    problems += [Problem(file, line, table.headings[0], "names nothing") for line, slug, _ in named if not slug]
    problems += _twice(named, table, file)
    over = {slug for _, slug, row in named if _is_over(row.get("state", ""))}
    left = [one for one in named if one[1] not in over]
    slugs = [slug for _, slug, _ in named]
    if "depends_on" in keys:
        heading = table.headings[keys.index("depends_on")]
        problems += [one for line, slug, row in left for one in _needs(line, slug, row, slugs, file, heading)]
    if not left and not problems:
        problems.append(Problem(file, table.line, table.headings[0], "every row is over: there is nothing to do"))
    workflow = _workflow(text, table)
    if not workflow:
        meant = "does not say whose plan it is; write `Workflow: NAME` on a line above the table"
        problems.append(Problem(file, table.line, table.headings[0], meant))
    if any(one.level != WARNING for one in problems):
        return Imported(None, tuple(problems))
    commands = list(dict.fromkeys(command for _, _, row in left for command in listed(row.get("checks", ""), COMMANDS)))
    checks = {command: f"validation-{number}" for number, command in enumerate(commands, start=1)}
    title = _title(text) or f"Tracks of {Path(file).stem}"
    content: dict[str, Any] = {"title": title, "workflow": workflow}
    content |= {"checks": {name: command for command, name in checks.items()}} if checks else {}
    content["tracks"] = [_track(slug, row, set(slugs) - over, checks) for _, slug, row in left]
    lines = {f"tracks[{place}]": line for place, (line, _, _) in enumerate(left)}
    below = {f"{place}.{key}": line for place, line in lines.items() for key in ("slug", *COLUMNS)}
    return Imported(content, tuple(problems), lines | below)


def _table(text: str) -> Table | None:
    """The first table whose first column is one of ours, and that says what rows own or wait for."""
    lines = text.splitlines()
    for number, line in enumerate(lines[:-1]):
        headings = tuple(plain(one).lower() for one in _cells(line))
        if (
            not headings
            or headings[0] not in (*WORKFLOWS, *ITEMS)
            or _RULE.fullmatch(lines[number + 1].strip()) is None
        ):
            continue
        if not {*COLUMNS["files"], *COLUMNS["depends_on"]} & set(headings):
            continue
        rows = []
        for place in range(number + 2, len(lines)):
            cells = _cells(lines[place])
            if not cells:
                break
            rows.append((place + 1, cells))
        return Table(number + 1, tuple(map(plain, _cells(line))), tuple(rows))
    return None


def _cells(line: str) -> tuple[str, ...]:
    found = _ROW.fullmatch(line.strip())
    if found is None:
        return ()
    return tuple(one.replace("\\|", "|").strip() for one in _CELL.split(found[1]))


def _is_over(state: str) -> bool:
    """Whether a state says by its first word that nothing is left: ``merged (4f2a)``, ``✅ done``."""
    word = _WORD.search(state.lower())
    return word is not None and word[0] in OVER


def _keys(table: Table, file: str) -> tuple[list[str], list[Problem]]:
    """The key of each column, "" where it means nothing here, which is told."""
    keys, problems = ["slug"], []
    for heading in table.headings[1:]:
        key = next((one for one, names in COLUMNS.items() if heading.lower() in names and one not in keys), "")
        keys.append(key)
        if not key:
            text = "is no column of a plan; it is ignored"
            problems.append(Problem(file, table.line, heading, text, nearest_of(heading, _KNOWN), level=WARNING))
    return keys, problems


def _twice(named: Sequence[tuple[int, str, Mapping[str, str]]], table: Table, file: str) -> list[Problem]:
    slugs = [slug for _, slug, _ in named]
    return [
        Problem(file, line, table.headings[0], f"{shown(slug)} is there already")
        for place, (line, slug, _) in enumerate(named)
        if slug and slug in slugs[:place]
    ]


def _needs(
    line: int, slug: str, row: Mapping[str, str], known: Sequence[str], file: str, heading: str
) -> list[Problem]:
    found = []
    for one in listed(row.get("depends_on", "")):
        name, _, how = one.partition(" ")
        if slugify(name) not in known and not _is_over(how):
            text = f"{slug} waits for {shown(name)}, which no row is"
            found.append(Problem(file, line, heading, text, nearest_of(slugify(name), known)))
    return found


def _track(slug: str, row: Mapping[str, str], awaited: set[str], checks: Mapping[str, str]) -> dict[str, Any]:
    """One row as a track; of what it waits for only ``awaited`` is still to come."""
    said = plain(row.get("title", "")) or plain(row["slug"])
    needs = [slugify(one.partition(" ")[0]) for one in listed(row.get("depends_on", ""))]
    made: dict[str, Any] = {"slug": slug, "title": said[:200], "brief": said}
    lists = {
        "files": listed(row.get("files", "")),
        "acceptance": [one.strip() for one in re.split(r"<br\s*/?>|;", row.get("acceptance", "")) if one.strip()],
        "checks": [checks[one] for one in listed(row.get("checks", ""), COMMANDS)],
    }
    made |= {key: value for key, value in lists.items() if value}
    texts = {key: plain(row.get(key, "")) for key in ("wave", "tier", "role", "priority")}
    made |= {key: value for key, value in texts.items() if value.lower() not in NOTHING}
    return made | {"depends_on": [one for one in dict.fromkeys(needs) if one in awaited]}


def _title(text: str) -> str:
    return next((line.lstrip("# ").strip() for line in text.splitlines() if line.startswith("#")), "")[:200]


def _workflow(text: str, table: Table) -> str:
    above = text.splitlines()[: table.line]
    said = next((found[1].lower() for line in above if (found := _WORKFLOW.fullmatch(line))), "")
    return said or WORKFLOWS.get(table.headings[0].lower(), "")


PLAN_TABLE = Importer("a table of tracks", recognises, convert)
