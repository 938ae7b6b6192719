"""Whether a session of Claude Code runs our hooks, as its settings say; read again only when they change."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from orchestrator_tui.adapters.claude_home import config_directory
from orchestrator_tui.adapters.connection.files import Refused, read_text, split_mark
from orchestrator_tui.adapters.connection.wanted import HOOK_MODULE, is_our_hook
from orchestrator_tui.core.frozen import frozen

LISTENING = "PostToolUse"
"""The event whose hook brings what an agent is to be told."""

OWN_TREE_ONLY = (2, 1, 197)
"""Up to this version a session reads the local settings of the directory that it was started in and no others; newer
ones read those of the main working tree from its subdirectories and worktrees, too."""

MANAGED = {
    "darwin": Path("/Library/Application Support/ClaudeCode/managed-settings.json"),
    "linux": Path("/etc/claude-code/managed-settings.json"),
}
"""Where an organisation's settings are, by platform: they go before all others."""


@frozen
class Runs:
    """What a hook of ours is run by: its interpreter, and the state directory that it is given."""

    python: str
    home: str


@frozen
class Sight:
    """What one settings file says: our hooks by event, and whether hooks run at all (None where it does not say)."""

    hooks: tuple[tuple[str, Runs], ...] = ()
    disabled: bool | None = None
    managed_only: bool = False


def connected(
    environ: Mapping[str, str], directory: str | os.PathLike[str], home: Path | None = None, version: str = ""
) -> bool:
    """Whether a session that was started in ``directory`` runs our hooks.

    Args:
        environ: the environment, for Claude Code's directory.
        directory: where the session was started.
        home: our state directory; hooks that were installed for another one do not reach us.
        version: the session's Claude Code, where it is known.
    """
    sights = [sight(path) for path in settings_files(environ, directory, version)]
    managed = _managed()
    if managed.managed_only or managed.disabled:
        return False
    said = [one.disabled for one in sights if one.disabled is not None]
    if said and said[-1]:
        return False
    found = (runs for one in sights for event, runs in one.hooks if event == LISTENING)
    return any(os.access(runs.python, os.X_OK) and home in (None, Path(runs.home)) for runs in found)


def settings_files(
    environ: Mapping[str, str], directory: str | os.PathLike[str], version: str = ""
) -> tuple[Path, ...]:
    """The settings that hold for a session, the weakest first."""
    start = Path(directory)
    shared, own = start / ".claude" / "settings.json", start / ".claude" / "settings.local.json"
    files = [config_directory(environ) / "settings.json", shared, own]
    main = main_tree(os.fspath(start))
    if main is not None and main != start and not _reads_own_tree_only(version):
        files.append(main / ".claude" / "settings.local.json")
    return tuple(files)


@lru_cache(maxsize=512)
def main_tree(directory: str) -> Path | None:
    """The main working tree of the repository that a directory is in; None outside of one."""
    for place in (Path(directory), *Path(directory).parents):
        pointer = place / ".git"
        if pointer.is_dir():
            return place
        if pointer.is_file():
            try:
                target = pointer.read_text(errors="replace").removeprefix("gitdir:").strip()
            except OSError:
                return None
            main, linked, _ = os.path.normpath(place / target).partition(f"{os.sep}.git{os.sep}worktrees{os.sep}")
            return Path(main) if linked else place
    return None


def sight(path: Path) -> Sight:
    """What a settings file says now; nothing where there is none, or none that can be read."""
    try:
        found = os.stat(path)
    except OSError:
        return Sight()
    return _sight(str(path), found.st_mtime_ns, found.st_size, found.st_ino)


def runs(command: str) -> Runs | None:
    """The interpreter and the state directory in the command of a hook of ours; None when it has another shape."""
    try:
        words = shlex.split(command)
        at = words.index(HOOK_MODULE)
    except ValueError:
        return None
    home = words[at + 2] if words[at + 1 : at + 2] == ["--home"] and len(words) > at + 2 else ""
    if home.startswith("$"):
        named = next((word for word in words if word.startswith(f"{home[1:]}=")), "")
        home = named[len(home) :].rstrip(";")
    python = next((word for word in reversed(words[:at]) if not word.startswith("-")), "")
    return Runs(python, home)


def read_settings(path: Path) -> dict[str, Any]:
    """The settings in a file; none where there is no file, or none that can be read."""
    try:
        data = json.loads(split_mark(read_text(str(path)) or "{}")[1])
    except (Refused, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


@lru_cache(maxsize=256)
def _sight(path: str, *version: int) -> Sight:
    data = read_settings(Path(path))
    disabled = data.get("disableAllHooks")
    return Sight(
        tuple(_hooks(data.get("hooks"))),
        disabled if isinstance(disabled, bool) else None,
        data.get("allowManagedHooksOnly") is True,
    )


def _hooks(hooks: Any) -> Iterator[tuple[str, Runs]]:
    for event, groups in hooks.items() if isinstance(hooks, dict) else ():
        for group in groups if isinstance(groups, list) else ():
            inner = group.get("hooks") if isinstance(group, dict) else None
            for hook in inner if isinstance(inner, list) else ():
                found = runs(hook["command"]) if is_our_hook(hook) else None
                if found is not None:
                    yield event, found


def _managed() -> Sight:
    path = MANAGED.get(sys.platform)
    return Sight() if path is None else sight(path)


def _reads_own_tree_only(version: str) -> bool:
    numbers = re.match(r"(\d+)\.(\d+)\.(\d+)", version)
    return numbers is not None and tuple(int(number) for number in numbers.groups()) <= OWN_TREE_ONLY
