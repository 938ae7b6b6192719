"""Looking around now and then while a run works: shared files, tampered settings, and the report kept current."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.model import Batch
from orchestrator_tui.core.schedule.freshness import looked as drift_news
from orchestrator_tui.core.schedule.freshness import since
from orchestrator_tui.core.schedule.overlap import overlaps, tampered, to_compare
from orchestrator_tui.core.schedule.rules import plan_of, run_of
from orchestrator_tui.runtime.run_world import BaseDrift, RunWorld

COMPARE_MS = 10_000
"""How often the live changes of tracks are compared, and the repository's settings with what they were."""

REPORT_MS = 3_000
"""How soon after a change at most the report on disk says so."""

Shared = tuple[tuple[str, str, str], ...]
Seen = tuple[Shared, tuple[str, ...], BaseDrift | None]


class Survey:
    """What is looked at beside the effects of a run. Nothing depends on it but what it finds."""

    def __init__(self, world: RunWorld, report: Callable[[Batch], str], threads: Executor) -> None:
        self._world, self._report, self._threads = world, report, threads
        self._looked: Instant | None = None
        self._written: tuple[Batch | None, Instant | None] = (None, None)
        self._looking: Future[Seen] | None = None
        self._writing: Future[str] | None = None

    def turn(self, batch: Batch, now: Instant) -> tuple[Draft, ...]:
        """What was found since the last look; begins the next look when it is due."""
        self._write(batch, now)
        found = self._found(batch)
        if self._looking is None and (self._looked is None or elapsed_ms(self._looked, now) >= COMPARE_MS):
            self._looked = now
            if run_of(batch).phase in ("approved", "running", "awaiting_user"):
                self._looking = self._threads.submit(self._look, batch)
        return found

    def _look(self, batch: Batch) -> Seen:
        plan = plan_of(batch)
        drift = None
        with suppress(OSError):
            # Whatever is wrong with the base is said when it is needed; the rest is looked at all the same.
            drift = self._world.git.base(plan, since(batch))
        if run_of(batch).phase == "awaiting_user":
            return (), (), drift
        paths = to_compare(batch)
        shared = self._world.git.shared(paths) if paths else ()
        return shared, self._world.git.tampered(plan, plan.fingerprint) if plan.fingerprint else (), drift

    def _found(self, batch: Batch) -> tuple[Draft, ...]:
        if self._looking is None or not self._looking.done():
            return ()
        looked, self._looking = self._looking, None
        try:
            shared, words, drift = looked.result()
        except OSError:
            # A worktree that was just removed cannot be read; the next look sees what is left.
            return ()
        found = (*overlaps(batch, shared), *tampered(batch, words))
        if drift is None:
            return found
        return (*found, *drift_news(batch, drift.sha, drift.commits, drift.rewritten, drift.files, asked=False))

    def _write(self, batch: Batch, now: Instant) -> None:
        before, at = self._written
        due = before is not batch and (at is None or elapsed_ms(at, now) >= REPORT_MS)
        busy = self._writing is not None and not self._writing.done()
        if due and not busy and run_of(batch).phase != "planned" and batch.ended_at is None:
            self._written = batch, now
            self._writing = self._threads.submit(self._report, batch)
