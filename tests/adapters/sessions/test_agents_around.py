"""Where agents work, the signs of their life, and files that are hostile or huge."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestrator_tui.adapters.claude_home import project_slug
from orchestrator_tui.adapters.process import ProcessIdentity
from orchestrator_tui.adapters.sessions import agents as module
from orchestrator_tui.adapters.sessions.household import Household
from orchestrator_tui.core.agents import BUSY, GONE, UNKNOWN
from tests.adapters.sessions.homes import NONE, Home, answer, facts, line, prompt

ONE, TWO = "11111111-aaaa-4bbb-8ccc-000000000001", "22222222-aaaa-4bbb-8ccc-000000000002"
BASH = ("toolu_1", "Bash", {"command": "pytest -q"})


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


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


def test_a_sub_agent_that_comes_without_a_trace_in_its_directorys_time_is_found(home: Home) -> None:
    home.register(10, ONE)
    home.write(home.transcript(ONE), prompt(0, "go"))
    first = home.write(home.subagent(ONE, "a1"), answer(1))
    at = first.parent.stat().st_mtime_ns
    looking = home.agents()
    assert f"{ONE}/a1" in facts(looking.scan(NONE))
    home.write(home.subagent(ONE, "a2"), answer(1))
    os.utime(first.parent, ns=(at, at))
    assert set(facts(looking.scan(NONE))) == {f"{ONE}/a2"}
