"""The thin thread, without a screen: the real Claude Code asks, a person decides, the model's next request holds it.

Only processes that a person or Claude Code would start take part: the hook, ``orch-tui decide``, and something that
is present to answer. They are killed and started again in between; nothing but the journal joins them.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.journal.home import journal_directory
from orchestrator_tui.journal.sqlite import open_journal
from tests.claude_rig import ClaudeRig, call, say, wait_until

pytestmark = pytest.mark.e2e_claude

SCRIPTS = Path(sys.executable).parent
PRESENT = """
import sys, time
from pathlib import Path
from orchestrator_tui.journal.presence import PresenceLock
with PresenceLock(Path(sys.argv[1]), "host", sys.argv[2], int(time.time() * 1000)):
    print("present", flush=True)
    time.sleep(600)
"""


def orch(rig: ClaudeRig, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``orch-tui`` as a person would, in the project's folder."""
    return subprocess.run(
        [SCRIPTS / "orch-tui", *arguments], cwd=rig.project, env=rig.environment(), capture_output=True, text=True
    )


def gates(rig: ClaudeRig, *flags: str) -> list[dict[str, Any]]:
    """What ``orch-tui gates`` prints."""
    listed: list[dict[str, Any]] = json.loads(orch(rig, "gates", "--json", *flags).stdout)["gates"]
    return listed


@contextmanager
def somebody_present(rig: ClaudeRig) -> Iterator[subprocess.Popen[str]]:
    """A process that shows somebody is there to answer, for as long as it lives."""
    directory = journal_directory(rig.orch_home, rig.project)
    process = subprocess.Popen(
        [sys.executable, "-c", PRESENT, str(directory), str(rig.project)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "present\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def add_hooks(rig: ClaudeRig) -> None:
    """Have the hooks that answer calls and find out whose answer was taken, which the transcript says late."""
    for event in ("PermissionRequest", "PostToolUse", "Stop", "SessionEnd"):
        rig.add_hook(event, f"{SCRIPTS / 'orch-hook'} {event} || exit 0", timeout=86_400)


def make_journal(rig: ClaudeRig) -> None:
    """Open the repository's journal once, as a first cockpit would have done: a hook never makes one."""
    open_journal(rig.project, rig.environment()).close()


def test_a_permission_is_asked_denied_from_outside_and_the_model_reads_the_reason(claude_rig: ClaudeRig) -> None:
    rig = claude_rig
    add_hooks(rig)
    make_journal(rig)
    made = rig.project / "made.txt"
    prompt = rig.script("deny", [call("Write", file_path=str(made), content="x"), say("understood")])

    with somebody_present(rig) as cockpit:
        session = rig.start(prompt, permissions="ask")
        gate = wait_until(lambda: next(iter(gates(rig)), None), "the gate of the permission prompt")
        assert gate["question"].startswith("Allow Write")
        os.kill(cockpit.pid, signal.SIGKILL)

    # The one who was present died with the gate open; somebody else comes back and decides.
    with somebody_present(rig):
        decided = orch(rig, "decide", gate["id"], "deny", "--reason", "write it to notes.txt instead")
        assert decided.returncode == 0, decided.stderr
        request = rig.requests.wait_for("write it to notes.txt instead", "deny")

    assert request.step == 1
    assert session.finish() == 0
    assert not made.exists()
    answered = gates(rig, "--all")[0]
    assert answered["decision"]["reason"] == "write it to notes.txt instead"
    assert answered["delivered_at"]


def test_an_allowed_call_runs_and_its_result_is_the_acknowledgement(claude_rig: ClaudeRig) -> None:
    rig = claude_rig
    add_hooks(rig)
    make_journal(rig)
    made = rig.project / "made.txt"
    prompt = rig.script("allow", [call("Write", file_path=str(made), content="made"), say("done")])

    with somebody_present(rig):
        session = rig.start(prompt, permissions="ask")
        gate = wait_until(lambda: next(iter(gates(rig)), None), "the gate of the permission prompt")
        before = time.time()
        assert orch(rig, "decide", gate["id"], "allow").returncode == 0
        request = rig.requests.wait_for("made.txt", "allow")
        print(f"orch-tui decide started → model request {1000 * (request.arrived_at - before):.0f} ms")

    assert session.finish() == 0
    assert made.read_text() == "made"
    acknowledged = wait_until(
        lambda: next((one for one in gates(rig, "--all") if one["acknowledged_at"]), None), "evidence"
    )
    assert acknowledged["state"] == "acknowledged"


def test_with_nobody_present_the_hook_passes_through(claude_rig: ClaudeRig) -> None:
    rig = claude_rig
    add_hooks(rig)
    make_journal(rig)
    prompt = rig.script("alone", [call("Write", file_path=str(rig.project / "x"), content="x"), say("ended")])
    session = rig.run(prompt, permissions="ask")
    assert session.result["result"] == "ended"
    assert gates(rig, "--all") == []
