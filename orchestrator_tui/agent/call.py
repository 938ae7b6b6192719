"""One call of orch-agent: who calls, its task, its way to the journal, and what every command does first."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from orchestrator_tui.agent.identity import Identity
from orchestrator_tui.agent.messages import unread, with_read
from orchestrator_tui.agent.task import Edit, OwnTask
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.naming import list_batch_id

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator_tui.agent.questions import Standing
    from orchestrator_tui.core.rules import Rules
    from orchestrator_tui.journal.sqlite import SqliteJournal
    from orchestrator_tui.runtime.doors import Door
    from orchestrator_tui.runtime.ports import Clock

ROUTE = "shell"


@frozen
class World:
    """What a call needs of the machine.

    Attributes:
        environ: the environment.
        say: puts one line on stderr.
        stdout: the descriptor on which answers are printed.
        clock: the time; the machine's own without it.
        sleep: waits some seconds.
    """

    environ: Mapping[str, str]
    say: Callable[[str], None]
    stdout: int
    clock: Clock | None = None
    sleep: Callable[[float], None] = time.sleep


class Call:
    """One call; close it at the end. What goes wrong on the way is a :class:`~orchestrator_tui.agent.stop.Stop`."""

    def __init__(self, identity: Identity, world: World) -> None:
        self.identity, self.world = identity, world
        self.task = OwnTask(identity)
        self.batch = list_batch_id(identity.directory)
        self.standing: Standing | None = None
        self.journal_problem = ""
        self._journal: SqliteJournal | None = None
        self._door: Door | None = None
        self._read: list[str] = []
        self._names: dict[str, tuple[str, ...]] = {}

    @property
    def clock(self) -> Clock:
        """The time."""
        if self.world.clock is not None:
            return self.world.clock
        from orchestrator_tui.adapters.clock import SystemClock

        return SystemClock()

    def start(self, *, resumed: str = "", asking: bool = False) -> None:
        """Show the messages that were not shown yet, and settle the caller's own question, if its task asks one.

        ``resumed`` is the gate whose answer this very call is to bring: it is left alone. A call that is ``asking``
        tells by itself how its question ended.
        """
        for identifier, line in unread(self.task.metadata):
            self.world.say(line)
            self._read.append(identifier)
        if self.task.metadata.get("needsDecision"):
            from orchestrator_tui.agent.questions import settle

            self.standing = settle(self, resumed, asking)

    def housekeeping(self, task: Mapping[str, Any]) -> dict[str, Any]:
        """What :meth:`start` has to note in the task, given what it holds under its lock."""
        patch: dict[str, Any] = {}
        if self._read:
            metadata = task.get("metadata")
            patch["messagesRead"] = with_read(metadata if isinstance(metadata, dict) else {}, self._read)
        if self.standing is not None and self.standing.over:
            patch.update(self.standing.taken_down(task))
        return patch

    def wrote(self) -> None:
        """The task was written with the housekeeping: record that an answered question was taken down."""
        self._read.clear()
        if self.standing is not None and self.standing.over:
            from orchestrator_tui.agent.questions import cleared

            cleared(self, self.standing)
            self.standing = None

    def keep_house(self) -> None:
        """Write what :meth:`start` has to note, where the command itself writes nothing."""
        if self._read or (self.standing is not None and self.standing.over):
            self.task.change(lambda task: Edit(self.housekeeping(task)))
            self.wrote()

    def door(self, *, create: bool = False) -> Door | None:
        """The way to the gates of the caller's batch, or None: ``journal_problem`` then says why, "" for no journal.

        ``create`` makes the journal and opens the batch where they are not there.
        """
        from orchestrator_tui.adapters.process import claimant_gone, own_claim
        from orchestrator_tui.journal.home import repository_root
        from orchestrator_tui.journal.port import JournalError, JournalMissing
        from orchestrator_tui.journal.sqlite import open_journal
        from orchestrator_tui.runtime.doors import Door, Reader
        from orchestrator_tui.runtime.watched import watched_batch

        if self._door is not None and not create:
            return self._door
        try:
            if self._journal is None:
                self._journal = open_journal(self.identity.start, self.identity.environ, create=create)
            if create:
                opened = watched_batch(self.identity.directory, str(repository_root(self.identity.start)))
                self._journal.open_batch(self.batch, opened, self.clock.now(), self.identity.origin)
        except JournalMissing:
            return None
        except JournalError as error:
            self.journal_problem = str(error)
            self.let_go()
            return None
        reader = Reader(ROUTE, own_claim(), self.identity.origin)
        self._door = Door(self._journal, self.batch, reader, self.clock, claimant_gone)
        return self._door

    def rules(self) -> Rules:
        """What judges questions: what ships, and the person's own ladders."""
        from orchestrator_tui.runtime.rules import load_rules

        return load_rules(None if self._journal is None else self._journal.directory)

    def stage_names(self, workflow: str) -> tuple[str, ...]:
        """The names of a workflow's stages, () where nobody here knows it.

        Those that a run was started with go first, then the person's own, then what ships.
        """
        if workflow and workflow not in self._names:
            from orchestrator_tui.agent.ladder import OWN, stage_names

            own = self._journal_directory() / OWN
            self._names[workflow] = self._names_in_run(workflow) or stage_names(workflow, own)
        return self._names.get(workflow, ())

    def _names_in_run(self, workflow: str) -> tuple[str, ...]:
        door = None if self.identity.stage is None else self.door()
        if door is None:
            return ()
        from orchestrator_tui.journal.port import JournalError

        try:
            ladder = door.rules(self.rules()).ladders.get(workflow)
        except JournalError as error:
            self.journal_problem = str(error)
            return ()
        return () if ladder is None else tuple(one.name for one in ladder.stages)

    def _journal_directory(self) -> Path:
        from orchestrator_tui.journal.home import journal_directory, repository_root, state_home

        return journal_directory(state_home(self.identity.environ), repository_root(self.identity.start))

    def request(self, kind: str, payload: dict[str, Any]) -> None:
        """Leave a request for the batch's holder, on behalf of the caller's track.

        Raises:
            JournalError: it could not be recorded.
        """
        from orchestrator_tui.journal.port import JournalUnwritable

        if self.door(create=True) is None or self._journal is None:
            raise JournalUnwritable(self.journal_problem)
        content = {"track": self.track(), **payload}
        self._journal.insert_request(self.batch, kind, content, self.clock.now(), self.identity.origin)

    def tell_stage(self) -> None:
        """Leave word of the stage that the task now shows: its next report may overwrite it before anybody looks.

        Where nobody has watched yet there is nobody to tell, and in a run it is the engine that moves stages. The file
        stands whatever becomes of this.
        """
        if not self._journal_directory().is_dir():
            return
        from orchestrator_tui.adapters.tasks.fact import to_fact
        from orchestrator_tui.core.model import RUN
        from orchestrator_tui.core.stage_said import STAGE_SAID, payload, said_in
        from orchestrator_tui.journal.port import JournalError

        said = said_in(to_fact(self.task.record))
        if said is None or self.door() is None or self._journal is None:
            return
        try:
            if any(head.id == self.batch and head.kind != RUN for head in self._journal.batches()):
                self._journal.insert_request(
                    self.batch, STAGE_SAID, payload(said), self.clock.now(), self.identity.origin
                )
        except JournalError as error:
            self.journal_problem = str(error)

    def track(self) -> str:
        """The slug by which the batch knows the caller's track: who watches may have had to tell two apart."""
        known = "" if self._door is None else self._door.slug_of(self.task.source)
        return known or self.identity.track

    def let_go(self) -> None:
        """Close the journal; the next :meth:`door` opens it again."""
        from orchestrator_tui.journal.port import JournalError

        journal, self._journal, self._door = self._journal, None, None
        if journal is not None:
            try:
                journal.close()
            except JournalError as error:
                self.journal_problem = str(error)

    def close(self) -> None:
        """Let go of everything. Idempotent."""
        if self._journal is not None:
            self.let_go()


def world_of_this_process(say: Callable[[str], None]) -> World:
    """The machine as this process has it."""
    return World(os.environ, say, 1)
