"""The ``claude`` runner: headless Claude Code, stream-json both ways, in the worktree of its track.

It is started with our hooks and MCP server by files of its attempt, so that a person's own settings stay untouched.
Its input stays open: decisions and messages are said there, and what it may not do alone it asks there, too.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from orchestrator_tui.adapters.claude_home import config_directory
from orchestrator_tui.adapters.connection.wanted import Wanted
from orchestrator_tui.adapters.runners.claude_files import session_of, write_servers, write_settings
from orchestrator_tui.adapters.runners.claude_input import call_answer, interruption, user_message
from orchestrator_tui.adapters.runners.claude_stream import ClaudeFollower
from orchestrator_tui.adapters.runners.starting import PROMPT, environment, write_private, write_scope
from orchestrator_tui.core.call_answers import Chosen
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.secret_values import secret_values
from orchestrator_tui.runtime.run_world import AttemptOrder, Follower, JobOrder

PROGRAM = ("claude",)

ENVIRONMENT = re.compile(
    r"ANTHROPIC_\w+|DISABLE_\w+|MAX_THINKING_TOKENS|MAX_MCP_OUTPUT_TOKENS|API_TIMEOUT_MS|MCP_\w*TIMEOUT|BASH_\w+"
    r"|ENABLE_TOOL_SEARCH|IS_SANDBOX|USE_BUILTIN_RIPGREP"
    r"|CLAUDE_CONFIG_DIR|CLAUDE_CODE_(?:USE|DISABLE|ENABLE|SKIP|MAX|OAUTH|API|CLIENT|TMPDIR|SUBAGENT_MODEL|EFFORT)\w*"
)
"""Variables that Claude Code is set up by. Those of a session that we may run in ourselves are none of them."""

_CLOUDS = {
    "CLAUDE_CODE_USE_BEDROCK": re.compile(r"AWS_\w+"),
    "CLAUDE_CODE_USE_VERTEX": re.compile(r"CLOUD_ML_REGION|GOOGLE_\w+|GCLOUD_\w+|VERTEX_\w+"),
}
_CHANGING = "Edit,Write,NotebookEdit"


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


@frozen
class ClaudeRunner:
    """Runs Claude Code: ``claude`` on the PATH, or the words of ``plan.agent.command``.

    ``source`` is the environment that the allow-list takes from, ``wanted`` what we install into Claude Code.
    """

    source: Mapping[str, str]
    wanted: Wanted
    wall_ms: Callable[[], int] = _wall_ms

    def order(self, attempt: AttemptOrder) -> JobOrder:
        """Claude Code with its settings, servers and conversation. Raises OSError when a file cannot be written."""
        write_private(attempt, PROMPT, attempt.prompt)
        write_scope(attempt)
        made = environment(attempt, self.source, allow=self._allowed)
        return JobOrder(
            self._argv(attempt),
            attempt.worktree,
            made,
            stdin=user_message(attempt.prompt),
            keep_open=True,
            wall_ms=attempt.wall_ms,
            secrets=secret_values(made),
        )

    def follower(self, attempt: AttemptOrder, words: frozenset[str]) -> Follower:
        """Reads stream-json."""
        return ClaudeFollower(words, attempt.worktree, self.wall_ms, attempt.track)

    def session(self, attempt: AttemptOrder) -> str:
        """The id that it is given. Raises OSError when it cannot be noted."""
        return session_of(attempt, config_directory(self.source) / "projects")

    def message(self, text: str) -> bytes:
        """A person's message."""
        return user_message(text)

    def answers(self, ask: Mapping[str, Any], decided: Sequence[Chosen]) -> bytes:
        """The answer to a call, by the decisions on all of its questions in their order."""
        return call_answer(ask, decided)

    def interrupt(self) -> bytes:
        """Ends the turn; the next message begins another."""
        return interruption()

    def _argv(self, attempt: AttemptOrder) -> tuple[str, ...]:
        settings, servers = write_settings(attempt, self.wanted), write_servers(attempt, self.wanted)
        session = self.session(attempt)
        argv = [*(attempt.plan.agent.command or PROGRAM), "-p"]
        argv += ["--input-format", "stream-json", "--output-format", "stream-json", "--verbose"]
        argv += ["--replay-user-messages", "--permission-prompt-tool", "stdio"]
        argv += ["--resume", session] if attempt.resume else ["--session-id", session]
        argv += ["--settings", str(settings), f"--mcp-config={servers}"]
        if attempt.plan.agent.permission_mode:
            argv += ["--permission-mode", attempt.plan.agent.permission_mode]
        if attempt.model:
            argv += ["--model", attempt.model]
        if attempt.turns:
            argv += ["--max-turns", str(attempt.turns)]
        if attempt.cost_usd:
            argv += ["--max-budget-usd", f"{attempt.cost_usd:g}"]
        if not attempt.writes:
            argv += [f"--disallowedTools={_CHANGING}"]
        return tuple(argv)

    def _allowed(self, name: str) -> bool:
        clouds = (names for switch, names in _CLOUDS.items() if self.source.get(switch))
        return ENVIRONMENT.fullmatch(name) is not None or any(names.fullmatch(name) for names in clouds)
