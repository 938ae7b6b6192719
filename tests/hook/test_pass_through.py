"""Whatever is broken, missing or none of ours, Claude Code goes on as if we were not installed (DESIGN §4.2)."""

from __future__ import annotations

import fcntl
import json
import os
import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.hook import dispatch, visit
from orchestrator_tui.hook.main import main
from orchestrator_tui.journal.attended import LOCK, locked
from orchestrator_tui.journal.connection import DATABASE
from orchestrator_tui.journal.mail import post
from orchestrator_tui.journal.sqlite import HOOK_LOCK_TIMEOUT_S, SqliteJournal
from tests.hook.scene import CALLS, CHILD, QUESTION, ROOT, SESSION, Scene

TOKEN = "a-token-that-only-the-environment-holds"
EVENTS = {
    "PostToolUse": "",
    "PostToolUse.TaskUpdate": "",
    "PreToolUse.TaskUpdate": "",
    "Stop": "",
    "SubagentStop.subagent": CHILD,
    "TaskCompleted": "",
    "UserPromptSubmit": "",
    "SessionStart": "",
    "SessionEnd": "",
    "SubagentStart.subagent": CHILD,
    "Notification.permission_prompt": "",
    "PostToolUseFailure": "",
}


def finished(process: subprocess.Popen[bytes]) -> tuple[int, bytes, bytes]:
    out, errors = process.communicate(timeout=60)
    assert b"Traceback" not in errors, errors.decode()
    return process.returncode, out, errors


def passes(scene: Scene, call: dict[str, Any], **environ: str) -> bytes:
    """What it says on stderr; it exits with 0 and prints nothing."""
    code, out, errors = finished(scene.process(call, **environ))
    assert (code, out) == (0, b"")
    return errors


# --- calls that are none of ours -------------------------------------------------------------------------------


def run(stdin: bytes, *arguments: str) -> tuple[int, bytes, bytes]:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "orchestrator_tui.hook", *arguments],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": "/nowhere"},
        input=stdin,
        capture_output=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout, done.stderr


STOP = {"hook_event_name": "Stop", "session_id": SESSION, "cwd": "/"}


@pytest.mark.parametrize(
    ("stdin", "arguments"),
    [
        (b"", ["Stop"]),
        (b"{", ["Stop"]),
        (b"[]", ["Stop"]),
        (b"\xff\xfe", ["Stop"]),
        (b"[" * 200_000, ["Stop"]),
        (json.dumps(STOP).encode(), []),
        (json.dumps(STOP).encode(), ["SubagentStop"]),
        (json.dumps(STOP).encode(), ["--home", "/nowhere", "SubagentStop"]),
        (json.dumps({**STOP, "hook_event_name": "OfTheFuture"}).encode(), ["OfTheFuture"]),
        (json.dumps({**STOP, "cwd": 7}).encode(), ["Stop"]),
        (json.dumps({**STOP, "cwd": "\0"}).encode(), ["Stop"]),
        (json.dumps({**STOP, "cwd": "/" + "x" * 10_000}).encode(), ["Stop"]),
    ],
    ids=[
        "empty",
        "half",
        "a list",
        "no text",
        "deep",
        "no event",
        "another",
        "with home",
        "future",
        "no cwd",
        "nul",
        "long",
    ],
)
def test_a_call_that_makes_no_sense_is_passed_through(stdin: bytes, arguments: list[str]) -> None:
    code, out, errors = run(stdin, *arguments)
    assert (code, out) == (0, b"")
    assert b"Traceback" not in errors


@pytest.mark.parametrize(
    "change", [{"session_id": "../x"}, {"session_id": None}, {"session_id": 7}, {"agent_id": "a/b"}]
)
def test_a_call_of_nobody_is_passed_through(scene: Scene, change: dict[str, Any]) -> None:
    scene.attend()
    assert passes(scene, scene.call("UserPromptSubmit", **change)).startswith(b"orch-hook: passes through")


@pytest.mark.parametrize("name", EVENTS)
def test_a_project_that_is_not_watched_is_left_alone(scene: Scene, tmp_path: Path, name: str) -> None:
    other = tmp_path / "other"
    (other / ".git").mkdir(parents=True)
    scene.attend()
    call = scene.call(name, EVENTS[name])
    assert passes(scene, call, CLAUDE_PROJECT_DIR=str(other)) == b""
    assert passes(scene, call, ORCH_HOME=str(tmp_path / "none")) == b""
    assert not (tmp_path / "none").exists()
    assert len(list((scene.home / "repositories").iterdir())) == 1, "a hook never makes a journal"


