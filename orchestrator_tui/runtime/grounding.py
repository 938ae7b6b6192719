"""What earlier runs had trouble with, and the files that an agent is shown for it (seed 004, grounding injection)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from orchestrator_tui.core.event import Draft, Event
from orchestrator_tui.core.model import Batch, Track
from orchestrator_tui.core.run import Effect, Friction
from orchestrator_tui.core.schedule import grounding
from orchestrator_tui.core.schedule.opening import RUN
from orchestrator_tui.core.schedule.rules import batch_workflow, work_of
from orchestrator_tui.journal.port import BatchHead, JournalError

if TYPE_CHECKING:
    from orchestrator_tui.runtime.run_world import RunWorld

SHOWN_BYTES = 16_000
"""Most of one file that an agent is shown."""


class Journals(Protocol):
    """What is asked of the journal of a repository."""

    def batches(self) -> tuple[BatchHead, ...]: ...

    def events_of(self, batch: str, kind: str) -> tuple[Event, ...]: ...


class Past(Protocol):
    """Runs of the same repository that began before."""

    def friction(self, batch: str, runs: int) -> Sequence[tuple[str, Friction]]:
        """Class and file of every error that an agent ran into again and again, of the last so many runs before."""


class NoPast:
    """A repository without a history."""

    def friction(self, batch: str, runs: int) -> Sequence[tuple[str, Friction]]:
        return ()


class JournalledPast:
    """The runs of one journal. A journal that cannot be read now holds nobody up: then there is no past."""

    def __init__(self, journal: Journals) -> None:
        self._journal = journal

    def friction(self, batch: str, runs: int) -> Sequence[tuple[str, Friction]]:
        """Class and file of every error that an agent ran into again and again, of the last so many runs before."""
        try:
            return tuple(self._found(batch, runs))
        except JournalError:
            return ()

    def _found(self, batch: str, runs: int) -> Iterator[tuple[str, Friction]]:
        heads = self._journal.batches()
        began = next((one.opened_wall_ms for one in heads if one.id == batch), 0)
        before = [one for one in heads if one.kind == RUN and one.id != batch and one.opened_wall_ms <= began]
        latest = sorted(before, key=lambda one: (one.opened_wall_ms, one.id))
        for head in latest[max(0, len(latest) - runs) :]:
            for event in self._journal.events_of(head.id, "breaker_tripped"):
                told = event.payload
                if told.get("error_class") and told.get("file"):
                    yield str(told["error_class"]), Friction(str(told["file"]), event.at.wall_ms, head.id)


def look_back(world: RunWorld, batch: Batch) -> tuple[Draft, ...]:
    """Look at what the runs before this one had trouble with."""
    runs = batch_workflow(batch).grounding.sessions
    return grounding.looked_back(batch, world.past.friction(batch.id, runs))


def ground(world: RunWorld, track: Track, effect: Effect) -> tuple[Draft, ...]:
    """Read the files that an attempt is to be shown."""
    names = [str(one) for one in effect.arguments["files"]]
    read = ((name, world.git.text(track.worktree, name, SHOWN_BYTES)) for name in names)
    found = [(name, len(text.splitlines())) for name, text in read if text is not None]
    return grounding.injected(track, str(effect.arguments["attempt"]), found, bool(effect.arguments["capped"]))


def shown(world: RunWorld, track: Track, attempt: str) -> tuple[tuple[str, str], ...]:
    """The files that an attempt was said to be shown, as they are in its worktree now."""
    grounded = work_of(track).grounded.get(attempt)
    names = () if grounded is None else tuple(name for name, _ in grounded.files)
    read = ((name, world.git.text(track.worktree, name, SHOWN_BYTES)) for name in names)
    return tuple((name, text) for name, text in read if text is not None)
