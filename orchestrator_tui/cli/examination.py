"""What ``orch-tui doctor`` looks at: one finding a matter, each with its fix."""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from orchestrator_tui import __version__
from orchestrator_tui.adapters.tasks.filesystem import TELLING, filesystem_of
from orchestrator_tui.adapters.tasks.scan import TaskLists
from orchestrator_tui.adapters.teaching import DEMO
from orchestrator_tui.cli.examination_claude import examine_claude
from orchestrator_tui.cli.examination_connection import mending, scopes
from orchestrator_tui.cli.examination_running import examine_running
from orchestrator_tui.cli.examination_waiting import examine_waiting
from orchestrator_tui.cli.faults import BadInput
from orchestrator_tui.cli.finding import OK, PROBLEM, REMARK, Finding
from orchestrator_tui.cli.journals import Place, reading
from orchestrator_tui.cli.world import Surroundings, surroundings
from orchestrator_tui.core.text import plural
from orchestrator_tui.journal.home import worktrees
from orchestrator_tui.journal.port import JournalError
from orchestrator_tui.journal.presence import present
from orchestrator_tui.journal.private import filesystem, refuse_inside, refuse_remote
from orchestrator_tui.ui.settings import load, settings_file

SMALLEST = (60, 20)


def examine(place: Place, asked_for: tuple[Path, ...]) -> tuple[Finding, ...]:
    """Every finding; nothing is made or changed by looking."""
    around = surroundings(place, asked_for, "doctor")
    found = scopes(place)
    looks: tuple[Callable[[], Finding], ...] = (
        _versions,
        lambda: _repository(place),
        lambda: _journal(place),
        lambda: _storage(place),
        *examine_claude(place, around, found),
        *examine_waiting(place, around.discovery.config),
        *examine_running(place, mending(found)),
        lambda: _lists(around),
        lambda: _watching(around),
        lambda: _cockpits(place),
        _settings,
        _notices,
        _terminal,
    )
    return tuple(look() for look in looks)


