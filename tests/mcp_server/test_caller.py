"""Who calls: the session of the process above us now, and the agent whose transcript holds the call."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.adapters.process import ProcessIdentity, identity
from orchestrator_tui.core.naming import list_batch_id
from orchestrator_tui.mcp_server import transcripts
from orchestrator_tui.mcp_server.caller import Client
from orchestrator_tui.mcp_server.transcripts import caller_of

SESSION = "5e551011-0000-0000-0000-000000000001"
Register = Callable[..., None]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "claude"
    (path / "sessions").mkdir(parents=True)
    return path


@pytest.fixture
def register(config: Path) -> Register:
    def write(process: ProcessIdentity, session: str, **changed: Any) -> None:
        entry = {"pid": process.pid, "sessionId": session, "cwd": "/p", "procStart": process.start, **changed}
        (config / "sessions" / f"{process.pid}.json").write_text(json.dumps(entry))

    return write


def own() -> ProcessIdentity:
    process = identity()
    assert process is not None
    return process


def client(config: Path, *above: ProcessIdentity, agent: str | None = "", **environ: str) -> Client:
    settings = {"CLAUDE_CONFIG_DIR": str(config), "CLAUDE_PROJECT_DIR": "/project", **environ}
    return Client(settings, above, lambda config, session, call: agent)


def test_the_registry_knows_the_session_better_than_the_environment(config: Path, register: Register) -> None:
    one = client(config, own(), CLAUDE_CODE_SESSION_ID="before-clear")
    register(own(), "before-clear")
    assert one.caller().session == "before-clear"
    register(own(), "after-clear")
    assert one.caller().session == "after-clear"


def test_a_launcher_between_does_not_matter(config: Path, register: Register) -> None:
    register(own(), "session-1")
    shell = ProcessIdentity(1, "0", own().boot)
    assert client(config, shell, own()).caller().session == "session-1"


def test_the_session_that_started_ours_is_not_taken_for_it(config: Path, register: Register) -> None:
    register(own(), "outer")
    ours = ProcessIdentity(1, "0", own().boot)
    assert client(config, ours, own(), CLAUDE_CODE_SESSION_ID="inner").caller().session == "inner"


def test_what_another_process_of_that_number_left_behind_does_not_count(config: Path, register: Register) -> None:
    register(own(), "long-gone", procStart="1")
    assert client(config, own(), CLAUDE_CODE_SESSION_ID="mine").caller().session == "mine"


def test_without_a_registry_the_environment_tells(config: Path) -> None:
    assert client(config, own(), CLAUDE_CODE_SESSION_ID="mine").caller().session == "mine"


def test_another_client_has_a_session_by_its_process(config: Path) -> None:
    other = ProcessIdentity(own().pid, "77", own().boot)
    sessions = [client(config, process).caller().session for process in (own(), own(), other)]
    assert sessions[0].startswith("client-")
    assert sessions[0] == sessions[1]
    assert sessions[0] != sessions[2]


def test_the_batch_is_the_sessions_list_or_the_one_it_shares(config: Path) -> None:
    own_list = client(config, CLAUDE_CODE_SESSION_ID=SESSION).caller()
    assert own_list.list_directory == os.path.realpath(config / "tasks" / SESSION)
    assert own_list.batch == list_batch_id(own_list.list_directory)
    shared = client(config, CLAUDE_CODE_SESSION_ID=SESSION, CLAUDE_CODE_TASK_LIST_ID="our list").caller()
    assert shared.list_directory.endswith("/tasks/our-list")


@pytest.mark.parametrize(
    ("entrypoint", "agent", "interactive"),
    [("cli", "", True), ("cli", "a1", False), ("cli", None, True), ("sdk-cli", "", False), ("", "", False)],
)
def test_only_a_main_agent_at_a_terminal_is_interactive(
    config: Path, entrypoint: str, agent: str | None, interactive: bool
) -> None:
    one = client(config, agent=agent, CLAUDE_CODE_SESSION_ID=SESSION, CLAUDE_CODE_ENTRYPOINT=entrypoint)
    caller = one.caller("toolu_1")
    assert caller.interactive is interactive
    assert caller.address == (f"{SESSION}/a1" if agent else SESSION)
    assert caller.source == ("agent:a1" if agent else f"session:{SESSION}")


@pytest.mark.parametrize(("kind", "interactive"), [("interactive", True), ("bg", False)])
def test_a_job_in_the_background_has_nobody_before_it(
    config: Path, register: Register, kind: str, interactive: bool
) -> None:
    """It says of itself that it runs at a terminal."""
    register(own(), SESSION, kind=kind)
    assert client(config, own(), CLAUDE_CODE_ENTRYPOINT="cli").caller().interactive is interactive


# --- transcripts -----------------------------------------------------------------------------------------------


class Transcripts:
    """The transcripts of one session; time passes only while nobody is found, and things happen in it."""

    def __init__(self, config: Path) -> None:
        self.config, self.project = config, config / "projects" / "-p"
        (self.project / SESSION / "subagents").mkdir(parents=True)
        self.main = self.project / f"{SESSION}.jsonl"
        self.now = 0.0
        self.happens: list[Callable[[], None]] = []

    def agent(self, agent: str) -> Path:
        return self.project / SESSION / "subagents" / f"agent-{agent}.jsonl"

    def find(self, call: str, session: str = SESSION) -> str | None:
        return caller_of(self.config, session, call, monotonic=lambda: self.now, sleep=self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.now += seconds
        if self.happens:
            self.happens.pop(0)()


@pytest.fixture
def written(config: Path) -> Transcripts:
    return Transcripts(config)


def made(call: str, kind: str = "assistant", name: str = "Bash") -> str:
    block = {"type": "tool_use", "id": call, "name": name, "input": {}}
    return json.dumps({"type": kind, "message": {"role": kind, "content": [block]}}) + "\n"


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def test_the_transcript_with_the_call_tells_the_agent(written: Transcripts) -> None:
    append(written.main, made("toolu_1") + made("toolu_2"))
    append(written.agent("a1"), made("toolu_3"))
    append(written.agent("a2"), made("toolu_4"))
    assert [written.find(f"toolu_{n}") for n in range(1, 5)] == ["", "", "a1", "a2"]
    assert written.now == 0.0, "nothing was waited for"


def test_transcripts_of_agents_that_ended_long_ago_are_not_read(written: Transcripts) -> None:
    append(written.main, made("toolu_0"))
    append(written.agent("old"), made("toolu_1"))
    os.utime(written.agent("old"), (0, 0))
    assert written.find("toolu_1") is None
    append(written.agent("old"), made("toolu_2"))
    assert written.find("toolu_2") == "old"


def test_a_line_that_comes_a_moment_later_is_waited_for(written: Transcripts) -> None:
    line = made("toolu_1")
    written.happens = [
        lambda: append(written.main, made("toolu_0")),
        lambda: append(written.agent("a1"), line[:30]),
        lambda: append(written.agent("a1"), line[30:-1]),
        lambda: append(written.agent("a1"), line[-1:]),
    ]
    assert written.find("toolu_1") == "a1"


def test_speaking_of_a_call_is_not_making_it(written: Transcripts) -> None:
    append(written.main, made("toolu_1", kind="user"))
    append(written.main, json.dumps({"type": "progress", "data": {"message": json.loads(made("toolu_1"))}}) + "\n")
    append(
        written.main, '{"type": "assistant", "message": "toolu_1"}\nnot json: toolu_1\n[' + "[" * 50_000 + "toolu_1\n"
    )
    assert written.find("toolu_1") is None
    append(written.agent("a1"), made("toolu_1"))
    assert written.find("toolu_1") == "a1"


def test_a_call_in_nobodys_transcript_is_given_up(written: Transcripts) -> None:
    append(written.main, made("toolu_0"))
    assert written.find("toolu_1") is None
    assert transcripts.WAIT_S <= written.now < transcripts.WAIT_S + 0.1


def test_what_lies_far_back_is_not_read(written: Transcripts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcripts, "_TAIL_BYTES", 300)
    append(written.main, made("toolu_1") + made("toolu_0") * 10 + made("toolu_2"))
    assert written.find("toolu_2") == ""
    assert written.find("toolu_1") is None


def test_a_session_that_moved_has_several_transcripts(written: Transcripts) -> None:
    elsewhere = written.config / "projects" / "-q"
    elsewhere.mkdir()
    append(written.main, made("toolu_0"))
    append(elsewhere / f"{SESSION}.jsonl", made("toolu_1"))
    assert written.find("toolu_1") == ""


@pytest.mark.parametrize("session", ["", "../../etc", ".", "a/b"])
def test_what_is_no_session_is_not_looked_for(written: Transcripts, session: str) -> None:
    append(written.main, made("toolu_1"))
    assert written.find("toolu_1", session) is None
    assert written.now == 0.0
