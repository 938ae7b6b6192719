"""The agents of a repository: by captured directories of Claude Code, and by what happens to them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from orchestrator_tui.adapters.sessions import agents as module
from orchestrator_tui.core.agents import (
    BACKGROUND,
    BUSY,
    FOREGROUND,
    GONE,
    HEADLESS,
    IDLE,
    INTERACTIVE,
    JOB,
    PERMISSION,
    TEAMMATE,
)
from tests.adapters.sessions.homes import FIXTURES, NONE, Home, answer, facts, prompt, result

ONE, TWO = "11111111-aaaa-4bbb-8ccc-000000000001", "22222222-aaaa-4bbb-8ccc-000000000002"
BASH = ("toolu_1", "Bash", {"command": "pytest -q"})


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


# --- captured directories ----------------------------------------------------------------------------------


def test_sub_agents_of_the_newest_version(home: Home) -> None:
    home.captured("2.1.328-subagents")
    home.running = {1321}
    first, second = sorted(home.agents().scan(NONE), key=lambda one: one.directory)
    cleared = facts((first,))
    assert list(cleared) == ["01a35b33-4d85-4c60-9506-bbea38a6d832"], (
        "what /clear kept of another session is not its own"
    )
    assert first.title == "my-nice-name"
    assert (first.alive, second.alive) == (True, False)
    found = facts((second,))
    session = "04e394d5-69bd-4e44-9c5c-65cddf641ef0"
    assert found[session].agent.status == GONE
    assert found[session].tasks == ()
    nested = found[f"{session}/a3bf84bfd38f12ed9"]
    assert (nested.agent.parent, nested.agent.mode, nested.title) == ("a7c4f72fb37703523", BACKGROUND, "nested")
    assert (nested.activity, nested.finished, nested.model) == ("Bash sleep 1; echo n", True, "claude-opus-5-5")
    together = sum(one.cost_usd or 0.0 for one in found.values())
    assert together == pytest.approx(0.03036), "the session and its sub-agents cost what Claude Code stated for all"
    assert all(one.agent.evidence for one in found.values())


def test_sub_agents_of_an_older_version_are_told_by_their_parents_transcript(home: Home) -> None:
    home.captured("2.1.197-subagents")
    (sight,) = home.agents().scan(NONE)
    modes = {one.title: (one.agent.mode, one.agent.status, one.finished) for one in sight.seen.facts if one.agent.id}
    assert modes == {"fgd": (FOREGROUND, GONE, True), "bgd": (BACKGROUND, GONE, True)}
    assert {one.agent.mode for one in sight.seen.facts if not one.agent.id} == {HEADLESS}


def test_a_team_in_one_process(home: Home) -> None:
    home.captured("2.1.328-team")
    home.running = {31396}
    (sight,) = home.agents().scan(NONE)
    lead, mate = facts((sight,)).values()
    assert os.path.basename(sight.directory) == "session-33721dd3"
    assert (lead.agent.status, lead.agent.team, lead.agent.pane) == (IDLE, "session-33721dd3", "claude:@0.%0")
    assert (mate.agent.mode, mate.agent.name, mate.agent.team) == (TEAMMATE, "mate1", "session-33721dd3")
    assert mate.agent.status == IDLE
    assert mate.agent.evidence[0].startswith("its transcript: its turn ended at ")
    assert lead.tasks == ("1",)


def test_a_team_in_tmux_is_one_list_of_two_sessions(home: Home) -> None:
    home.captured("2.1.328-team-tmux")
    home.running = {31931}
    (sight,) = home.agents().scan(NONE)
    assert os.path.basename(sight.directory) == "session-eca845fc"
    mate = next(one for one in sight.seen.facts if one.agent.mode == TEAMMATE)
    assert (mate.agent.name, mate.agent.id, mate.agent.pane, mate.agent.status) == ("mate1", "", "%1", IDLE)
    assert mate.agent.evidence == ("team session-eca845fc: idle",)


@pytest.mark.parametrize(
    ("name", "status", "mode"),
    [
        ("interactive-busy", BUSY, INTERACTIVE),
        ("interactive-idle", IDLE, INTERACTIVE),
        ("interactive-waiting-permission", PERMISSION, INTERACTIVE),
        ("headless-busy", BUSY, HEADLESS),
        ("bg-busy", BUSY, JOB),
    ],
)
def test_every_state_of_the_registry(home: Home, name: str, status: str, mode: str) -> None:
    entry = json.loads((FIXTURES / "sessions" / f"{name}.json").read_text())
    home.register(entry.pop("pid"), entry.pop("sessionId"), **{**entry, "cwd": home.repository})
    (fact,) = facts(home.agents().scan(NONE)).values()
    assert (fact.agent.status, fact.agent.mode) == (status, mode)
    assert fact.agent.evidence[0].startswith("registry: ")
    assert fact.agent.pane == entry.get("tmux", "")


# --- what changes ------------------------------------------------------------------------------------------


def test_only_what_changed_is_told(home: Home) -> None:
    home.register(10, ONE)
    home.write(home.transcript(ONE), prompt(0, "Add up the cart"), answer(1, BASH))
    home.write(home.subagent(ONE, "a1"), answer(1))
    home.meta(ONE, "a1", description="tests", requestShape="background")
    looking = home.agents()
    (first,) = looking.scan(NONE)
    assert first.seen.whole
    assert first.title == "Add up the cart"
    assert set(facts((first,))) == {ONE, f"{ONE}/a1"}
    assert looking.scan(NONE) == ()
    home.write(home.transcript(ONE), result(2, "toolu_1"))
    (second,) = looking.scan(NONE)
    assert not second.seen.whole
    ((where, fact),) = facts((second,)).items()
    assert (where, fact.in_flight, fact.activity) == (ONE, False, "Bash pytest -q")
    assert [call.tool for call in second.seen.calls] == ["Bash"]
    home.meta(ONE, "a1", description="tests", requestShape="background", finished=True)
    ((where, fact),) = facts(looking.scan(NONE)).items()
    assert (where, fact.finished, fact.agent.status) == (f"{ONE}/a1", True, GONE)
    assert looking.scan(NONE) == ()


def test_a_list_that_is_forgotten_is_told_as_a_whole_with_its_calls(home: Home) -> None:
    home.register(10, ONE)
    home.write(home.transcript(ONE), answer(1, BASH), result(2, "toolu_1"), prompt(3, "d-0123456789ab"), answer(4))
    awaited = frozenset({"d-0123456789ab"})
    looking = home.agents()
    for _ in range(2):
        (sight,) = looking.scan(awaited)
        assert sight.seen.whole
        assert len(sight.seen.facts) == len(sight.seen.calls) == len(sight.seen.arrived) == 1
        assert looking.scan(awaited) == ()
        looking.forget(sight.directory)


def test_a_list_of_long_ago_that_is_asked_for_is_told_as_a_whole(home: Home) -> None:
    home.write(home.transcript(ONE), answer(1))
    home.clock.advance(3 * 24 * 3_600_000)
    looking = home.agents()
    assert looking.scan(NONE) == ()
    looking.forget(str(home.config / "tasks" / ONE))
    (sight,) = looking.scan(NONE)
    assert sight.seen.whole
    assert [one.agent.status for one in sight.seen.facts] == [GONE]
    looking.forget(str(home.config / "tasks" / "nobody"))
    (empty,) = (one for one in looking.scan(NONE) if one.directory.endswith("nobody"))
    assert (empty.seen.whole, empty.seen.facts, empty.alive) == (True, (), False)


def test_an_identifier_that_is_awaited_only_later_is_found_all_the_same_and_once(home: Home) -> None:
    home.register(10, ONE)
    home.write(home.subagent(ONE, "a1"), prompt(1, "Decided: d-0123456789ab"), answer(2, BASH))
    home.write(home.transcript(ONE), prompt(0, "go"))
    looking = home.agents()
    looking.scan(NONE)
    (sight,) = looking.scan(frozenset({"d-0123456789ab", "m-7"}))
    words = "its next answer came 1.0 s later: Bash pytest -q"
    assert sight.seen.arrived == (("d-0123456789ab", f"{ONE}/a1", words),)
    assert looking.scan(frozenset({"d-0123456789ab"})) == ()


def test_a_process_that_is_killed_and_one_that_leaves(home: Home) -> None:
    home.register(10, ONE)
    home.register(11, TWO)
    for session in (ONE, TWO):
        home.write(home.transcript(session), prompt(0, "go"), answer(1, BASH))
        home.write(home.subagent(session, "a1"), answer(1))
        home.meta(session, "a1")
    looking = home.agents()
    assert {one.agent.status for one in facts(looking.scan(NONE)).values()} == {BUSY}
    home.running = set()
    (home.config / "sessions" / "11.json").unlink()
    found = facts(looking.scan(NONE))
    assert (found[ONE].killed, found[ONE].finished, found[ONE].in_flight) == (True, True, False)
    assert found[ONE].agent.evidence == ("pid 10 has ended; its entry in the registry was left behind",)
    assert (found[TWO].killed, found[TWO].finished) == (False, True)
    assert found[f"{ONE}/a1"].agent.evidence == ("its session has ended",)
    assert not found[f"{ONE}/a1"].finished


def test_a_process_that_takes_up_another_session(home: Home) -> None:
    home.register(10, ONE, "idle")
    home.write(home.transcript(ONE), prompt(0, "go"), answer(1))
    looking = home.agents()
    looking.scan(NONE)
    home.register(10, TWO, "idle")
    found = facts(looking.scan(NONE))
    assert found[TWO].agent.status == IDLE
    assert found[ONE].agent.status == GONE
    assert found[ONE].agent.evidence == ("its process went on with session 22222222",)


def test_a_sub_agent_that_is_taken_up_again(home: Home) -> None:
    home.register(10, ONE)
    home.write(home.transcript(ONE), prompt(0, "go"))
    home.write(home.subagent(ONE, "a1"), answer(1))
    home.meta(ONE, "a1", finished=True)
    looking = home.agents()
    assert facts(looking.scan(NONE))[f"{ONE}/a1"].finished
    home.meta(ONE, "a1")
    home.write(home.subagent(ONE, "a1"), prompt(2, "more"), answer(3, BASH))
    assert looking.scan(NONE) == (), "those that returned are looked at more seldom"
    home.clock.advance(module.EVERYTHING_MS)
    fact = facts(looking.scan(NONE))[f"{ONE}/a1"]
    assert (fact.finished, fact.agent.status, fact.activity) == (False, BUSY, "Bash pytest -q")


def test_a_sub_agent_without_a_trace_is_told_by_a_look_at_all(home: Home) -> None:
    home.register(10, ONE)
    home.write(home.transcript(ONE), prompt(0, "go"))
    home.write(home.subagent(ONE, "a1"), answer(1))
    looking = home.agents()
    looking.scan(NONE)
    home.subagent(ONE, "a1").unlink()
    looking.scan(NONE)
    (sight,) = looking.scan(NONE)
    assert sight.seen.whole
    assert set(facts((sight,))) == {ONE}