def _versions() -> Finding:
    data = {"orch_tui": __version__, "python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
    text = f"orch-tui {__version__}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    return Finding("versions", OK, text, data=data)


def _repository(place: Place) -> Finding:
    known = worktrees(place.repository)
    data = {"path": str(place.repository), "worktrees": [str(tree) for tree in known]}
    if not known:
        fix = "run it in a repository, or name one: orch-tui REPO"
        return Finding("repository", REMARK, f"{place.repository} is no git repository", fix, data)
    if shutil.which("git") is None:
        text = f"{place.repository}; git itself is not found, so no changes can be shown"
        return Finding("repository", REMARK, text, "install git, or put it on PATH", data)
    more = len(known) - 1
    return Finding("repository", OK, f"{place.repository}, {plural(more, 'worktree')} beside it", "", data)


def _journal(place: Place) -> Finding:
    data: dict[str, Any] = {"directory": str(place.directory), "exists": False, "trust": "same user"}
    try:
        refuse_inside(place.directory, worktrees(place.repository))
    except JournalError as error:
        return Finding("journal", PROBLEM, str(error), "set ORCH_HOME to a directory outside of every worktree", data)
    try:
        with reading(place) as journal:
            if journal is None:
                text = f"none yet; it will be at {place.directory}"
                return Finding("journal", REMARK, text, "", data)
            batches = len(journal.batches())
            data |= {"exists": True, "batches": batches, "problem": journal.problem}
            if journal.problem:
                return Finding("journal", PROBLEM, journal.problem, "orch-tui export --salvage DIR", data)
    except (BadInput, JournalError, OSError) as error:
        return Finding("journal", PROBLEM, str(error), "orch-tui export --salvage DIR saves what can be read", data)
    held = "1 batch" if batches == 1 else f"{batches} batches"
    text = f"{place.directory}, {held}; trust level: same user (tampering shows, it is not prevented)"
    return Finding("journal", OK, text, "", data)


def _storage(place: Place) -> Finding:
    there = next(path for path in (place.directory, *place.directory.parents) if path.exists())
    kind = filesystem(there)
    data = {"path": str(there), "kind": kind}
    try:
        refuse_remote(there, os.environ)
    except JournalError as error:
        return Finding("storage", PROBLEM, str(error), "export ORCH_HOME=a directory on a local disk", data)
    return Finding("storage", OK, f"{kind or 'a file system of unknown kind'} at {there}", "", data)


def _lists(around: Surroundings) -> Finding:
    followed = TaskLists(around.discovery.found.lists)
    result = followed.scan(around.world.clock.now())
    lists = [{"directory": one.directory, "tasks": one.tasks} for one in result.lists]
    unreadable = [record for record in followed.records() if record.problem]
    problems = [f"{one.path}: {one.reason}" for one in result.problems]
    problems += [f"{record.path}: {record.problem}" for record in unreadable]
    data = {"lists": lists, "problems": problems}
    tasks = sum(one.tasks for one in result.lists)
    if problems:
        text = f"{len(lists)} lists, {tasks} tasks; cannot be read: {problems[0]}"
        return Finding("task lists", PROBLEM, text, "mend or remove the file; it is never changed from here", data)
    if not tasks:
        return Finding("task lists", REMARK, "no task is in any list that is followed", DEMO, data)
    return Finding("task lists", OK, f"{len(lists)} lists, {tasks} tasks", "", data)


def _watching(around: Surroundings) -> Finding:
    tasks = around.discovery.tasks
    there = next(path for path in (tasks, *tasks.parents) if path.exists())
    kind = filesystem_of(str(there))
    if kind in TELLING:
        return Finding(
            "watching", OK, f"by events ({kind}), and every 5 s without", "", {"mode": "events", "kind": kind}
        )
    text = f"{there} is on {kind or 'an unknown file system'}: changes are looked for every second"
    return Finding("watching", REMARK, text, "", {"mode": "polling", "kind": kind})


def _cockpits(place: Place) -> Finding:
    try:
        there = present(place.directory)
    except JournalError as error:
        return Finding("cockpits", REMARK, str(error))
    data = {"present": [{"role": one.role, "pid": one.pid} for one in there]}
    if not there:
        return Finding("cockpits", REMARK, "none is open: nobody sees a question that is asked now", "orch-tui", data)
    return Finding("cockpits", OK, ", ".join(f"{one.role} (pid {one.pid})" for one in there), "", data)


def _settings() -> Finding:
    path = settings_file(os.environ)
    problems = load(path)[1]
    data = {"path": str(path), "problems": list(problems)}
    if problems:
        return Finding("settings", PROBLEM, problems[0], "mend that line", data)
    return Finding("settings", OK, str(path) if path.exists() else f"the defaults; yours would be in {path}", "", data)


def _notices() -> Finding:
    program = shutil.which("notify-send")
    data = {"notify_send": program}
    if program is None:
        text = "no notify-send; the terminal's own notices, bell and title are used"
        fix = "" if sys.platform == "darwin" else "install libnotify for desktop notices (Debian: libnotify-bin)"
        return Finding("notices", REMARK, text, fix, data)
    return Finding("notices", OK, f"{program}, the terminal's own notices, bell and title", "", data)


def _terminal() -> Finding:
    columns, rows = shutil.get_terminal_size((0, 0))
    term, is_terminal = os.environ.get("TERM", ""), sys.stdout.isatty()
    data = {"terminal": is_terminal, "term": term, "columns": columns, "rows": rows}
    if not is_terminal:
        return Finding("terminal", REMARK, "this is none; the cockpit needs one, the other commands do not", "", data)
    if term in ("", "dumb"):
        return Finding("terminal", PROBLEM, f"TERM is {term!r}", "export TERM=xterm-256color", data)
    if (columns, rows) < SMALLEST or rows < SMALLEST[1]:
        text = f"{columns}×{rows} is small; 80×24 and more shows tracks and gates together"
        return Finding("terminal", REMARK, text, "", data)
    return Finding("terminal", OK, f"{term}, {columns}×{rows}", "", data)
