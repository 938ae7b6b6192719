"""Messages put into a team's inbox, as Claude Code's own agents put them."""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from pathlib import Path

import pytest

from orchestrator_tui.adapters.inbox import append
from tests.adapters.sessions.homes import FIXTURES


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "crew").mkdir()
    return tmp_path / "crew" / "inboxes" / "mate1.json"


def messages(path: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(path.read_text())
    return found


def test_the_first_message_makes_the_inbox(path: Path) -> None:
    append(path, "Decided: ship\nGo on.", "decision")
    (message,) = messages(path)
    assert (message["from"], message["text"], message["summary"], message["read"]) == (
        "orch-tui",
        "Decided: ship\nGo on.",
        "decision",
        False,
    )
    assert str(message["timestamp"]).endswith("Z")
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["mate1.json"], "neither lock nor leavings"


@pytest.mark.parametrize("version", ["2.1.34", "2.1.150"])
def test_messages_that_stand_there_stay(path: Path, version: str) -> None:
    path.parent.mkdir()
    source = next((FIXTURES / "teams" / version).rglob("inboxes/mate1.json"))
    shutil.copy(source, path)
    path.chmod(0o640)
    before = messages(path)
    append(path, "one more", "s")
    assert messages(path)[:-1] == before
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_team_that_is_gone_stays_gone(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        append(tmp_path / "gone" / "inboxes" / "mate1.json", "x", "s")
    assert not (tmp_path / "gone").exists()


@pytest.mark.parametrize("content", ["{}", "[", "\xff", "[" * 9_000])
def test_what_is_no_inbox_is_left_as_it_is(path: Path, content: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    path.parent.mkdir()
    path.write_text(content, encoding="latin-1")
    with pytest.raises(OSError, match="cannot be read as an inbox"):
        append(path, "x", "s")
    assert path.read_text(encoding="latin-1") == content
    assert not path.with_name("mate1.json.lock").exists()


def test_links_and_pipes_are_not_followed(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir()
    (tmp_path / "other").write_text("[]")
    path.symlink_to(tmp_path / "other")
    with pytest.raises(OSError, match="symbolic"):
        append(path, "x", "s")
    assert (tmp_path / "other").read_text() == "[]"
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(OSError, match="is no inbox"):
        append(path, "x", "s")


def test_a_lock_of_claude_code_is_waited_for(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("[]")
    lock = path.with_name("mate1.json.lock")
    lock.mkdir()
    writer = threading.Thread(target=append, args=(path, "after it", "s"))
    writer.start()
    assert messages(path) == []
    lock.rmdir()
    writer.join()
    assert [message["text"] for message in messages(path)] == ["after it"]


def test_many_writers_lose_nothing(path: Path) -> None:
    path.parent.mkdir()
    writers = [threading.Thread(target=append, args=(path, f"message {number}", "s")) for number in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted(str(message["text"]) for message in messages(path)) == [f"message {number}" for number in range(8)]
