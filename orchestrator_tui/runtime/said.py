"""What was heard of stages beside the task files, kept until the files show it, so that nothing between is lost."""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.facts import StageSaid, TaskFact
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch
from orchestrator_tui.core.observe_said import observe_said, shown_by, track_of_task
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.runtime.requests import stage_said, taken

MOST_KEPT = 256
"""Updates of one batch that are kept; the oldest go."""


class SaidStages:
    """Updates of tasks that transcripts show, and those of which hooks have left requests in the journal."""

    def __init__(self, journal: SqliteJournal) -> None:
        self._journal = journal
        self._heard: dict[str, list[StageSaid]] = {}

    def hear(self, batch_id: str, said: Iterable[StageSaid]) -> None:
        """Take what the transcripts of a batch's agents show, in its order."""
        self._heard[batch_id] = [*self._heard.get(batch_id, ()), *said][-MOST_KEPT:]

    def before(self, batch: Batch, seen: Iterable[TaskFact], now: Instant) -> tuple[Draft, ...]:
        """The events of all that came before these readings of task files, which are to be observed next."""
        tasks = {task.source: task for task in seen if not task.problem}
        if not tasks and batch.id not in self._heard:
            return ()
        heard = self._take_heard(batch, tasks)
        requests: list[Draft] = []
        for request in self._journal.requests(batch.id) if tasks else ():
            said = stage_said(request)
            task = None if said is None else tasks.get(said.source)
            if said is not None and task is not None and said.wall_ms <= task.mtime_ms:
                heard.append(said)
                requests.append(taken(request, "done"))
        return (*observe_said(batch, heard, now), *requests)

    def _take_heard(self, batch: Batch, tasks: dict[str, TaskFact]) -> list[StageSaid]:
        """What transcripts showed of updates that the files hold or had overwritten; the rest is kept."""
        by_source: dict[str, list[StageSaid]] = {}
        for said in self._heard.pop(batch.id, ()):
            by_source.setdefault(said.source, []).append(said)
        found: list[StageSaid] = []
        kept: list[StageSaid] = []
        for source, own in by_source.items():
            own.sort(key=lambda one: one.wall_ms)
            task, track = tasks.get(source), track_of_task(batch, source)
            if track is None:
                kept += own if task is None else ()
                continue
            late = sum(1 for said in own if said.wall_ms <= track.written_ms)
            shown = late if task is None else max(late, shown_by(track, own, task))
            found += own[:shown]
            kept += own[shown:]
        if kept:
            self._heard[batch.id] = kept
        return found
