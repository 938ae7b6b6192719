"""The sub-agents of one session: a transcript each, and beside it what Claude Code says of it (reference §3)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from orchestrator_tui.adapters import claude_home
from orchestrator_tui.adapters.sessions import entries
from orchestrator_tui.adapters.sessions.registry import is_settled, names
from orchestrator_tui.core.frozen import frozen

MOST = 2_000
"""Sub-agents of one session that are followed; of more, the first by name."""

_PREFIX, _TRANSCRIPT, _META = "agent-", ".jsonl", ".meta.json"


@frozen
class Meta:
    """What Claude Code says of a sub-agent; "" where its version does not tell.

    Attributes:
        type: its kind of agent; description: what it was started for; name: what others call it.
        parent: the agent that started it; "" for the session's own, or when it is not told.
        call: the call that started it; depth: 1 for one that the session's own agent started.
        shape: ``foreground`` or ``background``.
        worktree, branch: its own, where it has one.
        team: the team that it is a member of.
        finished: it has returned; None when that is not told, as in older versions and before its end.
    """

    type: str = ""
    description: str = ""
    name: str = ""
    parent: str = ""
    call: str = ""
    depth: int = 1
    shape: str = ""
    worktree: str = ""
    branch: str = ""
    team: str = ""
    finished: bool | None = None


def read_meta(data: Any) -> Meta | None:
    """A sub-agent's meta file in JSON, or None when it is of no known form."""
    if not isinstance(data, dict):
        return None
    depth, finished = data.get("spawnDepth"), data.get("finished")
    mate = data.get("taskKind") == "in_process_teammate"
    return Meta(
        type=entries.text(data, "agentType", 80),
        description=entries.text(data, "description", 120),
        name=entries.text(data, "name", 80),
        parent=entries.text(data, "parentAgentId", 80),
        call=entries.text(data, "toolUseId", 80),
        depth=depth if type(depth) is int else 1,
        shape=entries.text(data, "requestShape", 40),
        worktree=entries.text(data, "worktreePath", 1024),
        branch=entries.text(data, "worktreeBranch"),
        team=entries.text(data, "teamName", 80) if mate else "",
        finished=finished if isinstance(finished, bool) else None,
    )


class MetaFile:
    """A sub-agent's meta file, read again when it changed. It is written after the transcript, and again at the end."""

    __slots__ = ("_path", "_stamp", "meta")

    def __init__(self, path: str) -> None:
        self._path = path
        self._stamp: tuple[int, int, int] | None = None
        self.meta = Meta()

    def look(self) -> bool:
        """Whether it says something else than before."""
        try:
            status = os.stat(self._path)
        except (OSError, ValueError):
            return False
        stamp = status.st_ino, status.st_size, status.st_mtime_ns
        if stamp == self._stamp:
            return False
        said = read_meta(claude_home.read_json(Path(self._path)))
        if said is None:
            # Half written: the last good reading stands.
            return False
        changed, self.meta, self._stamp = said != self.meta, said, stamp
        return changed


class Listing:
    """The sub-agents that stand in a session's directory; listed again only when something may have come or gone."""

    __slots__ = ("_directory", "_stamp", "found")

    def __init__(self, transcript: Path) -> None:
        self._directory = os.path.join(transcript.with_suffix(""), "subagents")
        self._stamp = -1
        self.found: tuple[str, ...] = ()
        """Their ids. One without a transcript is another session's, kept by ``/clear``."""

    def look(self) -> bool:
        """Whether one came or went."""
        try:
            stamp = os.stat(self._directory).st_mtime_ns
        except OSError:
            stamp = 0
        if stamp == self._stamp:
            return False
        self._stamp = stamp if is_settled(stamp) else -1
        listed = (name for name in names(self._directory) if name.startswith(_PREFIX) and name.endswith(_TRANSCRIPT))
        before = self.found
        self.found = tuple(name[len(_PREFIX) : -len(_TRANSCRIPT)] for name in listed)[:MOST]
        return self.found != before

    def transcript(self, agent: str) -> str:
        """The path of a sub-agent's transcript."""
        return os.path.join(self._directory, f"{_PREFIX}{agent}{_TRANSCRIPT}")

    def meta(self, agent: str) -> str:
        """The path of what Claude Code says of it."""
        return os.path.join(self._directory, f"{_PREFIX}{agent}{_META}")
