"""Which tracks are listed, and which agent stands behind one (DESIGN §1: a task, else a sub-agent, else the session).

In a watched batch everything that works has a track; what is listed is what a person thinks of as one piece of work.
"""

from __future__ import annotations

from orchestrator_tui.core.agents import GONE, Agent, address, agent_of, session_of
from orchestrator_tui.core.memo import of_newest
from orchestrator_tui.core.model import TERMINAL_GATE_STATES, Batch, Gate, StageStatus, State, Track, TrackState
from orchestrator_tui.core.moves import ENDED_TRACK_STATES
from orchestrator_tui.core.naming import BATCH_TRACK, agent_source, is_agent_source, is_session_source


def shown_tracks(batch: Batch) -> tuple[Track, ...]:
    """The tracks of a batch that are listed, in its order.

    Tasks and sub-agents, but no sub-agent that works for another track; a session's own track only where it is all
    there is or all that still goes on, where it owes or asks something, or was killed
    at its work and no sub-agent's row tells of it. A run's own track only while it has stages to go or asks something.
    """
    if batch.run is not None:
        return tuple(track for track in batch.tracks.values() if not is_run_itself(track) or _asks(batch, track))
    work = [track for track in batch.tracks.values() if not is_session_source(track.source) and not part(batch, track)]
    sessions = [track for track in batch.tracks.values() if is_session_source(track.source)]
    if not sessions:
        return tuple(work)
    over = all(track.state in ENDED_TRACK_STATES for track in work)
    owing = {track_of(batch, gate) for gate in batch.gates.values() if gate.state not in TERMINAL_GATE_STATES}
    named = {track.slug for track in work}
    lost = {track.agent.session for track in work if track.agent is not None and track.state is TrackState.FAILED}
    named |= {
        track.slug
        for track in sessions
        if not work
        or track.slug in owing
        or (over and track.state not in ENDED_TRACK_STATES)
        or (track.state is TrackState.FAILED and (track.agent is None or track.agent.session not in lost))
    }
    return tuple(track for track in batch.tracks.values() if track.slug in named)


def is_run_itself(track: Track) -> bool:
    """Whether a track is none of the plan's, but stands for its whole run."""
    return track.work is not None and track.kind == track.slug == BATCH_TRACK


def _asks(batch: Batch, track: Track) -> bool:
    if any(stage.status not in (StageStatus.DONE, StageStatus.SKIPPED) for stage in track.stages):
        return True
    return any(gate.track == track.slug and gate.state not in TERMINAL_GATE_STATES for gate in batch.gates.values())


@of_newest
def all_shown(state: State) -> tuple[Track, ...]:
    """The listed tracks of every batch."""
    return tuple(track for batch in state.batches.values() for track in shown_tracks(batch))


def part(batch: Batch, track: Track) -> str:
    """The slug of the track that this one works for, or ""."""
    return track.part_of if track.part_of in batch.tracks else ""


def works_on(batch: Batch, track: Track) -> str:
    """The slug of the track on which what an agent does is told, from the agent's own track.

    That is the one that it works for; of a session's own agent the task that it leads and reported on last, while that
    runs; else its own.
    """
    if track.agent is None or not is_session_source(track.source):
        return part(batch, track) or track.slug
    where = (track.agent.session, track.agent.id)
    led = [
        one
        for one in batch.tracks.values()
        if one.state is TrackState.RUNNING
        and one.agent is not None
        and (one.agent.session, one.agent.id) == where
        and one.slug != track.slug
    ]
    newest = max(led, key=lambda one: (one.reported_at.wall_ms if one.reported_at else 0, one.slug), default=track)
    return newest.slug


def track_of(batch: Batch, gate: Gate) -> str:
    """The slug of the listed track that a gate belongs to.

    A hook may have asked under the name that an agent has before anybody has named its track: its address tells.
    """
    track = batch.tracks.get(gate.track)
    if track is None and gate.asker:
        track = own_track(batch, gate.asker)
    return gate.track if track is None else part(batch, track) or track.slug


def own_track(batch: Batch, asker: str) -> Track | None:
    """The track of an agent itself, by its address."""
    source = agent_source(session_of(asker), agent_of(asker))
    return next((track for track in batch.tracks.values() if track.source == source), None)


def agent_at(batch: Batch, asker: str) -> Agent | None:
    """What is known of the agent of an address, or None."""
    track = own_track(batch, asker)
    return None if track is None else track.agent


def agent_behind(batch: Batch, track: Track) -> Agent | None:
    """The agent that works on a track, as its own track knows it; None when nobody is known to."""
    if track.agent is None:
        return None
    return agent_at(batch, address(track.agent.session, track.agent.id)) or track.agent


def sessions_gone(batch: Batch) -> bool:
    """Whether the sessions of this batch are known, and none of them lives."""
    agents = [track.agent for track in batch.tracks.values() if is_session_source(track.source)]
    return bool(agents) and all(agent is not None and agent.status == GONE for agent in agents)


def is_agent_track(track: Track) -> bool:
    """Whether a track is that of a session or sub-agent itself, and no task's."""
    return is_session_source(track.source) or is_agent_source(track.source)