def test_nothing_heavy_is_loaded_for_a_call_that_is_passed_through(scene: Scene, tmp_path: Path) -> None:
    code = (
        "import sys; from orchestrator_tui.hook.main import main; code = main(sys.argv[1:]);"
        "print(*sorted(sys.modules), sep='\\n', file=sys.stderr); sys.exit(code)"
    )

    def loaded(call: dict[str, Any], **environ: str) -> set[str]:
        done = subprocess.run(
            [sys.executable, "-P", "-c", code, "--home", str(scene.home), call["hook_event_name"]],
            env={**scene.environ, "PYTHONPATH": str(ROOT), **environ},
            input=json.dumps(call).encode(),
            capture_output=True,
            check=True,
            timeout=60,
        )
        assert done.stdout == b""
        return set(done.stderr.decode().split())

    heavy = {"sqlite3", "dataclasses", "inspect", "orchestrator_tui.core.model", "subprocess", "asyncio"}
    for name in ("Stop", "SubagentStop.subagent", "SubagentStart.subagent", "Notification.permission_prompt"):
        assert loaded(scene.call(name, EVENTS[name])).isdisjoint(heavy), "nobody is there, and nothing waits"
    scene.attend()
    idle = scene.call("PreToolUse.TaskUpdate", tool_input={"taskId": "1", "owner": "lead"})
    assert loaded(idle).isdisjoint(heavy), "it reports nothing"
    assert loaded(scene.call("Stop"), CLAUDE_PROJECT_DIR=str(tmp_path)).isdisjoint(heavy), "not watched"
    assert loaded(scene.call("Stop"), CLAUDE_CODE_ENTRYPOINT="cli").isdisjoint(heavy), "never held"
    assert "sqlite3" in loaded(scene.call("Stop")), "this one is looked at"


# --- journals that cannot be used ------------------------------------------------------------------------------


def damage(scene: Scene) -> None:
    scene.journal.checkpoint()
    scene.journal.close()
    (scene.directory / DATABASE).write_bytes(b"not a database at all" * 500)


def write_newer(scene: Scene) -> None:
    with sqlite3.connect(scene.directory / DATABASE) as connection:
        connection.execute("UPDATE meta SET value = 999 WHERE key = 'min_reader'")


def write_older(scene: Scene) -> None:
    """A database of a format that was given up: some of what every journal has is not there."""
    scene.journal.checkpoint()
    scene.journal.close()
    with sqlite3.connect(scene.directory / DATABASE) as connection:
        connection.execute("DROP TABLE event")
    connection.close()


def lose(scene: Scene) -> None:
    scene.journal.close()
    for path in scene.directory.glob(f"{DATABASE}*"):
        path.unlink()


def replace_by_a_directory(scene: Scene) -> None:
    lose(scene)
    (scene.directory / DATABASE).mkdir()


@pytest.mark.parametrize("name", EVENTS)
@pytest.mark.parametrize("breaks", [damage, write_newer, write_older, lose, replace_by_a_directory])
def test_a_journal_that_cannot_be_used_stops_nobody(scene: Scene, breaks: Callable[[Scene], None], name: str) -> None:
    scene.attend()
    scene.write("1", **QUESTION)
    breaks(scene)
    (scene.home / "told").mkdir()
    (scene.home / "told" / SESSION).touch()
    began = time.monotonic()
    call = scene.call(name, EVENTS[name])
    call["tool_input"] = call.get("tool_input") and {"taskId": "1", "status": "completed", "metadata": QUESTION}
    passes(scene, call)
    print(f"{breaks.__name__}, {name}: {1000 * (time.monotonic() - began):.0f} ms with the interpreter's start")


@pytest.mark.parametrize("breaks", [damage, write_newer, write_older])
def test_that_the_journal_is_not_ours_to_use_is_said_once_a_session(
    scene: Scene, breaks: Callable[[Scene], None]
) -> None:
    breaks(scene)
    for name in ("UserPromptSubmit", "PostToolUse.TaskUpdate", "SessionStart"):
        code, out, _ = finished(scene.process(scene.call(name)))
        assert code == 0
        if name == "UserPromptSubmit":
            assert json.loads(out)["systemMessage"].startswith("orch-tui: ")
        else:
            assert out == b""
    _, out, _ = finished(scene.process(scene.call("UserPromptSubmit", session_id="another-session")))
    assert out


def test_the_lock_is_waited_for_as_long_as_a_hook_may(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float] = []

    class Watched(SqliteJournal):
        def __init__(self, directory: Path, *, lock_timeout_s: float, create: bool) -> None:
            seen.append(lock_timeout_s)
            assert not create
            super().__init__(directory, lock_timeout_s=lock_timeout_s, create=create)

    monkeypatch.setattr(visit, "SqliteJournal", Watched)
    scene.answer(scene.call("UserPromptSubmit"))
    assert seen == [HOOK_LOCK_TIMEOUT_S] == [0.05]


