"""Which settings are in force at a place, listed again only when a file that they stand in has changed.

What an agent writes into the settings must count for our very next command (G-5). So the files are read before each
one, which costs a fraction of a process, and git lists them anew when a single byte of them is another. Settings that
include other files, and files that cannot be read whole, are listed anew every time.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

from orchestrator_tui.adapters.git.errors import GitError
from orchestrator_tui.adapters.git.places import common_directory, git_directory
from orchestrator_tui.adapters.git.settings import drivers_off
from orchestrator_tui.core.frozen import frozen

LISTING = ("config", "--list", "--show-origin", "--includes", "-z")
"""The command whose output :func:`configured` reads."""

_LIMIT = 1 << 20
"""A longer file is not compared: what stands in it is listed every time."""
_MOST = 64
_OURS = "command line:"


@frozen
class Configured:
    """The settings that git finds at one place."""

    names: frozenset[str]
    """All of them but those that we give ourselves; git writes sections and keys in small letters."""
    drivers_off: Mapping[str, str]
    """The variables that turn off every driver among them."""
    person: Mapping[str, str]
    """``user.name`` and ``user.email``, where they are set."""


_KNOWN: dict[tuple[bytes | None, ...], Configured] = {}
_ELSEWHERE: list[str] = []
"""Files beside the usual ones in which this machine has settings."""


def configured(place: str, listing: Callable[[], str]) -> Configured:
    """The settings in force at ``place``, an absolute path without links.

    Args:
        listing: runs :data:`LISTING` there.

    Raises:
        GitError: ``listing`` does.
    """
    files = _files(place)
    content = tuple(map(_digest, files))
    known = _KNOWN.get(content)
    if known is not None:
        return known
    found, origins = _parsed(listing())
    if any(name.startswith(("include.", "includeif.")) for name in found.names):
        return found
    others = {os.path.realpath(os.path.join(place, name)) for name in origins}.difference(map(os.path.realpath, files))
    # They are looked at from the next time on.
    _ELSEWHERE.extend(sorted(others.difference(_ELSEWHERE)))
    # Only what was the same before and after is surely what git has read.
    if not others and b"" not in content and content == tuple(map(_digest, _files(place))):
        if len(_KNOWN) >= _MOST:
            _KNOWN.clear()
        _KNOWN[content] = found
    return found


def _parsed(text: str) -> tuple[Configured, set[str]]:
    """The settings, and the files they stand in, as git names them."""
    parts = text.split("\0")
    origins, names, person = set[str](), set[str](), dict[str, str]()
    for origin, setting in zip(parts[::2], parts[1::2], strict=False):
        name, _, value = setting.partition("\n")
        if origin.startswith(_OURS):
            continue
        names.add(name)
        origins.add(origin.removeprefix("file:"))
        if name in ("user.name", "user.email"):
            person[name] = value
    return Configured(frozenset(names), drivers_off(sorted(names)), person), origins


def _files(place: str) -> tuple[str, ...]:
    """Where git looks for settings, whether there are any or not; each in a place of its own."""
    home = os.environ.get("HOME", "")
    wide = os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    try:
        shared, own = str(common_directory(Path(place)) / "config"), str(git_directory(Path(place)) / "config.worktree")
    except GitError:
        # No repository: only the settings of the person and of the machine count.
        shared = own = ""
    usual = ("/etc/gitconfig", os.path.join(wide, "git", "config"), os.path.join(home, ".gitconfig"), shared, own)
    return (*usual, *_ELSEWHERE)


def _digest(name: str) -> bytes | None:
    """What an ordinary file holds, as a hash since settings hold secrets; None where there is none, b"" if too long."""
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        content = os.read(descriptor, _LIMIT)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return hashlib.sha256(content).digest() if len(content) < _LIMIT else b""
