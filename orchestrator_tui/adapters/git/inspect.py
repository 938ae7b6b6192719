"""What a track has changed since its base: files with their kind, whether they only grew, the diff, and its digest."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from orchestrator_tui.adapters.git.command import git
from orchestrator_tui.adapters.git.history import apart, commit_id, is_full_id, merge_base
from orchestrator_tui.adapters.git.merging_here import merging
from orchestrator_tui.adapters.git.trees import Contents, contents
from orchestrator_tui.adapters.plain_file import whole
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.scope import Breach, Touched, breaches

APPENDED_LIMIT = 16 << 20
"""A file longer than this many bytes is not read to see whether it only grew: it then counts as changed otherwise."""

_MARKERS = tuple(re.compile(rb"^" + one * 7 + rb"(?: |\r?$)", re.MULTILINE) for one in (b"<", b"=", b">"))
"""The lines that git leaves in a file whose conflict nobody has resolved."""

_RENAMES = "--find-renames=50%"


@frozen
class FileChange:
    """One file that differs between the base and the working tree."""

    path: str
    kind: str
    """``A`` added, ``M`` modified, ``D`` deleted, ``R`` renamed, ``T`` changed its type (file, link, submodule)."""
    added: int = 0
    """Lines; 0 for a binary file."""
    removed: int = 0
    appended_only: bool = False
    """The old content is, to the byte, the beginning of the new one; so it is for a new file."""
    old_path: str = ""
    """What a renamed file was called."""


@frozen
class Changes:
    """What a working tree has that its base has not."""

    head: str
    commits: int
    """Commits since the base."""
    files: tuple[FileChange, ...]
    """From the base to the files as they are, committed or not; files that are not tracked are not among them."""
    uncommitted: tuple[str, ...]
    untracked: tuple[str, ...]
    branch: str = ""
    """What is checked out, "" for no branch."""
    marked: tuple[str, ...] = ()
    """Files in which the markers of an unresolved conflict stand that were not there before."""
    brought: tuple[str, ...] = ()
    """Files that differ from the last commit and stand as the base has them, which was brought into this tree."""


def changes(path: Path, base_sha: str) -> Changes:
    """Everything that changed in the worktree at ``path`` since ``base_sha``; takes no lock (G-7).

    A base that the tree's last commit does not hold was brought into it by a merge that is under way or was given up.
    Whoever calls this says what was brought; what the tree itself says of a merge can hide nothing.

    Raises:
        GitError: it is no worktree, the base is not there, or git fails.
    """
    # A full id needs no look: what compares with it says when there is none.
    base = base_sha if is_full_id(base_sha) else commit_id(path, base_sha)
    held = contents(path)
    text = git(path, "diff", "--raw", "--numstat", "--no-abbrev", _RENAMES, "-z", base, "--")
    entries = list(_entries(text))
    commits, missing = (0, 0) if held.head == base else apart(path, held.head, base)
    brought = _Bringing(path, held, base) if missing else None
    if brought is not None:
        entries = [one for one in entries if not brought.leaves_alone(one)]
    grown = {one.path for one in entries if one.kind == "A" or (one.could_have_grown and _has_grown(path, one))}
    return Changes(
        head=held.head,
        commits=commits,
        files=tuple(one.change(one.path in grown) for one in entries),
        uncommitted=held.uncommitted,
        untracked=held.untracked,
        branch=held.branch,
        marked=tuple(one.path for one in entries if _is_marked(path, one)),
        brought=() if brought is None else brought.standing({name for one in entries for name in one.names}),
    )


def diff(path: Path, base_sha: str, limit_bytes: int, files: tuple[str, ...] = ()) -> str:
    """The changes of tracked files since the base as a patch, committed or not; its end says when it was cut.

    Where ``files`` are named it is about them alone, and about those among them, too, that git does not know yet.

    Raises:
        GitError: as :func:`changes`.
    """
    base = commit_id(path, base_sha)
    named = tuple(f":(literal){one}" for one in files)
    text = git(path, "diff", "--patch", _RENAMES, base, "--", *named, limit=limit_bytes + 1)
    untracked = set(contents(path).untracked) if files else set()
    for one in (one for one in files if one in untracked and len(text) <= limit_bytes):
        # Its exit code says that the two differ: nothing else is expected.
        text += git(path, "diff", "--no-index", "--patch", "--", os.devnull, one, check=False, limit=limit_bytes + 1)
    raw = os.fsencode(text)
    if len(raw) <= limit_bytes:
        return raw.decode("utf-8", "replace")
    whole = raw[:limit_bytes].rpartition(b"\n")[0]
    return whole.decode("utf-8", "replace") + f"\n… cut here: the diff is longer than {limit_bytes} bytes\n"


def digest(repository: Path, base: str, head: str) -> str:
    """SHA-256 over a commit and what it changed since a base: the same for everybody, and another for any change.

    It covers the ids of every file's content before and after, and not the patch, which another version of git may
    write otherwise. A decision is bound to it.

    Raises:
        GitError: one of the two is not there.
    """
    ends = commit_id(repository, base), commit_id(repository, head)
    listing = git(repository, "diff-tree", "-r", "--raw", "--no-abbrev", "--no-renames", "-z", *ends, "--")
    return hashlib.sha256(b"\0".join((ends[1].encode(), os.fsencode(listing)))).hexdigest()


def scope_breaches(
    changed: Changes,
    owned: Iterable[str],
    allowed: Iterable[str],
    read_only: Iterable[str],
    append_only: Iterable[str],
) -> tuple[Breach, ...]:
    """What of the changes is outside of a track's scope (:func:`~orchestrator_tui.core.scope.breaches`).

    Files that are not committed or not tracked count as well, and of a renamed file both names.
    """
    return breaches(touched(changed), owned, allowed, read_only, append_only)


def touched(changed: Changes) -> tuple[Touched, ...]:
    """Every path that the changes touch, once."""
    found: dict[str, Touched] = {}
    brought = frozenset(changed.brought)
    for one in changed.files:
        for name in filter(None, (one.old_path, one.path)):
            found.setdefault(name, Touched(name, one.appended_only))
    for name in (one for one in changed.uncommitted if one not in brought):
        # Committed and put back since: it is changed in what would be merged.
        found.setdefault(name, Touched(name))
    for name in (one for one in changed.untracked if one not in brought):
        found.setdefault(name, Touched(name, appended_only=True))
    return tuple(found.values())


class _Bringing:
    """A base that came into a tree whose last commit does not hold it: what of it stands there as it came.

    What would be merged is that commit. So a file that it has as it was where the two parted, and that the tree has as
    the base or as the commit, was changed by nobody here.
    """

    def __init__(self, path: Path, held: Contents, base: str) -> None:
        self._path, self._held = path, held
        self._uncommitted, self._untracked = frozenset(held.uncommitted), frozenset(held.untracked)
        fork = merge_base(path, held.head, base)
        names = git(path, "diff-tree", "-r", "--name-only", "--no-renames", "-z", fork, held.head, "--") if fork else ""
        self._own = frozenset(filter(None, names.split("\0"))) if fork else None
        self._gone_on = merging(path) == [base]
        self._kept: set[str] = set()

    def leaves_alone(self, entry: _Entry) -> bool:
        """Whether a file that the tree has otherwise than the base was changed by nobody here."""
        if self._own is None or not self._own.isdisjoint(entry.names):
            return False
        if entry.path in self._untracked:
            # git forgot that it came, and it is there all the same.
            same = entry.is_ordinary_on(self._path)
            self._kept |= {entry.path} if same else set()
            return same
        # While the merge goes on, what is not as it came takes back what others have merged; that is told, and who
        # says that none goes on has none to commit.
        return not self._gone_on and self._uncommitted.isdisjoint(entry.names)

    def standing(self, otherwise: set[str]) -> tuple[str, ...]:
        """The files that differ from the last commit and stand as they came."""
        own = self._own
        if own is None:
            return ()
        changed = (one for one in self._held.uncommitted if one not in own and one not in otherwise)
        return (*changed, *sorted(self._kept))


class _Entry:
    """One file of ``git diff --raw --numstat``."""

    def __init__(self, modes: tuple[str, str], blobs: tuple[str, str], status: str, names: tuple[str, ...]) -> None:
        self.kind = status[:1]
        self.old_path, self.path = (names[0], names[1]) if len(names) > 1 else ("", names[0])
        self.names = tuple(filter(None, (self.old_path, self.path)))
        self.lines = (0, 0)
        self.blobs = blobs
        self._was = modes[0]
        self._ordinary = modes[0] == modes[1] and modes[0].startswith("100")

    @property
    def could_have_grown(self) -> bool:
        # A last line without its end counts as removed when something follows it.
        return self.kind == "M" and self._ordinary and self.lines[1] <= 1

    def is_ordinary_on(self, path: Path) -> bool:
        """Whether an ordinary file stands on the disk just as it was, whatever git knows of it."""
        file = path / self.path
        if self.kind != "D" or self._was != "100644" or os.access(file, os.X_OK):
            return False
        content = whole(file, APPENDED_LIMIT)
        return content is not None and content == _blob(path, self.blobs[0])

    def change(self, appended_only: bool) -> FileChange:
        return FileChange(self.path, self.kind, *self.lines, appended_only, self.old_path)


def _entries(text: str) -> Iterator[_Entry]:
    entries: dict[str, _Entry] = {}
    parts = iter(text.split("\0"))
    for part in parts:
        if part.startswith(":"):
            old_mode, new_mode, old, new, status = part[1:].split(" ")
            names = (next(parts), next(parts)) if status[0] in "RC" else (next(parts),)
            # A file in conflict is listed twice: once as that, once as it differs.
            if status[0] != "U" or names[0] not in entries:
                entries[names[-1]] = _Entry((old_mode, new_mode), (old, new), status, names)
        elif part:
            added, removed, name = part.split("\t", 2)
            if not name:
                name = (next(parts), next(parts))[1]
            if name in entries:
                entries[name].lines = (_number(added), _number(removed))
    yield from entries.values()


def _number(text: str) -> int:
    return 0 if text == "-" else int(text)


def _has_grown(path: Path, entry: _Entry) -> bool:
    old, new = entry.blobs
    before = _blob(path, old)
    # git names no content for what is not in its index as it is on the disk.
    after = _blob(path, new) if new.strip("0") else whole(path / entry.path, APPENDED_LIMIT)
    return before is not None and after is not None and after.startswith(before)


def _is_marked(path: Path, entry: _Entry) -> bool:
    """Whether a text file holds all three markers of a conflict, and did not before (a page on conflicts may)."""
    if entry.lines[0] < len(_MARKERS):
        return False
    content = whole(path / entry.path, APPENDED_LIMIT)
    if content is None or not all(one.search(content) for one in _MARKERS):
        return False
    before = _blob(path, entry.blobs[0]) if entry.blobs[0].strip("0") else b""
    return before is None or not all(one.search(before) for one in _MARKERS)


def _blob(path: Path, blob: str) -> bytes | None:
    content = os.fsencode(git(path, "cat-file", "blob", blob, limit=APPENDED_LIMIT + 1))
    return content if len(content) <= APPENDED_LIMIT else None
