"""Cockpits and hosts are present as long as they live."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator_tui.journal.presence import PresenceLock, present
from orchestrator_tui.journal.private import prepare_directory


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    prepare_directory(tmp_path / "journal")
    return tmp_path / "journal"


def test_the_present_are_listed_in_the_order_they_came(directory: Path) -> None:
    with (
        PresenceLock(directory, "host", "/repo", since_wall_ms=20) as host,
        PresenceLock(directory, "cockpit", "", since_wall_ms=10) as cockpit,
    ):
        assert present(directory) == (cockpit.presence, host.presence)
        assert (host.presence.role, host.presence.pid, host.presence.repository) == ("host", os.getpid(), "/repo")
    assert present(directory) == ()
    assert list((directory / "presence").iterdir()) == []


def test_the_dead_are_not_present_and_leave_nothing(directory: Path) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path; from orchestrator_tui.journal.presence import PresenceLock;"
        "PresenceLock(Path(sys.argv[1]), 'cockpit', '', 1); os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", script, str(directory)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(list((directory / "presence").iterdir())) == 1
    assert present(directory) == ()
    assert list((directory / "presence").iterdir()) == []


def test_what_cannot_be_read_is_not_present(directory: Path, tmp_path: Path) -> None:
    with PresenceLock(directory, "host", "/repo", since_wall_ms=20) as host:
        (file,) = (directory / "presence").iterdir()
        file.write_bytes(b'{"role": "ho')
        assert present(directory) == ()
        file.write_bytes(b'{"role": "host", "from": "a newer version"}')
        assert present(directory) == ()
        host.close()
        host.close()
    assert present(tmp_path / "nowhere") == ()
