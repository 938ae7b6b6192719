"""Where journals live: the state directory of the user, one directory a repository, safe from others (J-8, D-4)."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

APPLICATION = "orch-tui"
REPOSITORIES = "repositories"
"""Directory below our state that holds one journal a repository."""

_SLUG_LENGTH = 40
_POINTER_LIMIT = 4096


def state_home(environ: Mapping[str, str]) -> Path:
    """The directory of all our state: ``ORCH_HOME``, else the platform's state directory for this program.

    The same as ``platformdirs.user_state_dir("orch-tui")``, without loading it.
    """
    chosen = environ.get("ORCH_HOME", "").strip()
    if chosen:
        return Path(chosen).expanduser().absolute()
    xdg = environ.get("XDG_STATE_HOME", "")
    if os.path.isabs(xdg):
        return Path(xdg) / APPLICATION
    if sys.platform == "darwin":
        return _user_home(environ) / "Library" / "Application Support" / APPLICATION
    return _user_home(environ) / ".local" / "state" / APPLICATION


def repository_root(start: Path) -> Path:
    """The main working tree of the repository that ``start`` is in, found without running git.

    From any linked worktree it is the same path, so that all worktrees of a repository share one journal. For a bare
    repository it is the repository itself; outside of a repository it is ``start``.
    """
    start = start.resolve()
    for directory in (start, *start.parents):
        pointer = directory / ".git"
        if pointer.is_dir():
            return directory
        if pointer.is_file():
            return _main_tree(directory, pointer)
        if _is_git_directory(directory):
            return directory.parent if directory.name == ".git" else directory
    return start


def worktrees(repository: Path) -> tuple[Path, ...]:
    """The main working tree and all linked worktrees of a repository; nothing outside of a repository."""
    git = repository / ".git"
    if git.is_file():
        git = _git_directory(repository, git)
    elif not git.is_dir():
        git = repository
    if not _is_git_directory(git):
        return ()
    found = [repository]
    for pointer in sorted((git / "worktrees").glob("*/gitdir")):
        text = _read_line(pointer)
        if text:
            found.append((pointer.parent / text).resolve().parent)
    return tuple(found)


def journal_directory(home: Path, repository: Path) -> Path:
    """The directory of a repository's journal: a readable name and eight digits that tell equal names apart."""
    real = os.path.realpath(repository)
    slug = re.sub("[^a-z0-9]+", "-", os.path.basename(real).lower()).strip("-")[:_SLUG_LENGTH] or "root"
    digest = hashlib.sha256(os.fsencode(real)).hexdigest()[:8]
    return home / REPOSITORIES / f"{slug}-{digest}"


def _user_home(environ: Mapping[str, str]) -> Path:
    home = environ.get("HOME", "")
    if os.path.isabs(home):
        return Path(home)
    import pwd  # Only for those whose environment does not say it.

    return Path(pwd.getpwuid(os.getuid()).pw_dir)


def _main_tree(directory: Path, pointer: Path) -> Path:
    git = _git_directory(directory, pointer)
    common = _read_line(git / "commondir")
    if not common:
        return directory  # A submodule, or a repository whose git directory is kept elsewhere.
    shared = (git / common).resolve()
    if shared.name == ".git":
        return shared.parent
    tree = _configured_tree(shared)
    return tree if tree is not None else shared


def _git_directory(directory: Path, pointer: Path) -> Path:
    text = _read_line(pointer).removeprefix("gitdir:").strip()
    return (directory / text).resolve()


def _configured_tree(git: Path) -> Path | None:
    section = ""
    for line in _read(git / "config").splitlines():
        text = line.strip()
        if text.startswith("["):
            section = text.strip("[] ").lower()
        elif section == "core" and text.lower().startswith("worktree"):
            _, _, value = text.partition("=")
            return (git / value.strip().strip('"')).resolve()
    return None


def _is_git_directory(directory: Path) -> bool:
    return (directory / "HEAD").is_file() and (directory / "objects").is_dir() and (directory / "refs").is_dir()


def _read_line(path: Path) -> str:
    lines = _read(path).splitlines()
    return lines[0].strip() if lines and "\0" not in lines[0] else ""


def _read(path: Path) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        return os.read(descriptor, _POINTER_LIMIT).decode(errors="replace")
    except OSError:
        return ""
    finally:
        os.close(descriptor)
