"""Teams of agents: who belongs to one, and under which name it is written to (reference claude-code §4)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestrator_tui.adapters import claude_home
from orchestrator_tui.adapters.clock import boot_id
from orchestrator_tui.adapters.process import ProcessIdentity
from orchestrator_tui.adapters.sessions.registry import SmallFiles, names
from orchestrator_tui.core.frozen import frozen

_MOST_MEMBERS = 200


@frozen
class Member:
    """One agent of a team.

    ``pane`` is its pane in tmux when it is a process of its own; ``active`` is what the team's file says of it, None
    where it says nothing.
    """

    name: str
    agent: str
    pane: str = ""
    active: bool | None = None


@frozen
class Team:
    """A team as its file tells it; it is left behind when its lead is killed.

    ``process`` is the lead's process, None where the version does not tell. ``lead_name`` is the name of the lead's
    inbox.
    """

    name: str
    lead_session: str
    lead_name: str
    process: ProcessIdentity | None = None
    members: tuple[Member, ...] = ()

    def member(self, name: str) -> Member | None:
        """The member of that name."""
        return next((one for one in self.members if one.name == name), None)


class Teams:
    """All teams below one directory of Claude Code."""

    def __init__(self, config: Path) -> None:
        self.directory = os.path.join(config, "teams")
        self._files = SmallFiles(read_team)

    def directories(self) -> tuple[str, ...]:
        """Where a change may matter: where teams come and go, and where each of them stands."""
        return self.directory, *(os.path.join(self.directory, name) for name in names(self.directory))

    def read(self) -> Mapping[str, Team]:
        """Every team by the name of its directory, by which its inboxes and its task list go."""
        paths = {os.path.join(self.directory, name, "config.json"): name for name in names(self.directory)}
        return {paths[path]: team for path, team in self._files.read(paths).items()}


def read_team(data: Any) -> Team | None:
    """A team's file in JSON, or None when it is of no known form."""
    if not isinstance(data, dict):
        return None
    name, session, lead = (data.get(key) for key in ("name", "leadSessionId", "leadAgentId"))
    if not (isinstance(name, str) and isinstance(session, str) and isinstance(lead, str)):
        return None
    listed = data.get("members")
    read = (_member(one, lead) for one in (listed if isinstance(listed, list) else [])[:_MOST_MEMBERS])
    return Team(
        name=name,
        lead_session=session,
        lead_name=lead.partition("@")[0],
        process=_process(data.get("leadProcess")),
        members=tuple(member for member in read if member is not None),
    )


def inbox(config: Path, team: str, member: str) -> Path | None:
    """The inbox of a member; None for names that can be none of a file."""
    if not (claude_home.is_name(team) and claude_home.is_name(member)):
        return None
    return config / "teams" / team / "inboxes" / f"{member}.json"


def _member(data: Any, lead: str) -> Member | None:
    if not isinstance(data, dict) or data.get("agentId") == lead:
        return None
    name, agent, pane, active = (data.get(key) for key in ("name", "agentId", "tmuxPaneId", "isActive"))
    if not (isinstance(name, str) and isinstance(agent, str)):
        return None
    own = pane if data.get("backendType") == "tmux" and isinstance(pane, str) else ""
    return Member(name, agent, own, active if isinstance(active, bool) else None)


def _process(data: Any) -> ProcessIdentity | None:
    pid = data.get("pid") if isinstance(data, dict) else None
    if type(pid) is not int or not 0 < pid < 2**31:
        return None
    return ProcessIdentity(pid, str(data.get("procStart") or ""), boot_id())
