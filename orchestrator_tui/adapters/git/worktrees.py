"""Worktrees of tracks under one name: made, looked at, listed, supplied, and removed when nothing can be lost."""

from __future__ import annotations

from orchestrator_tui.adapters.git.creating import Created, create
from orchestrator_tui.adapters.git.keeping import Kept, Removed, TreeStatus, look, remove
from orchestrator_tui.adapters.git.listing import Listed, listed
from orchestrator_tui.adapters.git.provisioning import Candidates, ignored_candidates, provision

__all__ = [
    "Candidates",
    "Created",
    "Kept",
    "Listed",
    "Removed",
    "TreeStatus",
    "create",
    "ignored_candidates",
    "listed",
    "look",
    "provision",
    "remove",
]
