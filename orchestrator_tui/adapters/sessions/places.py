"""Where the sessions of a repository keep their transcripts, and which task lists they write (reference §2.1, §5.3).

A folder of transcripts is named after the directory in which its sessions were started, but the name cannot be turned
back into a path, and several may have the same: of folders that may belong to a subdirectory, each transcript is asked.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from orchestrator_tui.adapters import claude_home
from orchestrator_tui.adapters.sessions.registry import names
from orchestrator_tui.adapters.sessions.teams import Team, Teams

_HEAD = 256 * 1024
_SAID_BY = 64 * 1024
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
_CWD = re.compile(rb'"cwd": ?("(?:[^"\\\n]|\\.)*")')
_TEAM = re.compile(rb'"teamName": ?("(?:[^"\\\n]|\\.)*")')


class Places:
    """What is where below one directory of Claude Code.

    Args:
        config: that directory.
        root: the main tree of the repository that a directory is in; None to go by paths alone.
    """

    def __init__(self, config: Path, root: Callable[[Path], Path] | None) -> None:
        self._projects, self._root = os.path.join(config, "projects"), root
        self._teams_read = Teams(config)
        self.teams: Mapping[str, Team] = {}
        """All teams by name, as of the last time they were read."""
        self._has_panes = False
        self._cwds: dict[str, str] = {}
        self._roots: dict[str, Path] = {}
        self._team_of: dict[str, str] = {}

    def refresh(self) -> None:
        """Read again what teams there are."""
        self.teams = self._teams_read.read()
        self._has_panes = any(member.pane for team in self.teams.values() for member in team.members)

    def folders(self, trees: tuple[Path, ...]) -> Iterator[tuple[str, str]]:
        """The folders that may hold transcripts of the repository, each with the directory of its sessions.

        That is "" where sessions of several directories may share the folder.
        """
        slugs = {claude_home.project_slug(tree): str(tree) for tree in trees}
        below = tuple(f"{slug}-" for slug in slugs)
        yield from ((os.path.join(self._projects, slug), tree) for slug, tree in slugs.items())
        for name in names(self._projects):
            if name.startswith(below) and name not in slugs:
                yield os.path.join(self._projects, name), ""

    def cwd(self, transcript: str) -> str:
        """The directory in which a session was started, by the beginning of its transcript; "" while it says none."""
        return _remembered(self._cwds, transcript, transcript, _CWD)

    def belongs(self, directory: str, trees: tuple[Path, ...]) -> bool:
        """Whether a directory is one of the repository: below one of its trees, and in no repository inside it."""
        path = Path(directory)
        if not any(path.is_relative_to(tree) for tree in trees):
            return False
        return self._root is None or self._root_of(directory) == self._root_of(str(trees[0]))

    def transcript(self, cwd: str, session: str) -> Path:
        """Where the transcript of a session that was started in ``cwd`` stands, or will."""
        return Path(self._projects, claude_home.project_slug(Path(cwd)), f"{session}.jsonl")

    def list_names(self, session: str, transcript: Path | None) -> tuple[str, ...]:
        """The task lists that a session may write: its own first, then those of the team that it leads or is in."""
        led = [name for name, team in self.teams.items() if team.lead_session == session]
        if transcript is not None and self._has_panes:
            joined = self._joined(session, transcript)
            led += [joined] if joined in self.teams else []
        return tuple(dict.fromkeys((*claude_home.list_names(session), *led)))

    def _joined(self, session: str, transcript: Path) -> str:
        """The team of a session that is a member of one, as its transcript says."""
        return _remembered(self._team_of, session, str(transcript), _TEAM)

    def _root_of(self, directory: str) -> Path:
        if directory not in self._roots:
            assert self._root is not None
            self._roots[directory] = self._root(Path(directory))
        return self._roots[directory]


def _remembered(known: dict[str, str], key: str, path: str, wanted: re.Pattern[bytes]) -> str:
    """What the beginning of a transcript says, asked once; again while it is too short to have said it."""
    if key not in known:
        found = _said(path, wanted)
        if not found and _size(path) < _SAID_BY:
            return ""
        known[key] = found
    return known[key]


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def _said(path: str, wanted: re.Pattern[bytes]) -> str:
    """The first text in the beginning of a transcript that ``wanted`` finds."""
    try:
        descriptor = os.open(path, _FLAGS)
    except (OSError, ValueError):
        return ""
    try:
        found = wanted.search(os.read(descriptor, _HEAD))
    except OSError:
        return ""
    finally:
        os.close(descriptor)
    try:
        said = "" if found is None else json.loads(found[1].decode("utf-8", "replace"))
    except ValueError:
        return ""
    return said if isinstance(said, str) and "\0" not in said else ""
