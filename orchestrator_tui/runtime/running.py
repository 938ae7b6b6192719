"""One run kept by its holder: effects are done and their outcomes recorded, and what follows is begun (DESIGN §3).

Nothing here decides: ``core.schedule`` does. Who drives it says when time has passed; effects that take long run in
threads of their own or under shims, and ``wake`` is called when one of them has ended.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from orchestrator_tui.core.delivery import Reach, reach_in
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch, Gate
from orchestrator_tui.core.run import Effect
from orchestrator_tui.core.schedule import checkpoints, effects, failing, waiting
from orchestrator_tui.core.schedule.rules import plan_of
from orchestrator_tui.core.schedule.turn import due
from orchestrator_tui.core.text import sanitise_line
from orchestrator_tui.runtime import performing_git
from orchestrator_tui.runtime.attempts import Attempts
from orchestrator_tui.runtime.commands_run import KINDS as COMMANDS
from orchestrator_tui.runtime.commands_run import Commands
from orchestrator_tui.runtime.conversing import Conversing
from orchestrator_tui.runtime.run_world import RunWorld
from orchestrator_tui.runtime.surveying import Survey

MAX_ROUNDS = 200
"""How many matters one turn may begin before the rest of the program gets its turn."""

THREADS = 8

Record = Callable[[tuple[Draft, ...]], Batch]
"""Records drafts of the run and returns the batch as it is then."""

Written = Callable[[Batch], str]
"""Writes the report of a run; where it is."""

Kept = Callable[[Batch, tuple[str, ...]], tuple[str, ...]]
"""Writes the exports of these names into the repository of a run; where they are."""


class Running:
    """Keeps one run. Not for use from several threads at once; ``wake`` is called from any."""

    def __init__(
        self,
        world: RunWorld,
        home: str,
        record: Record,
        report: Written,
        *,
        keep: Kept = lambda batch, names: (),
        skill: Callable[[str], str] = lambda name: "",
        wake: Callable[[], None] = lambda: None,
        executor: Executor | None = None,
        reach: Callable[[Batch, Gate], Reach] = lambda batch, gate: reach_in(batch, gate, frozenset()),
        claimant: Callable[[], str] = lambda: "0:0",
    ) -> None:
        """``executor`` runs effects that are no jobs; by default threads of its own.

        ``reach`` tells the ways to a gate's agent, ``claimant`` by which name this process brings answers.
        """
        self._world, self._record, self._report, self._wake = world, record, report, wake
        self._reach = reach
        self._attempts = Attempts(world, home, skill)
        self._keep = keep
        self._conversing = Conversing(world, record, reach, claimant)
        self._commands = Commands(world)
        self._threads = executor or ThreadPoolExecutor(THREADS, thread_name_prefix="effect")
        self._survey = Survey(world, report, self._threads)
        self._under_way: dict[str, Future[tuple[Draft, ...]]] = {}
        self._unknown: set[str] = set()

    def turn(self, batch: Batch, now: Instant) -> Batch:
        """Everything that is due now; the batch as it is afterwards.

        Raises:
            LeaseLost: somebody else holds the batch now.
            JournalError: the journal cannot be read or written now.
        """
        found = self._survey.turn(batch, now)
        found = (*found, *waiting.observed(batch, lambda gate: bool(self._reach(batch, gate).waiting)))
        if found:
            batch = self._record(found)
        for _ in range(MAX_ROUNDS):
            batch, ended = self._outcomes(batch, now)
            drafts = due(batch, now)
            if drafts:
                batch = self._record(drafts)
            begun = self._begin(batch)
            if not drafts and not ended and not begun:
                return batch
            if any(draft.kind == "gate_opened" for draft in drafts):
                # A rule answers a question at its opening or never: what it says comes before what else is due.
                self._wake()
                return batch
        return batch

    @property
    def busy(self) -> bool:
        """Whether anything is being done in a thread right now."""
        return bool(self._under_way)

    def jobs(self) -> tuple[str, ...]:
        """The names of the jobs that are followed."""
        return (*self._attempts.followed(), *self._commands.started())

    def close(self) -> None:
        """Wait for what threads are doing; jobs go on without us."""
        self._threads.shutdown(wait=True)

    # --- beginning -----------------------------------------------------------------------------------------

    def _begin(self, batch: Batch) -> bool:
        """Do what is recorded as begun and not done by this process yet; whether anything was begun."""
        assert batch.run is not None
        begun = False
        for effect in batch.run.effects.values():
            if effect.id in self._under_way or self._is_followed(effect) or effect.id in self._unknown:
                continue
            self._under_way[effect.id] = self._threads.submit(self._perform, batch, effect)
            self._under_way[effect.id].add_done_callback(lambda _: self._wake())
            begun = True
        return begun

    def _is_followed(self, effect: Effect) -> bool:
        return self._attempts.is_followed(effect.id) or self._commands.is_started(effect.id)

    def _perform(self, batch: Batch, effect: Effect) -> tuple[Draft, ...]:
        """Do one effect, in a thread. Of a job only its start; what follows is found by looking at it."""
        if effect.kind == effects.ATTEMPT:
            self._attempts.start(batch, effect)
            return ()
        if effect.kind in COMMANDS:
            self._commands.start(batch, effect)
            return ()
        done = Draft("effect_ended", {"effect": effect.id, "outcome": "done"})
        if effect.kind == effects.DIVIDE:
            # Loaded here: only a batch that starts from a sentence reads plans while it runs.
            from orchestrator_tui.runtime.dividing import divide

            files = self._world.git.files(plan_of(batch))
            return (*divide(batch, effect, files), done)
        if effect.kind == effects.REPORT:
            path = self._report(batch)
            return Draft("report_written", {"path": path, "of": str(effect.arguments["of"])}), done
        if effect.kind == effects.CHECKPOINT:
            paths = self._keep(batch, tuple(str(one) for one in effect.arguments["names"]))
            return checkpoints.written(effect.track, paths), done
        return (*performing_git.perform(self._world, batch, effect), done)

    # --- outcomes ------------------------------------------------------------------------------------------

    def _outcomes(self, batch: Batch, now: Instant) -> tuple[Batch, bool]:
        """Record what has come to its end since the last look; whether there was anything."""
        assert batch.run is not None
        news = False
        for effect in tuple(batch.run.effects.values()):
            if self._attempts.is_followed(effect.id):
                try:
                    talk = self._attempts.see(batch, effect)
                except OSError:
                    # It may well be running: it is looked at again.
                    continue
                batch = self._conversing.turn(batch, effect, talk, now)
            drafts = self._outcome(batch, effect, now)
            if drafts:
                batch = self._record(drafts)
            news = news or drafts is not None
        self._forget(batch)
        return batch, news

    def _forget(self, batch: Batch) -> None:
        """Follow nothing of which a person has said meanwhile what became of it."""
        assert batch.run is not None
        said = [one for one, future in self._under_way.items() if one not in batch.run.effects and future.done()]
        for effect in said:
            del self._under_way[effect]
        self._commands.keep(batch.run.effects)

    def _outcome(self, batch: Batch, effect: Effect, now: Instant) -> tuple[Draft, ...] | None:
        """The events of what is new of an effect; None when nothing is."""
        future = self._under_way.get(effect.id)
        if future is not None:
            if not future.done():
                return None
            del self._under_way[effect.id]
            try:
                return future.result()
            except OSError as error:
                return failing.failed(batch, effect, sanitise_line(error.strerror or str(error), 500))
            except Exception as error:
                # A fault of ours ends one effect and not the run: a person is asked, and the others go on.
                return failing.failed(batch, effect, own_fault(error))
        return self._looked(batch, effect, now) or None

    def _looked(self, batch: Batch, effect: Effect, now: Instant) -> tuple[Draft, ...]:
        """What is new of a job. One that cannot be looked at now is looked at again: it may well be running."""
        with suppress(OSError):
            if self._attempts.is_followed(effect.id):
                return self._attempts.look(batch, effect, now)
            if self._commands.is_started(effect.id):
                drafts = self._commands.look(batch, effect, now)
                if any(draft.kind == "gate_opened" for draft in drafts):
                    self._unknown.add(effect.id)
                return drafts
        return ()


def own_fault(error: Exception) -> str:
    """An error of orch-tui itself in one line: what it is, and where it came from."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f", in {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return sanitise_line(f"an error of orch-tui itself: {error!r}{where}", 500)
