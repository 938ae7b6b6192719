"""Nudges: only into a pane that is surely free, or into an inbox; whatever cannot be done is said and not done."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator_tui.adapters.nudges import TAKEN_S, ClaudeNudges
from orchestrator_tui.adapters.process import ProcessIdentity
from orchestrator_tui.adapters.tmux import Pane, Shown, Tmux
from orchestrator_tui.core.agents import BACKGROUND, BUSY, HEADLESS, IDLE, INTERACTIVE, JOB, TEAMMATE, Agent
from tests.adapters.sessions.homes import FIXTURES, Home

ONE = "11111111-aaaa-4bbb-8ccc-000000000001"
RULE = "─" * 30
WORDS = "orch-tui: something is waiting for you"
AGENT = Agent(ONE, mode=INTERACTIVE, status=IDLE)


def screen(typed: str = "", footer: str = "  ? for shortcuts") -> Shown:
    return Shown(("● done", RULE, f"❯ {typed}", RULE, footer), (2 + len(typed), 2))


DIALOG = Shown((RULE, " Bash command", " Do you want to proceed?", " ❯ 1. Yes", " Esc to cancel"), (1, 3))


class FakeTmux(Tmux):
    """One pane, and a Claude Code in it that shows what is pasted and takes it at Enter."""

    def __init__(self) -> None:
        super().__init__({})
        self.pane: Pane | None = Pane("/sock", "%4", "@1", "main")
        self.shown: Shown | None = screen()
        self.done: list[str] = []
        self.at_paste: Callable[[str], Shown | None] = screen
        self.at_enter: Callable[[], Shown | None] = screen

    def pane_of(self, process: ProcessIdentity) -> Pane | None:
        return self.pane

    def look(self, pane: Pane) -> Shown | None:
        return self.shown

    def paste(self, pane: Pane, text: str) -> None:
        self.done.append(f"paste {text}")
        self.shown = self.at_paste(text)

    def press(self, pane: Pane, key: str) -> None:
        self.done.append(key)
        self.shown = self.at_enter()

    def go(self, pane: Pane) -> str:
        return f"went to {pane.target}"


class Scene:
    """An interactive session in a pane."""

    def __init__(self, root: Path) -> None:
        self.home, self.tmux, self.seconds = Home(root), FakeTmux(), 0.0
        self.home.register(10, ONE, "idle")
        self.nudges = ClaudeNudges(
            self.home.environ, self.tmux, lambda one: one.pid in self.home.running, self._pass, lambda: self.seconds
        )

    def _pass(self, seconds: float) -> None:
        self.seconds += seconds

    def refused(self, agent: Agent = AGENT, words: str = WORDS) -> str:
        """Why it cannot be nudged; nothing is typed then."""
        with pytest.raises(OSError, match=r"\w") as refusal:
            self.nudges.nudge(agent, words)
        return str(refusal.value)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_words_are_pasted_and_taken(scene: Scene) -> None:
    assert scene.nudges.nudge(AGENT, WORDS) == ("tmux", "pasted into main:@1.%4 in tmux")
    assert scene.tmux.done == [f"paste {WORDS}", "Enter"]


@pytest.mark.parametrize(
    ("shown", "why"),
    [
        (DIALOG, "its terminal shows a dialog, a menu or something else than a free input line"),
        (None, "its terminal shows a dialog, a menu or something else than a free input line"),
        (screen("half typed"), "something is typed into its input line"),
        (screen(footer="  esc to interrupt"), "its terminal shows that it works"),
    ],
)
def test_nothing_is_typed_into_a_pane_that_is_not_free(scene: Scene, shown: Shown | None, why: str) -> None:
    scene.tmux.shown = shown
    assert scene.refused() == why
    assert scene.tmux.done == []


@pytest.mark.parametrize(
    ("status", "waiting_for", "agent", "why"),
    [
        ("busy", "", Agent(ONE, mode=INTERACTIVE, status=BUSY), "it is at work"),
        ("", "", Agent(ONE, mode=INTERACTIVE), "nothing says that it is idle"),
        ("waiting", "permission prompt", AGENT, "it waits for its person: permission prompt"),
        ("waiting", "", AGENT, "it waits for its person: it does not say for what"),
        ("idle", "", Agent(ONE, mode=HEADLESS, status=IDLE), "a headless session has no terminal to type into"),
        ("idle", "", Agent(ONE, mode=JOB, status=IDLE), "a job session has no terminal to type into"),
        ("idle", "", Agent(ONE, "a1", mode=BACKGROUND), "a sub-agent has no terminal and no inbox: it hears us"),
        ("idle", "", Agent("another", mode=INTERACTIVE, status=IDLE), "no process works on its session now"),
    ],
)
def test_the_registry_is_asked_right_before(
    scene: Scene, status: str, waiting_for: str, agent: Agent, why: str
) -> None:
    scene.home.register(10, ONE, status, waitingFor=waiting_for)
    assert scene.refused(agent).startswith(why)
    assert scene.tmux.done == []


def test_a_session_that_waits_for_its_background_agents_can_be_talked_to(scene: Scene) -> None:
    scene.home.register(10, ONE, "busy")
    assert scene.nudges.nudge(AGENT, WORDS)[0] == "tmux"


def test_a_process_that_has_ended_is_not_typed_at(scene: Scene) -> None:
    scene.home.running.clear()
    assert scene.refused() == "no process works on its session now"


def test_what_the_pane_does_not_show_is_not_submitted(scene: Scene) -> None:
    scene.tmux.at_paste = lambda _: DIALOG
    assert scene.refused() == "it was pasted, but its terminal does not show it: nothing was submitted"
    assert scene.tmux.done == [f"paste {WORDS}"]
    assert scene.seconds >= TAKEN_S


def test_a_dialog_that_opens_in_between_is_not_answered(scene: Scene) -> None:
    def opens(text: str) -> Shown:
        scene.home.register(10, ONE, "waiting", waitingFor="permission prompt")
        return screen(text)

    scene.tmux.at_paste = opens
    assert scene.refused() == "it waits for its person: permission prompt"
    assert scene.tmux.done == [f"paste {WORDS}"]


def test_what_is_not_taken_is_said(scene: Scene) -> None:
    scene.tmux.at_enter = lambda: screen(WORDS)
    assert scene.refused() == "it stands in its input line, but was not taken"


def test_words_become_no_command_and_no_escape(scene: Scene) -> None:
    scene.nudges.nudge(AGENT, "/clear \x1b[201~ now")
    assert scene.tmux.done[0] == "paste  /clear \\x1b[201~ now"


def test_without_pane_and_team_there_is_no_way(scene: Scene) -> None:
    scene.tmux.pane = None
    assert scene.refused() == "there is no way to it: it runs outside of tmux, and in no team"
    hidden = scene.refused(replace(AGENT, pane="claude:@0.%0"))
    assert hidden == "there is no way to it: it sits in a tmux that cannot be seen from here, and in no team"


# --- teams -------------------------------------------------------------------------------------------------

TEAM = "session-c87712b0"
MATE = Agent(ONE, "amate1-1", mode=TEAMMATE, name="mate1", status=IDLE, team=TEAM)


@pytest.fixture
def team(scene: Scene) -> Path:
    """A team that is led by our session; its directory."""
    shutil.copytree(FIXTURES / "teams" / "2.1.328-in-process", scene.home.config / "teams")
    return scene.home.config / "teams" / TEAM


def told(team: Path, name: str) -> list[str]:
    return [str(message["text"]) for message in json.loads((team / "inboxes" / f"{name}.json").read_text())]


def test_an_idle_teammate_finds_it_in_its_inbox(scene: Scene, team: Path) -> None:
    assert scene.nudges.nudge(MATE, WORDS) == ("inbox", f"put into the inbox of mate1 in team {TEAM}")
    assert told(team, "mate1")[-1] == WORDS


def test_a_lead_outside_of_tmux_finds_it_in_its_own(scene: Scene, team: Path) -> None:
    scene.tmux.pane = None
    lead = Agent(ONE, mode=INTERACTIVE, name="proj-06", status=IDLE, team=TEAM)
    assert scene.nudges.nudge(lead, WORDS)[0] == "inbox"
    assert told(team, "team-lead")[-1] == WORDS


@pytest.mark.parametrize(
    ("agent", "why"),
    [
        (Agent(ONE, "a", mode=TEAMMATE, name="mate1", status=BUSY, team=TEAM), "it is busy: a message in its inbox"),
        (Agent(ONE, "a", mode=TEAMMATE, name="mate9", status=IDLE, team=TEAM), "mate9 is no member of team"),
        (Agent(ONE, "a", mode=TEAMMATE, name="../x", status=IDLE, team=TEAM), "../x is no member of team"),
        (Agent(ONE, "a", mode=TEAMMATE, name="mate1", status=IDLE, team="gone"), "its team gone is gone"),
    ],
)
def test_who_is_busy_or_no_member_gets_nothing(scene: Scene, team: Path, agent: Agent, why: str) -> None:
    before = {path: path.read_text() for path in sorted(team.rglob("*.json"))}
    assert scene.refused(agent).startswith(why)
    assert {path: path.read_text() for path in sorted(team.rglob("*.json"))} == before


# --- going to a pane ---------------------------------------------------------------------------------------


def test_going_to_the_pane_of_a_session(scene: Scene) -> None:
    assert scene.nudges.jump(AGENT) == "went to main:@1.%4"
    scene.tmux.pane = None
    with pytest.raises(OSError, match="it sits in no tmux pane"):
        scene.nudges.jump(AGENT)


def test_a_teammate_in_one_process_has_no_pane(scene: Scene, team: Path) -> None:
    with pytest.raises(OSError, match="it sits in no tmux pane"):
        scene.nudges.jump(MATE)
