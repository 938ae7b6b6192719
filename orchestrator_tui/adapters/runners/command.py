"""The ``command`` runner: any program by a template, each argument filled on its own and never read by a shell."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator_tui.adapters.runners.plain import PlainFollower
from orchestrator_tui.adapters.runners.starting import PROMPT, environment, write_private, write_scope
from orchestrator_tui.core.call_answers import Chosen
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.secret_values import secret_values
from orchestrator_tui.runtime.run_world import AttemptOrder, Follower, JobOrder

PLACEHOLDERS = ("prompt_file", "prompt", "worktree", "model", "track", "stage", "attempt", "role", "resume")
"""What may stand in braces in a template; other braces stay as they are."""

_PLACEHOLDER = re.compile("{(" + "|".join(PLACEHOLDERS) + ")}")
_LONGEST_ARGUMENT = 120_000
"""Bytes of one argument; the system takes 128 KiB."""


@frozen
class CommandRunner:
    """Runs ``plan.agent.command``. ``source`` is the environment that the allow-list takes from.

    A template that names the prompt nowhere gets it on its standard input.
    """

    source: Mapping[str, str]

    def order(self, attempt: AttemptOrder) -> JobOrder:
        """The template filled in. Raises OSError when there is none, or the prompt does not fit into an argument."""
        template = attempt.plan.agent.command
        if not template:
            raise OSError("the plan's agent has no command: agent.command is the template of its arguments")
        prompt_file = write_private(attempt, PROMPT, attempt.prompt)
        write_scope(attempt)
        argv = fill(template, values(attempt, str(prompt_file)))
        if any(len(one.encode("utf-8", "replace")) > _LONGEST_ARGUMENT for one in argv):
            raise OSError("the prompt is too long for an argument; use {prompt_file} in agent.command")
        made = environment(attempt, self.source)
        told = any(name in ("prompt", "prompt_file") for part in template for name in _PLACEHOLDER.findall(part))
        return JobOrder(
            argv,
            attempt.worktree,
            made,
            stdin=b"" if told else attempt.prompt.encode("utf-8", "replace"),
            wall_ms=attempt.wall_ms,
            secrets=secret_values(made),
        )

    def follower(self, attempt: AttemptOrder, words: frozenset[str]) -> Follower:
        """Reads plain text."""
        return PlainFollower(words, attempt.track)

    def message(self, text: str) -> bytes:
        """Nothing: its input has ended."""
        return b""

    def session(self, attempt: AttemptOrder) -> str:
        """The one that it goes on with, where it does."""
        return attempt.resume

    def answers(self, ask: Mapping[str, Any], decided: Sequence[Chosen]) -> bytes:
        """Nothing: it asks by ``orch-agent``."""
        return b""

    def interrupt(self) -> bytes:
        """Nothing: only a signal interrupts it."""
        return b""


def values(attempt: AttemptOrder, prompt_file: str) -> dict[str, str]:
    """What each placeholder stands for in this attempt."""
    return {
        "prompt_file": prompt_file,
        "prompt": attempt.prompt.replace("\0", ""),
        "worktree": attempt.worktree,
        "model": attempt.model,
        "track": attempt.track,
        "stage": str(attempt.stage),
        "attempt": attempt.id,
        "role": attempt.role,
        "resume": attempt.resume,
    }


def fill(template: tuple[str, ...], told: Mapping[str, str]) -> tuple[str, ...]:
    """The arguments. One that is only a placeholder for nothing falls away, with the option that stands before it."""
    argv: list[str] = []
    for part in template:
        filled = _PLACEHOLDER.sub(lambda found: told[found.group(1)], part)
        if filled or not _PLACEHOLDER.fullmatch(part):
            argv.append(filled)
        elif argv and argv[-1].startswith("-"):
            argv.pop()
    return tuple(argv)
