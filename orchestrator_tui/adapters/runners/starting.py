"""What every agent of a run is started with: its identity in the environment, and private files in its folder."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from orchestrator_tui.adapters.git.settings import AGENT_ENVIRONMENT
from orchestrator_tui.adapters.jobs.environment import agent_environment
from orchestrator_tui.runtime.run_world import AttemptOrder

PROMPT, SCOPE = "prompt.md", "wave-scope.json"


def identity(attempt: AttemptOrder) -> dict[str, str]:
    """The variables by which an agent, and every program of ours that it starts, knows for whom it works."""
    guard = {} if attempt.scope is None else {"ORCH_SCOPE": _scope_file(attempt), "ORCH_SCOPE_ROOT": attempt.worktree}
    return {
        **guard,
        "ORCH_TRACK": attempt.track,
        "ORCH_TASKS": attempt.tasks,
        "ORCH_BATCH": attempt.batch,
        "ORCH_REPOSITORY": attempt.repository,
        "ORCH_HOME": attempt.home,
        "ORCH_STAGE": str(attempt.stage),
        "ORCH_ATTEMPT": attempt.id,
        "ORCH_PURPOSE": attempt.purpose,
        "ORCH_SPEC": attempt.spec,
        **({"ORCH_PART": attempt.part} if attempt.part else {}),
    }


def _scope_file(attempt: AttemptOrder) -> str:
    """The path of the file that guards an attempt."""
    return str(Path(attempt.directory) / SCOPE)


def write_scope(attempt: AttemptOrder) -> None:
    """Write the file that guards an attempt, where one does. Raises OSError."""
    if attempt.scope is not None:
        write_private(attempt, SCOPE, json.dumps(attempt.scope, indent=2) + "\n")


def environment(
    attempt: AttemptOrder,
    source: Mapping[str, str],
    more: Mapping[str, str] | None = None,
    allow: Callable[[str], bool] = lambda name: False,
) -> dict[str, str]:
    """The whole environment of an agent: the allow-list, what its plan names, ``more``, and its identity.

    ``allow`` tells which further variables this kind of agent gets. ``orch-agent`` is found last on its PATH, beside
    the interpreter that runs us.
    """
    named = (*attempt.plan.agent.environment, *(name for name in source if allow(name)))
    made = dict(agent_environment(source, named, {**AGENT_ENVIRONMENT, **(more or {}), **identity(attempt)}))
    ours = os.path.dirname(os.path.abspath(sys.executable))
    path = made.get("PATH") or os.defpath
    made["PATH"] = path if ours in path.split(os.pathsep) else f"{path}{os.pathsep}{ours}"
    return made


def write_private(attempt: AttemptOrder, name: str, text: str) -> Path:
    """Write a file that only this person can read into the attempt's folder; written again it is replaced.

    Raises:
        OSError: it cannot be written.
    """
    folder = Path(attempt.directory)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path, new = folder / name, folder / f".{name}.new"
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with open(descriptor, "w", encoding="utf-8", errors="replace") as file:
        file.write(text)
    os.replace(new, path)
    return path
