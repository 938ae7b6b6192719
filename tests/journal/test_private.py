"""A journal is kept where only its user writes, on a file system that can hold it (reliability J-8, D-4)."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from orchestrator_tui.journal.port import JournalMissing, JournalUnwritable
from orchestrator_tui.journal.private import FORCE, filesystem, prepare_directory, prepare_home, refuse_remote
from orchestrator_tui.journal.sqlite import SqliteJournal, open_journal
from tests.journal.drafts import at, opened

MOUNTS = r"""22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
40 22 0:30 / /mnt/share rw - nfs4 server:/share rw
41 22 0:31 / /mnt/with\040space rw - fuse.sshfs host: rw
42 22 0:32 / /mnt/c rw - 9p C: rw
43 40 0:33 / /mnt/share/local rw - xfs /dev/b rw
44 22 0:34 / /mnt/c rw - ext4 /dev/c rw
malformed
"""


def mode(path: Path) -> int:
    return stat.S_IMODE(os.lstat(path).st_mode)


def test_everything_is_private(tmp_path: Path) -> None:
    before = os.umask(0o022)
    journal = open_journal(tmp_path, {"ORCH_HOME": str(tmp_path / "state" / "home")})
    journal.open_batch("b", opened(), at(0), "cockpit")
    lease = journal.take_lease("b", "me", at(0))
    with journal.waiter("b", "g"):
        found = list((tmp_path / "state" / "home").rglob("*"))
        assert {"journal.db", "journal.db-wal", "journal.lock", "waiters"} <= {path.name for path in found}
        for path in found:
            assert mode(path) == (0o700 if path.is_dir() else 0o600), path
    assert not isinstance(lease, str)
    journal.close()
    os.umask(before)


def test_a_journal_that_is_not_there_is_not_made_unasked(tmp_path: Path) -> None:
    with pytest.raises(JournalMissing, match="no journal"):
        open_journal(tmp_path, {"ORCH_HOME": str(tmp_path / "ours")}, create=False)
    assert not (tmp_path / "ours").exists()


def test_a_journal_that_others_may_write_to_is_not_opened(tmp_path: Path) -> None:
    environ = {"ORCH_HOME": str(tmp_path / "ours")}
    journal = open_journal(tmp_path, environ)
    journal.close()
    os.chmod(journal.directory, 0o777)
    for create in (True, False):
        with pytest.raises(JournalUnwritable, match="writable by others"):
            open_journal(tmp_path, environ, create=create)
        with pytest.raises(JournalUnwritable, match="writable by others"):
            SqliteJournal(journal.directory, create=create)


@pytest.mark.parametrize("which", ["repositories", "journal", "waiters"])
def test_a_symlink_on_the_way_is_refused(tmp_path: Path, which: str) -> None:
    home = tmp_path / "ours"
    directory = home / "repositories" / "x-12345678"
    path = {"repositories": home / "repositories", "journal": directory, "waiters": directory / "waiters"}[which]
    path.parent.mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(JournalUnwritable, match="symbolic link"):
        prepare_home(home, directory)


@pytest.mark.parametrize("bits", [0o770, 0o707, 0o777])
@pytest.mark.parametrize("which", [".", "repositories", "repositories/x-12345678"])
def test_a_directory_that_others_write_is_refused(tmp_path: Path, which: str, bits: int) -> None:
    directory = tmp_path / "repositories" / "x-12345678"
    directory.mkdir(parents=True)
    os.chmod(tmp_path / which, bits)
    with pytest.raises(JournalUnwritable, match="writable by others"):
        prepare_home(tmp_path, directory)


def test_a_file_in_the_place_of_a_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("")
    with pytest.raises(JournalUnwritable, match="not a directory"):
        prepare_directory(tmp_path / "journal")
    with pytest.raises(JournalUnwritable, match="cannot make"):
        prepare_directory(tmp_path / "no" / "parent")
    with pytest.raises(JournalUnwritable, match="cannot make"):
        prepare_home(tmp_path / "journal" / "home", tmp_path / "journal" / "home" / "x")


def test_a_journal_inside_a_worktree_is_refused(tmp_path: Path) -> None:
    repository, linked = tmp_path / "repo", tmp_path / "linked"
    repository.mkdir()
    run = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*run, "init", "-q", "."], cwd=repository, check=True)
    subprocess.run([*run, "commit", "-q", "--allow-empty", "-m", "x"], cwd=repository, check=True)
    subprocess.run([*run, "worktree", "add", "-q", "--detach", str(linked)], cwd=repository, check=True)
    for tree in (repository, linked):
        with pytest.raises(JournalUnwritable, match="ORCH_HOME"):
            open_journal(repository, {"ORCH_HOME": str(tree / "state")})
        assert not (tree / "state").exists()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/a", "ext4"),
        ("/mnt/share/x", "nfs4"),
        ("/mnt/shared", "ext4"),
        ("/mnt/with space/x", "fuse.sshfs"),
        ("/mnt/share/local", "xfs"),
        ("/mnt/c", "ext4"),
    ],
)
def test_the_file_system_is_that_of_the_nearest_mount(tmp_path: Path, path: str, kind: str) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS)
    assert filesystem(Path(path), mounts) == kind


def test_a_remote_file_system_is_refused_unless_forced(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS)
    for path in (Path("/mnt/share/x"), Path("/mnt/with space")):
        with pytest.raises(JournalUnwritable, match=FORCE):
            refuse_remote(path, {}, mounts)
        refuse_remote(path, {FORCE: "1"}, mounts)
    refuse_remote(Path("/home"), {}, mounts)
    assert filesystem(Path("/home"), tmp_path / "no such file") == ""
    refuse_remote(Path("/home"), {}, tmp_path / "no such file")
