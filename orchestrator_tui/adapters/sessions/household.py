"""One session with its sub-agents on disk: whose files are followed, and what is known of each agent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from orchestrator_tui.adapters.sessions.follower import Follower
from orchestrator_tui.adapters.sessions.subagents import Listing, Meta, MetaFile
from orchestrator_tui.adapters.sessions.transcript import Transcript
from orchestrator_tui.core.facts import AgentFact


class SubAgent:
    """One sub-agent's transcript and meta file."""

    __slots__ = ("follower", "id", "meta_file")

    def __init__(self, session: str, agent: str, transcript: str, meta: str) -> None:
        self.id = agent
        self.follower = Follower(transcript, session, agent)
        self.meta_file = MetaFile(meta)

    @property
    def meta(self) -> Meta:
        """What Claude Code says of it."""
        return self.meta_file.meta

    @property
    def transcript(self) -> Transcript:
        """What its transcript says."""
        return self.follower.transcript

    def look(self) -> bool:
        """Whether anything changed."""
        said, grew = self.meta_file.look(), self.follower.look()
        return said or grew


class Household:
    """A session's own transcript and those of its sub-agents.

    Attributes:
        main: the session's own transcript.
        subagents: by their id.
        followers: all transcripts by their agent; that of the session's own is "".
        begun: everything was looked at once.
        grew: something was read that nobody has asked for yet.
        changed: the agents behind which something changed since that was last judged; "" is the session's own.
        facts, told: what is known of each agent now, and what was told of it last; never changed, but replaced.
        judged_by: what beside its files the facts were made of.
    """

    def __init__(self, session: str, path: Path | None) -> None:
        self.session, self.path = session, path
        self.main = Follower("" if path is None else str(path), session)
        self._listing = None if path is None else Listing(path)
        self.subagents: dict[str, SubAgent] = {}
        self.followers: dict[str, Follower] = {"": self.main}
        self.begun = False
        self.grew = False
        self.changed: set[str] = {""}
        self.facts: dict[str, AgentFact] = {}
        self.told: dict[str, AgentFact] = {}
        self.judged_by: object = None

    def look(self, *, everything: bool) -> None:
        """Read what is new; of sub-agents that returned only when ``everything`` is looked at: they rarely go on."""
        if self.main.look():
            self.grew = True
            self.changed.add("")
        if self._listing is not None and self._listing.look():
            self._list(self._listing)
        for one in self.subagents.values():
            if (everything or not one.meta.finished) and one.look():
                self.grew = True
                self.changed.add(one.id)
        self.begun = True

    def count(self) -> bool:
        """Count a further piece of a past that is not counted yet; whether there was one."""
        whose = next(((agent, one) for agent, one in self.followers.items() if not one.is_counted), None)
        if whose is None:
            return False
        agent, follower = whose
        follower.count()
        if follower.is_counted:
            self.changed.add(agent)
        return True

    def forget(self) -> None:
        """Read and tell everything again."""
        for agent, follower in self.followers.items():
            follower.forget()
            self.changed.add(agent)
        self.begun = False
        self.told = {}

    # --- what only the transcript of a parent tells, in older versions -------------------------------------

    def told_end(self, one: SubAgent) -> str:
        """How a sub-agent ended by what was told to whoever started it, or ""."""
        for transcript in self._starters(one):
            ended = transcript.ended_agents.get(one.id, "")
            if ended or one.meta.call in transcript.returned:
                return ended or "completed"
        return ""

    def runs_in_background(self, one: SubAgent) -> bool | None:
        """Whether a sub-agent was started to run beside its parent; None when that is not told."""
        if one.meta.shape:
            return one.meta.shape == "background"
        started = (
            transcript.children[one.meta.call]
            for transcript in self._starters(one)
            if one.meta.call in transcript.children
        )
        return next(started, None)

    def parent(self, one: SubAgent) -> str:
        """The sub-agent that started it; "" for the session's own agent."""
        if one.meta.parent or one.meta.depth <= 1:
            return one.meta.parent
        others = (other for other in self.subagents.values() if other is not one)
        return next((other.id for other in others if one.meta.call in other.transcript.children), "")

    def _starters(self, one: SubAgent) -> Iterator[Transcript]:
        """The transcripts of those who may have started it."""
        yield self.main.transcript
        if one.meta.depth > 1:
            yield from (other.transcript for other in self.subagents.values() if other is not one)

    def _list(self, listing: Listing) -> None:
        known = self.subagents
        self.subagents = {
            agent: known.get(agent) or SubAgent(self.session, agent, listing.transcript(agent), listing.meta(agent))
            for agent in listing.found
        }
        self.followers = {"": self.main, **{one.id: one.follower for one in self.subagents.values()}}
        self.changed |= known.keys() ^ self.subagents.keys()
