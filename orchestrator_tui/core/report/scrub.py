"""Reports name no place on this machine: absolute paths become relative to the repository, or names (seed 000, §7)."""

from __future__ import annotations

import re

from orchestrator_tui.core.model import Batch
from orchestrator_tui.core.text import sanitise, sanitise_line

_LOCAL = re.compile(
    r"(?<![\w.:/\\-])(?:/(?:home|Users|root|tmp|private|var|mnt|media|srv|opt|run|Volumes)(?=/)|[A-Za-z]:\\)"
    r"[^\s'\"`<>|]*"
)
_TAIL = re.compile(r"[/\\]")


class Scrubber:
    """What tells the places of one batch by name."""

    def __init__(self, batch: Batch) -> None:
        run = batch.run
        roots = {batch.repository: ""}
        if run is not None:
            roots[run.plan.repository] = ""
            roots[run.integration_path] = "the integration worktree"
            roots[run.plan.worktrees] = "the folder of the worktrees"
        for track in batch.tracks.values():
            roots.setdefault(track.worktree, f"the worktree of {track.slug}")
        # The longest first: a worktree may lie inside of the repository.
        self._roots = sorted(((one, name) for one, name in roots.items() if len(one) > 1), key=lambda one: -len(one[0]))

    def text(self, text: str, limit: int | None = None) -> str:
        """A text of several lines without local paths."""
        return sanitise(self._without(text), limit)

    def line(self, text: str, limit: int | None = 400) -> str:
        """A text on one line without local paths."""
        return sanitise_line(self._without(text), limit)

    def _without(self, text: str) -> str:
        for root, name in self._roots:
            if root in text:
                # Of a name nothing is an escape or a reference of the expression's.
                text = re.sub(rf"{re.escape(root)}/(?=[^\s/])", _literal(f"{name}: " if name else ""), text)
                text = re.sub(rf"{re.escape(root)}/?(?![\w.-])", _literal(name or "the repository"), text)
        return _LOCAL.sub(lambda found: f"…/{_TAIL.split(found[0].rstrip('/'))[-1]}", text).strip(" ")


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\")
