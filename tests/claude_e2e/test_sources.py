"""What is seen of real sessions with nothing installed: every status with its evidence, calls, tokens, cost, the end.

The files are those that the real CLI writes while it runs; whoever looks at them is the port that the cockpit has.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from orchestrator_tui.adapters import nudges
from orchestrator_tui.adapters.clock import SystemClock
from orchestrator_tui.adapters.discovery import Discovery, machine_sessions
from orchestrator_tui.adapters.nudges import ClaudeNudges
from orchestrator_tui.adapters.process import ProcessIdentity
from orchestrator_tui.adapters.sessions.agents import ClaudeAgents
from orchestrator_tui.adapters.tmux import Tmux
from orchestrator_tui.core.agents import (
    BACKGROUND,
    BUSY,
    FOREGROUND,
    GONE,
    HEADLESS,
    IDLE,
    INPUT,
    INTERACTIVE,
    PERMISSION,
    TEAMMATE,
    Agent,
    address,
)
from orchestrator_tui.core.facts import AgentFact, CallEnded
from orchestrator_tui.core.naming import call_gate_id
from orchestrator_tui.journal.home import repository_root, worktrees
from tests.claude_rig import ClaudeRig, Step, TerminalSession, ToolCall, call, say, wait_until
from tests.claude_rig.waiting import DEFAULT_TIMEOUT

pytestmark = pytest.mark.e2e_claude

QUESTION = {
    "question": "Ship or fix?",
    "header": "Gate",
    "multiSelect": False,
    "options": [{"label": "ship", "description": "now"}, {"label": "fix", "description": "first"}],
}
WAITING = "until [ -e go ]; do sleep 0.1; done"
TEAMS = {"CLAUDE_CODE_EXPERIMENTAL_AGENT_TEAMS": "1"}


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """How soon a terminal shows and takes what was typed is this machine's affair: what is typed goes on at once."""
    monkeypatch.setattr(nudges, "TAKEN_S", DEFAULT_TIMEOUT)


class Eye:
    """Looks again and again, and remembers what it was told."""

    def __init__(self, rig: ClaudeRig, terminal: TerminalSession | None = None) -> None:
        self.environ = rig.environment()
        self._terminal, self._config = terminal, rig.config
        if terminal is not None:
            self.environ["TMUX"] = f"{terminal._socket},1,0"
        self._tmux = Tmux(self.environ)
        clock = SystemClock()
        discovery = Discovery(self.environ, lambda: worktrees(rig.project), (), clock, root=repository_root)
        self.agents = ClaudeAgents(discovery, clock, pane=self._pane)
        self.nudges = ClaudeNudges(self.environ, self._tmux)
        self.facts: dict[str, AgentFact] = {}
        self.lists: set[str] = set()
        self.calls: list[CallEnded] = []
        self.arrived: dict[str, str] = {}

    def _pane(self, process: ProcessIdentity) -> str:
        found = self._tmux.pane_of(process)
        return "" if found is None else found.target

    def look(self, *awaited: str) -> None:
        for sight in self.agents.scan(frozenset(awaited)):
            self.facts |= {address(one.agent.session, one.agent.id): one for one in sight.seen.facts}
            self.calls += sight.seen.calls
            self.lists.add(sight.directory)
            self.arrived |= {name: words for name, _, words in sight.seen.arrived}

    def wait(self, *awaited: str, what: str, **wanted: object) -> AgentFact:
        """Look until an agent is as wanted; fields of its own and of the fact."""

        def found() -> AgentFact | None:
            self.look(*awaited)
            return next((one for one in self.facts.values() if _is(one, wanted)), None)

        return wait_until(found, f"{what}: {wanted}", context=lambda: self._shown(self.facts.values()))

    def wait_arrival(self, identifier: str) -> str:
        """Look until an identifier has arrived; what was gone on with."""

        def found() -> str | None:
            self.look(identifier)
            return self.arrived.get(identifier)

        return wait_until(found, f"{identifier} in a transcript", context=lambda: self._shown(self._said(identifier)))

    def wait_call(self, gate: str) -> CallEnded:
        """Look until the call of a gate has ended."""

        def found() -> CallEnded | None:
            self.look()
            return next((one for one in self.calls if one.gate == gate), None)

        return wait_until(found, f"the end of {gate}", context=lambda: self._shown(self.calls))

    def _said(self, identifier: str) -> Iterator[str]:
        """The beginning of every transcript's lines, and which of them hold an identifier."""
        for path in self._config.glob("projects/*/**/*.jsonl"):
            for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
                yield f"{path.name}:{number}{' *' if identifier in line else ''} {line[:200]}"

    def _shown(self, seen: Iterable[object]) -> str:
        """What was seen in vain, and the terminal as it is now."""
        screen = "" if self._terminal is None else f"\n--- the terminal ---\n{self._terminal.screen()}"
        return "\n".join(map(str, seen)) + screen


