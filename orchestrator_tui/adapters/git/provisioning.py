"""What a new worktree needs that git does not bring: private settings copied, heavy ignored directories linked."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path, PurePosixPath

from orchestrator_tui.adapters.git.command import git, git_result
from orchestrator_tui.adapters.git.errors import GitError
from orchestrator_tui.adapters.git.lock import repository_lock
from orchestrator_tui.adapters.git.places import common_directory
from orchestrator_tui.core.frozen import frozen

COPY_LIMIT = 4 << 20
"""The most bytes of a file that is copied."""

_COPIED = re.compile(r"\.env(rc|\..+)?|\.npmrc|\.pypirc|\.tool-versions|.+\.local(\.\w+)?|local\.settings\.json")
_LINKED = frozenset("node_modules bower_components vendor Pods .venv venv .yarn .pnpm-store deps".split())


@frozen
class Candidates:
    """Ignored entries at the top of the main tree that worktrees usually need."""

    copies: tuple[str, ...]
    links: tuple[str, ...]


def ignored_candidates(repository: Path) -> Candidates:
    """What could be copied or linked into new worktrees, to be asked about; nothing is changed.

    Raises:
        GitError: git fails.
    """
    text = git(repository, "ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z")
    names = [name for name in text.split("\0") if name and "/" not in name.rstrip("/")]
    return Candidates(
        tuple(name for name in names if _COPIED.fullmatch(name) and _is_ordinary(repository / name)),
        tuple(name.rstrip("/") for name in names if name.endswith("/") and name.rstrip("/") in _LINKED),
    )


def provision(repository: Path, path: Path, copies: tuple[str, ...], links: tuple[str, ...]) -> tuple[str, ...]:
    """Copy files and link directories of the main tree into a worktree; whatever is there already stays.

    Only what git ignores is brought, so that neither a secret nor a link is ever committed with a track's work. A
    pattern such as ``node_modules/`` does not cover a link of that name; the link is then added to the repository's
    own ``info/exclude``.

    Returns:
        What was done, or why not, one line an entry.

    Raises:
        GitError: a name leads out of the tree, or the file system refuses.
    """
    done = []
    for name in copies:
        _check(name)
        done.append(_copied(repository, path, name))
    for name in links:
        _check(name)
        done.append(_linked(repository, path, name))
    return tuple(done)


def _copied(repository: Path, path: Path, name: str) -> str:
    if os.path.lexists(path / name):
        return f"{name}: is there already"
    if not _inside(path, name) or not _inside(repository, name):
        return f"{name}: not copied, a symbolic link is on the way"
    if not _ignored(path, name):
        return f"{name}: not copied, git does not ignore it"
    try:
        source = os.open(repository / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        return f"{name}: not copied, {error.strerror}"
    with open(source, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size > COPY_LIMIT:
            return f"{name}: not copied, no ordinary file of up to {COPY_LIMIT >> 20} MiB"
        content = file.read(COPY_LIMIT)
    _write(path / name, content, stat.S_IMODE(status.st_mode) & 0o700)
    return f"{name}: copied"


def _linked(repository: Path, path: Path, name: str) -> str:
    target = repository / name
    if os.path.lexists(path / name):
        return f"{name}: is there already"
    if not _inside(path, name) or not _inside(repository, name):
        return f"{name}: not linked, a symbolic link is on the way"
    if not target.is_dir() or target.is_symlink():
        return f"{name}: not linked, it is no directory"
    if not _ignored(repository, f"{name}/"):
        return f"{name}: not linked, git does not ignore it"
    if not _ignored(path, name):
        _exclude(repository, name)
    try:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).symlink_to(target, target_is_directory=True)
    except OSError as error:
        raise GitError(f"cannot link {path / name}: {error.strerror}") from error
    return f"{name}: linked"


def _write(place: Path, content: bytes, mode: int) -> None:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
        with open(descriptor, "wb") as file:
            file.write(content)
    except OSError as error:
        raise GitError(f"cannot copy to {place}: {error.strerror}") from error


def _exclude(repository: Path, name: str) -> None:
    with repository_lock(repository):
        place = common_directory(repository) / "info" / "exclude"
        line = f"/{name}"
        try:
            place.parent.mkdir(exist_ok=True)
            old = place.read_text(encoding="utf-8", errors="surrogateescape") if place.exists() else ""
            if line in old.splitlines():
                return
            with place.open("a", encoding="utf-8", errors="surrogateescape") as file:
                file.write(("" if old.endswith("\n") or not old else "\n") + line + "\n")
        except OSError as error:
            raise GitError(f"cannot write {place}: {error.strerror}") from error


def _ignored(tree: Path, name: str) -> bool:
    return git_result(tree, "check-ignore", "--quiet", "--", name).code == 0


def _check(name: str) -> None:
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or parts[0] == ".git" or re.search(r"[\0\n\\*?\[!#]", name):
        raise GitError(f"{name!r} cannot be provided: name a file or directory inside the repository")


def _inside(tree: Path, name: str) -> bool:
    """Whether no link is on the way from the tree to the entry."""
    parent = (tree / name).parent
    return Path(os.path.realpath(parent)) == Path(os.path.realpath(tree)) / PurePosixPath(name).parent


def _is_ordinary(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()
