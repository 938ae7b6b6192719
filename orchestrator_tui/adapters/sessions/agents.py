"""The agents of a repository as registry, transcripts, meta files and teams show them: the engine's port (DESIGN §2.1).

A look costs a few status calls a session: what did not change is not read, and of what grew only the growth is. What
takes long, as counting the past of a large transcript, is done in small pieces, a few a look, and asks for another.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from functools import cache

from orchestrator_tui.adapters.discovery import Discovery, Session
from orchestrator_tui.adapters.process import ProcessIdentity, alive
from orchestrator_tui.adapters.sessions import told
from orchestrator_tui.adapters.sessions.followed import Followed
from orchestrator_tui.adapters.sessions.household import Household
from orchestrator_tui.adapters.sessions.registry import Jobs
from orchestrator_tui.adapters.sessions.teams import Team, Teams
from orchestrator_tui.adapters.sessions.told import Around
from orchestrator_tui.core.agents import GONE, INTERACTIVE, address, agent_of, session_of
from orchestrator_tui.core.facts import AgentFact, AgentsSeen
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.runtime.ports import Clock
from orchestrator_tui.runtime.world import AgentsSight

EVERYTHING_MS = 5_000
"""How often sub-agents that have returned are looked at, too."""
BEGIN_MS = 200
"""How long one look may read sessions for the first time before the others wait for the next."""
COUNT_MS = 20
"""How long one look may count the past of large transcripts."""
AGAIN_MS = 30
"""When to look again while there is more to read."""


@frozen
class AgentLife:
    """What is known of an agent's life.

    Attributes:
        process: its own process, while that runs; a sub-agent has none: that its session runs does not show that it
            works.
        gone: it has come to its end.
        changed_ms: when its transcript grew last, in milliseconds of wall time; 0 when unknown.
        call, call_ms: the call that it has in flight, and since when; "" when none is.
    """

    process: ProcessIdentity | None
    gone: bool
    changed_ms: int
    call: str = ""
    call_ms: int = 0


class ClaudeAgents:
    """Implements :class:`~orchestrator_tui.runtime.world.Agents` over the files of Claude Code.

    Args:
        discovery: which sessions there are.
        clock: the time.
        connected: whether a session that was started in a directory runs our hooks; the other text is its version.
        pane: where a process sits in tmux, for versions that do not tell it.
        again_in: asks for another look after so many milliseconds, where there is more to read.
        alive: whether a process still runs; replaced in tests.
    """

    def __init__(
        self,
        discovery: Discovery,
        clock: Clock,
        connected: Callable[[str, str], bool] = lambda _directory, _version: False,
        pane: Callable[[ProcessIdentity], str] = lambda _: "",
        again_in: Callable[[int], None] = lambda _: None,
        alive: Callable[[ProcessIdentity], bool] = alive,
    ) -> None:
        self._discovery, self._clock = discovery, clock
        self._connected, self._pane, self._again_in, self._alive = connected, pane, again_in, alive
        self._teams, self._jobs = Teams(discovery.config), Jobs(discovery.config)
        self._followed = Followed(discovery, alive)
        self._sessions: Mapping[str, Session] = {}
        self._homes: dict[str, Household] = {}
        self._panes: dict[ProcessIdentity, str] = {}
        self._whole: set[str] = set()
        self._alive_lists: dict[str, bool] = {}
        self._arrived: set[tuple[str, str]] = set()
        self._looked: Instant | None = None

    def scan(self, awaited: frozenset[str]) -> tuple[AgentsSight, ...]:
        """What changed behind every list since the last look; at the first, and when it was forgotten, all of it."""
        began = self._clock.now()
        everything = self._looked is None or elapsed_ms(self._looked, began) >= EVERYTHING_MS
        self._looked = began if everything else self._looked
        self._sessions = self._followed.refresh()
        self._homes = {name: self._home(session) for name, session in self._sessions.items()}
        late = self._look(everything=everything)
        if self._count() or late:
            self._again_in(AGAIN_MS)
        around = self._surroundings(began)
        for name, session in self._sessions.items():
            if self._homes[name].begun:
                told.judge(session, self._homes[name], around(session))
        lists = dict.fromkeys((*(one.directory for one in self._sessions.values()), *sorted(self._followed.asked_for)))
        return tuple(sight for name in lists if (sight := self._sight(name, awaited)) is not None)

    def forget(self, directory: str) -> None:
        """Report the agents of this list as a whole at the next look, however long ago its sessions worked."""
        self._followed.ask_for(directory)
        self._whole.discard(directory)
        behind = {name for name, session in self._sessions.items() if session.directory == directory}
        for name in behind & self._homes.keys():
            self._homes[name].forget()
        self._arrived = {one for one in self._arrived if session_of(one[1]) not in behind}

    def directories(self) -> tuple[str, ...]:
        """Where a change matters at once: the registry and the teams, whose small files tell what agents do."""
        return self._discovery.registry.directory, *self._teams.directories()

    def life(self, whom: str) -> AgentLife | None:
        """What is known of the life of the agent with this address; None when nothing is."""
        session, home = self._sessions.get(session_of(whom)), self._homes.get(session_of(whom))
        fact = home.facts.get(agent_of(whom)) if home is not None else None
        if session is None or home is None or fact is None:
            return None
        if fact.agent.status == GONE:
            return AgentLife(None, True, fact.last_wall_ms)
        call = home.followers[agent_of(whom)].transcript.in_flight
        running = ("", 0) if call is None else (call.words, call.wall_ms)
        return AgentLife(None if fact.agent.id else session.process, False, fact.last_wall_ms, *running)

    # --- looking -------------------------------------------------------------------------------------------

    def _home(self, session: Session) -> Household:
        known = self._homes.get(session.id)
        return (
            known
            if known is not None and known.path == session.transcript
            else Household(session.id, session.transcript)
        )

    def _surroundings(self, now: Instant) -> Callable[[Session], Around]:
        teams, jobs, trees = self._teams.read(), self._jobs.read(), tuple(self._discovery.trees())
        connected = cache(self._connected)

        def around(session: Session) -> Around:
            home = self._homes[session.id]
            team, leads = told.team_of(session.id, home, teams)
            lead = None if team is None or leads or team.process is None else self._alive(team.process)
            return Around(
                trees=trees,
                teams=teams,
                jobs=jobs,
                connected=bool(session.cwd) and connected(session.cwd, told.version(session.entry, home)),
                pane=self._pane_of(session, home, None if leads else team),
                lead_lives=lead,
                went_on=self._followed.went_on.get(session.id, ""),
                now_ms=now.wall_ms,
            )

        return around

    def _pane_of(self, session: Session, home: Household, team: Team | None) -> str:
        entry, process = session.entry, session.process
        if team is not None:
            member = team.member(home.main.transcript.member)
            return member.pane if member is not None else ""
        if entry is None or process is None or told.mode(entry, "") != INTERACTIVE:
            return ""
        if not entry.tmux and process not in self._panes:
            self._panes[process] = self._pane(process)
        return entry.tmux or self._panes[process]

    def _look(self, *, everything: bool) -> bool:
        """Read what is new; whether sessions wait to be read for the first time, one of them at least is each time."""
        new = [home for home in self._homes.values() if not home.begun]
        for home in self._homes.values():
            if home.begun:
                home.look(everything=everything)
        began = self._clock.now()
        for home in new:
            home.look(everything=True)
            if elapsed_ms(began, self._clock.now()) >= BEGIN_MS:
                break
        return any(not home.begun for home in new)

    def _count(self) -> bool:
        """Count further pieces of the past of large transcripts; whether there may be more of it."""
        began = self._clock.now()
        for home in self._homes.values():
            while home.begun and home.count():
                if elapsed_ms(began, self._clock.now()) >= COUNT_MS:
                    return True
        return False

    # --- telling -------------------------------------------------------------------------------------------

    def _sight(self, directory: str, awaited: frozenset[str]) -> AgentsSight | None:
        """What there is to tell of one list; None when nothing is."""
        behind = [one for one in self._sessions.values() if one.directory == directory]
        homes = [self._homes[one.id] for one in behind if self._homes[one.id].begun]
        whole = directory not in self._whole and len(homes) == len(behind)
        facts: list[AgentFact] = []
        for home in homes:
            if home.told is home.facts and not whole:
                continue
            facts += (fact for agent, fact in home.facts.items() if whole or home.told.get(agent) != fact)
            if home.told.keys() - home.facts.keys():
                # One has gone without a trace: only a look at all of them tells that.
                self._whole.discard(directory)
            home.told = home.facts
        grown = [one.transcript for home in homes if home.grew for one in home.followers.values()]
        calls = tuple(call for one in grown for call in one.take_ended())
        said = tuple(stage for one in grown for stage in one.take_said())
        for home in homes:
            home.grew = False
        arrived = tuple(self._arrivals(homes, awaited))
        lives = any(one.process is not None for one in behind)
        news = whole or facts or calls or said or arrived or self._alive_lists.get(directory) != lives
        if not news:
            return None
        if whole:
            self._whole.add(directory)
        self._alive_lists[directory] = lives
        seen = AgentsSeen(tuple(facts), calls, arrived, whole, said)
        return AgentsSight(directory, _title(directory, homes), lives, seen)

    def _arrivals(self, homes: Iterable[Household], awaited: frozenset[str]) -> Iterable[tuple[str, str, str]]:
        for home in homes if awaited else ():
            for agent, follower in home.followers.items():
                for name, words in follower.transcript.arrived(awaited).items():
                    whom = address(home.session, agent)
                    if (name, whom) not in self._arrived:
                        self._arrived.add((name, whom))
                        yield name, whom, words


def _title(directory: str, homes: list[Household]) -> str:
    """What a batch is called: as its only session is, else as its list."""
    titles = [home.facts[""].title for home in homes if home.facts[""].title]
    return titles[0] if len(homes) == 1 and titles else os.path.basename(directory)
