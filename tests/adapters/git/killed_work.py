"""Run as a process that is killed: ``killed_work.py REPOSITORY TREES``: makes six worktrees, merges six heads."""

import sys
from pathlib import Path

from orchestrator_tui.adapters.git.merging import ensure_integration, merge, merged_already
from orchestrator_tui.adapters.git.worktrees import create
from tests.adapters.git.repositories import head

TRACKS = 6


def everything(repo: Path, trees: Path, base: str, heads: list[str]) -> list[str]:
    """All of it, as a runner that comes back would do it: nothing that is done is done again."""
    for number in range(TRACKS):
        create(repo, trees / f"t{number}", f"orch/b/t{number}", base, "orch-tui:b")
    tree = ensure_integration(repo, trees / "integration", "orch/b/integration", base).path
    for one in heads:
        if merged_already(tree, one) is None:
            merge(tree, one, f"Merge {one}", head(tree))
    return [head(tree)]


if __name__ == "__main__":
    repository, below = Path(sys.argv[1]), Path(sys.argv[2])
    print("ready", flush=True)
    everything(repository, below, sys.argv[3], sys.argv[4:])
    print("done", flush=True)
