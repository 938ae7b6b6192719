"""The track of an agent itself: what it is called, what kind it is, and where it stands."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from orchestrator_tui.core.agents import GONE, IDLE, TEAMMATE, UNKNOWN, Agent, session_of
from orchestrator_tui.core.facts import AgentFact
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.metadata import slugify
from orchestrator_tui.core.model import Batch, GateState, StageStatus, Track, TrackState
from orchestrator_tui.core.naming import agent_slug
from orchestrator_tui.core.text import sanitise_line
from orchestrator_tui.core.tracks_shown import is_agent_track

SESSION_ENDED = "its session has ended"
KILLED = "its process was killed"
_MOST_EVIDENCE = 8
_SLUG_CHARACTERS = 40


def clean(fact: AgentFact, now: Instant, *, session_gone: bool, ending: str) -> AgentFact:
    """The fact as it may be recorded: safe texts, no time to come, gone when it has finished or its session is.

    ``ending`` is what its session said of its end, or "".
    """
    agent = fact.agent
    evidence = tuple(sanitise_line(one, 200) for one in agent.evidence[:_MOST_EVIDENCE])
    status = GONE if fact.finished else sanitise_line(agent.status, 40)
    if agent.id and session_gone and not fact.finished:
        status, evidence = GONE, (SESSION_ENDED,)
    if ending and not agent.id and status == GONE:
        evidence = (*evidence[: _MOST_EVIDENCE - 1], f"it said that it ends: {sanitise_line(ending, 80)}")
    return replace(
        fact,
        agent=replace(
            agent,
            name=sanitise_line(agent.name, 120),
            pane=sanitise_line(agent.pane, 120),
            team=sanitise_line(agent.team, 120),
            version=sanitise_line(agent.version, 40),
            status=status,
            evidence=evidence,
        ),
        title=sanitise_line(fact.title, 200),
        branch=sanitise_line(fact.branch, 200),
        worktree=sanitise_line(fact.worktree, 4096),
        activity=sanitise_line(fact.activity, 200),
        model=sanitise_line(fact.model, 120),
        last_wall_ms=min(max(0, fact.last_wall_ms), now.wall_ms),
    )


def title(fact: AgentFact) -> str:
    """What to call the work of an agent, or ""."""
    return fact.title or fact.agent.name


def kind(agent: Agent) -> str:
    """The kind of an agent's own track."""
    return "session" if not agent.id else "teammate" if agent.mode == TEAMMATE else "agent"


def free_slug(batch: Batch, fact: AgentFact) -> str:
    """A name for the track of an agent that is seen for the first time.

    It ends in a piece of the agent's id, so that it is the same in whatever order agents and tasks are seen and
    takes no name from a task. Where somebody has asked for the agent already, it is the name that was used then.
    """
    agent = fact.agent
    plain = agent_slug(agent.session, agent.id)
    asked = any(gate.track == plain for gate in batch.gates.values())
    named = agent.name if not agent.id or agent.mode == TEAMMATE else ""
    words = slugify(named or title(fact))[:_SLUG_CHARACTERS].strip("-")
    end = plain.rpartition("-")[2][-4:]
    wanted = plain if asked or not words else f"{words}-{end}"
    for candidate in (wanted, plain):
        if candidate not in batch.tracks:
            return candidate
    number = 2
    while f"{plain}-{number}" in batch.tracks:
        number += 1
    return f"{plain}-{number}"


def cut_off(batch: Batch, fact: AgentFact, track: Track | None, session: Track | None, *, ending: str) -> bool:
    """Whether an agent that was seen at work is killed by what ``fact`` tells; ``batch`` is as it was before.

    ``track`` is its own and ``session`` that of its session, where they are known already.
    A session is at work while it, a sub-agent of it or a task that it leads goes on, or a question of it is open. One
    that said that it ends, or was not seen before it was gone, is not taken for killed.
    """
    agent = fact.agent
    if agent.status != GONE or track is None or track.agent is None or track.agent.status == GONE or ending:
        return False
    if agent.id:
        return not fact.finished and session is not None and is_killed(session) and is_at_work(track)
    return fact.killed and (_has_work(batch, agent.session) or _has_question(batch, agent.session))


def is_killed(track: Track) -> bool:
    """Whether an agent's own track stands where only a kill leads."""
    gone = track.agent is not None and track.agent.status == GONE
    return is_agent_track(track) and track.state is TrackState.FAILED and gone


def is_at_work(track: Track) -> bool:
    """Whether the track goes on, and its agent is seen to do something where it is the agent's own."""
    busy = track.agent is not None and track.agent.status not in (IDLE, UNKNOWN, GONE)
    return track.state is TrackState.RUNNING and (busy or not is_agent_track(track))


def _has_work(batch: Batch, session: str) -> bool:
    of_session = (one for one in batch.tracks.values() if one.agent is not None and one.agent.session == session)
    return any(is_at_work(one) for one in of_session)


def _has_question(batch: Batch, session: str) -> bool:
    return any(gate.state is GateState.OPEN and session_of(gate.asker) == session for gate in batch.gates.values())


def state(fact: AgentFact, track: Track | None, *, killed: bool = False) -> tuple[TrackState, str]:
    """Where the track of an agent stands by what is seen of it, and why; ``killed`` is what :func:`cut_off` says.

    One that reports stages is done when the last of them is, and given up when its agent returns before.
    """
    staged = track is not None and track.stage > 0
    agent = fact.agent
    complete = track is not None and is_complete(track)
    if complete and (agent.status == GONE or (track is not None and track.state is TrackState.DONE)):
        return TrackState.DONE, "its last stage is completed"
    if agent.status != GONE:
        return TrackState.RUNNING, "it goes on"
    if killed or (track is not None and is_killed(track) and not (agent.id and fact.finished)):
        return TrackState.FAILED, KILLED
    if not agent.id:
        ended = TrackState.ABANDONED if fact.killed else TrackState.DONE
        return ended, agent.evidence[-1] if agent.evidence else "its process ended"
    if not fact.finished:
        return TrackState.ABANDONED, agent.evidence[0] if agent.evidence else "it ended before it returned"
    if track is not None and staged:
        return TrackState.ABANDONED, f"it returned in stage {track.stage} of {len(track.stages)}"
    return TrackState.DONE, "it returned"


def seen(agent: Agent) -> dict[str, Any]:
    """The payload of ``agent_seen``, but for the track."""
    return {
        "session": agent.session,
        "agent": agent.id,
        "parent": agent.parent,
        "mode": agent.mode,
        "name": agent.name,
        "status": agent.status,
        "evidence": list(agent.evidence),
        "connected": agent.connected,
        "pane": agent.pane,
        "team": agent.team,
        "version": agent.version,
    }


def money(cost: float | None, track: Track) -> float | None:
    """What an agent has cost in dollars, where that is known and a sum of money."""
    return round(cost, 6) if cost is not None and 0 <= cost < 1e9 else track.cost_usd


def is_complete(track: Track) -> bool:
    """Whether the last stage of a track is completed."""
    last = track.stages[-1] if track.stages else None
    return last is not None and track.stage == last.index and last.status is StageStatus.DONE
