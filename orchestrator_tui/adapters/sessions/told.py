"""From a session's files to facts: each of its agents as the core sees it, made anew where something changed."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from orchestrator_tui.adapters.claude_home import JOB_KIND, RegisteredSession
from orchestrator_tui.adapters.discovery import Session
from orchestrator_tui.adapters.sessions import status
from orchestrator_tui.adapters.sessions.household import Household, SubAgent
from orchestrator_tui.adapters.sessions.registry import Job
from orchestrator_tui.adapters.sessions.status import Standing
from orchestrator_tui.adapters.sessions.teams import Member, Team
from orchestrator_tui.adapters.sessions.totals import Totals, own_cost
from orchestrator_tui.core.agents import BACKGROUND, FOREGROUND, HEADLESS, INTERACTIVE, JOB, TEAMMATE, Agent
from orchestrator_tui.core.facts import AgentFact
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.text import sanitise_line

_DAY_MS = 86_400_000
_MODES: Mapping[bool | None, str] = {True: BACKGROUND, False: FOREGROUND, None: ""}


@frozen
class Around:
    """What is known beside a session's own files.

    Attributes:
        trees: the main tree, first, and the worktrees.
        teams: all teams by name; ``jobs``: all background jobs by session.
        connected: its session runs our hooks.
        pane: where its process sits in tmux, or "".
        lead_lives: whether the lead of its team lives; None when that is not known.
        went_on: the session that its process works on now instead, or "".
        now_ms: the time.
    """

    trees: tuple[Path, ...]
    teams: Mapping[str, Team]
    jobs: Mapping[str, Job]
    connected: bool
    pane: str
    lead_lives: bool | None
    went_on: str
    now_ms: int

    def moment(self, wall_ms: int) -> str:
        """A wall time as a person reads it: with its day when that is not today's."""
        try:
            at = time.localtime(wall_ms / 1000)
        except (OSError, OverflowError, ValueError):
            return "an unknown time"
        near = abs(self.now_ms - wall_ms) < _DAY_MS and at.tm_mday == time.localtime(self.now_ms / 1000).tm_mday
        return time.strftime("%H:%M" if near else "%d %b %H:%M", at)


def team_of(session: str, home: Household, teams: Mapping[str, Team]) -> tuple[Team | None, bool]:
    """The team of a session's own agent, and whether it leads it."""
    led = next((team for team in teams.values() if team.lead_session == session), None)
    if led is not None:
        return led, True
    return teams.get(home.main.transcript.team), False


def judge(session: Session, home: Household, around: Around) -> None:
    """Bring the facts of a session's agents up to date."""
    found, team = _standing(session, home, around), team_of(session.id, home, around.teams)[0]
    job = around.jobs.get(session.id)
    behind = (session, found, team, job, around.connected, around.pane, around.trees)
    if not home.changed and behind == home.judged_by:
        return
    own, before = _session_fact(session, home, found, around), home.facts.get("")
    facts = {"": before if before is not None and before == own else own}
    beside = before is None or _differs_for_others(before, own) or "" in home.changed
    for one in home.subagents.values():
        known = home.facts.get(one.id)
        stands = known is not None and one.id not in home.changed and not one.meta.team
        if known is not None and stands and (known.finished or not beside):
            facts[one.id] = known
        else:
            facts[one.id] = _subagent_fact(own, home, one, _standing_of(one, home, found, around), around)
    home.facts, home.judged_by = facts, behind
    home.changed.clear()


def _differs_for_others(before: AgentFact, own: AgentFact) -> bool:
    """Whether what changed of a session's own agent may change what is told of its sub-agents."""
    one, other = before.agent, own.agent
    return (one.status, one.connected, one.team, before.worktree) != (
        other.status,
        other.connected,
        other.team,
        own.worktree,
    )


def _standing_of(one: SubAgent, home: Household, session: Standing, around: Around) -> Standing:
    if one.meta.team:
        team, member = _member_of(one, around.teams)
        return status.of_mate(member, team, one.transcript, session, around.moment)
    return status.of_subagent(one.meta, one.transcript, session, told_end=home.told_end(one))


def _standing(session: Session, home: Household, around: Around) -> Standing:
    """What the session's own agent does now."""
    transcript = home.main.transcript
    team, leads = team_of(session.id, home, around.teams)
    if team is not None and not leads and session.entry is None:
        return status.of_mate_in_pane(team, team.member(transcript.member), around.lead_lives)
    lives = session.process is not None
    return status.of_session(session.entry, lives, transcript, around.moment, went_on=around.went_on)


