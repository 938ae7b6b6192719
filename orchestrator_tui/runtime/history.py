"""The history of one batch: its state at any time or event, at once, and the places worth finding (DESIGN §2.7).

Pictures of the batch are kept at some events as caches; everything between is folded again from the recording
(reliability J-7). Their number is bounded, so a longer batch has them further apart.
"""

from __future__ import annotations

import gc
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice

from orchestrator_tui.core.event import Event, EventError
from orchestrator_tui.core.evolve import BatchFold
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.model import Batch, TrackState
from orchestrator_tui.core.queries import DONE_TRACK_STATES, LOST_TRACK_STATES
from orchestrator_tui.journal.port import JournalDamaged, JournalError
from orchestrator_tui.runtime.recordings import Recording

FIRST_GAP = 512
"""Events between two pictures while there are few of them."""

MOST_PICTURES = 64
NEAR_GAP = 64
MOST_NEAR = 16
_REPORT_EVERY = 10_000


@frozen
class Moment:
    """A place worth finding. ``kind`` is ``gate`` (opened, stale or decided), ``failed`` or ``done``."""

    position_ms: int
    kind: str


class Times:
    """Where events lie on one line of time: milliseconds from the first, never going back.

    Inside a boot the boot clock decides, whatever was done to the wall clock; from boot to boot the wall clocks do
    (the rules of :mod:`orchestrator_tui.core.instant`).
    """

    def __init__(self) -> None:
        self._positions = array("q")
        self._boots: list[_Boot] = []
        self._latest: Instant | None = None

    def __len__(self) -> int:
        return len(self._positions)

    def add(self, at: Instant) -> int:
        """Take the next event; returns its position."""
        last = self._positions[-1] if self._positions else 0
        if self._latest is None or self._latest.boot_id != at.boot_id:
            base = last if self._latest is None else last + elapsed_ms(self._latest, at)
            self._boots.append(_Boot(len(self._positions) + 1, base, at.boot_ms))
        # Two processes may be recorded in another order than they looked at the clock.
        position = max(last, self._boots[-1].position(at))
        if position > last or self._latest is None or self._latest.boot_id != at.boot_id:
            self._latest = at
        self._positions.append(position)
        return position

    def position(self, event: int) -> int:
        """The position of an event, counted from 1."""
        return self._positions[event - 1]

    def count_at(self, position_ms: int) -> int:
        """How many events have happened at a position; at least the first."""
        return max(1, bisect_right(self._positions, position_ms))

    def instant(self, event: int, at: Instant, position_ms: int) -> Instant:
        """The moment at a position behind ``event``, which happened ``at``."""
        boot = self._boots[bisect_right(self._boots, event, key=lambda one: one.first) - 1]
        return at.plus(position_ms - boot.position(at))


@frozen
class _Boot:
    """Events of one boot, from number ``first`` on: what their boot clock said at position ``base``."""

    first: int
    base: int
    boot_ms: int

    def position(self, at: Instant) -> int:
        return self.base + at.boot_ms - self.boot_ms


class History:
    """One batch from its first event to its last. Not for use from several threads at once.

    The recording is its own from then on. ``progress`` is told now and then how many events were read.

    Raises:
        JournalError: there are no events, or they cannot be read.
        JournalDamaged: they do not follow each other.
    """

    def __init__(self, recording: Recording, progress: Callable[[int], None] = lambda events: None) -> None:
        self._recording = recording
        self._pictures: dict[int, Batch] = {}
        self._near: dict[int, Batch] = {}
        self._gap = FIRST_GAP
        self.times = Times()
        self.moments: tuple[Moment, ...] = ()
        try:
            with _no_cycle_search():
                self._load(progress)
        except BaseException:
            recording.close()
            raise
        self._place, self._batch = self.events, self._pictures[self.events]

    @property
    def events(self) -> int:
        """How many events there are."""
        return len(self.times)

    @property
    def duration_ms(self) -> int:
        """Position of the last event."""
        return self.times.position(self.events)

    def batch(self, event: int) -> Batch:
        """The batch as it was right after an event, counted from 1.

        Raises:
            JournalError: the events cannot be read any more.
        """
        if event != self._place:
            self._place, self._batch = event, self._folded(event)
        return self._batch

    def story(self) -> Iterator[tuple[int, Event]]:
        """Every event from the first to the last, with its position."""
        for number, event in enumerate(islice(self._recording.events(), self.events), 1):
            yield self.times.position(number), event

    def close(self) -> None:
        """Let go of the recording. Idempotent."""
        self._recording.close()

    # --- loading -------------------------------------------------------------------------------------------

    def _load(self, progress: Callable[[int], None]) -> None:
        folding, moments = BatchFold(), []
        number = 0
        for number, event in enumerate(self._recording.events(), 1):
            _take(folding, event)
            position = self.times.add(event.at)
            if event.kind in _MOMENTS:
                kind = _MOMENTS[event.kind](event)
                if kind:
                    moments.append(Moment(position, kind))
            if number % self._gap == 0:
                self._keep(number, folding.batch())
            if number % _REPORT_EVERY == 0:
                progress(number)
        if not number:
            raise JournalError(f"there is no batch {self._recording.batch!r}")
        self._pictures[number] = folding.batch()
        self.moments = tuple(moments)

    def _keep(self, number: int, batch: Batch) -> None:
        self._pictures[number] = batch
        if len(self._pictures) >= MOST_PICTURES:
            self._gap *= 2
            self._pictures = {at: one for at, one in self._pictures.items() if at % self._gap == 0}

    # --- seeking -------------------------------------------------------------------------------------------

    def _folded(self, event: int) -> Batch:
        known = {**self._pictures, **self._near, self._place: self._batch}
        start = max((at for at in known if at <= event), default=0)
        if start == event:
            return known[start]
        folding = BatchFold(known.get(start))
        # A picture not far before the place makes going back by single events cheap.
        near = (event - 1) // NEAR_GAP * NEAR_GAP
        with _no_cycle_search():
            for number, one in enumerate(islice(self._recording.events(start), event - start), start + 1):
                _take(folding, one)
                if number == near:
                    self._remember(near, folding.batch())
        return folding.batch()

    def _remember(self, event: int, batch: Batch) -> None:
        self._near[event] = batch
        if len(self._near) > MOST_NEAR:
            del self._near[next(iter(self._near))]


def _take(folding: BatchFold, event: Event) -> None:
    try:
        folding.take(event)
    except (EventError, KeyError, TypeError, ValueError, AttributeError) as error:
        # Payloads of the right form can still name what does not exist: a file may come from anybody.
        raise JournalDamaged(f"event {event.batch}/{event.seq} ({event.kind}) cannot follow: {error}") from error


def _of_stale(event: Event) -> str:
    return "gate" if event.payload["count"] == 1 else ""


def _of_move(event: Event) -> str:
    to = TrackState(event.payload["to"])
    if to in LOST_TRACK_STATES:
        return "failed"
    return "done" if to in DONE_TRACK_STATES else ""


_MOMENTS: dict[str, Callable[[Event], str]] = {
    "gate_opened": lambda event: "gate",
    "gate_stale": _of_stale,
    "gate_decided": lambda event: "gate",
    "track_moved": _of_move,
}


@contextmanager
def _no_cycle_search() -> Iterator[None]:
    """Events come and go by the million and make no cycles: looking for some costs a third of the load."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
