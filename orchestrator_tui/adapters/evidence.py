"""What can be looked up when a person asks: a track's changes, what its agent printed last, a file as it is now.

git runs nothing that an agent could have put into the repository's settings (reliability G-5): no hook, no file
watcher, no external diff, no filter, no pager, no credential helper.
"""

from __future__ import annotations

import os
import re
import stat
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from orchestrator_tui.core.model import Track

DIFF_SECONDS = 20
DIFF_LIMIT = 4 << 20
OUTPUT_LIMIT = 256 << 10
CONTENT_LIMIT = 256 << 10

_NEUTRAL = (
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
    "core.pager=cat",
    "core.editor=false",
    "core.askPass=",
    "core.sshCommand=false",
    "credential.helper=",
    "diff.external=",
    "submodule.recurse=false",
    "diff.ignoreSubmodules=all",
)
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_FILTERS = r"^filter\..*\.(clean|smudge|process)$"


class TrackEvidence:
    """Implements :class:`~orchestrator_tui.runtime.ports.Evidence` by git and by the files that agents print into.

    Args:
        trees: the main tree, first, and the worktrees of the repository as they are now.
        output: the directory with the output of the processes that were started here.
        environ: our environment, from which git gets what it needs.
    """

    def __init__(self, trees: Callable[[], Iterable[Path]], output: Path, environ: Mapping[str, str]) -> None:
        self._trees, self._output = trees, output
        kept = {name: value for name, value in environ.items() if not name.startswith("GIT_")}
        self._environ = {**kept, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C.UTF-8"}

    def diff(self, track: Track) -> str:
        """The track's changes, committed or not, against where a run began it, else where it left the main tree.

        Raises:
            OSError: no worktree of this repository is known for the track, or git fails; the text says which.
        """
        trees = [Path(os.path.realpath(tree)) for tree in self._trees()]
        if not trees or not track.worktree:
            raise OSError(f"no worktree is known for {track.slug}")
        tree = Path(os.path.realpath(trees[0] / track.worktree))
        if tree not in trees:
            # An agent names its worktree itself; git is run only in those that git itself knows.
            raise OSError(f"{tree} is no worktree of this repository")
        base = "HEAD" if tree == trees[0] else self._base(tree, track, trees[0])
        settings = self._without_filters(tree)
        text = self._git(tree, "diff", "--no-ext-diff", "--no-textconv", "--no-color", base, "--", settings=settings)
        return text if len(text) < DIFF_LIMIT else text[:DIFF_LIMIT] + "\n… cut here: the diff is longer than 4 MiB\n"

    def _base(self, tree: Path, track: Track, main: Path) -> str:
        """What of others a run has brought into a track since is none of the track's changes."""
        begun = "" if track.work is None else track.work.base_sha
        other = begun if _COMMIT.fullmatch(begun) else self._head(main)
        going_on = self._git(tree, "rev-parse", "--verify", "--quiet", "MERGE_HEAD", allowed=(0, 1)).strip()
        if begun and going_on == begun:
            # It is in the files, and in no commit of the tree yet.
            return begun
        return self._git(tree, "merge-base", "HEAD", other).strip()

    def output(self, track: Track) -> str:
        """The end of the output of the track's last process that was started here; "" when there is none.

        Raises:
            OSError: it cannot be read.
        """
        process = next((one.process for one in reversed(track.attempts) if one.process), None)
        if process is None:
            return ""
        try:
            with open(self._output / output_name(process[0], process[1]), "rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - OUTPUT_LIMIT))
                return file.read(OUTPUT_LIMIT).decode("utf-8", "replace")
        except FileNotFoundError:
            return ""

    def content(self, batch: str, path: str) -> str:
        """A file as it is now, if it lies in one of the repository's working trees and is a text of up to 256 KiB.

        Raises:
            FileNotFoundError: it lies there and does not exist.
            OSError: it cannot or must not be shown; the text says why.
        """
        # Where a link leads counts, not where it lies.
        real = Path(os.path.realpath(path))
        trees = [Path(os.path.realpath(tree)) for tree in self._trees()]
        inside = [real.relative_to(tree) for tree in trees if real.is_relative_to(tree)]
        if not os.path.isabs(path) or not inside:
            raise OSError("it lies outside of this repository")
        if any(".git" in one.parts for one in inside):
            raise OSError("it belongs to git itself")
        with open(real, "rb", opener=_open_without_waiting) as file:
            held = os.fstat(file.fileno())
            if not stat.S_ISREG(held.st_mode):
                raise OSError("it is no ordinary file")
            if held.st_size > CONTENT_LIMIT:
                raise OSError("it is longer than 256 KiB")
            content = file.read(CONTENT_LIMIT)
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError:
            raise OSError("it is no text in UTF-8") from None

    def _head(self, tree: Path) -> str:
        return self._git(tree, "rev-parse", "--verify", "HEAD").strip()

    def _without_filters(self, tree: Path) -> list[str]:
        """Settings that turn off every filter which the repository's settings name: git would run its command."""
        listed = self._git(tree, "config", "--name-only", "-z", "--get-regexp", _FILTERS, allowed=(0, 1))
        names = sorted({name for name in listed.split("\0") if name})
        drivers = sorted({name.rpartition(".")[0] for name in names})
        return [*(f"{name}=" for name in names), *(f"{driver}.required=false" for driver in drivers)]

    def _git(self, tree: Path, *arguments: str, settings: Sequence[str] = (), allowed: Sequence[int] = (0,)) -> str:
        forced = [part for one in (*_NEUTRAL, *settings) for part in ("-c", one)]
        try:
            ended = subprocess.run(
                ["git", *forced, "-C", str(tree), *arguments],
                env=self._environ,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=DIFF_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise OSError(f"git {arguments[0]} took longer than {DIFF_SECONDS} s") from None
        if ended.returncode not in allowed:
            why = ended.stderr.decode("utf-8", "replace").strip().splitlines()
            raise OSError(why[-1] if why else f"git {arguments[0]} failed")
        return ended.stdout.decode("utf-8", "replace")


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)


def output_name(pid: int, start: str) -> str:
    """The name of the file that gets the output of a process."""
    return f"{pid}-{''.join(filter(str.isalnum, start))}.log"
