"""A scripted agent: a real process that edits, tests, commits and asks through ``orch-agent`` alone.

Usage: ``python -m orchestrator_tui.demo.scripted_agent SCRIPT``, in its worktree, with the environment of an agent
(``ORCH_TRACK``, ``ORCH_TASKS`` …) and ``ORCH_DEMO_ENVIRONMENTS``, the folder that it deploys into.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from orchestrator_tui.demo.repository import git
from orchestrator_tui.demo.script import Ask, Check, Finding, Replace, Report, Script, Step, Write, load_script

ANSWER_WAIT_S = 3600
PENDING, ENDED = 4, 5


class ScriptStopped(Exception):
    """The script cannot go on; the text says why."""


class ScriptedAgent:
    """Plays one script in the current directory."""

    def __init__(self, script: Script, worktree: Path, environments: Path) -> None:
        self._script, self._worktree, self._environments = script, worktree, environments

    def play(self, reached: int) -> None:
        """Play all steps from the stage that was reached. Raises :class:`ScriptStopped` when one cannot be done."""
        steps = self._script.steps
        for place, step in enumerate(steps):
            if step.report is not None and step.report.stage == reached:
                steps = steps[place:]
                break
        self._play(steps)

    def _play(self, steps: list[Step]) -> None:
        for step in steps:
            for name in step.model_fields_set:
                getattr(self, f"_do_{name}")(getattr(step, name))

    def _do_report(self, report: Report) -> None:
        self._orch(
            "report",
            *("--stage", str(report.stage), "--name", report.name, "--progress", report.progress),
            *("--title", self._script.title, "--workflow", self._script.workflow),
            *("--branch", git(self._worktree, "branch", "--show-current").strip(), "--worktree", str(self._worktree)),
        )

    def _do_write(self, write: Write) -> None:
        path = self._worktree / write.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(write.content, "utf-8")

    def _do_replace(self, replace: Replace) -> None:
        path = self._worktree / replace.path
        text = path.read_text("utf-8")
        if replace.new in text:
            return
        if replace.old not in text:
            raise ScriptStopped(f"{replace.path} does not hold {replace.old!r}")
        path.write_text(text.replace(replace.old, replace.new, 1), "utf-8")

    def _do_check(self, check: Check) -> None:
        command = [sys.executable if part == "python3" else part for part in check.command]
        done = subprocess.run(command, cwd=self._worktree, capture_output=True, text=True, check=False)
        result = "pass" if done.returncode == 0 else "fail"
        last = (done.stderr.strip().splitlines() or [""])[-1]
        self._orch("check", check.name, result, "--detail", last)
        if result != check.expect:
            raise ScriptStopped(f"check {check.name}: {result} where {check.expect} was expected: {last}")

    def _do_commit(self, message: str) -> None:
        git(self._worktree, "add", "--all")
        # Started again in the same worktree, some of the work is committed already.
        if git(self._worktree, "status", "--porcelain"):
            git(self._worktree, "commit", "--quiet", "--message", message)

    def _do_note(self, text: str) -> None:
        self._orch("note", text)

    def _do_finding(self, finding: Finding) -> None:
        where = ["--file", finding.file] if finding.file else []
        where += ["--line", str(finding.line)] if finding.line is not None else []
        self._orch("finding", "--severity", finding.severity, finding.title, *where)

    def _do_deploy(self, environment: str) -> None:
        self._environments.mkdir(parents=True, exist_ok=True)
        content = {"track": self._script.track, "commit": git(self._worktree, "rev-parse", "HEAD").strip()}
        with (self._environments / f"{environment}.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(content) + "\n")

    def _do_pause(self, seconds: float) -> None:
        time.sleep(seconds)

    def _do_done(self, outcome: str) -> None:
        self._orch("done", "--outcome", outcome)

    def _do_ask(self, ask: Ask) -> None:
        answer = self._changing(ask) if ask.changes else self._answer(ask)
        self._play(ask.on.get(answer, []))

    def _changing(self, ask: Ask) -> str:
        """Ask, and ask anew with the changed question while nobody has answered; the first asking then ends."""
        change = ask.changes
        assert change is not None
        first = subprocess.Popen(self._command(ask), cwd=self._worktree, stdout=subprocess.PIPE, text=True)
        try:
            output, _ = first.communicate(timeout=change.after)
        except subprocess.TimeoutExpired:
            update = {"question": change.question, "context": change.context, "recommend": change.recommend}
            answer = self._answer(ask.model_copy(update={**update, "changes": None}))
            first.communicate()
            return answer
        return self._chosen(first.returncode, output)

    def _answer(self, ask: Ask) -> str:
        done = subprocess.run(self._command(ask), cwd=self._worktree, stdout=subprocess.PIPE, text=True, check=False)
        return self._chosen(done.returncode, done.stdout)

    def _chosen(self, status: int, output: str) -> str:
        if status == 0:
            return output.strip()
        why = {PENDING: "nobody decided in time", ENDED: "the question was taken back"}
        raise ScriptStopped(why.get(status, f"orch-agent ask ended with {status}"))

    def _command(self, ask: Ask) -> list[str]:
        command = [*ORCH_AGENT, "ask", ask.question, "--wait", str(ANSWER_WAIT_S)]
        for key, label in ask.options.items():
            command += ["--option", f"{key}={label}"]
        for name in ("context", "risk", "confidence", "environment", "recommend"):
            value = getattr(ask, name)
            command += [f"--{name}", value] if value else []
        return command

    def _orch(self, *arguments: str) -> None:
        done = subprocess.run([*ORCH_AGENT, *arguments], cwd=self._worktree, stdout=subprocess.PIPE, check=False)
        if done.returncode != 0:
            raise ScriptStopped(f"orch-agent {arguments[0]} ended with {done.returncode}")


ORCH_AGENT = (sys.executable, "-c", "import sys; from orchestrator_tui.agent.main import main; sys.exit(main())")


def _stage_reached(track: str) -> int:
    """The stage in the track's task, 0 without one: an agent that starts again goes on where it was (seed 002, H)."""
    for path in Path(os.environ["ORCH_TASKS"]).glob("*.json"):
        metadata = json.loads(path.read_text("utf-8")).get("metadata", {})
        if metadata.get("track") == track:
            return int(metadata.get("stage", 0))
    return 0


def main() -> int:
    """Play the script that the command line names, in the current directory."""
    script = load_script(Path(sys.argv[1]))
    agent = ScriptedAgent(script, Path.cwd(), Path(os.environ["ORCH_DEMO_ENVIRONMENTS"]))
    try:
        agent.play(_stage_reached(script.track))
    except ScriptStopped as error:
        sys.stderr.write(f"{script.track}: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
