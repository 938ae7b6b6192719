"""The registry of live processes, and background jobs, by files of real runs."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from orchestrator_tui.adapters import claude_home
from orchestrator_tui.adapters.claude_home import registered
from orchestrator_tui.adapters.sessions.registry import Jobs, Registry
from orchestrator_tui.adapters.sessions.teams import Teams, inbox
from tests.adapters.sessions.homes import FIXTURES


@pytest.mark.parametrize(
    ("name", "status", "waiting_for", "kind", "entrypoint", "tmux", "named"),
    [
        ("interactive-busy", "busy", "", "interactive", "cli", "cc:@0.%0", False),
        ("interactive-idle", "idle", "", "interactive", "cli", "cc:@0.%0", False),
        ("interactive-waiting-permission", "waiting", "permission prompt", "interactive", "cli", "cc:@0.%0", False),
        ("interactive-waiting-input", "waiting", "input needed", "interactive", "cli", "cc:@0.%0", False),
        ("headless-busy", "busy", "", "interactive", "sdk-cli", "", True),
        ("bg-idle", "idle", "", "bg", "cli", "", True),
    ],
)
def test_entries_as_claude_code_writes_them(
    name: str, status: str, waiting_for: str, kind: str, entrypoint: str, tmux: str, named: bool
) -> None:
    entry = registered(json.loads((FIXTURES / "sessions" / f"{name}.json").read_text()), "boot")
    assert entry is not None
    found = (entry.status, entry.waiting_for, entry.kind, entry.entrypoint, entry.tmux, entry.named)
    assert found == (status, waiting_for, kind, entrypoint, tmux, named)
    assert entry.version == "2.1.328"
    assert entry.status_ms > 1_795_000_000_000
    assert entry.process.boot == "boot"


@pytest.mark.parametrize(
    "changes",
    [
        {"pid": "5"},
        {"pid": 0},
        {"pid": True},
        {"pid": 2**31},
        {"sessionId": ""},
        {"sessionId": "../../etc"},
        {"sessionId": ".hidden"},
        {"sessionId": "x" * 300},
        {"cwd": 5},
        {"cwd": "/a\0b"},
    ],
)
def test_an_entry_that_names_no_process_and_session_is_none(changes: dict[str, object]) -> None:
    entry = json.loads((FIXTURES / "sessions" / "headless-busy.json").read_text())
    assert registered({**entry, **changes}, "boot") is None


def test_fields_of_another_kind_are_left_out() -> None:
    entry = registered({"pid": 5, "sessionId": "s", "cwd": "/", "status": 7, "statusUpdatedAt": "x", "tmux": []}, "b")
    assert entry is not None
    assert (entry.status, entry.status_ms, entry.tmux) == ("", 0, "")


@pytest.fixture
def entry(tmp_path: Path) -> Path:
    """A file of the registry that was written long ago, beside one that is not ours to read."""
    path = tmp_path / "sessions" / "5.json"
    path.parent.mkdir()
    (tmp_path / "sessions" / "5.abc.key").write_text("secret")
    write(path, "s1")
    return path


def write(path: Path, session: str, *, at: int = 1) -> None:
    path.write_text(f'{{"pid": 5, "sessionId": "{session}", "cwd": "/"}}')
    os.utime(path, (at, at))


def test_a_file_is_read_again_only_when_it_changed(
    tmp_path: Path, entry: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[Path] = []
    real = claude_home.read_json

    def counting(path: Path) -> object:
        reads.append(path)
        return real(path)

    monkeypatch.setattr(claude_home, "read_json", counting)
    registry = Registry(tmp_path)
    assert [[one.id for one in registry.read()] for _ in range(3)] == [["s1"]] * 3
    entry.write_text('{"pid": 5, "sess')
    os.utime(entry, (2, 2))
    assert [[one.id for one in registry.read()] for _ in range(2)] == [["s1"]] * 2, "half written: what it said stands"
    write(entry, "s2", at=3)
    assert [[one.id for one in registry.read()] for _ in range(3)] == [["s2"]] * 3
    assert reads == [entry] * 4
    entry.unlink()
    assert registry.read() == ()


def test_a_change_that_leaves_no_trace_in_the_times_of_a_file_is_seen(tmp_path: Path, entry: Path) -> None:
    registry, now = Registry(tmp_path), int(time.time())
    write(entry, "s1", at=now)
    assert [one.id for one in registry.read()] == ["s1"]
    write(entry, "s2", at=now)
    assert [one.id for one in registry.read()] == ["s2"]


def test_background_jobs_by_their_session(tmp_path: Path) -> None:
    (tmp_path / "jobs" / "eb7bdda8").mkdir(parents=True)
    (tmp_path / "jobs" / "empty").mkdir()
    state = (FIXTURES / "sessions" / "bg-job-state.json").read_text()
    (tmp_path / "jobs" / "eb7bdda8" / "state.json").write_text(state)
    (job,) = Jobs(tmp_path).read().values()
    assert (job.id, job.session[:8], job.name, job.state) == ("eb7bdda8", "eb7bdda8", "stage-2", "working")


@pytest.mark.parametrize(
    ("version", "pane", "active", "process"),
    [
        ("2.1.34", "", None, False),
        ("2.1.150", "", None, False),
        ("2.1.197", "", None, False),
        ("2.1.328-in-process", "", None, True),
        ("2.1.328-tmux", "%1", False, True),
    ],
)
def test_teams_of_every_version(tmp_path: Path, version: str, pane: str, active: bool | None, process: bool) -> None:
    (tmp_path / "teams").symlink_to(FIXTURES / "teams" / version)
    ((name, team),) = Teams(tmp_path).read().items()
    assert name == team.name
    assert team.lead_name == "team-lead"
    assert (team.process is not None) == process
    member = team.member("mate1")
    assert member is not None
    assert (member.pane, member.active) == (pane, active)
    assert team.member("team-lead") is None, "the lead is no member of its own team here"


@pytest.mark.parametrize("names", [("..", "a"), ("t", "../../x"), ("", "a"), ("t", ".a"), ("t", "a\0")])
def test_an_inbox_stands_in_its_team_alone(tmp_path: Path, names: tuple[str, str]) -> None:
    assert inbox(tmp_path, *names) is None
    assert inbox(tmp_path, "t", "mate1") == tmp_path / "teams" / "t" / "inboxes" / "mate1.json"
