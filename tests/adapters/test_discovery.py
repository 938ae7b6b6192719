"""Which task lists belong to a repository: by transcripts, by live processes, by our environment, by name."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from orchestrator_tui.adapters import claude_home, discovery
from orchestrator_tui.adapters.clock import boot_id
from orchestrator_tui.adapters.discovery import FORGOTTEN_MS, Discovery
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

    def discovery(self, *asked_for: Path) -> Discovery:
        return Discovery(
            self.environ,
            lambda: (self.repository, self.worktree),
            asked_for,
            self.clock,
            lambda process: process.pid in self.running,
        )


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
