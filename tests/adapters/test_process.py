"""Processes by identity: this very one, its ancestors, the dead, and those who got their numbers."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys

import pytest

from orchestrator_tui.adapters import process
from orchestrator_tui.adapters.process import ProcessIdentity, alive, ancestors, claimant_gone, identity, own_claim
from tests.journal.processes import until

MACOS = """\
    1     0 Ss   Mon Nov 16 08:00:01 2026
  411     1 S+   Sat Nov 21 09:15:42 2026
  412   411 Z    Sat Nov 21 09:15:43 2026
garbage
  413   411 R
"""


@pytest.fixture
def has_proc(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if not request.param and shutil.which("ps") is None:
        pytest.skip("no ps here")
    if request.param and not os.path.exists("/proc/self/stat"):
        pytest.skip("no /proc here")
    monkeypatch.setattr(process, "_has_proc", lambda: request.param)


@pytest.fixture
def child() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)


def own() -> ProcessIdentity:
    found = identity()
    assert found is not None
    return found


@pytest.mark.usefixtures("has_proc")
class TestBothWays:
    pytestmark = pytest.mark.parametrize("has_proc", [True, False], ids=["proc", "ps"], indirect=True)

    def test_this_process_is_alive(self) -> None:
        assert own().pid == os.getpid()
        assert own().start
        assert alive(own())

    def test_another_start_or_boot_is_another_process(self) -> None:
        assert not alive(own()._replace(start="1"))
        assert not alive(own()._replace(boot="another boot"))

    def test_the_parent_comes_first_among_the_ancestors(self) -> None:
        found = ancestors()
        assert found[0].pid == os.getppid()
        assert all(alive(one) for one in found)
        assert len({one.pid for one in found}) == len(found)

    def test_a_killed_process_is_gone_before_it_is_waited_for(self, child: subprocess.Popen[bytes]) -> None:
        found = identity(child.pid)
        assert found is not None
        assert alive(found)
        child.send_signal(signal.SIGKILL)
        until(lambda: not alive(found))
        assert claimant_gone(f"{found.pid}:{found.start}")
        assert identity(child.pid) is None
        child.communicate()
        assert not alive(found)

    def test_a_claim_names_this_process(self) -> None:
        assert own_claim() == f"{os.getpid()}:{own().start}"
        assert not claimant_gone(own_claim())
        assert claimant_gone(f"{os.getpid()}:1")


@pytest.mark.parametrize("claimant", ["", "cockpit", "x:1", "-1:1", "1" * 20 + ":1"])
def test_a_claim_that_names_no_process_is_not_gone(claimant: str) -> None:
    assert not claimant_gone(claimant)


def test_the_output_of_ps_is_understood() -> None:
    found = process.parse_ps(MACOS)
    assert {pid: seen.parent for pid, seen in found.items()} == {1: 0, 411: 1, 412: 411}
    assert found[411].start == "Sat Nov 21 09:15:42 2026"
    assert [pid for pid, seen in found.items() if seen.dead] == [412]


def test_without_any_way_to_look_only_existence_is_known(
    monkeypatch: pytest.MonkeyPatch, child: subprocess.Popen[bytes]
) -> None:
    monkeypatch.setattr(process, "_has_proc", lambda: False)
    monkeypatch.setenv("PATH", "/nowhere")
    found = identity(child.pid)
    assert found is not None
    assert (found.pid, found.start) == (child.pid, "")
    assert ancestors(child.pid) == ()
    assert not claimant_gone(f"{child.pid}:123")
    child.kill()
    child.communicate()
    assert claimant_gone(f"{child.pid}:123")
