"""What was seen and is not recorded yet: kept until it is, since the world does not tell it again."""

from __future__ import annotations

from orchestrator_tui.core.agents import address
from orchestrator_tui.core.facts import AgentsSeen, ListSeen
from orchestrator_tui.runtime.world import AgentsSight, ListSight


def joined_lists(earlier: ListSight | None, later: ListSight) -> ListSight:
    """Two looks at a list that nobody could record in between: the newest of each task, and all that vanished."""
    if earlier is None:
        return later
    newest = {fact.source: fact for fact in (*earlier.seen.changed, *later.seen.changed)}
    gone = {*earlier.seen.vanished, *later.seen.vanished} - {fact.source for fact in later.seen.changed}
    changed = tuple(fact for source, fact in newest.items() if source not in gone)
    whole = earlier.seen.whole or later.seen.whole
    return ListSight(later.directory, later.name, ListSeen(changed, tuple(sorted(gone)), whole))


def joined_agents(earlier: AgentsSight | None, later: AgentsSight) -> AgentsSight:
    """Two looks at the agents of a list: the newest of each agent, every call and every arrival.

    A later look at all of them overrules the earlier one: who is not in it is not there any more.
    """
    if earlier is None:
        return later
    before = () if later.seen.whole else earlier.seen.facts
    newest = {address(fact.agent.session, fact.agent.id): fact for fact in (*before, *later.seen.facts)}
    seen = AgentsSeen(
        facts=tuple(newest.values()),
        calls=(*earlier.seen.calls, *later.seen.calls),
        arrived=(*earlier.seen.arrived, *later.seen.arrived),
        whole=earlier.seen.whole or later.seen.whole,
        said=(*earlier.seen.said, *later.seen.said),
    )
    return AgentsSight(later.directory, later.title or earlier.title, later.alive, seen)
