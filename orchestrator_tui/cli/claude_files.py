"""The connection of one repository and person to Claude Code: what it needs, which files it is, what is to be said."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from orchestrator_tui.adapters.claude_home import RegisteredSession, config_directory
from orchestrator_tui.adapters.connection.files import Refused
from orchestrator_tui.adapters.connection.ignoring import GitView, exclude_file, git_view
from orchestrator_tui.adapters.connection.plan import Change, connect, connecting, disconnect, parting
from orchestrator_tui.adapters.connection.record import Records
from orchestrator_tui.adapters.connection.state import Runs, sight
from orchestrator_tui.adapters.connection.targets import (
    IGNORED,
    PROJECT,
    USER,
    Excluded,
    Target,
    settings_path,
    targets,
)
from orchestrator_tui.adapters.connection.wanted import HookEntry, Wanted, server_entry
from orchestrator_tui.adapters.process import alive
from orchestrator_tui.adapters.sessions.registry import Registry
from orchestrator_tui.cli.faults import Refusal
from orchestrator_tui.cli.journals import Place
from orchestrator_tui.core.text import sanitise_line
from orchestrator_tui.hook.installed import entries
from orchestrator_tui.journal.home import worktrees
from orchestrator_tui.journal.sqlite import open_journal
from orchestrator_tui.resources import skill_file

WORDS = {USER: "everything that you do with Claude Code", PROJECT: "this repository, for you alone"}
"""What a scope means, in words."""

_CACHES = (os.path.join("", ".cache", "uv", ""), os.path.join("", "archive-v0", ""), os.path.join("", "pipx", ".cache"))
"""Parts of the paths of environments that are made for one run and cleaned away."""

_START_S = 20.0


def wanted(environ: Mapping[str, str], home: Path) -> Wanted:
    """Everything of ours as this installation wants it."""
    hooks = tuple(
        HookEntry(one.event, one.matcher, one.command, one.timeout) for one in entries(interpreter(), home.absolute())
    )
    named = environ.get("ORCH_HOME", "").strip()
    skill = skill_file().read_text(encoding="utf-8")
    return Wanted(hooks, server_entry(str(interpreter()), str(home.absolute()) if named else ""), skill)


def interpreter() -> Path:
    """The Python that has us, by one name however we were started; links in it lead out of its environment."""
    if sys.prefix != sys.base_prefix:
        plain = Path(sys.prefix, "bin", "python")
        if plain.exists():
            return plain
    return Path(os.path.abspath(sys.executable))


class ClaudeFiles:
    """The files by which Claude Code is connected in one scope, and what is done with them.

    Raises:
        Refusal: a repository is needed and there is none, or no file of one may hold what is one person's.
    """

    def __init__(self, place: Place, scope: str, environ: Mapping[str, str]) -> None:
        self.scope, self.place = scope, place
        self.config = config_directory(environ)
        self.in_repository = bool(worktrees(place.repository))
        if scope == PROJECT and not self.in_repository:
            raise Refusal(f"{place.repository} is no git repository: only --user can connect here")
        self._environ = environ
        self._wanted = wanted(environ, place.home)
        self.records = Records(place.home)
        self._targets = targets(scope, self.config, place.repository, environ, self._wanted)

    def connecting(self) -> tuple[Change, ...]:
        """What connecting would change.

        Raises:
            Refusal: it cannot be changed, and why.
        """
        try:
            return connecting((*self._ignored(), *self._targets), self.records)
        except Refused as error:
            raise Refusal(str(error)) from None

    def parting(self) -> tuple[Change, ...]:
        """What disconnecting would change.

        Raises:
            Refusal: as :meth:`connecting`.
        """
        exclude = exclude_file(self.place.repository) if self.scope == PROJECT else None
        behind = () if exclude is None else (Excluded(exclude, IGNORED),)
        try:
            # What starts it goes first, what hides it from git last.
            return parting((*reversed(self._targets), *behind), self.records)
        except Refused as error:
            raise Refusal(str(error)) from None

    def connect(self, changes: Sequence[Change]) -> None:
        """Carry out what :meth:`connecting` said; the repository is watched from then on.

        Raises:
            Refusal: it cannot be carried out; everything is as it was.
            JournalError: the repository cannot be watched; nothing was changed.
        """
        _try_interpreter()
        if self.in_repository:
            open_journal(self.place.start, self._environ).close()
        try:
            connect(changes, self.records)
        except Refused as error:
            raise Refusal(str(error)) from None

    def disconnect(self, changes: Sequence[Change]) -> None:
        """Carry out what :meth:`parting` said.

        Raises:
            Refusal: it cannot be carried out; everything is as it was.
        """
        try:
            disconnect(changes, self.records)
        except Refused as error:
            raise Refusal(str(error)) from None

    # --- what is to be said --------------------------------------------------------------------------------

    def remarks(self, changes: Sequence[Change]) -> tuple[str, ...]:
        """What the person should know of a connection beside what is changed, a line each."""
        said = [f"{change.target.path}: {line}" for change in changes for line in change.left]
        other = PROJECT if self.scope == USER else USER
        path = settings_path(other, self.config, self.place.repository)
        here = settings_path(self.scope, self.config, self.place.repository)
        ours = Runs(str(interpreter()), str(self.place.home.absolute()))
        # What is the same in both, Claude Code runs once.
        if path != here and any(one != ours for _, one in sight(path).hooks):
            said.append(
                f"{path} connects another installation, so that each hook runs twice; take it back:"
                f" orch-tui disconnect claude --{other}"
            )
        if any(part in str(interpreter()) for part in _CACHES):
            said.append(
                f"{interpreter()} is in a cache that is cleaned now and then, and then nothing is connected any more:"
                " install orch-tui (uv tool install orch-tui, or pipx install orch-tui) and connect again"
            )
        if self.place.home.is_relative_to(tempfile.gettempdir()):
            said.append(f"{self.place.home} is a temporary directory (ORCH_HOME): what hooks tell us goes there")
        if shutil.which("orch-agent", path=self._environ.get("PATH")) is None:
            said.append("orch-agent is not on PATH: agents use the MCP tools instead")
        return tuple(sanitise_line(line, 400) for line in said)

    def elsewhere(self) -> tuple[str, ...]:
        """Where the other scope is connected, and how that is taken back, in one line; none where it is not."""
        other = PROJECT if self.scope == USER else USER
        try:
            there = any(one.changes for one in ClaudeFiles(self.place, other, self._environ).parting())
        except Refusal:
            return ()  # Where it cannot be told, nothing is said.
        flag = " --project" if other == PROJECT else ""
        return (f"{WORDS[other]}: this is connected; take it back: orch-tui disconnect claude{flag}",) if there else ()

    def running(self) -> tuple[RegisteredSession, ...]:
        """The sessions of Claude Code that run now and are meant."""
        below = str(self.place.repository)
        return tuple(
            one
            for one in Registry(self.config).read()
            if alive(one.process) and (self.scope == USER or one.cwd == below or one.cwd.startswith(below + os.sep))
        )

    def consequences(self) -> tuple[str, ...]:
        """What has changed for whom, once it is connected."""
        count = len(self.running())
        said = []
        if count:
            ones = "1 session runs" if count == 1 else f"{count} sessions run"
            said.append(
                f"{ones} now: hooks and variables reach them within seconds; the MCP tools and the skill come with the"
                " next start (claude --resume)"
            )
        if self.in_repository:
            said.append(
                f"{self.place.repository} is watched from now on: what its agents ask is kept, also while no cockpit"
                " is open"
            )
        if self.scope == USER:
            said.append("any other repository is watched once orch-tui was open in it")
        return tuple(said)

    def _ignored(self) -> tuple[Target, ...]:
        """The exclude file of git, where something of ours would be seen otherwise."""
        if self.scope != PROJECT:
            return ()
        seen = []
        for line in IGNORED:
            view = git_view(self.place.repository, line.strip("/") + ("/SKILL.md" if line.endswith("/") else ""))
            if view is GitView.TRACKED and line == IGNORED[0]:
                raise Refusal(
                    f"{self.place.repository / line.strip('/')} is shared by git, and your paths would be, too:"
                    " connect with --user, or run: git rm --cached .claude/settings.local.json"
                )
            if view is GitView.SEEN:
                seen.append(line)
        exclude = exclude_file(self.place.repository)
        return (Excluded(exclude, tuple(seen)),) if seen and exclude is not None else ()


def _try_interpreter() -> None:
    """Refuse to install an interpreter that cannot run us as the hooks will: isolated from everything around it.

    Raises:
        Refusal: it cannot.
    """
    python = str(interpreter())
    if not sys.executable or not python.isprintable():
        raise Refusal("the path of this Python cannot be written into settings; install orch-tui elsewhere")
    command = [python, "-I", "-c", "import orchestrator_tui.hook.main, orchestrator_tui.mcp_server.main"]
    try:
        ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_START_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Refusal(f"{python} cannot be started: {error}") from None
    if ended.returncode:
        raise Refusal(f"orch-tui is not installed for {python}: install it there, then connect")
