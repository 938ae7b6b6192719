"""The agents of a repository: by captured directories of Claude Code, and by what happens to them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from orchestrator_tui.adapters.claude_home import project_slug
from orchestrator_tui.adapters.process import ProcessIdentity
from orchestrator_tui.adapters.sessions import agents as module
from orchestrator_tui.adapters.sessions.household import Household
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
    UNKNOWN,
)
from tests.adapters.sessions.homes import FIXTURES, NONE, Home, answer, facts, line, prompt, result

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


# --- where they work ---------------------------------------------------------------------------------------


def test_worktrees_and_branches_are_told_where_they_are_an_agents_own(home: Home, tmp_path: Path) -> None:
    tree, own = tmp_path / "repo.fix", home.repository / ".claude" / "worktrees" / "agent-a2"
    for path in (tree, own):
        path.mkdir(parents=True)
    home.trees += [tree, own]
    home.register(10, ONE, cwd=tree)
    home.write(home.transcript(ONE, tree), {**answer(1), "cwd": str(tree), "gitBranch": "fix"})
    subagents = home.transcript(ONE, tree).with_suffix("") / "subagents"
    for agent, cwd in (("a1", tree), ("a2", own)):
        home.write(subagents / f"agent-{agent}.jsonl", {**answer(1), "cwd": str(cwd), "gitBranch": f"of-{agent}"})
    found = {one.agent.id: (one.worktree, one.branch) for one in facts(home.agents().scan(NONE)).values()}
    assert found == {"": (str(tree), "fix"), "a1": ("", ""), "a2": (str(own), "of-a2")}


def test_a_session_is_connected_by_where_it_was_started(home: Home) -> None:
    home.register(10, ONE)
    home.write(home.transcript(ONE), prompt(0, "go"))
    home.write(home.subagent(ONE, "a1"), answer(1))
    looking = home.agents()
    assert not any(one.agent.connected for one in facts(looking.scan(NONE)).values())
    home.connected.add(str(home.repository))
    assert {one.agent.connected for one in facts(looking.scan(NONE)).values()} == {True}
    home.running = set()
    assert {one.agent.connected for one in facts(looking.scan(NONE)).values()} == {False}


def test_a_pane_that_the_version_does_not_tell_is_looked_for_once(home: Home) -> None:
    home.panes[10] = "main:@1.%4"
    asked: list[int] = []
    home.register(10, ONE, "idle", version="2.1.197")
    home.register(11, TWO, "idle", entrypoint="sdk-cli")
    looking = home.agents()

    def pane(process: ProcessIdentity) -> str:
        asked.append(process.pid)
        return home.panes.get(process.pid, "")

    looking._pane = pane
    found = facts(looking.scan(NONE))
    assert (found[ONE].agent.pane, found[TWO].agent.pane) == ("main:@1.%4", "")
    home.register(10, ONE, "busy", version="2.1.197")
    looking.scan(NONE)
    assert asked == [10]


def test_sessions_of_other_places_are_not_ours(home: Home, tmp_path: Path) -> None:
    home.register(10, ONE, cwd=tmp_path / "repo-of-others")
    home.write(home.transcript(TWO, tmp_path / "repo-else"), {**answer(1), "cwd": str(tmp_path / "repo-else")})
    assert home.agents().scan(NONE) == ()


def test_a_session_that_was_started_in_a_subdirectory_is_found_alive_and_dead(home: Home) -> None:
    below = home.repository / "src" / "deep"
    home.write(home.transcript(ONE, below), {**prompt(0, "go"), "cwd": str(below)})
    home.register(10, TWO, cwd=below)
    found = facts(home.agents().scan(NONE))
    assert found[ONE].agent.status == GONE
    assert (found[TWO].agent.status, found[TWO].cwd) == (BUSY, str(below))


# --- life --------------------------------------------------------------------------------------------------


def test_the_life_of_each_agent(home: Home) -> None:
    home.register(10, ONE)
    home.write(home.transcript(ONE), prompt(0, "go"), answer(1))
    home.clock.advance(60_000)
    home.write(home.subagent(ONE, "a1"), answer(1, BASH))
    home.write(home.subagent(ONE, "a2"), answer(1))
    home.meta(ONE, "a2", finished=True)
    looking = home.agents()
    assert looking.life(ONE) is None
    looking.scan(NONE)
    own, running, returned = (looking.life(whom) for whom in (ONE, f"{ONE}/a1", f"{ONE}/a2"))
    assert own is not None
    assert running is not None
    assert returned is not None
    assert (own.process is not None and own.process.pid, own.call) == (10, "")
    assert (running.process, running.call, running.call_ms) == (None, "Bash pytest -q", 1_795_168_801_000)
    assert running.changed_ms - own.changed_ms == 60_000
    assert (returned.gone, returned.process) == (True, None)
    assert looking.life("nobody") is None
    assert looking.life(f"{ONE}/a9") is None


# --- hostile and huge --------------------------------------------------------------------------------------


def test_hostile_files_are_nobodys_trouble(home: Home, tmp_path: Path) -> None:
    home.register(10, ONE)
    home.write(home.transcript(ONE), prompt(0, "go"), answer(1))
    folder = home.subagent(ONE, "x").parent
    folder.mkdir(parents=True)
    (tmp_path / "secret").write_bytes(line(answer(1, BASH)))
    (folder / "agent-link.jsonl").symlink_to(tmp_path / "secret")
    os.mkfifo(folder / "agent-fifo.jsonl")
    (folder / "agent-directory.jsonl").mkdir()
    os.mkfifo(folder / "agent-fine.meta.json")
    (folder / "agent-fine.jsonl").write_bytes(b"\xff\xfe\n" + line(answer(1, BASH)))
    (folder / "agent-torn.jsonl").write_bytes(line(answer(1, BASH))[:50])
    (folder / "agent-torn.meta.json").write_text('{"agentType": "gene')
    (folder / "agent-\udce9.jsonl").write_bytes(line(answer(1)))
    (home.config / "teams" / "t").mkdir(parents=True)
    (home.config / "teams" / "t" / "config.json").symlink_to("/dev/zero")
    (home.config / "jobs" / "j" / "state.json").mkdir(parents=True)
    found = facts(home.agents().scan(NONE))
    assert found[ONE].agent.status == BUSY
    assert found[f"{ONE}/fine"].activity == "Bash pytest -q"
    assert found[f"{ONE}/link"].activity == ""


def test_files_that_vanish_while_they_are_looked_at(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.register(10, ONE)
    home.write(home.transcript(ONE), prompt(0, "go"), answer(1))
    home.write(home.subagent(ONE, "a1"), answer(1))
    real = os.open

    def vanish(path: object, *rest: object, **more: object) -> int:
        if str(path).endswith(".jsonl"):
            os.unlink(str(path))
        return real(path, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", vanish)
    (fact,) = (one for one in facts(home.agents().scan(NONE)).values() if not one.agent.id)
    assert (fact.agent.status, fact.activity, fact.tokens) == (BUSY, "", 0)


def test_a_huge_transcript_is_told_at_once_and_counted_later(home: Home) -> None:
    home.register(10, ONE)
    path = home.transcript(ONE)
    bulk = line({"type": "api-request-shape", "shape": "x" * 90_000})
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        for number in range(1, 31):
            file.write(bulk + line(answer(number, (f"toolu_{number}", "Bash", {"command": f"step {number}"}))))
    looking, real = home.agents(), Household.count

    def slowly(one: Household) -> bool:
        home.clock.advance(module.COUNT_MS)
        return real(one)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Household, "count", slowly)
        (fact,) = facts(looking.scan(NONE)).values()
        assert (fact.activity, fact.tokens, fact.cost_usd) == ("Bash step 30", 0, None), "what is not known is not told"
        assert home.asked_again == [module.AGAIN_MS]
    (fact,) = facts(looking.scan(NONE)).values()
    assert fact.tokens == 30 * 1_100


def test_first_looks_are_spread_when_they_take_long(home: Home) -> None:
    for number in range(4):
        home.register(10 + number, f"session-{number}")
        home.write(home.transcript(f"session-{number}"), prompt(0, "go"))
    looking = home.agents()
    real = Household.look

    def slowly(one: Household, *, everything: bool) -> None:
        home.clock.advance(module.BEGIN_MS)
        real(one, everything=everything)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Household, "look", slowly)
        told = [len(facts(looking.scan(NONE))) for _ in range(5)]
    assert told == [1, 1, 1, 1, 0]
    assert len(home.asked_again) == 3


def test_what_is_looked_at_is_known_by_where_it_lies(home: Home) -> None:
    home.captured("2.1.328-team")
    assert home.agents().directories() == (
        str(home.config / "sessions"),
        str(home.config / "teams"),
        str(home.config / "teams" / "session-33721dd3"),
    )
    assert home.transcript(ONE).parent.name == project_slug(home.repository)


def test_without_anything_of_claude_code_there_is_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path)
    for name in ("projects", "sessions"):
        (home.config / name).rmdir()
    assert home.agents().scan(NONE) == ()


def test_a_session_without_a_registry_of_its_version_is_unknown(home: Home) -> None:
    home.write(home.transcript(ONE), {**answer(1), "version": "2.1.34"})
    (fact,) = facts(home.agents().scan(NONE)).values()
    assert (fact.agent.status, fact.finished) == (UNKNOWN, False)
    assert fact.agent.evidence == ("Claude Code 2.1.34 keeps no registry of what runs",)
