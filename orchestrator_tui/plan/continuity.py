"""What a session before this one has left in the state directories: one that is still active has crashed (seed 004).

Every platform has a directory of its own, and the one before may have been another's: all of them are looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from orchestrator_tui.plan.imports.state_md import head_of
from orchestrator_tui.plan.problems import WARNING, Problem, Unreadable, shown
from orchestrator_tui.plan.text import read_text

STATE_FILE = "STATE.md"
ACTIVE = ("active", "paused")
"""The statuses of a session that nobody has closed."""


def left_open(repository: Path, directories: Mapping[str, str], base: str, plan: str) -> Iterator[Problem]:
    """What the state files below the repository tell of sessions that were not closed, a warning each.

    Args:
        directories: platform → its state directory.
        base: the branch of the plan at hand; a session of another one is stale.
        plan: the file of that plan: whoever resumes a state file need not be told of it.
    """
    for directory in dict.fromkeys(directories.values()):
        path = repository / directory / STATE_FILE
        if path.resolve() == Path(plan).resolve():
            continue
        try:
            head = head_of(read_text(path, follow=False))
        except Unreadable:
            # There is none, or it is no state file: nothing is known of a session.
            continue
        status, branch = str(head.get("status", "")), str(head.get("branch", ""))
        if status not in ACTIVE:
            continue
        name = f"{directory}/{STATE_FILE}"
        text = f"is {status}: a session on {shown(branch)} was not closed"
        if base and branch != base:
            text += f", and it is stale: this one is on {shown(base)}"
        resume = f"; resume it by `orch-tui run {name}`, or start fresh by going on"
        yield Problem(name, 0, "status", text + resume, level=WARNING)
