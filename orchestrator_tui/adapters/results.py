"""Results of checks as small files, one a tree and command, below the journal's own directory.

The name of a file is a digest of both; its age is that of the journal in which the check was recorded, never the
file's own. A file that is torn, foreign or of another form counts as none.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from orchestrator_tui.adapters.tasks.atomic import replace_file
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.run import KeptCheck

VERSION = 1
_MOST_BYTES = 64_000
_MODE = 0o600


class ResultFiles:
    """Implements the port ``Results``. May be used from several threads and processes: each file is replaced whole."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def find(self, tree: str, command: str) -> KeptCheck | None:
        """What is kept of a command on a tree; None without any, or where it cannot be read."""
        found = _read(self._path(tree, command))
        return None if found is None else replace(found, command=command)

    def keep(self, tree: str, results: Sequence[KeptCheck], keep_ms: int) -> None:
        """Keep results, and forget those that were older than ``keep_ms`` at the newest of them.

        Raises:
            OSError: they cannot be written.
        """
        if not results:
            return
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._forget(max((one.at for one in results), key=lambda one: one.wall_ms), keep_ms)
        for one in results:
            # No command is written: it may hold what is nobody else's business.
            row = {"version": VERSION, "tree": tree, "name": one.name, "result": one.result, "batch": one.batch}
            row |= {"at": [one.at.wall_ms, one.at.boot_ms, one.at.boot_id]}
            data = json.dumps(row, ensure_ascii=False).encode("utf-8", "replace")
            replace_file(str(self._path(tree, one.command)), data, _MODE, lambda: None)

    def _path(self, tree: str, command: str) -> Path:
        both = f"{tree}\n{command}".encode("utf-8", "replace")
        return self._directory / f"{hashlib.sha256(both).hexdigest()}.json"

    def _forget(self, newest: Instant, keep_ms: int) -> None:
        for path in self._directory.glob("*.json"):
            found = _read(path)
            if found is None or elapsed_ms(found.at, newest) >= keep_ms:
                with suppress(OSError):
                    path.unlink()


def _read(path: Path) -> KeptCheck | None:
    try:
        with path.open("rb") as file:
            row = json.loads(file.read(_MOST_BYTES))
        if row["version"] != VERSION or row["result"] != "pass":
            return None
        wall, boot, boot_id = row["at"]
        at = Instant(int(wall), int(boot), str(boot_id))
        return KeptCheck(str(row["name"]), "pass", at, str(row["batch"]))
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None
