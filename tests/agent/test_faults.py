"""A full disk, a locked, damaged, missing or newer journal, and every call of the system failing in its turn (T5)."""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.agent.main import main
from orchestrator_tui.core.model import GateState
from orchestrator_tui.journal.sqlite import SqliteJournal
from tests.agent.scene import ASK, GATE, Scene
from tests.journal.processes import until

FAULTS = (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EMFILE, errno.EACCES, errno.EROFS)
CALLS = ("open", "write", "fsync", "replace", "mkdir", "utime", "lstat", "rmdir", "link", "unlink", "listdir", "fchmod")


class FailingCalls:
    """The calls that write files, of which the n-th fails; SQLite's own are not among them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, number: int, code: int) -> None:
        self.left, self._code = number, code
        for name in CALLS:
            monkeypatch.setattr(os, name, self._failing(getattr(os, name)))

    @property
    def fired(self) -> bool:
        return self.left <= 0

    def _failing(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **more: Any) -> Any:
            if call.__name__ == "write" and arguments[0] == 2:
                return call(*arguments, **more)
            self.left -= 1
            if self.left == 0:
                raise OSError(self._code, os.strerror(self._code))
            return call(*arguments, **more)

        return wrapped


def faults() -> Iterator[tuple[int, int]]:
    return ((number, FAULTS[number % len(FAULTS)]) for number in range(1, 400))


def one_line(err: str) -> bool:
    return "Traceback" not in err and err.count("\n") <= 3


def test_no_call_that_fails_tears_a_report(
    scene: Scene, as_agent: None, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    before = scene.task()
    for number, code in faults():
        scene.path.write_text(json.dumps(before, indent=2))
        with monkeypatch.context() as patch:
            calls = FailingCalls(patch, number, code)
            exit_code = main(["report", "--stage", "5"])
        err = capfd.readouterr().err
        after = scene.task()
        assert exit_code in (0, 1, 2), (number, err)
        assert one_line(err), err
        if exit_code == 0:
            assert after["metadata"]["stage"] == 5
        else:
            assert after == before or after["metadata"]["stage"] == 5
        if not calls.fired:
            assert number > 10
            return
    raise AssertionError("faults never ended")


def test_no_call_that_fails_makes_two_gates_of_one_question(
    scene: Scene, as_agent: None, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for number, code in faults():
        question = ("ask", f"Question {number}?", "--option", "yes", "--option", "no")
        with monkeypatch.context() as patch:
            calls = FailingCalls(patch, number, code)
            exit_code = main(question)
        err = capfd.readouterr().err
        assert exit_code in (1, 2, 4), (number, err)
        assert one_line(err), err
        if exit_code == 4:
            assert scene.metadata()["decisionContext"] == question[1]
        assert main(question) == 4, "asked again, all is well"
        assert scene.the_gate().question.question == question[1]
        assert scene.kinds().count("gate_opened") == number, "one question is one gate"
        if not calls.fired:
            assert number > 20
            return
        capfd.readouterr()
    raise AssertionError("faults never ended")


def test_a_task_that_cannot_be_written_asks_nothing(
    scene: Scene, as_agent: None, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = scene.path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        assert main(ASK) == 1
    assert "no space left" in capfd.readouterr().err
    assert scene.path.read_bytes() == before
    assert not scene.journal_directory.exists()


def missing(scene: Scene) -> None:
    scene.home.write_text("a file where the state directory should be")


def damaged(scene: Scene) -> None:
    scene.run("note", "x")
    database = scene.journal_directory / "journal.db"
    for path in scene.journal_directory.glob("journal.db-*"):
        path.unlink()
    database.write_bytes(b"This is no database. " * 1_000)


def inside_a_worktree(scene: Scene) -> None:
    for name in ("HEAD", "objects", "refs"):
        (scene.repository / ".git" / name).mkdir(exist_ok=True)
    (scene.repository / ".git" / "HEAD").rmdir()
    (scene.repository / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    scene.home = scene.repository / "state"


@pytest.mark.parametrize("spoil", [missing, damaged, inside_a_worktree])
def test_without_a_journal_the_task_file_alone_asks(scene: Scene, spoil: Callable[[Scene], None]) -> None:
    spoil(scene)
    asked = scene.run(*ASK)
    assert (asked.returncode, asked.stdout) == (4, "")
    assert "its task file alone asks it" in asked.stderr
    assert asked.stderr.count("\n") == 1
    assert scene.metadata()["needsDecision"] is True
    for arguments, code in ((("note", "x"), 1), (("ask", "--gate", GATE), 1), (("report", "--progress", "on"), 0)):
        ended = scene.run(*arguments)
        assert ended.returncode == code, ended.stderr
        assert one_line(ended.stderr), ended.stderr
    assert scene.metadata()["needsDecision"] is True


def test_a_question_that_the_journal_missed_is_opened_on_resuming(scene: Scene) -> None:
    home, scene.home = scene.home, scene.tasks / "1.json" / "nowhere"
    assert scene.run(*ASK).returncode == 4
    scene.home = home
    assert scene.run("ask", "--gate", GATE).returncode == 4
    assert scene.state() is GateState.OPEN
    scene.decide("lru")
    assert scene.run("ask", "--gate", GATE).stdout == "lru\n"


def test_a_locked_journal_is_waited_for(scene: Scene) -> None:
    scene.run("note", "x")
    lock = os.open(scene.journal_directory / "journal.lock", os.O_RDWR)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        asking = scene.start(*ASK, "--wait", "60")
        assert asking.stderr is not None
        assert "the task file alone carries the question" in asking.stderr.readline()
        assert scene.metadata()["needsDecision"] is True
    finally:
        os.close(lock)
    scene.until_it_waits()
    scene.decide("ttl")
    assert asking.communicate(timeout=60)[0] == "ttl\n"


def test_a_journal_of_a_newer_version_is_left_alone(scene: Scene) -> None:
    scene.run("note", "x")
    journal = SqliteJournal(scene.journal_directory)
    with journal._connection.writing() as connection:
        connection.execute("PRAGMA user_version = 99")
        connection.execute("UPDATE meta SET value = '99' WHERE key = 'min_reader'")
    journal.close()
    asked = scene.run(*ASK)
    assert asked.returncode == 4
    assert "newer version" in asked.stderr


# --- task files that are not what they should be -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "the task is not there"),
        (b"", "empty"),
        (b"{", "not JSON"),
        (b"[]", "a list, not an object"),
        (b"\xff\xfe", "not UTF-8"),
        (b'{"subject": "x", "metadata": []}', "metadata is a list, not an object"),
        (b'{"x": "' + b"y" * (2 << 20) + b'"}', "over the 1 MiB limit"),
    ],
)
def test_a_task_that_cannot_be_used_is_told_in_one_line(
    scene: Scene, as_agent: None, capfd: pytest.CaptureFixture[str], content: bytes | None, says: str
) -> None:
    if content is None:
        scene.path.unlink()
    else:
        scene.path.write_bytes(content)
    assert main(["report", "--stage", "4"]) in (1, 2)
    err = capfd.readouterr().err
    assert says in err
    assert err.count("\n") == 1
    if content is not None:
        assert scene.path.read_bytes() == content


@pytest.mark.parametrize("kind", ["symlink", "fifo", "directory"])
def test_a_task_that_is_no_file_is_not_touched(
    scene: Scene, as_agent: None, capfd: pytest.CaptureFixture[str], kind: str, tmp_path: Path
) -> None:
    scene.path.unlink()
    if kind == "symlink":
        (tmp_path / "secret").write_text("{}")
        scene.path.symlink_to(tmp_path / "secret")
    elif kind == "fifo":
        os.mkfifo(scene.path)
    else:
        scene.path.mkdir()
    assert main(["ask", "Q?"]) == 2
    assert capfd.readouterr().err.count("\n") == 1
    if kind == "symlink":
        assert (tmp_path / "secret").read_text() == "{}"


def test_a_task_that_another_holds_is_told(scene: Scene, as_agent: None, capfd: pytest.CaptureFixture[str]) -> None:
    lock = scene.tasks / "1.json.lock"
    lock.mkdir()
    os.utime(lock, (2_000_000_000, 2_000_000_000))
    assert main(["report", "--stage", "4"]) == 1
    assert "locked by another writer" in capfd.readouterr().err
    lock.rmdir()
    until(lambda: main(["report", "--stage", "4"]) == 0)
