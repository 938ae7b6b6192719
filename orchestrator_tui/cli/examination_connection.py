"""What ``orch-tui doctor`` looks at of the connection: how each scope's settings stand, and what mends it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from orchestrator_tui.adapters.connection.state import connected, sight
from orchestrator_tui.adapters.connection.targets import PROJECT, USER, settings_path
from orchestrator_tui.adapters.teaching import CONNECT
from orchestrator_tui.cli.claude_files import ClaudeFiles
from orchestrator_tui.cli.faults import Refusal
from orchestrator_tui.cli.finding import OK, PROBLEM, REMARK, Finding
from orchestrator_tui.cli.journals import Place
from orchestrator_tui.core.frozen import frozen

COMPLETE, PARTLY, OUTDATED, GONE, MOVED, NONE, UNREADABLE = (
    "complete",
    "partly",
    "outdated",
    "interpreter gone",
    "moved home",
    "none",
    "unreadable",
)
"""How the settings of one scope connect."""

BROKEN = frozenset({GONE, MOVED, UNREADABLE})


@frozen
class Connected:
    """How one scope is connected: its state, why in words, and the files it would change."""

    scope: str
    path: Path
    state: str
    why: str = ""

    @property
    def fix(self) -> str:
        """The command that mends it."""
        return CONNECT + (" --project" if self.scope == PROJECT else "")


def scopes(place: Place) -> tuple[Connected, ...]:
    """How each scope is connected, as its files stand."""
    found = []
    for scope in (USER, PROJECT):
        try:
            files = ClaudeFiles(place, scope, os.environ)
        except Refusal:
            continue  # Without a repository there is no such scope.
        found.append(_connected(files, place))
    return tuple(found)


def mending(found: Sequence[Connected]) -> str:
    """The one command that mends what is wrong first, whichever matter shows it: never two that contradict."""
    there = [one for one in found if one.state != NONE]
    wrong = [*(one for one in there if one.state in BROKEN), *(one for one in there if one.state != COMPLETE), *there]
    return wrong[0].fix if wrong else CONNECT


def connection(place: Place, found: Sequence[Connected]) -> Finding:
    """Whether Claude Code's sessions call us, by the settings of each scope."""
    there = [one for one in found if one.state != NONE]
    works = connected(os.environ, place.repository, place.home)
    data = {
        "scopes": [{"scope": one.scope, "path": str(one.path), "state": one.state, "why": one.why} for one in found],
        "connected": works,
    }
    if not there:
        text = "no session calls us: questions are seen, answers stand in task files only"
        return Finding("connection", REMARK, text, CONNECT, data)
    text = "; ".join(f"{one.scope} settings: {one.state}{f' ({one.why})' if one.why else ''}" for one in there)
    if any(one.state in BROKEN for one in there):
        return Finding("connection", PROBLEM, text, mending(found), data)
    if any(one.state != COMPLETE for one in there):
        return Finding("connection", REMARK, text, mending(found), data)
    if not works:
        fix = "take disableAllHooks or allowManagedHooksOnly out of the settings that say it"
        return Finding("connection", PROBLEM, f"{text}; but hooks are turned off", fix, data)
    return Finding("connection", OK, text, "", data)


def _connected(files: ClaudeFiles, place: Place) -> Connected:
    path = settings_path(files.scope, files.config, place.repository)
    runs = {one for _, one in sight(path).hooks}
    if not runs and files.scope == PROJECT:
        return Connected(files.scope, path, NONE)
    try:
        changes = files.connecting()
    except Refusal as error:
        return Connected(files.scope, path, UNREADABLE, str(error))
    if not runs:
        return Connected(files.scope, path, NONE)
    gone = next((one.python for one in runs if not os.access(one.python, os.X_OK)), "")
    if gone:
        return Connected(files.scope, path, GONE, f"there is no {gone}")
    moved = next((one.home for one in runs if Path(one.home) != place.home), "")
    if moved:
        return Connected(files.scope, path, MOVED, f"hooks tell {moved}, this is {place.home}")
    words = [word for change in changes for word in change.words]
    if not words:
        return Connected(files.scope, path, COMPLETE)
    state = OUTDATED if any("up to date" in word for word in words) else PARTLY
    return Connected(files.scope, path, state, "missing or older: " + "; ".join(words))
