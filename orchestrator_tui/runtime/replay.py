"""Replays: a session without an engine behind it, whose time is moved by hand (DESIGN §2.7, reliability J-7)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from orchestrator_tui.core.commands import Command
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch, State
from orchestrator_tui.core.queries import standing
from orchestrator_tui.core.tracks_shown import is_run_itself
from orchestrator_tui.journal.port import JournalError
from orchestrator_tui.runtime.history import History, Moment
from orchestrator_tui.runtime.ports import Live, Outcome, Snapshot

if TYPE_CHECKING:
    from orchestrator_tui.runtime.ports import Clock

REFUSED = "a replay is read-only"
FINER = "what was journalled; finer activity is not kept"
_STANDINGS = ("done", "failed", "dropped", "unknown", "working", "pending")


class Tape:
    """A place in a history that can be moved: what the screens call a transport, and the replay's clock.

    Positions are milliseconds from the first event. ``moved`` is called after every move, in the mover's thread.

    Raises:
        JournalError: the history cannot be read.
    """

    def __init__(self, history: History, moved: Callable[[], None]) -> None:
        self._history, self._moved = history, moved
        self._rest = 0.0
        self._playing, self._speed = False, 1.0
        self.problem = ""
        self.ended = _ending(history.batch(history.events))
        self._event, self._position = 1, 0
        self.batch = history.batch(1)

    @property
    def position_ms(self) -> int:
        """Where the replay is."""
        return self._position

    @property
    def duration_ms(self) -> int:
        """Where its last event is."""
        return self._history.duration_ms

    @property
    def event(self) -> int:
        """How many events have happened at the position."""
        return self._event

    @property
    def events(self) -> int:
        """How many events there are."""
        return self._history.events

    @property
    def marks(self) -> Sequence[Moment]:
        """The gates, failures and ends of tracks, in time order."""
        return self._history.moments

    @property
    def playing(self) -> bool:
        """Whether the position moves by itself."""
        return self._playing

    @property
    def speed(self) -> float:
        """How many seconds of the batch pass in one second while it plays."""
        return self._speed

    def now(self) -> Instant:
        """The moment at the position, as the clocks of that time told it."""
        return self._history.times.instant(self._event, self.batch.recent[-1].at, self._position)

    def play(self, playing: bool) -> None:
        """Start or stop; at the end there is nothing to play."""
        self._rest = 0.0
        self._playing = playing and self._position < self.duration_ms
        self._moved()

    def set_speed(self, speed: float) -> None:
        """Play at another speed; it must be greater than 0."""
        self._speed = speed
        self._moved()

    def seek(self, position_ms: int) -> None:
        """Go to a position; outside of the recording the nearest end is taken."""
        self._rest = 0.0
        self._seek(position_ms)

    def step(self, events: int) -> None:
        """Go ``events`` events on, or back when negative."""
        self._rest = 0.0
        event = min(max(1, self._event + events), self.events)
        self._go(event, self._history.times.position(event))

    def advance(self, real_ms: int) -> None:
        """While playing: let ``real_ms`` of real time pass; the end of the recording stops it."""
        if not self._playing:
            return
        passed = self._rest + real_ms * self._speed
        self._rest = passed % 1
        if self._position + int(passed) >= self.duration_ms:
            self._playing = False
        self._seek(self._position + int(passed))

    def _seek(self, position_ms: int) -> None:
        position = min(max(0, position_ms), self.duration_ms)
        self._go(self._history.times.count_at(position), position)

    def _go(self, event: int, position: int) -> None:
        try:
            self.batch = self._history.batch(event)
        except JournalError as error:
            # The place stays where it can be shown: a file that changed under us is no reason to lose the screen.
            self.problem, self._playing = str(error), False
        else:
            self.problem, self._event, self._position = "", event, position
        self._moved()


class ReplaySession:
    """Implements :class:`~orchestrator_tui.runtime.ports.Session` over the history of one batch; all refused."""

    mode = "replay"

    def __init__(self, history: History) -> None:
        self._history = history
        self._changed: Callable[[Snapshot], None] | None = None
        self._finished: Callable[[Outcome], None] | None = None
        self.transport = Tape(history, self._report)

    @property
    def clock(self) -> Clock:
        """The replay's time."""
        return self.transport

    def start(self, changed: Callable[[Snapshot], None], finished: Callable[[Outcome], None]) -> None:
        """Begin to report pictures; both callbacks come from whoever moves the transport or dispatches."""
        self._changed, self._finished = changed, finished

    def snapshot(self) -> Snapshot:
        """The picture at the transport's place."""
        tape = self.transport
        return Snapshot(State({tape.batch.id: tape.batch}), Live(watching=FINER, problem=tape.problem))

    def dispatch(self, command: Command) -> None:
        """Refuse: what happened cannot be changed."""
        if self._finished is not None:
            self._finished(Outcome(command, refused=REFUSED))

    def close(self) -> None:
        """Let go of the recording. Idempotent."""
        self._changed = self._finished = None
        self._history.close()

    def _report(self) -> None:
        if self._changed is not None:
            self._changed(self.snapshot())


def _ending(batch: Batch) -> str:
    """How a batch ended, in words: ``completed with 3 done, 1 failed``; "" when it has not."""
    if batch.ended_at is None:
        return ""
    standings = [standing(track) for track in batch.tracks.values() if not is_run_itself(track)]
    counted = [f"{standings.count(name)} {name}" for name in _STANDINGS if name in standings]
    return f"{batch.state} with {', '.join(counted)}" if counted else batch.state
