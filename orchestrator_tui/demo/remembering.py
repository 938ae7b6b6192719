"""What a scripted agent remembers from one attempt to the next, so that making one again repeats nothing.

It lies in git's own directory of its worktree, where neither git nor anybody's eye finds it.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path

from orchestrator_tui.demo.repository import git

LOCKS = ("index.lock", "HEAD.lock")


class Memory:
    """What was answered and done at one entry of a stage, by the track in this worktree; ``time`` names the entry.

    Without one nothing is remembered: a script that is played as a whole goes on from the stage that it reached.
    """

    def __init__(self, worktree: Path, track: str, time: str) -> None:
        self.directory = Path(git(worktree, "rev-parse", "--absolute-git-dir").strip())
        self._path = self.directory / f"scripted-{track}.json"
        self._time = time
        try:
            self._known: dict[str, str] = json.loads(self._path.read_text("utf-8")) if time else {}
        except (OSError, ValueError):
            self._known = {}

    def get(self, what: str) -> str | None:
        """What is known of this, None when nothing."""
        return self._known.get(self._key(what))

    def put(self, what: str, value: str) -> None:
        """Know it from now on."""
        if not self._time:
            return
        self._known[self._key(what)] = value
        self.write(self._path, json.dumps(self._known))

    def write(self, path: Path, text: str) -> None:
        """Write a file so that being killed leaves the old or the new one, and nothing beside it."""
        new = self.directory / f"scripted-{os.getpid()}.new"
        new.write_text(text, "utf-8")
        try:
            os.replace(new, path)
        except OSError:
            # The worktree is on another file system.
            path.write_text(text, "utf-8")
            new.unlink(missing_ok=True)

    def forget_locks(self) -> None:
        """Remove what a git of an attempt that was killed has left in this worktree: nobody else works in it."""
        for name in LOCKS:
            with suppress(FileNotFoundError):
                (self.directory / name).unlink()

    def _key(self, what: str) -> str:
        return hashlib.sha256(f"{self._time}\n{what}".encode()).hexdigest()[:16]
