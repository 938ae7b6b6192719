"""Questions about the state that more than one front end asks; nothing here changes anything.

The order of the queue, what *waiting* means and whose turn it is are answered here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from orchestrator_tui.core.agents import IDLE, INPUT, PERMISSION
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.memo import of_newest
from orchestrator_tui.core.model import (
    TERMINAL_GATE_STATES,
    Batch,
    Gate,
    GateState,
    Liveness,
    Risk,
    Signal,
    State,
    Track,
    TrackState,
)
from orchestrator_tui.core.moves import ENDED_TRACK_STATES
from orchestrator_tui.core.risk import danger_word
from orchestrator_tui.core.tracks_shown import agent_behind as agent_behind
from orchestrator_tui.core.tracks_shown import all_shown as all_shown
from orchestrator_tui.core.tracks_shown import is_agent_track, is_run_itself, track_of
from orchestrator_tui.core.tracks_shown import shown_tracks as shown_tracks

DONE_TRACK_STATES = frozenset({TrackState.DONE, TrackState.MERGED})
DROPPED_TRACK_STATES = frozenset({TrackState.SKIPPED, TrackState.ABANDONED})
LOST_TRACK_STATES = frozenset({TrackState.FAILED, TrackState.ROLLED_BACK})


@frozen
class GateKey:
    """The identity of a gate on a screen: selection follows it, never a row."""

    batch: str
    gate: str


@frozen
class TrackKey:
    """The identity of a track on a screen."""

    batch: str
    track: str


@frozen
class Counts:
    """The headline's numbers: every track is in exactly one of them, waiting gates apart."""

    waiting: int
    working: int
    unknown: int
    done: int
    failed: int
    pending: int
    dropped: int


def all_gates(state: State) -> Iterator[Gate]:
    """Every gate of every batch, newest revisions."""
    for batch in state.batches.values():
        yield from batch.gates.values()


def all_tracks(state: State) -> Iterator[Track]:
    """Every track of every batch."""
    for batch in state.batches.values():
        yield from batch.tracks.values()


def find_gate(state: State, key: GateKey) -> Gate | None:
    """The gate with this identity, or None."""
    batch = state.batches.get(key.batch)
    return None if batch is None else batch.gates.get(key.gate)


def find_track(state: State, key: TrackKey) -> Track | None:
    """The track with this identity, or None."""
    batch = state.batches.get(key.batch)
    return None if batch is None else batch.tracks.get(key.track)


def needs_person(gate: Gate) -> bool:
    """A gate that belongs in the queue: undecided, or decided without having arrived (DESIGN §4.2)."""
    return gate.state is GateState.OPEN or (gate.undelivered and gate.state not in TERMINAL_GATE_STATES)


@of_newest
def gate_queue(state: State) -> tuple[Gate, ...]:
    """The gates that need a person: undelivered first, then by risk, then by age (reliability A-15).

    Below *staging* only the age counts, so that nothing starves. The order of two gates depends on nothing that
    ticks, so no row moves by itself.
    """
    return tuple(sorted((gate for gate in all_gates(state) if needs_person(gate)), key=_place))


def _place(gate: Gate) -> tuple[bool, int, int, str, str]:
    rank = gate.risk if gate.risk >= Risk.STAGING else Risk.LOW
    return (not gate.undelivered, -rank, gate.asked_at.wall_ms, gate.batch, gate.id)


def under_way(state: State) -> tuple[Gate, ...]:
    """Decided gates whose answer is still travelling, newest first."""
    found = [gate for gate in all_gates(state) if gate.state in (GateState.DECIDED, GateState.DELIVERED)]
    found.sort(key=lambda gate: -(gate.decision.at.wall_ms if gate.decision else 0))
    return tuple(found)


def gate_age_ms(gate: Gate, now: Instant) -> int:
    """How long a gate has waited for its decision, or had when it ended without one, in milliseconds."""
    return elapsed_ms(gate.asked_at, gate.decision.at if gate.decision is not None else gate.closed_at or now)


def is_stale(gate: Gate, now: Instant, batch: Batch) -> bool:
    """An open gate that waited for the batch's limit and is not snoozed (seed 002, the 5-minute rule)."""
    if gate.state is not GateState.OPEN or gate_age_ms(gate, now) < batch.limits.gate_stale_ms:
        return False
    return gate.snoozed_at is None or elapsed_ms(gate.snoozed_at, now) >= gate.snooze_ms


def stale_gates(state: State, now: Instant) -> tuple[Gate, ...]:
    """The stale gates in queue order."""
    return tuple(gate for gate in gate_queue(state) if is_stale(gate, now, state.batches[gate.batch]))


def oldest_wait_ms(state: State, now: Instant) -> int | None:
    """Age of the gate that has waited longest, or None when nothing waits."""
    ages = [gate_age_ms(gate, now) for gate in all_gates(state) if gate.state is GateState.OPEN]
    return max(ages, default=None)


def waiting_gates(batch: Batch, slug: str) -> tuple[Gate, ...]:
    """The gates of one listed track that need a person; a track with any of them is *waiting*."""
    return tuple(gate for gate in batch.gates.values() if needs_person(gate) and track_of(batch, gate) == slug)


@of_newest
def waiting_tracks(state: State) -> Mapping[TrackKey, tuple[Gate, ...]]:
    """The waiting tracks with their gates in queue order."""
    found: dict[TrackKey, list[Gate]] = {}
    for gate in gate_queue(state):
        slug = track_of(state.batches[gate.batch], gate)
        found.setdefault(TrackKey(gate.batch, slug), []).append(gate)
    return {key: tuple(gates) for key, gates in found.items()}