def _is(fact: AgentFact, wanted: dict[str, object]) -> bool:
    """Whether each field is as wanted, or one of those in a set."""
    fields = (getattr(fact.agent, name) if hasattr(Agent, name) else getattr(fact, name) for name in wanted)
    pairs = zip(fields, wanted.values(), strict=True)
    return all(field in wish if isinstance(wish, set) else field == wish for field, wish in pairs)


def bash(command: str, usage: dict[str, int] | None = None) -> Step:
    return Step(calls=(ToolCall("Bash", {"command": command, "description": "work"}),), usage=usage or {})


def agent(prompt: str, description: str, *, background: bool) -> Step:
    return call(
        "Agent",
        description=description,
        prompt=prompt,
        subagent_type="general-purpose",
        run_in_background=background,
    )


def test_a_headless_session_with_sub_agents_from_its_start_to_its_end(each_claude_rig: ClaudeRig) -> None:
    rig, until = each_claude_rig, each_claude_rig.project / "go"
    beside = rig.script("beside", [bash(WAITING), say("beside is done")])
    front = rig.script("front", [bash("echo front"), say("front is done")])
    usage = {"input_tokens": 1_000, "output_tokens": 100, "cache_read_input_tokens": 10_000}
    steps = [
        bash("echo first", usage),
        agent(front, "works in front", background=False),
        agent(beside, "works beside", background=True),
        bash(WAITING),
        say("all done"),
    ]
    session = rig.start(rig.script("main", steps))
    eye = Eye(rig)

    busy = eye.wait(what="the session at work", mode=HEADLESS, status=BUSY, in_flight=True, activity=f"Bash {WAITING}")
    assert any("busy since" in one or "call is in flight" in one for one in busy.agent.evidence), busy.agent.evidence
    assert busy.agent.version == rig.cli.version
    assert busy.title.endswith("go")
    assert busy.tokens > 11_100
    assert busy.cost_usd is not None
    assert busy.cost_usd > 0
    fore = eye.wait(what="the sub-agent that returned", mode=FOREGROUND, finished=True)
    assert (fore.title, fore.activity, fore.agent.status) == ("works in front", "Bash echo front", GONE)
    back = eye.wait(what="the sub-agent at work", mode=BACKGROUND, in_flight=True)
    assert (back.title, back.agent.status, back.agent.session) == ("works beside", BUSY, busy.agent.session)
    life = eye.agents.life(address(back.agent.session, back.agent.id))
    assert life is not None
    assert life.call == back.activity

    until.touch()
    done = eye.wait(what="the end of it", mode=BACKGROUND, finished=True)
    assert done.agent.id == back.agent.id
    assert session.finish() == 0
    ended = eye.wait(what="the session's end", mode=HEADLESS, status=GONE)
    assert ended.finished
    assert not ended.killed
    assert session.result["total_cost_usd"] == pytest.approx(sum(one.cost_usd or 0.0 for one in eye.facts.values()))
    assert "Bash" in {one.tool for one in eye.calls if one.asker == busy.agent.session}


def test_a_session_that_is_killed_leaves_its_entry_behind(each_claude_rig: ClaudeRig) -> None:
    rig = each_claude_rig
    session = rig.start(rig.script("main", [bash(WAITING), say("never")]))
    eye = Eye(rig)
    busy = eye.wait(what="the session at work", status=BUSY, in_flight=True)
    (entry,) = machine_sessions(eye.environ, repository_root)[Path(os.path.realpath(rig.project))]
    assert entry.id == busy.agent.session

    session.kill()

    gone = eye.wait(what="the killed session", status=GONE)
    assert (gone.finished, gone.killed, gone.in_flight) == (True, True, False)
    assert gone.agent.evidence == (f"pid {entry.process.pid} has ended; its entry in the registry was left behind",)
    assert machine_sessions(eye.environ, repository_root) == {}


