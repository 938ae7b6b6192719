"""Results of checks that outlive their batch: the port to where they are kept, and the effects that use it (seed 004).

What cannot be read or written costs a check that runs once more, and never holds a batch up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Batch
from orchestrator_tui.core.run import Effect, KeptCheck
from orchestrator_tui.core.schedule import baseline
from orchestrator_tui.core.schedule.rules import batch_workflow, plan_of, run_of
from orchestrator_tui.core.text import sanitise_line

if TYPE_CHECKING:
    from orchestrator_tui.runtime.run_world import RunWorld


class Results(Protocol):
    """Where results of checks are kept by tree and command, whichever batch they are of."""

    def find(self, tree: str, command: str) -> KeptCheck | None:
        """What is kept of a command on a tree; None without any, or where it cannot be read."""

    def keep(self, tree: str, results: Sequence[KeptCheck], keep_ms: int) -> None:
        """Keep results, and forget those that were older than ``keep_ms`` at the newest of them.

        Raises:
            OSError: they cannot be written.
        """


class NoResults:
    """Keeps nothing."""

    def find(self, tree: str, command: str) -> KeptCheck | None:
        return None

    def keep(self, tree: str, results: Sequence[KeptCheck], keep_ms: int) -> None:
        return None


def look_at_baseline(world: RunWorld, batch: Batch, effect: Effect) -> tuple[Draft, ...]:
    """Look at the tree from which the waves start, and at what is kept of it.

    Raises:
        OSError: git cannot say what the tree is.
    """
    plan, sha = plan_of(batch), run_of(batch).integration_sha
    tree, digest = world.git.content(plan, sha, batch_workflow(batch).baseline.dependencies)
    # It is called as this plan calls it: what it is, its command says.
    looked = ((one.name, world.results.find(tree, one.command)) for one in baseline.wanted(batch))
    known = [replace(found, name=name) for name, found in looked if found is not None]
    return baseline.seen(batch, sha, tree, digest, known, effect.at)


def count_changes(world: RunWorld, batch: Batch, effect: Effect) -> tuple[Draft, ...]:
    """Count the files that differ between the tree from which the waves started and the integration branch as it is.

    Raises:
        OSError: git cannot say it.
    """
    run = run_of(batch)
    since = "" if run.baseline is None else run.baseline.sha
    files = world.git.changed(plan_of(batch), since, run.integration_sha)
    return baseline.counted(batch, int(effect.arguments["wave"]), files)


def keep_results(world: RunWorld, batch: Batch, effect: Effect) -> tuple[Draft, ...]:
    """Keep what ran on a commit; doing it again changes nothing."""
    sha = str(effect.arguments["sha"])
    results = baseline.to_keep(batch, sha)
    rules = batch_workflow(batch).baseline
    try:
        tree, _ = world.git.content(plan_of(batch), sha, ())
        world.results.keep(tree, results, rules.keep_ms)
    except OSError as error:
        return baseline.kept(sha, (), sanitise_line(error.strerror or str(error), 300))
    return baseline.kept(sha, results)