@of_newest
def counts(state: State) -> Counts:
    """The headline's numbers; ``waiting`` counts gates, the others count listed tracks that do not wait."""
    waiting = waiting_tracks(state)
    tally = {"working": 0, "unknown": 0, "done": 0, "failed": 0, "pending": 0, "dropped": 0}
    for track in all_shown(state):
        if TrackKey(track.batch, track.slug) not in waiting and not is_run_itself(track):
            tally[standing(track)] += 1
    return Counts(waiting=sum(len(gates) for gates in waiting.values()), **tally)


def standing(track: Track) -> str:
    """``working``, ``unknown``, ``done``, ``failed``, ``pending`` or ``dropped``: what a glance must tell.

    Waiting is told apart. What was left out or given up is neither done nor failed.
    """
    if track.state in DONE_TRACK_STATES:
        return "done"
    if track.state in DROPPED_TRACK_STATES:
        return "dropped"
    if track.state in LOST_TRACK_STATES:
        return "failed"
    if is_left(track):
        return "failed" if track.attempts and track.state is not TrackState.APPROVED else "pending"
    if track.state in (TrackState.PENDING, TrackState.QUEUED) or rests(track):
        return "pending"
    if track.problem:
        return "unknown"
    if track.liveness in (Liveness.UNKNOWN, Liveness.GONE, Liveness.WORKING_NOT_REPORTING):
        return "unknown"
    return "working"


def began_at(track: Track) -> Instant | None:
    """When the first of the agents began that are at work on a track of a run; None where none is."""
    if track.work is None:
        return None
    return min(
        (one.started_at for one in track.attempts if one.ended_at is None), key=lambda at: at.wall_ms, default=None
    )


def is_between_agents(track: Track) -> bool:
    """Whether a track of a run goes on although none of its agents is at work: what the last one said is over."""
    return track.work is not None and bool(track.attempts) and began_at(track) is None and standing(track) == "working"


def is_over(track: Track) -> bool:
    """Whether nobody has to wait for a track any more: it is done, or was dropped."""
    return standing(track) in ("done", "dropped")


def is_left(track: Track) -> bool:
    """A track of a run that ended, by its person or in failure, before the track did: nobody works on it any more."""
    return track.work is not None and track.ended_at is not None and track.state not in ENDED_TRACK_STATES


def has_stopped(track: Track) -> bool:
    """Whether a track came to its end before its stage did: it was left, dropped, or has failed."""
    return is_left(track) or (track.ended_at is not None and standing(track) in ("dropped", "failed"))


def rests(track: Track) -> bool:
    """An agent's own track whose agent has finished its turn: it begins again when somebody says something."""
    return is_agent_track(track) and track.agent is not None and track.agent.status == IDLE


def asks_elsewhere(track: Track) -> bool:
    """Whether its agent waits for a person at its own terminal, as far as its own files tell."""
    return track.agent is not None and track.agent.status in (PERMISSION, INPUT) and standing(track) == "working"


_NEED_ORDER = {"failed": 3, "unknown": 2, "working": 4, "pending": 5, "done": 6, "dropped": 7}


@of_newest
def tracks_by_need(state: State) -> tuple[Track, ...]:
    """The listed tracks, those that need a person first; before them, where it is listed, the one of a run itself.

    Waiting in queue order, then who waits at its own terminal, then unknown, failed, working, pending, done, dropped.
    """
    waiting = waiting_tracks(state)
    rank = {key: place for place, key in enumerate(waiting)}

    def need(track: Track) -> tuple[int, int, str, str]:
        if is_run_itself(track):
            return (-1, 0, track.batch, "")
        place = rank.get(TrackKey(track.batch, track.slug))
        if place is not None:
            return (0, place, "", "")
        order = 1 if asks_elsewhere(track) else _NEED_ORDER[standing(track)]
        return (order, 0, track.batch, track.slug)

    return tuple(sorted(all_shown(state), key=need))


def open_signals(state: State) -> tuple[Signal, ...]:
    """Signals that were not cleared, newest first."""
    found = [signal for batch in state.batches.values() for signal in batch.signals.values()]
    return tuple(sorted(found, key=lambda signal: -signal.at.wall_ms))


def wants_confirmation(gate: Gate) -> str:
    """What an answer needs beside Enter: ``slug`` (production, destructive), ``twice`` or "" (DESIGN §2.4).

    Enter counts once only where neither the risk is *check* nor dangerous words hide behind a higher one.
    """
    if gate.risk in (Risk.PRODUCTION, Risk.DESTRUCTIVE):
        return "slug"
    if gate.risk is Risk.CHECK:
        return "twice"
    return "twice" if gate.risk > Risk.CHECK and danger_word(gate.question) else ""


def next_waiting(state: State, current: GateKey | None) -> GateKey | None:
    """The gate that ``w`` goes to: the next in the queue behind ``current``, round to the top; None when none waits."""
    queue = [GateKey(gate.batch, gate.id) for gate in gate_queue(state)]
    if not queue:
        return None
    if current not in queue:
        return queue[0]
    return queue[(queue.index(current) + 1) % len(queue)]


def stage_place(numbers: Iterable[int], index: int) -> int:
    """The place, from 1, of a stage among those that a track goes through, by their numbers on the ladder.

    Some tracks leave out what is for other roles (seed 004). It is the number itself where the stage is none of them.
    """
    return next((place for place, number in enumerate(numbers, start=1) if number == index), index)
