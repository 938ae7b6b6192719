"""A scripted agent: a real process that edits, tests, commits and asks through ``orch-agent`` alone.

Usage: ``python -m orchestrator_tui.demo.scripted_agent SCRIPT``, in its worktree, with the environment of an agent: it
is one attempt at the stage ``ORCH_STAGE``, by its id in ``ORCH_ATTEMPT``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from orchestrator_tui.demo import misbehaving
from orchestrator_tui.demo.remembering import Memory
from orchestrator_tui.demo.repository import DemoError, git
from orchestrator_tui.demo.script import Ask, Check, Finding, Replace, Report, Script, Step, Tells, Write, load_script

ANSWER_WAIT_S, MOST_WAITS = 3600, 168
HEAR_WAIT_S = 600.0
PENDING, ENDED = 4, 5
LASTING = frozenset({"write", "replace", "commit", "deploy", "note", "finding", "done", "shell"})
"""Steps whose outcome stays when their process ends. A kill between doing and remembering one repeats it; what that
writes, commits or deploys is the same then, and only what it says is said twice."""

SPEC = "{spec}"
TELLS = "scripted-agent tells: "
"""What stands before the one line of JSON in which an agent tells of its cost and tokens."""


class ScriptStopped(Exception):
    """The script cannot go on; the text says why, ``code`` is what the process ends with."""

    def __init__(self, why: str, code: int = 1) -> None:
        super().__init__(why)
        self.code = code


class ScriptedAgent:
    """Plays one script in the current directory; ``time`` tells one entry of a stage from another."""

    def __init__(self, script: Script, worktree: Path, time: str) -> None:
        self._script, self._worktree = script, worktree
        self._memory = Memory(worktree, script.track, time)
        self._memory.forget_locks()

    def play(self, steps: list[Step], where: str = "") -> None:
        """Play these steps, ``where`` being what led to them. Raises :class:`ScriptStopped` when one cannot be done.

        What an attempt at the same entry of the stage has done before is not done again: its work is still there.
        """
        for place, step in enumerate(steps):
            for name in step.model_fields_set:
                what = f"{where}{place}: {step.model_dump_json(exclude_unset=True)}"
                if name in LASTING and self._memory.get(what) is not None:
                    continue
                getattr(self, f"_do_{name}")(getattr(step, name))
                if name in LASTING:
                    self._memory.put(what, "done")

    # -- work ---------------------------------------------------------------------------------------------------------

    def _do_report(self, report: Report) -> None:
        _tell(f"stage {report.stage}: {report.progress or report.name}")
        self._orch(
            "report",
            *("--stage", str(report.stage), "--name", report.name),
            *(["--progress", report.progress] if report.progress else []),
            *(["--pr", report.pr] if report.pr else []),
            *("--branch", git(self._worktree, "branch", "--show-current").strip(), "--worktree", str(self._worktree)),
        )

    def _do_write(self, write: Write) -> None:
        path = self._place(write.path)
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.read_text("utf-8") if write.append and path.exists() else ""
        if not write.append:
            self._memory.write(path, write.content)
        elif not before.endswith(write.content):
            self._memory.write(path, before + write.content)

    def _do_replace(self, replace: Replace) -> None:
        path = self._place(replace.path)
        text = path.read_text("utf-8")
        if replace.new in text and (replace.new or replace.old not in text):
            return
        if replace.old not in text:
            raise ScriptStopped(f"{replace.path} does not hold {replace.old!r}")
        self._memory.write(path, text.replace(replace.old, replace.new, 1))

    def _place(self, name: str) -> Path:
        """A file of the worktree; ``{spec}`` is the folder of the track's documents."""
        if SPEC in name:
            name = name.replace(SPEC, _needed("ORCH_SPEC"))
        _tell(f"edit {name}")
        return self._worktree / name

    def _do_check(self, check: Check) -> None:
        _tell(f"run {' '.join(check.command)}")
        command = [sys.executable if part == "python3" else part for part in check.command]
        done = subprocess.run(command, cwd=self._worktree, capture_output=True, text=True, check=False)
        result = "pass" if done.returncode == 0 else "fail"
        last = (done.stderr.strip().splitlines() or [""])[-1]
        if check.expect == "pass":
            # A test that is seen to fail before its code is no failure of the track.
            self._orch("check", check.name, result, *(["--detail", last[:500]] if last.strip() else []))
        if result != check.expect:
            raise ScriptStopped(f"check {check.name}: {result} where {check.expect} was expected: {last}")

    def _do_commit(self, message: str) -> None:
        _tell(f"commit {message}")
        git(self._worktree, "add", "--all")
        # Started again in the same worktree, some of the work is committed already; a merge may change nothing.
        if git(self._worktree, "status", "--porcelain") or (self._memory.directory / "MERGE_HEAD").exists():
            git(self._worktree, "commit", "--quiet", "--message", message)

    def _do_pause(self, seconds: float) -> None:
        time.sleep(seconds)

    # -- what it says -------------------------------------------------------------------------------------------------

    def _do_note(self, text: str) -> None:
        self._orch("note", text)

    def _do_finding(self, finding: Finding) -> None:
        where = ["--file", finding.file] if finding.file else []
        where += ["--line", str(finding.line)] if finding.line is not None else []
        where += ["--of", finding.of] if finding.of else []
        self._orch("finding", "--severity", finding.severity, finding.title, *where)

    def _do_verdict(self, word: str) -> None:
        _tell(word)

    def _do_exit(self, code: int) -> None:
        raise ScriptStopped("ends as it was told to" if code else "", code)

    def _do_tells(self, tells: Tells) -> None:
        said = tells.model_dump(exclude_unset=True, exclude={"parked_s"})
        if tells.parked_s:
            said["parked_until_ms"] = int((time.time() + tells.parked_s) * 1000)
        _tell(TELLS + json.dumps(said))

    def _do_hear(self, text: str) -> None:
        """Wait for a line; it may have been said before this step."""
        _tell(f"waits to hear {text}")
        import select

        heard, until = b"", time.monotonic() + HEAR_WAIT_S
        while text.encode() not in heard:
            ready, _, _ = select.select([0], [], [], max(0.0, until - time.monotonic()))
            more = os.read(0, 65_536) if ready else b""
            if not more:
                raise ScriptStopped(f"nobody said {text!r}")
            heard += more
        _tell(f"heard {text}")

    # -- what it asks -------------------------------------------------------------------------------------------------

    def _do_ask(self, ask: Ask) -> None:
        _tell(f"ask {ask.question}")
        answer = self._memory.get(ask.question)
        if answer is None:
            answer = self._changing(ask) if ask.changes else self._answer(ask)
            if answer != "pending":
                self._memory.put(ask.question, answer)
        self.play(ask.on.get(answer, []), f"{answer} of {ask.question}: ")

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
        return self._chosen(ask, first.returncode, output)

    def _answer(self, ask: Ask) -> str:
        """Ask, and wait on while nobody decides: the same question asked again is the same gate."""
        for _ in range(MOST_WAITS if ask.patience is None else 1):
            done = subprocess.run(
                self._command(ask), cwd=self._worktree, stdout=subprocess.PIPE, text=True, check=False
            )
            if done.returncode != PENDING:
                break
        return self._chosen(ask, done.returncode, done.stdout)

    def _chosen(self, ask: Ask, status: int, output: str) -> str:
        if status == 0:
            return output.strip()
        if status == PENDING and ask.patience is not None:
            return "pending"
        why = {PENDING: "nobody decided in time", ENDED: "the question was taken back"}
        raise ScriptStopped(why.get(status, f"orch-agent ask ended with {status}"))

    def _command(self, ask: Ask) -> list[str]:
        wait_s = ANSWER_WAIT_S if ask.patience is None else ask.patience
        command = [*ORCH_AGENT, "ask", ask.question, "--wait", str(wait_s)]
        for key, label in ask.options.items():
            command += ["--option", f"{key}={label}"]
        for name in ("context", "risk", "confidence", "environment", "recommend"):
            value = getattr(ask, name)
            command += [f"--{name}", value] if value else []
        return command

    # -- how it misbehaves --------------------------------------------------------------------------------------------

    def _do_shell(self, command: str) -> None:
        done = subprocess.run(["sh", "-c", command], cwd=self._worktree, stdin=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            raise ScriptStopped(f"sh ended with {done.returncode}: {command}")

    def _do_say(self, text: str) -> None:
        _tell(text)

    def _do_flood(self, size: int) -> None:
        misbehaving.flood(size)

    def _do_daemon(self, seconds: float) -> None:
        misbehaving.leave_daemon(seconds)

    def _do_hang(self, how: str) -> None:
        _tell("hangs")
        misbehaving.hang(how)

    def _do_die(self, by: str) -> None:
        misbehaving.die(by)

    def _do_forge(self, option: str) -> None:
        if not misbehaving.forge(Path(_needed("ORCH_TASKS")), self._script.track, option):
            raise ScriptStopped("there is no task file of its own to forge")

    # -- orch-agent ---------------------------------------------------------------------------------------------------

    def _orch(self, *arguments: str) -> None:
        done = subprocess.run([*ORCH_AGENT, *arguments], cwd=self._worktree, stdout=subprocess.PIPE, check=False)
        if done.returncode != 0:
            raise ScriptStopped(f"orch-agent {arguments[0]} ended with {done.returncode}")


# Safe paths: nothing that lies in a worktree is imported.
ORCH_AGENT = (sys.executable, "-P", "-c", "import sys; from orchestrator_tui.agent.main import main; sys.exit(main())")


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _needed(variable: str) -> str:
    value = os.environ.get(variable, "")
    if not value:
        raise ScriptStopped(f"{variable} is not set")
    return value


def _entry_and_try(attempt: str) -> tuple[int, int]:
    """How often the stage was entered and tried by now: the ends of ``a-<track>-<stage>-<entry>-<try>``."""
    parts = attempt.rsplit("-", 2)
    return (int(parts[1]), int(parts[2])) if len(parts) == 3 and all(one.isdigit() for one in parts[1:]) else (1, 1)


def _play(script: Script) -> None:
    stage = int(_needed("ORCH_STAGE"))
    part = os.environ.get("ORCH_PART", "")
    entry, attempt = _entry_and_try(os.environ.get("ORCH_ATTEMPT", "").removesuffix(f"-{part}"))
    steps = script.steps_of(stage, entry, attempt, os.environ.get("ORCH_PURPOSE", ""))
    ScriptedAgent(script, Path.cwd(), f"{stage}/{entry}{part}").play(steps)


def main() -> int:
    """Play the script that the command line names, in the current directory."""
    try:
        script = load_script(Path(sys.argv[1]))
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{sys.argv[1]}: {error}\n")
        return 2
    try:
        _play(script)
    except ScriptStopped as error:
        if str(error):
            sys.stderr.write(f"{script.track}: {error}\n")
        return error.code
    except (OSError, DemoError) as error:
        sys.stderr.write(f"{script.track}: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
