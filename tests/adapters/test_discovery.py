"""Which task lists belong to a repository: by transcripts, by live processes, by our environment, by name."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator_tui.adapters import claude_home, discovery
from orchestrator_tui.adapters.clock import boot_id
from orchestrator_tui.adapters.discovery import FORGOTTEN_MS, Discovery, machine_sessions
from orchestrator_tui.adapters.memory import ManualClock
from orchestrator_tui.adapters.process import ProcessIdentity

ONE, TWO, THREE = "11111111-aaaa-4bbb-8ccc-000000000001", "22222222-aaaa-4bbb-8ccc-000000000002", "33333333-x"


class Home:
    """A directory of Claude Code, and a repository with one worktree."""

    def __init__(self, root: Path) -> None:
        self.config = root / "claude"
        self.repository, self.worktree = root / "repo", root / "repo.fix-auth"
        for path in (self.config / "projects", self.config / "tasks", self.repository, self.worktree):
            path.mkdir(parents=True)
        self.clock = ManualClock()
        self.running: set[int] = set()
        self.environ = {"CLAUDE_CONFIG_DIR": str(self.config)}

    def transcript(self, tree: Path, session: str, age_ms: int = 0) -> Path:
        folder = self.config / "projects" / claude_home.project_slug(tree)
        folder.mkdir(exist_ok=True)
        path = folder / f"{session}.jsonl"
        path.write_text("{}\n")
        at = (self.clock.now().wall_ms - age_ms) / 1000
        os.utime(path, (at, at))
        return path

    def tasks(self, name: str) -> str:
        path = self.config / "tasks" / name
        path.mkdir()
        return str(path)

    def register(self, pid: int, session: str, cwd: Path, text: str | None = None) -> None:
        (self.config / "sessions").mkdir(exist_ok=True)
        entry = {"pid": pid, "sessionId": session, "cwd": str(cwd), "procStart": "77", "status": "busy"}
        (self.config / "sessions" / f"{pid}.json").write_text(json.dumps(entry) if text is None else text)

    def discovery(self, *asked_for: Path, root: Callable[[Path], Path] | None = None) -> Discovery:
        return Discovery(
            self.environ,
            lambda: (self.repository, self.worktree),
            asked_for,
            self.clock,
            lambda process: process.pid in self.running,
            root,
        )

    def says(self, tree: Path, session: str, **fields: str) -> None:
        """Write a first line into a transcript."""
        self.transcript(tree, session).write_text(json.dumps({"type": "user", "cwd": str(tree), **fields}) + "\n")

    def team(self, name: str, lead: str, **member: object) -> None:
        """Write a team with one member besides its lead."""
        config = {
            "name": name,
            "leadSessionId": lead,
            "leadAgentId": f"team-lead@{name}",
            "members": [{"name": "mate1", "agentId": f"mate1@{name}", **member}],
        }
        (self.config / "teams" / name).mkdir(parents=True)
        (self.config / "teams" / name / "config.json").write_text(json.dumps(config))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_sessions_of_the_main_tree_and_of_worktrees(home: Home, tmp_path: Path) -> None:
    transcript = home.transcript(home.repository, ONE)
    home.transcript(home.worktree, TWO)
    home.transcript(tmp_path / "repo-else", THREE)
    lists = [home.tasks(ONE), home.tasks(TWO)]
    home.tasks(THREE)
    found = home.discovery().look()
    assert sorted(found.lists) == sorted(lists)
    assert [session.id for session in found.by_list[lists[0]]] == [ONE]
    assert found.by_list[lists[0]][0].transcript == transcript
    assert len(found.sessions) == 2


def test_a_team_writes_under_its_own_name(home: Home) -> None:
    home.transcript(home.repository, ONE)
    assert home.discovery().look().lists == ()
    team = home.tasks(f"session-{ONE[:8]}")
    assert home.discovery().look().lists == (team,)


def test_a_live_session_below_a_tree_is_found_by_its_process(home: Home, tmp_path: Path) -> None:
    below, elsewhere = home.tasks(ONE), home.tasks(TWO)
    home.register(10, ONE, home.repository / "src" / "deep")
    home.register(11, TWO, tmp_path / "repo-of-others")
    looking = home.discovery()
    assert looking.look().lists == (), "a dead process says nothing"
    home.running = {10, 11}
    found = looking.look()
    assert found.lists == (below,)
    assert elsewhere not in found.by_list
    assert found.sessions[0].process == ProcessIdentity(10, "77", boot_id())


def test_the_registry_is_read_again_only_when_it_changed(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.register(10, ONE, home.repository)
    home.running = {10}
    looking = home.discovery()
    reads: list[Path] = []
    real = claude_home.read_json

    def counting(path: Path) -> object:
        reads.append(path)
        return real(path)

    monkeypatch.setattr(claude_home, "read_json", counting)
    os.utime(home.config / "sessions" / "10.json", (1, 1))
    assert [len(looking.look().sessions) for _ in range(3)] == [1, 1, 1]
    assert len(reads) == 1
    home.register(10, ONE, home.repository, text='{"pid": 10, "sess')
    assert len(looking.look().sessions) == 1, "half written: the last good reading stands"
    home.register(10, TWO, home.repository)
    assert [session.id for session in looking.look().sessions] == [TWO]


@pytest.mark.parametrize("text", ["", "[]", "null", '{"pid": "x"}', '{"pid": 1}', "[" * 5000, "\x00"])
def test_a_strange_registry_entry_is_no_session(home: Home, text: str) -> None:
    home.register(10, ONE, home.repository, text=text)
    home.running = {1, 10}
    assert home.discovery().look().sessions == ()


def test_a_session_of_long_ago_is_history_unless_its_process_lives(home: Home) -> None:
    home.transcript(home.repository, ONE, age_ms=FORGOTTEN_MS + 1000)
    home.transcript(home.repository, TWO, age_ms=FORGOTTEN_MS - 60_000)
    old, recent = home.tasks(ONE), home.tasks(TWO)
    looking = home.discovery()
    assert looking.look().lists == (recent,)
    home.register(10, ONE, home.repository)
    home.running = {10}
    assert sorted(looking.look().lists) == sorted((old, recent))


def test_lists_that_are_asked_for_come_first_and_need_not_exist(home: Home, tmp_path: Path) -> None:
    home.transcript(home.repository, ONE)
    own = home.tasks(ONE)
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "somewhere")
    home.environ["CLAUDE_CODE_TASK_LIST_ID"] = "orch/list 1.x_y"
    found = home.discovery(link, Path(own)).look()
    tasks = str(home.config / "tasks")
    assert found.lists == (str(tmp_path / "somewhere"), own, f"{tasks}/orch-list-1-x_y")
    assert [session.id for session in found.by_list[own]] == [ONE]


def test_without_a_directory_of_claude_code_nothing_is_found(home: Home, tmp_path: Path) -> None:
    home.environ = {"HOME": str(tmp_path)}
    looking = home.discovery()
    assert looking.config == tmp_path / ".claude"
    assert looking.look() == discovery.Found()


def test_looking_opens_no_transcript(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(50):
        home.transcript(home.repository, f"session-{number}")
    looking = home.discovery()

    def refuse(*arguments: object, **more: object) -> int:
        raise AssertionError("opened a file")

    monkeypatch.setattr(os, "open", refuse)
    assert len(looking.look().sessions) == 50


def test_between_two_looks_only_a_new_list_calls_for_another(home: Home) -> None:
    home.transcript(home.repository, ONE)
    home.transcript(home.repository, TWO)
    looking = home.discovery()
    first = looking.refresh()
    home.transcript(home.repository, THREE)
    assert looking.refresh() is first
    new = home.tasks(ONE)
    assert looking.refresh().lists == (new,)
    home.transcript(home.repository, "another")
    assert len(looking.refresh().sessions) == 3
    home.clock.advance(discovery.LOOK_MS)
    assert len(looking.refresh().sessions) == 4


@pytest.mark.parametrize(
    ("path", "slug"),
    [("/home/ann/my.repo_x", "-home-ann-my-repo-x"), ("/tmp/größe", "-tmp-gr--e"), ("/a b", "-a-b")],
)
def test_the_slug_of_a_directory(path: str, slug: str) -> None:
    assert claude_home.project_slug(Path(path)) == slug


def test_sessions_of_subdirectories_are_known_by_what_their_transcripts_say(home: Home, tmp_path: Path) -> None:
    below, beside = home.repository / "src", tmp_path / "repo-src"
    home.says(below, ONE)
    home.says(beside, TWO)
    folder = home.transcript(home.repository / "src" / "silent", THREE)
    folder.write_text("not yet\n")
    assert claude_home.project_slug(beside) == claude_home.project_slug(below), (
        "a folder's name does not tell them apart"
    )
    found = home.discovery().look()
    assert {session.id: session.cwd for session in found.sessions} == {ONE: str(below)}
    home.says(home.repository / "src" / "silent", THREE)
    assert THREE in {session.id for session in home.discovery().look().sessions}


def test_a_repository_inside_ours_is_not_ours(home: Home) -> None:
    inner = home.repository / "vendor" / "lib"
    home.says(inner, ONE)
    home.register(10, TWO, inner)
    home.register(11, THREE, home.repository / "src")
    home.running = {10, 11}

    def root(directory: Path) -> Path:
        return inner if directory.is_relative_to(inner) else home.repository

    assert {session.id for session in home.discovery().look().sessions} == {ONE, TWO, THREE}
    assert {session.id for session in home.discovery(root=root).look().sessions} == {THREE}


def test_each_session_knows_the_list_that_it_writes(home: Home) -> None:
    for session in (ONE, TWO):
        home.transcript(home.repository, session)
    tasks = str(home.config / "tasks")

    def directories() -> dict[str, str]:
        return {session.id: session.directory for session in home.discovery().look().sessions}

    assert directories() == {ONE: f"{tasks}/{ONE}", TWO: f"{tasks}/{TWO}"}
    home.environ["CLAUDE_CODE_TASK_LIST_ID"] = "shared"
    home.tasks(TWO)
    assert directories() == {ONE: f"{tasks}/shared", TWO: f"{tasks}/{TWO}"}, "what is there goes before what may be"
    home.tasks(f"session-{ONE[:8]}")
    assert directories()[ONE] == f"{tasks}/session-{ONE[:8]}"


def test_a_team_writes_one_list_for_its_lead_and_for_members_in_panes(home: Home) -> None:
    home.says(home.repository, ONE)
    home.says(home.repository, TWO, teamName="crew", agentName="mate1")
    crew = home.tasks("crew")
    home.team("crew", ONE, backendType="tmux", tmuxPaneId="%1")
    found = home.discovery().look()
    assert found.lists == (crew,)
    assert [session.id for session in found.by_list[crew]] == [ONE, TWO]
    assert {session.directory for session in found.sessions} == {crew}


def test_an_entry_that_was_left_behind_is_kept_with_its_session(home: Home) -> None:
    home.transcript(home.repository, ONE)
    home.register(10, ONE, home.repository)
    (session,) = home.discovery().look().sessions
    assert session.process is None
    assert session.entry is not None
    home.register(11, ONE, home.repository)
    home.running = {11}
    (session,) = home.discovery().look().sessions
    assert session.process is not None
    assert session.process.pid == 11


def test_a_process_that_comes_is_found_at_once(home: Home) -> None:
    home.register(10, ONE, home.repository)
    home.running = {10, 11}
    looking = home.discovery()
    looking.refresh()
    home.register(11, TWO, home.repository)
    assert {session.id for session in looking.refresh().sessions} == {ONE, TWO}


def test_the_sessions_of_the_whole_machine_by_their_repositories(home: Home, tmp_path: Path) -> None:
    for number, directory in enumerate(
        (home.repository, home.repository / "src", tmp_path / "other", tmp_path / "gone")
    ):
        if directory.name != "gone":
            directory.mkdir(exist_ok=True)
        home.register(10 + number, f"session-{number}", directory)
    home.register(20, "dead", home.repository)
    home.running = {10, 11, 12, 13}
    roots = {home.repository / "src": home.repository}
    found = machine_sessions(
        home.environ, lambda directory: roots.get(directory, directory), lambda process: process.pid in home.running
    )
    assert {path: [entry.id for entry in entries] for path, entries in found.items()} == {
        home.repository: ["session-0", "session-1"],
        tmp_path / "other": ["session-2"],
    }