def test_waiting_for_a_lock_begins_before_the_rest_is_loaded(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([10.0, 10.03])
    monkeypatch.setattr("orchestrator_tui.hook.dispatch.time.monotonic", lambda: next(moments, 10.03))
    monkeypatch.setattr(dispatch, "locked", lambda directory: True)
    seen: list[float] = []
    whole = visit.Visit.__init__

    def watched(self: visit.Visit, call: Any, environ: Any, write: Any, lock_timeout_s: float) -> None:
        seen.append(lock_timeout_s)
        monkeypatch.undo()
        whole(self, call, environ, write, lock_timeout_s=lock_timeout_s)

    monkeypatch.setattr(visit.Visit, "__init__", watched)
    assert dispatch.carry_out(scene.call("Stop"), scene.environ, print, scene.directory) == 0
    assert seen == [pytest.approx(0.02)]


def test_a_lock_is_seen_for_as_long_as_it_is_held(scene: Scene) -> None:
    assert not locked(scene.directory)
    descriptor = os.open(scene.directory / LOCK, os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    assert locked(scene.directory)
    os.close(descriptor)
    assert not locked(scene.directory)
    assert not locked(scene.directory / "nowhere")


@pytest.mark.parametrize("name", EVENTS)
def test_a_locked_journal_is_not_waited_for(scene: Scene, name: str) -> None:
    scene.attend()
    scene.write("1", **QUESTION)
    call = scene.call(name, EVENTS[name])
    if "tool_input" in call:
        call["tool_input"] = {"taskId": "1", "status": "completed", "metadata": QUESTION}
    descriptor = os.open(scene.directory / LOCK, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        began = time.monotonic()
        assert b"busy" in passes(scene, call)
        print(f"locked, {name}: {1000 * (time.monotonic() - began):.0f} ms with the interpreter's start")
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("name", EVENTS)
def test_a_full_disk_stops_nobody_and_loses_nothing(scene: Scene, name: str) -> None:
    """No file may grow: whatever would be recorded is not, and the answer stays to be brought."""
    scene.asks()
    decision = scene.decide()
    scene.attend()
    call = scene.call(name, EVENTS[name])
    if "tool_input" in call:
        call["tool_input"] = {"taskId": "1", "metadata": {**QUESTION, "stage": 4}}
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "orchestrator_tui.hook", "--home", str(scene.home), call["hook_event_name"]],
        env={**scene.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY)),
    )
    out, errors = process.communicate(json.dumps(call).encode(), timeout=60)
    assert (process.returncode, out) == (0, b"")
    assert b"Traceback" not in errors
    if name != "SessionEnd":
        assert scene.has_mail()
    assert decision in scene.told(scene.call("PostToolUse"))


def test_a_fault_of_our_own_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fails(*arguments: object) -> None:
        raise AssertionError("of our own making")

    monkeypatch.setattr("orchestrator_tui.hook.main._read_call", fails)
    assert main(["Stop"]) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "orch-hook: passes through: AssertionError: of our own making\n"


def test_an_interrupt_is_no_fault(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("orchestrator_tui.hook.main._read_call", interrupted)
    assert main(["Stop"]) == 0
    assert capsys.readouterr() == ("", "")


def test_nothing_is_said_where_it_cannot_be_remembered(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    write_newer(scene)
    (scene.home / "told").write_text("no directory")
    said: list[str] = []
    assert dispatch.carry_out(scene.call("Stop"), scene.environ, said.append) == 0
    assert said == []


# --- the environment -------------------------------------------------------------------------------------------


def test_nothing_of_the_environment_is_ever_recorded(scene: Scene) -> None:
    """It holds a token of Claude Code's for this session."""
    scene.attend()
    scene.open_batch()
    scene.write("1")
    scene.answer(scene.updates(**QUESTION))
    scene.decide()
    post(scene.home, SESSION)
    for name in sorted(path.stem for path in CALLS.glob("*.json")):
        call = scene.call(name, CHILD if "subagent" in name else "")
        if call["hook_event_name"] != "PermissionRequest":
            process = scene.process(call, CLAUDE_CODE_MESSAGING_TOKEN=TOKEN, CLAUDE_CODE_MESSAGING_SOCKET=TOKEN)
            _, out, errors = finished(process)
            assert TOKEN.encode() not in out + errors
    files = [path for path in scene.home.rglob("*") if path.is_file()]
    assert any(path.name == DATABASE for path in files)
    assert not [path for path in files if TOKEN.encode() in path.read_bytes()]
