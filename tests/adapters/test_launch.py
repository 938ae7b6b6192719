"""Detached launches: they outlive who started them, and write into a file that can be found again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator_tui.adapters.evidence import TrackEvidence, output_name
from orchestrator_tui.adapters.launch import SystemProcesses
from orchestrator_tui.adapters.process import ProcessIdentity, alive, identity
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Track
from orchestrator_tui.core.records import Attempt
from tests.cli.scene import ROOT, eventually

STARTER = """
import sys
from pathlib import Path
from orchestrator_tui.adapters.launch import SystemProcesses
print(*SystemProcesses(Path(sys.argv[1])).launch(["sleep", "60"], "/"), sep="\\t")
"""


def test_the_output_goes_into_a_file_of_the_process(tmp_path: Path) -> None:
    script = "import os; print('hello', os.getcwd()); print(os.getsid(0) == os.getpid()); print(repr(input()))"
    started = SystemProcesses(tmp_path / "out").launch([sys.executable, "-c", script], str(tmp_path))
    process = ProcessIdentity(*started)
    path = tmp_path / "out" / output_name(process.pid, process.start)
    eventually(lambda: "EOFError" in path.read_text(), "the process met the end of its input")
    assert path.read_text().splitlines()[:2] == [f"hello {tmp_path}", "True"]
    assert path.stat().st_mode & 0o777 == 0o600
    eventually(lambda: not alive(process), "the process was waited for")
    attempt = Attempt("a", 1, "implement", ("x",), "/", Instant(0, 0, ""), started)
    evidence = TrackEvidence(lambda: (tmp_path,), tmp_path / "out", os.environ)
    assert evidence.output(Track("b", "s", "t", "k", attempts=(attempt,))).startswith("hello")


def test_it_outlives_its_starter(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", STARTER, str(tmp_path / "out")],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    pid, start, boot = ended.stdout.strip().split("\t")
    process = ProcessIdentity(int(pid), start, boot)
    assert alive(process)
    assert identity(process.pid) == process
    os.kill(process.pid, signal.SIGKILL)


@pytest.mark.parametrize("argv", [["no-such-program-at-all"], ["/"]])
def test_what_cannot_be_started_leaves_nothing(tmp_path: Path, argv: list[str]) -> None:
    with pytest.raises(OSError, match=r"No such file|denied"):
        SystemProcesses(tmp_path / "out").launch(argv, str(tmp_path))
    assert list((tmp_path / "out").iterdir()) == []


def test_claims_name_this_process(tmp_path: Path) -> None:
    processes = SystemProcesses(tmp_path)
    own = processes.own_claim()
    assert own.startswith(f"{os.getpid()}:")
    assert not processes.claimant_gone(own)
    assert processes.claimant_gone(f"{os.getpid()}:1")
