"""The rig: the real Claude Code CLI in an isolated home, talking to a scripted model."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from tests.claude_rig.cleanup import MARK, kill_marked
from tests.claude_rig.fake_api import FakeApi
from tests.claude_rig.headless import HeadlessSession
from tests.claude_rig.hooks import HookProbe
from tests.claude_rig.install import MAIN_VERSION, OLDER_VERSION, ClaudeCli
from tests.claude_rig.request_log import RequestLog
from tests.claude_rig.script import JsonObject, Script, marker
from tests.claude_rig.terminal import TerminalSession
from tests.claude_rig.waiting import DEFAULT_TIMEOUT

Permissions = Literal["bypass", "ask"]
"""Whether tools run without asking, or everything that writes asks first."""

_INTERACTIVE_ASKING = {MAIN_VERSION: "manual", OLDER_VERSION: "default"}
"""What the interactive CLI calls the mode that asks before every change; hooks are told `default` by both."""

_KEY = "dummy-key-of-the-rig"

_QUIET = {
    "DISABLE_TELEMETRY": "1",
    "DISABLE_ERROR_REPORTING": "1",
    "DISABLE_AUTOUPDATER": "1",
    "DISABLE_BUG_COMMAND": "1",
    "DISABLE_COST_WARNINGS": "1",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "CLAUDE_CODE_IDE_SKIP_AUTO_INSTALL": "1",
    "IS_SANDBOX": "1",  # bypassing permissions is refused to root without it
}

_TASK_TOOLS = {"CLAUDE_CODE_ENABLE_TODO_TOOLS": "1", "ENABLE_TOOL_SEARCH": "false"}
"""Current models are offered no task tools unless asked, and then only behind a search."""


class ClaudeRig:
    """One isolated home, project and model; any number of CLI processes. Closing it ends them all.

    `home` is HOME, `config` its `.claude`, `project` a git repository with one commit, `orch_home` our state directory,
    `variables` are added to the CLI's environment, `requests` is what reached the model, `sockets` is a directory with
    a short name, `id` marks every process that descends from the rig.
    """

    def __init__(self, cli: ClaudeCli, root: Path, environment: Mapping[str, str] | None = None) -> None:
        self.cli = cli
        self.home, self.project, self.orch_home = root / "home", root / "project", root / "orch"
        self.config = self.home / ".claude"
        self.log = root / "log"
        for directory in (self.config, self.project, self.orch_home, self.log):
            directory.mkdir(parents=True)
        self.settings: JsonObject = {}
        self.id = uuid.uuid4().hex
        self.variables = dict(environment or {})
        self._headless: list[HeadlessSession] = []
        self._terminals: list[TerminalSession] = []
        self._probes = 0
        self._make_project()
        self._make_state()
        # Unix sockets live in here, and their paths may not exceed about 100 bytes.
        self.sockets = Path(tempfile.mkdtemp(prefix="rig-"))
        # Where tmux itself, told so by TMUX_TMPDIR, keeps its servers.
        self._servers = self.sockets / f"tmux-{os.getuid()}"
        self._servers.mkdir(mode=0o700)
        self._api = FakeApi(self.log / "requests.jsonl")
        self.requests: RequestLog = self._api.requests

    # -- what the model says ------------------------------------------------------------------------------------------

    def script(self, name: str, script: Script) -> str:
        """Register a script and return a prompt that makes an agent follow it."""
        self._api.scripts[name] = script
        return f"{marker(name)} go"

    # -- what the CLI is told -----------------------------------------------------------------------------------------

    def environment(self) -> dict[str, str]:
        """The whole environment of the CLI: nothing of the caller's but PATH, led by this interpreter's directory."""
        return {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
            "HOME": str(self.home),
            "ORCH_HOME": str(self.orch_home),
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "SHELL": "/bin/sh",
            "ANTHROPIC_BASE_URL": self._api.url,
            "ANTHROPIC_API_KEY": _KEY,
            "CLAUDE_CODE_TMPDIR": str(self.sockets),
            "TMUX_TMPDIR": str(self.sockets),
            MARK: self.id,
            **_QUIET,
            **_TASK_TOOLS,
            **self.variables,
        }

    def write_settings(self) -> None:
        """Write `settings` as the user's settings.json; running sessions pick it up."""
        path = self.config / "settings.json"
        temporary = path.with_suffix(".new")
        temporary.write_text(json.dumps(self.settings, indent=2), encoding="utf-8")
        os.replace(temporary, path)

    def add_hook(self, event: str, command: str, matcher: str | None = None, timeout: int | None = None) -> None:
        """Register a command for an event, for the tools that `matcher` names; `timeout` in seconds."""
        hook: JsonObject = {"type": "command", "command": command}
        if timeout is not None:
            hook["timeout"] = timeout
        entry: JsonObject = {"hooks": [hook]}
        if matcher is not None:
            entry["matcher"] = matcher
        self.settings.setdefault("hooks", {}).setdefault(event, []).append(entry)
        self.write_settings()

    def probe_hooks(self, *events: str, matcher: str | None = None, timeout: int | None = None) -> HookProbe:
        """Register a hook for those events that the test can watch, hold and answer."""
        self._probes += 1
        probe = HookProbe(self.log / f"hooks-{self._probes}")
        for event in events:
            self.add_hook(event, probe.command, matcher, timeout)
        return probe

    def probe_locally(self, event: str, matcher: str | None = None) -> HookProbe:
        """The same in the project's own settings.local.json, which is written anew, beside whatever else is set."""
        self._probes += 1
        probe = HookProbe(self.log / f"hooks-{self._probes}")
        entry: JsonObject = {"hooks": [{"type": "command", "command": probe.command}]}
        if matcher is not None:
            entry["matcher"] = matcher
        path = self.project / ".claude" / "settings.local.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({"hooks": {event: [entry]}}), encoding="utf-8")
        return probe

    # -- running it ---------------------------------------------------------------------------------------------------

    def run(
        self, prompt: str, *arguments: str, permissions: Permissions = "bypass", timeout: float = DEFAULT_TIMEOUT
    ) -> HeadlessSession:
        """Run `claude -p` to its end; see its `messages`, `result` and `process.returncode`. Raises NotSeenError."""
        session = self.start(prompt, *arguments, permissions=permissions)
        session.finish(timeout)
        return session

    def start(self, prompt: str, *arguments: str, permissions: Permissions = "bypass") -> HeadlessSession:
        """Start `claude -p` with its whole prompt, and do not wait."""
        session = self._start_headless(arguments, permissions)
        session.send_prompt(prompt)
        return session

    def stream(self, *arguments: str, permissions: Permissions = "bypass") -> HeadlessSession:
        """Start `claude -p` that reads stream-json messages from its open stdin."""
        return self._start_headless(("--input-format", "stream-json", *arguments), permissions)

    def interactive(
        self,
        *arguments: str,
        permissions: Permissions = "bypass",
        size: tuple[int, int] = (160, 50),
        variables: Mapping[str, str] | None = None,
    ) -> TerminalSession:
        """Start the interactive CLI in tmux, `size` in columns and rows, and wait for its prompt.

        `variables` are added to this one's environment.
        """
        mode = _permission_arguments(permissions, asking=_INTERACTIVE_ASKING[self.cli.version])
        command = [*self.cli.command, *mode, *arguments]
        socket = self._servers / f"claude-{len(self._terminals)}"
        environment = {**self.environment(), **(variables or {})}
        session = TerminalSession(command, self.project, environment, socket, size)
        self._terminals.append(session)
        session.wait_for("❯")
        return session

    # -- looking ------------------------------------------------------------------------------------------------------

    def tasks(self) -> dict[str, JsonObject]:
        """The task files of all lists by `<list>/<id>`. Raises ValueError on a file that is being written."""
        files = sorted((self.config / "tasks").glob("*/*.json"))
        return {f"{file.parent.name}/{file.stem}": json.loads(file.read_text(encoding="utf-8")) for file in files}

    # -- the end ------------------------------------------------------------------------------------------------------

    def end_sessions(self) -> None:
        """End every CLI that was started so far, as a closed terminal and a killed process would; safe to repeat."""
        for terminal in self._terminals:
            terminal.close()
        for session in self._headless:
            session.kill()

    def close(self) -> None:
        """End every process that was started here, then the model; safe to repeat. Raises the model's failures."""
        with ExitStack() as last_first:
            last_first.callback(self._api.close)
            last_first.callback(shutil.rmtree, self.sockets, ignore_errors=True)
            for session in self._headless:
                last_first.callback(session.close)
            last_first.callback(kill_marked, self.id)
            for session in self._headless:
                last_first.callback(session.kill)
            for terminal in self._terminals:
                last_first.callback(terminal.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _start_headless(self, arguments: tuple[str, ...], permissions: Permissions) -> HeadlessSession:
        command = [*self.cli.command, "-p", "--output-format", "stream-json", "--verbose"]
        command += [*_permission_arguments(permissions, asking="default"), *arguments]
        log = self.log / f"claude-{len(self._headless) + 1}.jsonl"
        session = HeadlessSession(command, self.project, self.environment(), log)
        self._headless.append(session)
        return session

    def _make_project(self) -> None:
        (self.project / "README.md").write_text("A project of the rig.\n")
        git = ["git", "-c", "user.name=rig", "-c", "user.email=rig@localhost"]
        environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(self.home)}
        for arguments in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "Start"]):
            subprocess.run([*git, *arguments], cwd=self.project, env=environment, check=True)

    def _make_state(self) -> None:
        """Write what the first-run dialogs (onboarding, trust, key approval, bypass warning) would have written."""
        project = {"hasTrustDialogAccepted": True, "hasCompletedProjectOnboarding": True, "allowedTools": []}
        state = {
            "hasCompletedOnboarding": True,
            "numStartups": 3,
            "theme": "dark",
            "customApiKeyResponses": {"approved": [_KEY[-20:]], "rejected": []},
            "bypassPermissionsModeAccepted": True,
            "projects": {str(self.project): project},
        }
        (self.home / ".claude.json").write_text(json.dumps(state))


def _permission_arguments(permissions: Permissions, asking: str) -> list[str]:
    if permissions == "bypass":
        return ["--dangerously-skip-permissions"]
    return ["--permission-mode", asking]