def test_an_interactive_session_in_every_state_and_what_can_be_typed_into_it(each_claude_rig: ClaudeRig) -> None:
    rig = each_claude_rig
    terminal = rig.interactive(permissions="ask")
    eye = Eye(rig, terminal)
    note = rig.project / "note.txt"

    fresh = eye.wait(what="the fresh session", mode=INTERACTIVE, status=IDLE)
    assert fresh.agent.pane == "claude:@0.%0"
    route, _ = eye.nudges.nudge(fresh.agent, f"decision d-0123456789ab {rig.script('nudged', [say('I looked')])}")
    assert route == "tmux"
    rig.requests.wait_for("d-0123456789ab", "nudged")
    terminal.wait_for("I looked")
    assert eye.wait_arrival("d-0123456789ab").startswith("its next answer came")

    def refused(why: str) -> None:
        with pytest.raises(OSError, match=why):
            eye.nudges.nudge(eye.facts[fresh.agent.session].agent, "this must not be typed")

    terminal.enter(rig.script("write", [call("Write", file_path=str(note), content="written"), say("written")]))
    terminal.wait_for("Do you want to create")
    asks = eye.wait(what="a permission prompt", status=PERMISSION)
    assert asks.agent.evidence[0].startswith("registry: waiting, permission prompt since")
    refused("it waits for its person")
    terminal.answer_dialog("1", "Do you want to create")
    gate = call_gate_id(fresh.agent.session, "", "Write", {"file_path": str(note), "content": "written"})
    assert eye.wait_call(gate).answered_by == ("person" if rig.cli.version == "2.1.328" else "")

    terminal.enter(rig.script("ask", [call("AskUserQuestion", questions=[QUESTION]), say("asked")]))
    terminal.wait_for("Ship or fix?")
    # 2.1.197 calls a question a permission prompt, too, and may write down what it asks only once it is answered.
    eye.wait(what="a question", status={INPUT} if rig.cli.version == "2.1.328" else {INPUT, PERMISSION})
    refused("it waits for its person")
    terminal.answer_dialog("Enter", "Enter to select")
    terminal.wait_for("asked")

    terminal._tmux("send-keys", "-t", "claude", "-l", "half typed")
    terminal.wait_for("half typed")
    eye.wait(what="idle again", status=IDLE)
    refused("something is typed into its input line")
    terminal.press("C-u")

    assert eye.nudges.jump(eye.facts[fresh.agent.session].agent).startswith("in a terminal: tmux -S")
    assert "this must not be typed" not in terminal.screen()
    entry = next(iter(machine_sessions(eye.environ, repository_root).values()))[0]
    os.kill(entry.process.pid, signal.SIGKILL)
    assert eye.wait(what="the killed session", status=GONE).killed


def test_a_session_that_waits_for_its_background_agents_is_idle_for_its_person(claude_rig: ClaudeRig) -> None:
    rig, until = claude_rig, claude_rig.project / "go"
    beside = rig.script("beside", [bash(WAITING), say("beside is done")])
    terminal = rig.interactive()
    eye = Eye(rig, terminal)
    terminal.enter(rig.script("main", [agent(beside, "works beside", background=True), say("I wait")]))
    eye.wait(what="the sub-agent at work", mode=BACKGROUND, in_flight=True)
    free = eye.wait(what="the session whose prompt is free", mode=INTERACTIVE, status=IDLE)
    assert free.agent.evidence[0].endswith("1 background agent at work")
    assert free.agent.evidence[1].startswith("registry: busy since")
    assert eye.nudges.nudge(free.agent, rig.script("nudged", [say("I looked")]))[0] == "tmux"
    rig.requests.wait_for_step("nudged", 0)
    until.touch()
    eye.wait(what="its end", mode=BACKGROUND, finished=True)


@pytest.mark.parametrize("panes", [False, True], ids=["in one process", "in tmux"])
def test_a_teammate_is_idle_busy_and_hears_its_inbox(claude_rig: ClaudeRig, panes: bool) -> None:
    rig = claude_rig
    rig.variables |= TEAMS
    if panes:
        rig.settings["teammateMode"] = "tmux"
        rig.write_settings()
    mate = rig.script("mate", [bash(WAITING), say("mate is idle")])
    start = call("Agent", description="the mate", prompt=mate, subagent_type="general-purpose", name="mate1")
    terminal = rig.interactive()
    eye = Eye(rig, terminal)
    terminal.enter(rig.script("lead", [start, call("TaskCreate", subject="s", description="d"), say("lead waits")]))

    eye.wait(what="the teammate at work", mode=TEAMMATE, status=BUSY)
    (rig.project / "go").touch()
    idle = eye.wait(what="the idle teammate", mode=TEAMMATE, status=IDLE)
    assert (idle.agent.name, bool(idle.agent.id), bool(idle.agent.pane)) == ("mate1", not panes, panes)
    assert len(eye.lists) == 1, "the lead and its mate share one list"
    route, words = eye.nudges.nudge(idle.agent, f"look {rig.script('nudged', [say('mate looked')])}")
    assert (route, words) == ("inbox", f"put into the inbox of mate1 in team {idle.agent.team}")
    rig.requests.wait_for_step("nudged", 0)
