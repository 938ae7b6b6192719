"""Agents as Claude Code's own files show them: what they become in the journal (DESIGN §2.1, §3).

Every session, sub-agent and teammate has a track of its own, named by its address. A sub-agent that reports on a
task works for that task's track, which then also tells which agent works on it, what it does and what it has cost.
Looking again at what is recorded gives nothing, in whatever order the looks come.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from orchestrator_tui.core import agent_tracks
from orchestrator_tui.core.agents import GONE, Agent, address
from orchestrator_tui.core.ahead import Ahead
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.facts import AgentFact, AgentsSeen
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch, Liveness, Track, TrackState
from orchestrator_tui.core.moves import ENDED_TRACK_STATES
from orchestrator_tui.core.naming import agent_source, task_source
from orchestrator_tui.core.observe_askers import withdrawals
from orchestrator_tui.core.tracks_shown import agent_behind, is_agent_track, part, works_on

SAME_ACTIVITY_MS = 60_000
"""After this long the same activity is told again: it goes on, or is done once more."""

_OBSERVED = frozenset(
    {TrackState.PENDING, TrackState.RUNNING, TrackState.DONE, TrackState.ABANDONED, TrackState.FAILED}
)
"""States that are only observed; one that we or a person gave to a track stays."""

Withheld = frozenset[tuple[str, str]]
"""Kinds of events that are not due again yet, each with the address of its agent."""


def observe_agents(
    batch: Batch,
    seen: AgentsSeen,
    now: Instant,
    *,
    endings: Mapping[str, str] | None = None,
    withheld: Withheld = frozenset(),
) -> tuple[Draft, ...]:
    """The events that the agents of one look amount to, and the questions that nobody asks any more.

    ``endings`` tells what sessions said of their end; what is ``withheld`` comes with a later look, but for what an
    agent leaves behind at its end. Calls and arrivals are left to :func:`observe_askers.observe_answers`.
    """
    look = _Look(Ahead(batch, now), now, endings or {}, withheld)
    facts = {address(fact.agent.session, fact.agent.id): fact for fact in seen.facts if fact.agent.session}
    if seen.whole:
        look.miss(frozenset(facts))
    # Sessions first: what has become of them decides about their sub-agents.
    for _, fact in sorted(facts.items(), key=lambda one: (one[1].agent.id != "", one[0])):
        look.take(fact)
    look.end_with_their_sessions()
    look.lead()
    look.settle()
    return (*look.ahead.drafts, *withdrawals(look.batch))


class _Look:
    """One look under way: drafts so far, and what is owed to tracks that others work for."""

    def __init__(self, ahead: Ahead, now: Instant, endings: Mapping[str, str], withheld: Withheld) -> None:
        self.ahead, self._now, self._endings, self._withheld = ahead, now, endings, withheld
        self._slugs = {track.source: slug for slug, track in ahead.batch.tracks.items() if track.source}
        self._taken: list[tuple[str, AgentFact, bool]] = []
        self._done: dict[str, tuple[int, str]] = {}
        self._spent: dict[str, tuple[float, int, str]] = {}

    @property
    def batch(self) -> Batch:
        """The batch as it will be."""
        return self.ahead.batch

    def take(self, fact: AgentFact) -> None:
        """One agent as it is now."""
        session, agent_id = fact.agent.session, fact.agent.id
        ending = self._endings.get(session, "")
        fact = agent_tracks.clean(fact, self._now, session_gone=self._is_gone(session), ending=ending)
        source = agent_source(session, agent_id)
        killed = agent_tracks.cut_off(
            self.batch, fact, self._known(source), self._known(agent_source(session)), ending=ending
        )
        slug = self._slugs.get(source) or self._add(source, fact)
        joined = self._join(slug, fact)
        self._change(slug, title=agent_tracks.title(fact), branch=fact.branch, worktree=fact.worktree)
        self._see(slug, fact.agent)
        self._move(slug, *agent_tracks.state(fact, self.batch.tracks[slug], killed=killed))
        self._show_alive(slug, fact)
        self._spend(slug, fact, joined)
        self._taken.append((slug, fact, joined))

    def miss(self, told: frozenset[str]) -> None:
        """Agents that a look at all of them does not name are not there any more."""
        for slug, track in self.batch.tracks.items():
            agent = track.agent
            if agent is not None and is_agent_track(track) and address(agent.session, agent.id) not in told:
                self._lose(slug, agent, "nothing is left of it")

    def end_with_their_sessions(self) -> None:
        """No sub-agent outlives its session's process."""
        for slug, track in self.batch.tracks.items():
            agent = track.agent
            if agent is not None and agent.id and is_agent_track(track) and self._is_gone(agent.session):
                session = self._known(agent_source(agent.session))
                killed = session is not None and agent_tracks.is_killed(session) and agent_tracks.is_at_work(track)
                self._lose(slug, agent, agent_tracks.SESSION_ENDED, killed=killed)

    def lead(self) -> None:
        """Tell tasks' tracks which agent works on them, a session itself only where no sub-agent does, and on what."""
        for _, fact, joined in sorted(self._taken, key=lambda one: one[1].agent.id == ""):
            self._lead(fact, joined)
        for slug, fact, _ in self._taken:
            self._act(slug, fact)

    def settle(self) -> None:
        """Tell what is done on each track, and what those that work for one have spent since the last time."""
        for slug, (wall, text) in self._done.items():
            self._tell_activity(slug, wall, text)
        for slug, (cost, tokens, model) in self._spent.items():
            track = self.batch.tracks[slug]
            sums = {"cost_usd": round((track.cost_usd or 0.0) + cost, 6)} if cost else {}
            if cost or tokens or model != track.model:
                self.ahead.add("cost_recorded", track=slug, tokens=(track.tokens or 0) + tokens, model=model, **sums)

    # --- one agent -----------------------------------------------------------------------------------------

    def _is_gone(self, session: str) -> bool:
        track = self._known(agent_source(session))
        return track is not None and track.agent is not None and track.agent.status == GONE

    def _known(self, source: str) -> Track | None:
        slug = self._slugs.get(source)
        return None if slug is None else self.batch.tracks[slug]

    def _add(self, source: str, fact: AgentFact) -> str:
        slug = agent_tracks.free_slug(self.batch, fact)
        title, kind = agent_tracks.title(fact) or slug, agent_tracks.kind(fact.agent)
        state, _ = agent_tracks.state(fact, None)
        reported = {"reported_wall_ms": fact.last_wall_ms} if fact.last_wall_ms else {}
        self.ahead.add("track_added", track=slug, title=title, kind=kind, source=source, state=state.value, **reported)
        self._slugs[source] = slug
        return slug

    def _join(self, slug: str, fact: AgentFact) -> bool:
        """Whether the agent has just come to work for another track, or for one at all."""
        task = self._task(fact) if fact.agent.id else ""
        before = self.batch.tracks[slug].part_of
        if task in ("", before):
            return False
        self.ahead.add("track_changed", track=slug, changes={"part_of": task})
        return not before

    def _task(self, fact: AgentFact) -> str:
        """The track of the newest task that the agent reported on and that is known, or ""."""
        return next((slug for one in fact.tasks if (slug := self._slugs.get(task_source(one)))), "")

    def _change(self, slug: str, **seen: str) -> None:
        track = self.batch.tracks[slug]
        changes = {name: value for name, value in seen.items() if value and getattr(track, name) != value}
        if changes:
            self.ahead.add("track_changed", track=slug, changes=changes)

    def _see(self, slug: str, agent: Agent) -> None:
        before = self.batch.tracks[slug].agent
        if before is not None and _differ_in_evidence_alone(before, agent):
            held = ("agent_seen", address(agent.session, agent.id)) in self._withheld
            if before == agent or held or agent.status == GONE:
                # Gone is said once, by the first evidence of it.
                return
        self.ahead.add("agent_seen", track=slug, **agent_tracks.seen(agent))

    def _move(self, slug: str, state: TrackState, why: str) -> None:
        track = self.batch.tracks[slug]
        if state is not track.state and track.state in _OBSERVED:
            self.ahead.add("track_moved", track=slug, to=state.value, why=why, observed=True)

    def _lose(self, slug: str, agent: Agent, why: str, *, killed: bool = False) -> None:
        if agent.status != GONE:
            self._see(slug, replace(agent, status=GONE, evidence=(why,)))
        if self.batch.tracks[slug].state not in ENDED_TRACK_STATES:
            to = TrackState.FAILED if killed else TrackState.ABANDONED if agent.id else TrackState.DONE
            self._move(slug, to, agent_tracks.KILLED if killed else why)

    def _show_alive(self, slug: str, fact: AgentFact) -> None:
        """An agent that was taken for silent has gone on: its transcript is what it reports by."""
        track = self.batch.tracks[slug]
        since = track.asked_at or track.reported_at
        if track.liveness is not Liveness.REPORTING and since is not None and fact.last_wall_ms > since.wall_ms:
            self.ahead.add("track_reported", track=slug, wall_ms=fact.last_wall_ms)

    def _act(self, slug: str, fact: AgentFact) -> None:
        """What it does is told where it works, and there the newest activity of all that do counts."""
        where, shown = address(fact.agent.session, fact.agent.id), works_on(self.batch, self.batch.tracks[slug])
        known = fact.last_wall_ms > 0 or shown == slug
        if fact.activity and known and ("activity_seen", where) not in self._withheld:
            done = (fact.last_wall_ms, fact.activity)
            self._done[shown] = max(done, self._done.get(shown, done))

    def _tell_activity(self, slug: str, wall: int, text: str) -> None:
        last = self.batch.tracks[slug].activity
        if last is not None:
            older = wall <= last.at.wall_ms if wall else last.text == text
            if older or (last.text == text and wall - last.at.wall_ms < SAME_ACTIVITY_MS):
                return
        self.ahead.add("activity_seen", track=slug, text=text, **({"wall_ms": wall} if wall else {}))

    def _spend(self, slug: str, fact: AgentFact, joined: bool) -> None:
        """What it has used; the track that it works for gets what is new, and all of it when it has just come to."""
        track, where = self.batch.tracks[slug], address(fact.agent.session, fact.agent.id)
        # Nothing is known yet of an agent that has just been met again: what was counted before stands.
        cost, tokens = agent_tracks.money(fact.cost_usd, track), max(0, fact.tokens) or track.tokens or 0
        model = fact.model or track.model
        news = (cost or 0.0, tokens, model) != (track.cost_usd or 0.0, track.tokens or 0, track.model)
        held = ("cost_recorded", where) in self._withheld and fact.agent.status != GONE
        if not joined and (not news or held):
            return
        if news:
            sums = {} if cost is None else {"cost_usd": cost}
            self.ahead.add("cost_recorded", track=slug, tokens=tokens, model=model, **sums)
        owner = part(self.batch, track)
        if owner:
            before = (0.0, 0) if joined else (track.cost_usd or 0.0, track.tokens or 0)
            paid, used, _ = self._spent.get(owner, (0.0, 0, ""))
            more = max(0.0, (cost or 0.0) - before[0]), max(0, tokens - before[1])
            self._spent[owner] = (paid + more[0], used + more[1], model or self.batch.tracks[owner].model)

    # --- the agent of a task -------------------------------------------------------------------------------

    def _lead(self, fact: AgentFact, joined: bool) -> None:
        """Tell a task's track which agent works on it: the newest that reported, while it lives."""
        agent, task = fact.agent, self._task(fact)
        where = address(agent.session, agent.id)
        for slug, track in self.batch.tracks.items():
            led = track.agent is not None and address(track.agent.session, track.agent.id) == where
            if led and not is_agent_track(track) and track.state not in ENDED_TRACK_STATES:
                self._see(slug, agent)
        if not task or self.batch.tracks[task].state in ENDED_TRACK_STATES:
            return
        track = self.batch.tracks[task]
        other = agent_behind(self.batch, track)
        alive, replaced = agent.status != GONE, other is None or other.status == GONE
        if other is None or (alive and (joined or replaced)) or (joined and replaced):
            self._see(task, agent)
        if self.batch.tracks[task].agent == agent:
            empty = {"branch": fact.branch, "worktree": fact.worktree}
            self._change(task, **{name: value for name, value in empty.items() if not getattr(track, name)})


def _differ_in_evidence_alone(before: Agent, after: Agent) -> bool:
    """Whether there is no other difference, or none at all."""
    return replace(before, evidence=after.evidence) == after
