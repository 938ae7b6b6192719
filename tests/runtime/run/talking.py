"""An agent in memory that talks: a test says what its output tells, and looks at what was written into its input."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from orchestrator_tui.core.call_answers import Chosen
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Gate, Option, Question
from orchestrator_tui.core.normalise_calls import call_questions
from orchestrator_tui.core.observe_gates import gate_opened
from orchestrator_tui.core.rules import Rules
from orchestrator_tui.runtime.run_world import AttemptEnd, AttemptNews, AttemptOrder, Follower, JobOrder
from tests.runtime.run.memory_world import Job
from tests.runtime.run.scene import Scene, track

QUESTION = Question("ask", "Ship it?", options=(Option("ship", "ship it"), Option("fix", "fix it")))
SESSION = "5e551011-0000-5000-8000-000000000001"


class TalkingRunner:
    """Implements the port ``Runner``: every attempt is of one conversation."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def order(self, attempt: AttemptOrder) -> JobOrder:
        self._scene.world.attempts[attempt.id] = attempt
        return JobOrder(("agent", attempt.id), attempt.worktree, {}, attempt.prompt.encode())

    def follower(self, attempt: AttemptOrder, words: frozenset[str]) -> Follower:
        return _Follower()

    def session(self, attempt: AttemptOrder) -> str:
        return attempt.resume or SESSION

    def message(self, text: str) -> bytes:
        return text.encode()

    def answers(self, ask: Mapping[str, Any], decided: Sequence[Chosen]) -> bytes:
        return f"{ask['request_id']}: {[one.options or one.text for one in decided]}".encode()

    def interrupt(self) -> bytes:
        return b""


class _Follower:
    """Takes each line as news, and as how it would end."""

    def __init__(self) -> None:
        self._end = AttemptEnd("failed", session=SESSION, turns=1)

    def feed(self, data: bytes) -> AttemptNews | None:
        told = json.loads(data.splitlines()[-1])
        self._end = replace(self._end, **told.pop("end", {}))
        return AttemptNews(session=SESSION, heard=1, **{key: _tuple(value) for key, value in told.items()})

    def end(self, exit_code: int | None, reason: str, errors: bytes) -> AttemptEnd:
        return replace(self._end, claim="done" if exit_code == 0 else "failed")


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


class Talk:
    """A run of one track whose agent is at work."""

    def __init__(self) -> None:
        self.scene = Scene(track("a"))
        self.ledger, self.world = self.scene.ledger, self.scene.world
        self.world.runner = TalkingRunner(self.scene)
        self.world.restart()
        self.world.settle()

    @property
    def job(self) -> Job:
        """The newest attempt."""
        return self.world.jobs.jobs[self.world.jobs.started[-1]]

    def says(self, **news: Any) -> None:
        """The agent's output tells this, and the run looks."""
        self.job.output += json.dumps(news) + "\n"
        self.world.settle()

    def ends(self, code: int = 0, **end: Any) -> None:
        """The agent's process ends."""
        self.job.output += json.dumps({"end": end}) + "\n" if end else ""
        self.job.status, self.job.exit_code = "ended", code
        self.world.settle()

    def asks(self, name: str = "g-1", route: str = "mcp") -> Gate:
        """The agent has asked something by a way that waits for no call."""
        self.ledger.must(_asked(name, "a", route))
        self.world.settle()
        return self.ledger.batch.gates[name]

    def decide(self, name: str, *options: str) -> None:
        """A person decides, and the time to take it back passes."""
        gate = self.ledger.batch.gates[name]
        told = {"gate": name, "revision": gate.revision, "digest": gate.digest, "decision": f"d-{name}"}
        self.ledger.must(
            Draft("gate_decided", {**told, "options": list(options), "label": "", "by": "ann", "origin": "key"})
        )
        self.ledger.tick(1)
        self.world.settle()

    def gate(self, name: str) -> Gate:
        return self.ledger.batch.gates[name]

    def steps(self, name: str) -> list[str]:
        """The steps of an answer's way."""
        return [one.step for one in self.gate(name).steps]


def waiting(command: str = "make", request: str = "r1") -> dict[str, Any]:
    """A call of the shell that waits."""
    return {
        "hook_event_name": "PermissionRequest",
        "request_id": request,
        "session_id": SESSION,
        "cwd": "/trees/a",
        "tool_name": "Bash",
        "tool_input": {"command": command},
        "permission_suggestions": None,
    }


def _asked(name: str, slug: str, route: str) -> Draft:
    return gate_opened(name, 1, slug, QUESTION, Rules({}), source=f"session:{SESSION}", routes=(route,), asker=SESSION)


def asked_by_hook(name: str, ask: Mapping[str, Any], revision: int = 1) -> Draft:
    """The gate of a call as its hook opens it."""
    asked = call_questions(ask["tool_name"], ask["tool_input"], None, ask["cwd"])
    assert asked is not None
    return gate_opened(
        name, revision, "a", asked.questions[0], Rules({}), source=f"session:{SESSION}", routes=("hook",), asker=SESSION
    )