def _session_fact(session: Session, home: Household, found: Standing, around: Around) -> AgentFact:
    """The session's own agent."""
    transcript, totals, entry = home.main.transcript, home.main.totals, session.entry
    team, leads = team_of(session.id, home, around.teams)
    job = around.jobs.get(session.id)
    name = _clean(entry.name) if entry is not None else ""
    name = name or (_clean(job.name) if job is not None else "")
    cwd = transcript.cwd or _clean(session.cwd, 1024)
    tree = _tree_of(session.cwd or cwd, around.trees)
    own_tree = tree if around.trees and tree != str(around.trees[0]) else ""
    evidence = found.evidence if job is None else (*found.evidence, f"job {job.id}: {_clean(job.state) or 'no state'}")
    mate = team is not None and not leads
    agent = Agent(
        session=session.id,
        mode=TEAMMATE if mate else JOB if job is not None else mode(entry, transcript.entrypoint),
        name=transcript.member if mate else name,
        status=found.status,
        evidence=evidence,
        connected=around.connected and not found.finished,
        pane="" if found.finished else around.pane,
        team=_clean(team.name) if team is not None else "",
        version=version(entry, home),
    )
    others = (
        0.0 if totals.stated is None else _sum(own_cost(one.follower.totals, 0.0) for one in home.subagents.values())
    )
    fact = AgentFact(
        agent=agent,
        title=(name if entry is not None and entry.named else "") or totals.title or totals.prompt or name,
        cwd=cwd,
        worktree=own_tree,
        branch=transcript.branch if own_tree else "",
        activity=transcript.activity,
        in_flight=transcript.in_flight is not None and not found.finished,
        last_wall_ms=home.main.changed_ms,
        finished=found.finished,
        killed=found.killed,
    )
    return _with_use(fact, home.main.is_counted, totals, own_cost(totals, others))


def _subagent_fact(session: AgentFact, home: Household, one: SubAgent, found: Standing, around: Around) -> AgentFact:
    """A sub-agent of the session, or a teammate in its process."""
    meta, transcript, totals = one.meta, one.transcript, one.follower.totals
    tree = _tree_of(transcript.cwd, around.trees)
    own_tree = meta.worktree or ("" if tree in (session.worktree, str(next(iter(around.trees), ""))) else tree)
    agent = Agent(
        session=session.agent.session,
        id=one.id,
        parent=home.parent(one),
        mode=TEAMMATE if meta.team else _MODES[home.runs_in_background(one)],
        name=(meta.name if meta.team else "") or meta.type or meta.name,
        status=found.status,
        evidence=found.evidence,
        connected=session.agent.connected and not found.finished,
        team=meta.team,
        version=transcript.version or session.agent.version,
    )
    fact = AgentFact(
        agent=agent,
        title=meta.description or totals.prompt,
        cwd=transcript.cwd,
        worktree=own_tree,
        branch=(meta.branch or transcript.branch) if own_tree else "",
        activity=transcript.activity,
        in_flight=transcript.in_flight is not None and not found.finished,
        last_wall_ms=one.follower.changed_ms,
        finished=found.finished,
    )
    return _with_use(fact, one.follower.is_counted, totals, own_cost(totals, 0.0))


def _member_of(one: SubAgent, teams: Mapping[str, Team]) -> tuple[Team | None, Member | None]:
    """The team of a teammate, and what that says of it."""
    team = teams.get(one.meta.team)
    return team, None if team is None else team.member(one.meta.name)


def _tree_of(directory: str, trees: Iterable[Path]) -> str:
    """The working tree that a directory is in; "" when it is in none."""
    path = Path(directory)
    found = [str(tree) for tree in trees if directory and path.is_relative_to(tree)]
    return max(found, key=len, default="")


def version(entry: RegisteredSession | None, home: Household) -> str:
    """The version of a session's Claude Code, by its entry in the registry, else by its transcript."""
    return (_clean(entry.version) if entry is not None else "") or home.main.transcript.version


def _with_use(fact: AgentFact, counted: bool, totals: Totals, cost: float | None) -> AgentFact:
    """Add what it has used; tokens and cost wait until its past is counted, so that they never go back."""
    tokens, paid = (totals.tokens, cost) if counted else (0, None)
    return replace(fact, model=totals.model, tasks=totals.tasks, tokens=tokens, cost_usd=paid)


def mode(entry: RegisteredSession | None, entrypoint: str) -> str:
    """How a session runs, by its entry in the registry, else by what its transcript says of its entrypoint."""
    if entry is not None and entry.kind == JOB_KIND:
        return JOB
    said = entry.entrypoint if entry is not None and entry.entrypoint else entrypoint
    if not said:
        return ""
    return INTERACTIVE if said == status.INTERACTIVE_ENTRY else HEADLESS


def _sum(costs: Iterable[float | None]) -> float | None:
    known = list(costs)
    return None if None in known else sum(one for one in known if one is not None)


def _clean(text: str, limit: int = 120) -> str:
    return sanitise_line(text, limit)
