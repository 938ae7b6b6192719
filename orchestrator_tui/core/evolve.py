"""The fold: ``evolve`` alone changes state, and state is nothing but the fold of the journal (DESIGN §3).

Whatever is recorded was true when it was recorded; ``evolve`` never refuses. An event of an unknown kind marks its
batch as written by a newer version and leaves the rest as it is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from orchestrator_tui.core import gates
from orchestrator_tui.core.changing import changed, closed_gate, closed_track, open_gate, open_track
from orchestrator_tui.core.event import FORMAT_VERSION, GATE_KINDS, WORK_KINDS, Event, EventError
from orchestrator_tui.core.evolve_tracks import TRACK_HANDLERS, added
from orchestrator_tui.core.frozen import replace
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.kinds_run import RUN_KINDS
from orchestrator_tui.core.limits import Limits
from orchestrator_tui.core.model import Batch, Gate, Signal, State, Track, TrackState
from orchestrator_tui.core.moves import ENDED_TRACK_STATES

if TYPE_CHECKING:
    from orchestrator_tui.core.run import Run

Changes = dict[str, Any]
"""Fields of a batch that an event changes."""

RECENT_EVENTS = 200
"""How many events a batch keeps for its timeline tail."""


def fold(events: Iterable[Event], state: State | None = None) -> State:
    """The state after ``events``, from ``state`` or from nothing."""
    before = (state or State()).batches
    folds: dict[str, BatchFold] = {}
    for event in events:
        if event.batch not in folds:
            folds[event.batch] = BatchFold(before.get(event.batch))
        folds[event.batch].take(event)
    return State({**before, **{name: one.batch() for name, one in folds.items()}})


def evolve(state: State, event: Event) -> State:
    """The state after one more event."""
    return State({**state.batches, event.batch: evolve_batch(state.batches.get(event.batch), event)})


def evolve_batch(batch: Batch | None, event: Event) -> Batch:
    """One batch after one more of its events.

    Raises:
        EventError: the event cannot follow: the journal holds what it never should.
    """
    one = BatchFold(batch)
    one.take(event)
    return one.batch()


class BatchFold:
    """One batch under a stream of its events: pictures are made when they are asked for, not with every event."""

    def __init__(self, batch: Batch | None = None) -> None:
        self._last = batch
        self._recent: deque[Event] = deque(() if batch is None else batch.recent, RECENT_EVENTS)
        self._newest: Event | None = None
        self._changes: Changes = {}
        self._tracks: dict[str, Track] = {}
        self._gates: dict[str, Gate] = {}

    def take(self, event: Event) -> None:
        """Fold one more event; the pictures that were handed out stay as they are.

        Raises:
            EventError: the event cannot follow; the fold must not be used any more.
        """
        try:
            self._take(event)
        except EventError:
            raise
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise EventError(f"{event.batch}/{event.seq}: {event.kind} has an unfit payload: {error!r}") from error
        self._recent.append(event)
        self._newest = event

    def _take(self, event: Event) -> None:
        kind = event.kind
        if kind == "batch_opened":
            self._last = _opened(self._last, event)
        elif self._last is None:
            raise EventError(f"{event.batch}/{event.seq}: {kind} before batch_opened")
        elif kind in TRACK_HANDLERS:
            self._take_track(event)
        elif kind in RUN_KINDS:
            self._take_run(event)
        elif kind in GATE_KINDS:
            self._take_gate(event)
        elif kind in _HANDLERS:
            self._changes.update(_HANDLERS[kind](self, event))
        elif not self._now("newer"):
            self._changes["newer"] = kind

    def batch(self) -> Batch:
        """The batch after the last event that was taken.

        Raises:
            EventError: there was none.
        """
        if self._last is None:
            raise EventError("a batch begins with batch_opened")
        newest = self._newest
        if newest is not None:
            changes = self._closed()
            changes.update(seq=newest.seq, head=newest.hash, epoch=newest.epoch, recent=tuple(self._recent))
            self._last = replace(self._last, **changes)
            self._forget()
        return self._last

    # --- what is under change ------------------------------------------------------------------------------

    def _forget(self) -> None:
        """Begin anew behind a picture: nothing is open, nothing differs from it."""
        self._newest = None
        self._changes = {}
        self._tracks = {}
        self._gates = {}

    def _closed(self) -> Changes:
        assert self._last is not None
        if self._tracks:
            self._changes["tracks"] = {
                **self._last.tracks,
                **{slug: closed_track(track) for slug, track in self._tracks.items()},
            }
        if self._gates:
            self._changes["gates"] = {
                **self._last.gates,
                **{gate_id: closed_gate(gate) for gate_id, gate in self._gates.items()},
            }
        return self._changes

    def _now(self, field: str) -> Any:
        """A field of the batch with the changes so far; not for tracks and gates."""
        return self._changes[field] if field in self._changes else getattr(self._last, field)

    def _take_track(self, event: Event) -> None:
        slug = event.payload["track"]
        self._tracks[slug] = track = TRACK_HANDLERS[event.kind](self._open(slug, event), event)
        if track.work is not None and event.kind in WORK_KINDS:
            from orchestrator_tui.core.evolve_run import worked

            self._tracks[slug] = track = worked(track, event)
        if event.kind == "track_moved" and track.work is None:
            merged = tuple(one for one in self._now("merged") if one != slug)
            self._changes["merged"] = (*merged, slug) if track.state is TrackState.MERGED else merged

    def _take_run(self, event: Event) -> None:
        # Loaded here, since what is only watched needs none of it.
        from orchestrator_tui.core.evolve_run import RUN_HANDLERS, RUN_TRACK_HANDLERS

        slug = event.payload.get("track")
        if isinstance(slug, str) and event.kind in RUN_TRACK_HANDLERS:
            self._tracks[slug] = RUN_TRACK_HANDLERS[event.kind](self._open(slug, event), event)
        if event.kind in RUN_HANDLERS:
            self._changes.update(RUN_HANDLERS[event.kind](self, event))

    def _open(self, slug: str, event: Event) -> Track:
        """A track as it is now, open for change."""
        assert self._last is not None
        track = self._tracks.get(slug)
        if track is None:
            before = self._last.tracks.get(slug)
            if before is None:
                raise EventError(f"{event.batch}/{event.seq}: {event.kind} names the unknown track {slug!r}")
            track = open_track(before)
        return track

    def _take_gate(self, event: Event) -> None:
        gate_id = event.payload["gate"]
        before = self.gate(gate_id)
        if event.kind == "decision_undone" and before is not None and before.decision is not None:
            self._count(before.decision.origin, -1)
        self._gates[gate_id] = gates.change(before, event)
        if event.kind == "gate_decided":
            self._count(event.payload["origin"], 1)

    def _count(self, origin: str, number: int) -> None:
        field = "decided_by_rule" if origin.startswith("policy:") else "decided_by_person"
        self._changes[field] = self._now(field) + number

    def without(self, slugs: Iterable[str]) -> Changes:
        """Forget tracks as if they had never been there."""
        assert self._last is not None
        gone = set(slugs)
        self._tracks = {slug: track for slug, track in self._tracks.items() if slug not in gone}
        left = {slug: track for slug, track in self._last.tracks.items() if slug not in gone}
        self._last = replace(self._last, tracks=left)
        return {}

    def leave_tracks(self, at: Instant) -> None:
        """Have nobody work any more on the tracks of a run that are under way: they stay as they are."""
        assert self._last is not None
        for slug, before in {**self._last.tracks, **self._tracks}.items():
            if before.work is not None and before.state not in ENDED_TRACK_STATES:
                self._tracks[slug] = changed(self._tracks.get(slug) or open_track(before), ended_at=at)

    # --- for the handlers ----------------------------------------------------------------------------------

    def gate(self, gate_id: str) -> Gate | None:
        """A gate as it is now, open for change, or None."""
        assert self._last is not None
        gate = self._gates.get(gate_id)
        if gate is None and gate_id in self._last.gates:
            gate = self._gates[gate_id] = open_gate(self._last.gates[gate_id])
        return gate

    def put_track(self, track: Track) -> None:
        """Add a track, or replace the one of its slug."""
        self._tracks[track.slug] = open_track(track)

    def put_gate(self, gate: Gate) -> None:
        """Put a gate in the place of the one with its id."""
        self._gates[gate.id] = gate

    @property
    def run(self) -> Run | None:
        """The run, as changed so far."""
        run: Run | None = self._now("run")
        return run

    def merged(self, slug: str) -> tuple[str, ...]:
        """The merged tracks, with this one at the end."""
        return (*(one for one in self._now("merged") if one != slug), slug)

    @property
    def signals(self) -> Mapping[str, Signal]:
        """The signals that are raised now."""
        signals: Mapping[str, Signal] = self._now("signals")
        return signals


def _opened(batch: Batch | None, event: Event) -> Batch:
    if batch is not None:
        raise EventError(f"{event.batch}/{event.seq}: opened twice")
    data = event.payload
    demanded = data.get("min_reader", FORMAT_VERSION)
    return Batch(
        id=event.batch,
        title=data["title"],
        kind=data["kind"],
        state="running",
        workflow=data.get("workflow", ""),
        repository=data.get("repository", ""),
        source=data.get("source", ""),
        started_at=event.at,
        limits=_limits(data.get("limits", {})),
        limits_set=event.origin in HOLDERS,
        newer=f"format {demanded}" if demanded > FORMAT_VERSION else "",
    )


HOLDERS = frozenset({"cockpit", "host"})
"""Origins that know what their person has set; an agent or a command that opens a batch does not."""

_LIMITS = frozenset(Limits.__dataclass_fields__)


def _limits(written: Mapping[str, int]) -> Limits:
    """The clocks as written; those that a newer version knows beside ours are left out."""
    return Limits(**{key: value for key, value in written.items() if key in _LIMITS})


def _batch_ended(batch: BatchFold, event: Event) -> Changes:
    if event.payload["outcome"] != "completed":
        batch.leave_tracks(event.at)
    return {"state": event.payload["outcome"], "ended_at": event.at}


def _limits_set(batch: BatchFold, event: Event) -> Changes:
    return {"limits": _limits(event.payload["limits"]), "limits_set": True}


def _batch_reopened(batch: BatchFold, event: Event) -> Changes:
    return {"state": "running", "ended_at": None}


def _lease_taken(batch: BatchFold, event: Event) -> Changes:
    return {"holder": event.payload["holder"]}


def _lease_released(batch: BatchFold, event: Event) -> Changes:
    return {"holder": ""}


def _nothing(batch: BatchFold, event: Event) -> Changes:
    return {}


def _track_added(batch: BatchFold, event: Event) -> Changes:
    batch.put_track(added(event))
    return {}


def _refused(batch: BatchFold, event: Event) -> Changes:
    gate = batch.gate(event.payload["gate"])
    if gate is not None:
        batch.put_gate(changed(gate, refusals=gate.refusals + 1))
    return {}


# --- signals -----------------------------------------------------------------------------------------------


def _signal_raised(batch: BatchFold, event: Event) -> Changes:
    data = event.payload
    signal = Signal(
        id=data["signal"],
        kind=data["kind"],
        track=data.get("track", ""),
        gate=data.get("gate", ""),
        text=data["text"],
        evidence=tuple(data.get("evidence", ())),
        at=event.at,
    )
    return {"signals": {**batch.signals, signal.id: signal}}


def _signal_cleared(batch: BatchFold, event: Event) -> Changes:
    return {"signals": {key: one for key, one in batch.signals.items() if key != event.payload["signal"]}}


_HANDLERS: dict[str, Callable[[BatchFold, Event], Changes]] = {
    "track_added": _track_added,
    "batch_ended": _batch_ended,
    "batch_reopened": _batch_reopened,
    "limits_set": _limits_set,
    "lease_taken": _lease_taken,
    "lease_released": _lease_released,
    "request_made": _nothing,
    "request_taken": _nothing,
    "note_added": _nothing,
    "decision_refused": _refused,
    "signal_raised": _signal_raised,
    "signal_cleared": _signal_cleared,
}
