"""The files of a connection: which they are in each scope, and how our part of each is put in and taken out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from orchestrator_tui.adapters.connection.draft import Splice
from orchestrator_tui.adapters.connection.merging import (
    Merged,
    with_server,
    with_settings,
    without_server,
    without_settings,
)
from orchestrator_tui.adapters.connection.record import Part, Record, digest
from orchestrator_tui.adapters.connection.wanted import SERVER, Wanted
from orchestrator_tui.core.frozen import frozen

USER, PROJECT = "user", "project"
SCOPES = (USER, PROJECT)
"""Where a connection holds: for all that this person does, or in one repository."""

IGNORED = ("/.claude/settings.local.json", f"/.claude/skills/{SERVER}/")
"""What of a connection in a repository git must not see, as lines of its exclude file."""


class Target(Protocol):
    """One file of a connection. Both ways raise :class:`~orchestrator_tui.adapters.connection.scan.Malformed`."""

    @property
    def path(self) -> Path:
        """The file as people know it, links not followed."""

    @property
    def locked(self) -> bool:
        """Whether running sessions rewrite it under Claude Code's lock."""

    @property
    def part(self) -> Part:
        """Which part of the file is ours; (), unless several connections share it."""

    def put(self, text: str, record: Record) -> Merged:
        """Our part put into the file's text, "" where there is none."""

    def take(self, text: str, record: Record) -> Merged:
        """Our part taken out of the file's text."""


@frozen
class Settings:
    """A ``settings.json``: hooks, variables and rules."""

    path: Path
    wanted: Wanted
    locked: bool = False
    part: Part = ()

    def put(self, text: str, record: Record) -> Merged:
        """Ours put in."""
        return with_settings(text, self.wanted)

    def take(self, text: str, record: Record) -> Merged:
        """Ours taken out."""
        return without_settings(text, record.added)


@frozen
class Servers:
    """The file of MCP servers, which running sessions rewrite; ``way`` leads to the servers of a scope."""

    path: Path
    wanted: Wanted
    way: tuple[str, ...]
    locked: bool = True

    @property
    def part(self) -> Part:
        """The servers of this scope: another's stand in the same file."""
        return self.way

    def put(self, text: str, record: Record) -> Merged:
        """Ours put in."""
        return with_server(text, self.wanted, self.way)

    def take(self, text: str, record: Record) -> Merged:
        """Ours taken out."""
        return without_server(text, self.way, record.added)


@frozen
class Skill:
    """The skill, a file of ours alone, unless somebody has edited it."""

    path: Path
    wanted: Wanted
    locked: bool = False
    part: Part = ()

    def put(self, text: str, record: Record) -> Merged:
        """The skill as it is now; one that was edited stays."""
        if text == self.wanted.skill:
            return Merged(text)
        if text and not _ours(text, record):
            return Merged(text, left=("the skill there is not as we wrote it, and stays",))
        word = "skill brought up to date" if text else f"skill {SERVER}: how an orchestrating session uses us"
        return Merged(self.wanted.skill, (Splice(0, text, self.wanted.skill),), (word,))

    def take(self, text: str, record: Record) -> Merged:
        """Nothing; one that was edited stays."""
        if text == self.wanted.skill or _ours(text, record):
            return Merged("", (Splice(0, text, ""),), (f"skill {SERVER}",), gone=True)
        return Merged(text, left=("the skill there is not as we wrote it, and stays",))


@frozen
class Excluded:
    """Git's exclude file of one clone: lines that keep one person's settings out of what is shared."""

    path: Path
    lines: tuple[str, ...]
    locked: bool = False
    part: Part = ()

    def put(self, text: str, record: Record) -> Merged:
        """The lines put behind the others."""
        there = text.splitlines()
        missing = [line for line in self.lines if line not in there]
        if not missing:
            return Merged(text)
        inserted = ("" if not text or text.endswith("\n") else "\n") + "".join(f"{line}\n" for line in missing)
        words = tuple(f"git does not see {line}" for line in missing)
        return Merged(
            text + inserted, (Splice(len(text), "", inserted),), words, added=tuple((one,) for one in missing)
        )

    def take(self, text: str, record: Record) -> Merged:
        """The lines that we added taken out."""
        added = {path[0] for path in record.added or () if path}
        kept, splices, at = [], [], 0
        for line in text.splitlines(keepends=True):
            if line.rstrip("\r\n") in added:
                splices.append(Splice(at, line, ""))
            else:
                kept.append(line)
            at += len(line)
        words = tuple(f"git sees {splice.removed.strip()} again" for splice in splices)
        return Merged("".join(kept), tuple(splices), words)


def state_file(config: Path, environ: Mapping[str, str]) -> Path:
    """Where Claude Code keeps its own state and the MCP servers of person and projects."""
    older = config / ".config.json"
    if older.exists():
        return older
    if environ.get("CLAUDE_CONFIG_DIR", "").strip():
        return config / ".claude.json"
    return config.parent / ".claude.json"


def settings_path(scope: str, config: Path, repository: Path) -> Path:
    """The settings file of a scope."""
    return config / "settings.json" if scope == USER else repository / ".claude" / "settings.local.json"


def skill_path(scope: str, config: Path, repository: Path) -> Path:
    """The skill of a scope."""
    return (config if scope == USER else repository / ".claude") / "skills" / SERVER / "SKILL.md"


def servers_way(scope: str, repository: Path) -> tuple[str, ...]:
    """The way to the servers of a scope in :func:`state_file`."""
    return ("mcpServers",) if scope == USER else ("projects", str(repository), "mcpServers")


def targets(
    scope: str, config: Path, repository: Path, environ: Mapping[str, str], wanted: Wanted
) -> tuple[Target, ...]:
    """The files of a connection, in the order in which they are written: the one that starts it comes last."""
    return (
        Skill(skill_path(scope, config, repository), wanted),
        Servers(state_file(config, environ), wanted, servers_way(scope, repository)),
        Settings(settings_path(scope, config, repository), wanted),
    )


def _ours(text: str, record: Record) -> bool:
    return any(layer.after == digest(text) for layer in record.layers)
