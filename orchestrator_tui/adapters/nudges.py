"""Making an idle agent look: words pasted into its pane, or put into its inbox (DESIGN §4.2: a nudge, never relied on).

Nothing is typed into a pane unless Claude Code's registry says that its session waits for its person's next word, the
pane holds that session's process, and it shows an input line that is empty. What cannot be done is said.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from orchestrator_tui.adapters.claude_home import RegisteredSession, config_directory
from orchestrator_tui.adapters.inbox import append
from orchestrator_tui.adapters.process import ProcessIdentity, alive
from orchestrator_tui.adapters.screen import InputLine, input_line
from orchestrator_tui.adapters.sessions.registry import Registry
from orchestrator_tui.adapters.sessions.teams import Team, Teams, inbox
from orchestrator_tui.adapters.tmux import Pane, Tmux
from orchestrator_tui.core.agents import HEADLESS, IDLE, JOB, TEAMMATE, Agent
from orchestrator_tui.core.text import sanitise, sanitise_line

TMUX, INBOX = "tmux", "inbox"
LIMIT = 8_000
"""Characters that are said at most."""
TAKEN_S = 1.0
"""How long a pane has to show what was pasted, and to take it."""

_EVERY_S = 0.03
_COMMANDS = "/!#@&"
_SUMMARY = "orch-tui has something for you"


class ClaudeNudges:
    """Implements :class:`~orchestrator_tui.runtime.world.Nudges` and :class:`~orchestrator_tui.runtime.ports.Panes`.

    Args:
        environ: names Claude Code's directory and our own tmux server.
        tmux: the tmux servers.
        alive: whether a process still runs.
        sleep, monotonic: waiting and the clock; replaced in tests.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        tmux: Tmux | None = None,
        alive: Callable[[ProcessIdentity], bool] = alive,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config = config_directory(environ)
        self._tmux = Tmux(environ) if tmux is None else tmux
        self._alive, self._sleep, self._monotonic = alive, sleep, monotonic

    def nudge(self, agent: Agent, text: str) -> tuple[str, str]:
        """Say ``text`` to an idle agent: the route that was taken, and in words what was done.

        Raises:
            OSError: it cannot be done now, and why.
        """
        words = sanitise(text, LIMIT)
        if agent.mode == TEAMMATE:
            return INBOX, self._put(agent, words)
        if agent.id:
            raise OSError("a sub-agent has no terminal and no inbox: it hears us at its next tool call")
        entry = self._entry(agent)
        _must_be_idle(agent, entry)
        pane = self._tmux.pane_of(entry.process)
        if pane is not None:
            return TMUX, self._paste(pane, words, agent)
        if agent.team:
            return INBOX, self._put(agent, words)
        if agent.pane:
            raise OSError("there is no way to it: it sits in a tmux that cannot be seen from here, and in no team")
        raise OSError("there is no way to it: it runs outside of tmux, and in no team")

    def jump(self, agent: Agent) -> str:
        """Go to the pane of an agent; in one line what was done, or what to type where that cannot be done from here.

        Raises:
            OSError: it sits in no pane, and why that is so.
        """
        if agent.mode == TEAMMATE:
            return self._tmux.go(self._pane_of_mate(agent))
        pane = self._tmux.pane_of(self._entry(agent).process)
        if pane is None:
            raise OSError("it sits in no tmux pane that can be seen from here")
        return self._tmux.go(pane)

    # --- the pane ------------------------------------------------------------------------------------------

    def _entry(self, agent: Agent) -> RegisteredSession:
        """The registry's entry of an agent's session, read now."""
        for entry in Registry(self._config).read():
            if entry.id == agent.session and self._alive(entry.process):
                return entry
        raise OSError("no process works on its session now")

    def _paste(self, pane: Pane, words: str, agent: Agent) -> str:
        free = self._input(pane)
        if free is None:
            raise OSError("its terminal shows a dialog, a menu or something else than a free input line")
        if free.working:
            raise OSError("its terminal shows that it works")
        if free.text:
            raise OSError("something is typed into its input line")
        self._tmux.paste(pane, f" {words}" if words.startswith(tuple(_COMMANDS)) else words)
        if not self._wait(lambda: (box := self._input(pane)) is not None and box.holds(words)):
            raise OSError("it was pasted, but its terminal does not show it: nothing was submitted")
        # Looked at again right before the key that could answer a dialog: a sub-agent may just have opened one.
        _must_be_idle(agent, self._entry(agent))
        self._tmux.press(pane, "Enter")
        if not self._wait(lambda: (box := self._input(pane)) is None or not box.holds(words)):
            raise OSError("it stands in its input line, but was not taken")
        return f"pasted into {pane.target} in tmux"

    def _input(self, pane: Pane) -> InputLine | None:
        shown = self._tmux.look(pane)
        return None if shown is None else input_line(shown.lines, shown.cursor)

    def _wait(self, done: Callable[[], bool]) -> bool:
        deadline = self._monotonic() + TAKEN_S
        while not done():
            if self._monotonic() >= deadline:
                return False
            self._sleep(_EVERY_S)
        return True

    # --- the team ------------------------------------------------------------------------------------------

    def _put(self, agent: Agent, words: str) -> str:
        if agent.status != IDLE:
            raise OSError(f"it is {agent.status}: a message in its inbox is read only when its turn ends")
        team = self._team(agent)
        name = agent.name if agent.mode == TEAMMATE else team.lead_name
        if agent.mode == TEAMMATE and team.member(name) is None:
            raise OSError(f"{sanitise_line(name, 80)} is no member of team {agent.team}")
        path = inbox(self._config, agent.team, name)
        if path is None:
            raise OSError(f"{sanitise_line(name, 80)} of team {agent.team} can have no inbox")
        append(path, words, _SUMMARY)
        return f"put into the inbox of {sanitise_line(name, 80)} in team {agent.team}"

    def _pane_of_mate(self, agent: Agent) -> Pane:
        """The pane of a teammate: one of the server in which its lead sits."""
        team = self._team(agent)
        member = team.member(agent.name)
        lead = None if team.process is None else self._tmux.pane_of(team.process)
        if member is None or not member.pane or lead is None:
            raise OSError("it sits in no tmux pane that can be seen from here")
        where = self._tmux.run(lead.socket, "display-message", "-p", "-t", member.pane, "#{window_id} #{session_name}")
        window, _, session = where.strip().partition(" ")
        return Pane(lead.socket, member.pane, window, session)

    def _team(self, agent: Agent) -> Team:
        team = Teams(self._config).read().get(agent.team)
        if team is None:
            raise OSError(f"its team {agent.team or '(unknown)'} is gone")
        return team


def _must_be_idle(agent: Agent, entry: RegisteredSession) -> None:
    """Refuse what the registry says to be at work or to wait for an answer.

    A session that waits for its background agents is busy by the registry's word; what says that its prompt is free
    stands in the agent's evidence then, and on its screen.
    """
    if agent.mode in (HEADLESS, JOB):
        raise OSError(f"a {agent.mode} session has no terminal to type into")
    if entry.status == "waiting":
        raise OSError(f"it waits for its person: {sanitise_line(entry.waiting_for, 80) or 'it does not say for what'}")
    if entry.status != "idle" and agent.status != IDLE:
        raise OSError("it is at work" if entry.status == "busy" else "nothing says that it is idle")
