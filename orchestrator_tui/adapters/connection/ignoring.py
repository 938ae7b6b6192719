"""What git sees of one person's files in a repository, asked of git itself; and where it keeps what it must not see."""

from __future__ import annotations

import os
import subprocess
from enum import Enum
from pathlib import Path

_PATIENCE_S = 10.0


class GitView(Enum):
    """How git sees a path: part of what is shared, not to be seen, shown as new, or git cannot be asked."""

    TRACKED = "tracked"
    IGNORED = "ignored"
    SEEN = "seen"
    UNKNOWN = "unknown"


def git_view(repository: Path, path: str) -> GitView:
    """How git sees a file of a repository, whether it exists or not."""
    tracked = _git(repository, "ls-files", "-z", "--", path)
    if tracked is None or tracked.returncode:
        return GitView.UNKNOWN
    if tracked.stdout:
        return GitView.TRACKED
    ignored = _git(repository, "check-ignore", "-q", "--", path)
    if ignored is None or ignored.returncode not in (0, 1):
        return GitView.UNKNOWN
    return GitView.IGNORED if ignored.returncode == 0 else GitView.SEEN


def exclude_file(repository: Path) -> Path | None:
    """The file of this clone alone whose lines git does not see; None when git cannot be asked."""
    found = _git(repository, "rev-parse", "--git-path", "info/exclude")
    if found is None or found.returncode or not found.stdout:
        return None
    return Path(os.path.normpath(repository / os.fsdecode(found.stdout.rstrip(b"\r\n"))))


def _git(repository: Path, *arguments: str) -> subprocess.CompletedProcess[bytes] | None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "-C", os.fspath(repository), *arguments]
    try:
        return subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
