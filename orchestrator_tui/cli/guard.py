"""A session that looks but does not act where this process has no authority (DESIGN §4.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from orchestrator_tui.cli.authority import Authority
from orchestrator_tui.core.commands import Command
from orchestrator_tui.runtime.ports import Clock, Outcome, Session, Snapshot


class GuardedSession:
    """Implements :class:`~orchestrator_tui.runtime.ports.Session`: refuses the commands that are not ours to give."""

    def __init__(self, session: Session, authority: Authority) -> None:
        self._session, self._authority = session, authority
        self._finished: Callable[[Outcome], None] = lambda _: None

    @property
    def mode(self) -> str:
        """The mode of the session behind."""
        return self._session.mode

    @property
    def clock(self) -> Clock:
        """The clock of the session behind."""
        return self._session.clock

    def start(self, changed: Callable[[Snapshot], None], finished: Callable[[Outcome], None]) -> None:
        """Begin, as the session behind does."""
        self._finished = finished
        self._session.start(lambda picture: changed(self._marked(picture)), finished)

    def snapshot(self) -> Snapshot:
        """The picture as it is now; that decisions are refused stands in it."""
        return self._marked(self._session.snapshot())

    def dispatch(self, command: Command) -> None:
        """Hand a command on, or refuse it when it is for a batch that this process belongs to."""
        batch = self._session.snapshot().state.batches.get(command.batch)
        refused = None if batch is None else self._authority.refusal(batch)
        if refused is None:
            self._session.dispatch(command)
        else:
            self._finished(Outcome(command, refused=refused))

    def close(self) -> None:
        """Let go of everything. Idempotent."""
        self._session.close()

    def _marked(self, picture: Snapshot) -> Snapshot:
        refused = next(filter(None, map(self._authority.refusal, picture.state.batches.values())), None)
        if refused is None or picture.live.problem:
            return picture
        return replace(picture, live=replace(picture.live, problem=f"read-only: {refused}"))
