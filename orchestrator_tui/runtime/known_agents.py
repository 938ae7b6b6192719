"""Agents as they were last seen: what of it is recorded, what waits its turn, and what is shown meanwhile (DESIGN §3).

What an agent just does is journalled at most once in ten seconds a track, what it has spent once in thirty; finer
activity is shown at once and kept in memory alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from orchestrator_tui.core.agents import address
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.facts import AgentFact, AgentsSeen
from orchestrator_tui.core.instant import Instant, at_wall, elapsed_ms
from orchestrator_tui.core.model import Activity, Batch, Track
from orchestrator_tui.core.naming import agent_source
from orchestrator_tui.core.observe_agents import Withheld, observe_agents
from orchestrator_tui.core.text import sanitise_line
from orchestrator_tui.core.tracks_shown import part, works_on
from orchestrator_tui.runtime.sights import joined_agents
from orchestrator_tui.runtime.world import AgentsSight

COST_MS = 30_000
"""How often what a track has cost is journalled while its agents work; it is once more at their end."""

ACTIVITY, COST, EVIDENCE = "activity_seen", "cost_recorded", "agent_seen"
"""Kinds that are paced; of the last only those that tell nothing but new evidence."""


class KnownAgents:
    """The agents behind the task lists of one engine, by batch.

    ``seen`` is what they were seen doing since it was last journalled, by batch and listed track; ``news`` is what
    is not recorded yet, by batch.
    """

    def __init__(self) -> None:
        self.seen: Mapping[tuple[str, str], Activity] = {}
        self.news: dict[str, AgentsSight] = {}
        self._facts: dict[str, dict[str, AgentFact]] = {}
        self._told: dict[tuple[str, str, str], Instant] = {}
        self._held: dict[str, dict[str, Withheld]] = {}
        self._looked: dict[str, Withheld] = {}
        self._endings: dict[str, str] = {}

    def take(self, batch_id: str, sight: AgentsSight) -> None:
        """One look at the agents of one list."""
        self.news[batch_id] = joined_agents(self.news.get(batch_id), sight)
        facts = {} if sight.seen.whole else self._facts.get(batch_id, {})
        self._facts[batch_id] = {**facts, **{_where(fact): fact for fact in sight.seen.facts}}

    def says_that_it_ends(self, session: str, reason: str) -> None:
        """A session has told that it ends, and why; its process will be gone a moment later."""
        self._endings[session] = reason

    def fact(self, batch_id: str, where: str) -> AgentFact | None:
        """An agent as it was last seen, by its address."""
        return self._facts.get(batch_id, {}).get(where)

    def observe(self, batch: Batch, now: Instant, *, everything: bool) -> tuple[Draft, ...]:
        """What of the agents of a batch is to be recorded now.

        ``everything`` looks again at every agent: tasks that they reported on have become known.
        """
        sight, known = self.news.get(batch.id), self._facts.get(batch.id, {})
        told = () if sight is None else tuple(_where(fact) for fact in sight.seen.facts)
        whole, held = sight is not None and sight.seen.whole, self._held.get(batch.id, {})
        self._looked = {}
        if not (told or whole or everything or held):
            return ()
        pace = _Pace(batch, self._told, now)
        names = known if everything else {*told, *held} & {*known}
        withheld = {where: pace.withheld(known[where]) for where in names}
        due = {where for where in withheld if everything or where in told or held.get(where, _NONE) - withheld[where]}
        if not due and not whole:
            return ()
        self._looked = {where: withheld[where] for where in due}
        return observe_agents(
            batch,
            AgentsSeen(tuple(known[where] for where in due), whole=whole),
            now,
            endings=self._endings,
            withheld=_NONE.union(*self._looked.values()),
        )

    def recorded(self, batch: Batch, drafts: Iterable[Draft], now: Instant) -> None:
        """What was observed last is recorded."""
        told = self.news.pop(batch.id, None)
        for draft in drafts:
            if draft.kind in (ACTIVITY, COST, EVIDENCE):
                self._told[batch.id, draft.kind, draft.payload["track"]] = now
        if told is not None or self._looked:
            held = {**self._held.get(batch.id, {}), **self._looked}
            known = self._facts.get(batch.id, {})
            self._held[batch.id] = {where: kinds for where, kinds in held.items() if kinds and where in known}
            self._show(batch, now)

    def _show(self, batch: Batch, now: Instant) -> None:
        slugs = {track.source: track for track in batch.tracks.values()}
        shown = {key: activity for key, activity in self.seen.items() if key[0] != batch.id}
        for where, kinds in self._held[batch.id].items():
            fact = self._facts[batch.id][where]
            track = slugs.get(_source(fact))
            if track is None or not fact.activity or (ACTIVITY, where) not in kinds:
                continue
            key = (batch.id, works_on(batch, track))
            activity = Activity(sanitise_line(fact.activity, 200), at_wall(fact.last_wall_ms or now.wall_ms, now))
            before = shown.get(key)
            if before is None or before.at.wall_ms <= activity.at.wall_ms:
                shown[key] = activity
        if shown != self.seen:
            self.seen = shown


_NONE: Withheld = frozenset()


class _Pace:
    """What is not due again yet in one batch."""

    def __init__(self, batch: Batch, told: Mapping[tuple[str, str, str], Instant], now: Instant) -> None:
        self._batch, self._told, self._now = batch, told, now
        self._tracks: Mapping[str, Track] = {track.source: track for track in batch.tracks.values()}

    def withheld(self, fact: AgentFact) -> Withheld:
        """The kinds of events that are not due again for an agent."""
        track = self._tracks.get(_source(fact))
        if track is None:
            return frozenset()
        own, whole = track.slug, part(self._batch, track) or track.slug
        activity_ms = self._batch.limits.activity_ms
        not_due = {
            ACTIVITY: self._recently(ACTIVITY, works_on(self._batch, track), activity_ms),
            COST: self._recently(COST, own, COST_MS) or self._recently(COST, whole, COST_MS),
            EVIDENCE: self._recently(EVIDENCE, own, activity_ms),
        }
        return frozenset((kind, _where(fact)) for kind, early in not_due.items() if early)

    def _recently(self, kind: str, slug: str, within_ms: int) -> bool:
        told = self._told.get((self._batch.id, kind, slug))
        return told is not None and elapsed_ms(told, self._now) < within_ms


def _where(fact: AgentFact) -> str:
    return address(fact.agent.session, fact.agent.id)


def _source(fact: AgentFact) -> str:
    return agent_source(fact.agent.session, fact.agent.id)
