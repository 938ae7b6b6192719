"""Whether the settings, hooks or attributes of a repository changed while a batch ran (reliability G-5).

Our own git heeds none of them; the person's does, and would run what an agent has put there. Contents are kept as
hashes only, since settings hold secrets.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from orchestrator_tui.adapters.git.command import failure, git_result, settings_at
from orchestrator_tui.adapters.git.places import common_directory
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.text import sanitise_line

_FILE_LIMIT = 4 << 20
_SHOWN = 120

# Written by `git push --set-upstream`, `git switch --track` and the like, in the middle of honest work.
_HARMLESS = re.compile(r"branch\..+\.(remote|merge|pushremote|rebase|description|vscode-merge-base)", re.DOTALL)
_WITH_PASSWORD = re.compile(r"//[^/@\s]+@")


@frozen
class Fingerprint:
    """The state of what can make git run something; two are equal when nothing of that has changed."""

    config_sha: str
    hooks_sha: str
    attributes_sha: str
    entries: tuple[tuple[str, str], ...] = ()
    """Each setting, hook and attribute file, in words, with the hash of its content; sorted."""


Stamp = tuple[tuple[str, int, int, int], ...]


def stamp(repository: Path) -> Stamp:
    """How the files look that a fingerprint is taken of, without git: another stamp tells of a change, not the same one
    of none, since settings may include other files.
    """
    common = common_directory(repository)
    names = [common / "config", common / "config.worktree", common / "info" / "attributes", common / "hooks"]
    names += sorted((common / "hooks").glob("*"))
    names += sorted((common / "worktrees").glob("*/config.worktree"))
    found = []
    for name in names:
        try:
            status = name.lstat()
        except OSError:
            continue
        found.append((str(name), status.st_ino, status.st_size, status.st_mtime_ns + status.st_ctime_ns))
    return tuple(found)


def fingerprint(repository: Path) -> Fingerprint:
    """Take the fingerprint of a repository's settings, those of single worktrees included, hooks and attributes.

    Raises:
        GitError: git cannot read the settings, or a file cannot be read.
    """
    settings = sorted(_settings(repository))
    hooks = sorted(_hooks(repository))
    attributes = sorted(_files("the file info/", common_directory(repository) / "info", ("attributes",)))
    one, two, three = (_sha(repr(group).encode()) for group in (settings, hooks, attributes))
    return Fingerprint(one, two, three, tuple(sorted((*settings, *hooks, *attributes))))


def difference(before: Fingerprint, after: Fingerprint) -> tuple[str, ...]:
    """What changed between two fingerprints, one line each: ``the setting core.fsmonitor was added``."""
    old, new = dict(before.entries), dict(after.entries)
    lines = []
    for name in sorted(old.keys() | new.keys()):
        if name not in old:
            lines.append(f"{name} was added")
        elif name not in new:
            lines.append(f"{name} was removed")
        elif old[name] != new[name]:
            lines.append(f"{name} was changed")
    return tuple(lines)


def _settings(repository: Path) -> Iterator[tuple[str, str]]:
    result = git_result(repository, "config", "--list", "--show-scope", "--includes", "-z")
    if result.code != 0:
        raise failure(repository, "config", result)
    parts = result.out.split("\0")
    values: dict[str, list[str]] = {}
    for scope, setting in zip(parts[::2], parts[1::2], strict=False):
        name, _, content = setting.partition("\n")
        if scope in ("local", "worktree") and _HARMLESS.fullmatch(name) is None:
            values.setdefault(f"the setting {_shown(name)}", []).append(content)
    for name, contents in values.items():
        yield name, _sha("\0".join(contents).encode("utf-8", "surrogateescape"))
    # Settings of one worktree alone; git reads them there once the extension for it is on.
    for own in sorted((common_directory(repository) / "worktrees").glob("*")):
        yield from _files(f"for the worktree {_shown(own.name)} alone, the file ", own, ("config.worktree",))


def _hooks(repository: Path) -> Iterator[tuple[str, str]]:
    common = common_directory(repository)
    yield from _files("the hook ", common / "hooks", None)
    elsewhere = _named_hooks(repository)
    if elsewhere is not None and Path(os.path.realpath(elsewhere)) != common / "hooks":
        yield from _files("the hook ", elsewhere, None)


def _named_hooks(repository: Path) -> Path | None:
    """The directory of hooks that the settings of the repository name; ours on the command line does not count."""
    if "core.hookspath" not in settings_at(repository).names:
        return None
    for scope in ("--worktree", "--local"):
        found = git_result(repository, "config", scope, "--type=path", "--get", "core.hooksPath")
        if found.code == 0 and found.out.strip():
            return repository / found.out.rstrip("\n")
    return None


def _files(kind: str, directory: Path, only: tuple[str, ...] | None) -> Iterator[tuple[str, str]]:
    """The ordinary files and links of a directory with the hash of what they hold; samples do nothing."""
    try:
        names = sorted(os.listdir(directory))
    except (FileNotFoundError, NotADirectoryError):
        return
    for name in names:
        if (only is not None and name not in only) or name.endswith(".sample"):
            continue
        place = directory / name
        status = place.lstat()
        if stat.S_ISLNK(status.st_mode):
            held = os.fsencode(os.readlink(place)) + _read(Path(os.path.realpath(place)))
        elif stat.S_ISREG(status.st_mode):
            held = _read(place)
        else:
            continue
        # A hook runs only when it may be executed.
        yield f"{kind}{_shown(name)}", _sha(held + bytes([bool(status.st_mode & 0o111)]))


def _read(place: Path) -> bytes:
    try:
        descriptor = os.open(place, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b"unreadable"
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return b"no file"
        return file.read(_FILE_LIMIT)


def _shown(name: str) -> str:
    return sanitise_line(_WITH_PASSWORD.sub("//…@", name), _SHOWN)


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
