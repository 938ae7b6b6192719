"""Which file systems tell of changes (W-6)."""

from __future__ import annotations

import builtins
import sys
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.adapters.tasks.filesystem import TELLING, filesystem_of
from orchestrator_tui.core.mounts import kind_of_mount

MOUNTS = """\
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
28 27 0:30 / /mnt/c rw,noatime - 9p C:\\134 rw,dirsync
29 27 0:31 / /home/dev/remote rw shared:1 - nfs4 server:/export rw
30 27 0:32 / /home/dev/my\\040drive rw - fuse.sshfs host: rw
31 27 0:33 / /over rw - ext4 /dev/vdb rw
32 27 0:34 / /over rw - tmpfs none rw
torn line
33 27 0:35
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "ext4"),
        ("/home/dev/tasks", "ext4"),
        ("/mnt/c", "9p"),
        ("/mnt/c/x/y", "9p"),
        ("/mnt/cold", "ext4"),
        ("/home/dev/remote/tasks", "nfs4"),
        ("/home/dev/my drive/tasks", "fuse.sshfs"),
        ("/over/tasks", "tmpfs"),
    ],
)
def test_the_mount_that_holds_a_path(path: str, kind: str) -> None:
    assert kind_of_mount(MOUNTS, path) == kind


def test_without_mounts_nothing_is_known() -> None:
    assert kind_of_mount("", "/home") == ""


def test_only_what_surely_tells_is_trusted() -> None:
    assert "ext4" in TELLING
    assert TELLING.isdisjoint({"nfs", "nfs4", "9p", "drvfs", "fuse", "fuse.sshfs", "cifs", "virtiofs", "unknown"})


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lists its mounts in /proc")
def test_this_machine(tmp_path: Path) -> None:
    assert filesystem_of(str(tmp_path)) != "unknown"
    assert filesystem_of(str(tmp_path / "not" / "there")) == filesystem_of(str(tmp_path))
    assert filesystem_of("/proc/self") == "proc"


def test_without_proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: Any, **__: Any) -> Any:
        raise FileNotFoundError

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(builtins, "open", missing)
    assert filesystem_of(str(tmp_path)) == "unknown"


def test_on_macos(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert filesystem_of("/Users/dev/.claude/tasks") == "apfs"
    assert filesystem_of("/Volumes/share/tasks") == "unknown"
