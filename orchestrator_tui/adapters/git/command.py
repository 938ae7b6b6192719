"""The only place that runs git.

It runs through GitPython's ``Git.execute``, with argument lists only and an object for each command (reliability
G-6). Three things go around what that offers:

* It starts from our whole environment. Variables of git's own are taken out by ``env -u`` when there are any, since
  one that is set to nothing still means something.
* It feeds a process from an open file only, so what goes to its input is written to an unnamed file first.
* It keeps all output in memory. Where a limit is given, what is beyond it is read and dropped.

git never looks for a repository above the directory it is run in: a worktree whose ``.git`` is gone must not become a
part of the tree around it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from orchestrator_tui.adapters.git.configured import LISTING, Configured, configured
from orchestrator_tui.adapters.git.errors import GitError
from orchestrator_tui.adapters.git.lock import held_descriptors
from orchestrator_tui.adapters.git.places import is_bare
from orchestrator_tui.adapters.git.settings import ENVIRONMENT, FLAGS, FORCED, needs_drivers_off
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.text import sanitise_line

READ_SECONDS = 60.0
WRITE_SECONDS = 600.0
"""Enough for a checkout of a huge tree; a git that is stopped there leaves its lock files behind."""

_WHY_LIMIT = 300
_IDENTITY = "orch-tui <orch-tui@localhost>"


@frozen
class Result:
    """How a git command ended; bytes that are no UTF-8 are kept as lone surrogates, so that names lead to files."""

    code: int
    out: str
    err: str


class _Limited:
    """Keeps the first bytes that are written to it."""

    def __init__(self, limit: int) -> None:
        self._left, self._parts = limit, list[bytes]()

    def write(self, data: bytes) -> int:
        kept = data[: self._left]
        self._left -= len(kept)
        self._parts.append(kept)
        return len(data)

    def content(self) -> bytes:
        return b"".join(self._parts)


def git(
    cwd: Path,
    *args: str,
    check: bool = True,
    stdin: bytes | None = None,
    timeout: float = READ_SECONDS,
    env: Mapping[str, str] | None = None,
    limit: int | None = None,
) -> str:
    """Run ``git args`` at the root of a repository or worktree and return what it printed.

    Args:
        cwd: an absolute path.
        args: the subcommand first; whatever is not a constant behind ``--end-of-options`` or ``--``.
        check: whether another exit code than 0 is an error.
        stdin: the bytes of its input, none by default.
        timeout: seconds after which it is killed.
        env: more variables for it.
        limit: the most bytes of output that are returned; the rest is dropped.

    Raises:
        GitError: it failed, took too long or cannot be started.
    """
    result = git_result(cwd, *args, stdin=stdin, timeout=timeout, env=env, limit=limit)
    if check and result.code != 0:
        raise failure(cwd, args[0], result)
    return result.out


def git_result(
    cwd: Path,
    *args: str,
    stdin: bytes | None = None,
    timeout: float = READ_SECONDS,
    env: Mapping[str, str] | None = None,
    limit: int | None = None,
) -> Result:
    """As :func:`git`, whatever the exit code.

    Raises:
        GitError: it took too long or cannot be started.
    """
    if not os.path.isabs(cwd):
        raise ValueError(f"git needs an absolute path, not {cwd}")
    place = os.path.realpath(cwd)
    if not os.path.isdir(place):
        raise GitError(f"{cwd} is not there")
    variables: dict[str, str] = {}
    if needs_drivers_off(args[0]):
        variables = dict(settings_at(cwd).drivers_off)
    flags = FLAGS.get(args[0], ())
    return _run(place, (args[0], *flags, *args[1:]), stdin, timeout, {**variables, **(env or {})}, limit)


def settings_at(cwd: Path) -> Configured:
    """The settings in force at the root of a repository or worktree, or anywhere.

    Raises:
        GitError: git cannot read them.
    """
    place = os.path.realpath(cwd)

    def listing() -> str:
        result = _run(place, LISTING, None, READ_SECONDS, {}, None)
        if result.code != 0:
            raise failure(cwd, "config", result)
        return result.out

    return configured(place, listing)


def failure(cwd: Path, subcommand: str, result: Result) -> GitError:
    """The error that a failed command amounts to: the line of its words that says most."""
    lines = [line for line in result.err.splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith(("fatal:", "error:"))]
    why = (telling or lines or [f"exit code {result.code}"])[0]
    why = why.removeprefix("fatal:").removeprefix("error:")
    return GitError(sanitise_line(f"git {subcommand} failed in {cwd}: {why.strip()}", _WHY_LIMIT))


def commit_identity(cwd: Path) -> dict[str, str]:
    """The variables under which our own commits are made: the person's identity, else one that names this program.

    Our commits are not signed: signing starts a program that the settings name, and that may ask for a passphrase.
    """
    variables: dict[str, str] = {}
    fallback_name, _, fallback_mail = _IDENTITY.rstrip(">").partition(" <")
    for part, fallback in (("name", fallback_name), ("email", fallback_mail)):
        # Of these two settings the variables come first for git as well, and they start nothing.
        set_by_person = os.environ.get(f"GIT_COMMITTER_{part.upper()}") or os.environ.get(f"GIT_AUTHOR_{part.upper()}")
        chosen = set_by_person or settings_at(cwd).person.get(f"user.{part}", "").strip() or fallback
        variables |= {f"GIT_AUTHOR_{part.upper()}": chosen, f"GIT_COMMITTER_{part.upper()}": chosen}
    return variables


def _run(
    place: str,
    args: tuple[str, ...],
    stdin: bytes | None,
    timeout: float,
    variables: Mapping[str, str],
    limit: int | None,
) -> Result:
    inherited = [name for name in os.environ if name.startswith("GIT_")]
    # What is set here replaces an inherited variable anyway; the rest must not be there at all.
    environment = {**ENVIRONMENT, "GIT_CEILING_DIRECTORIES": os.path.dirname(place), **variables}
    unset = [part for name in inherited if name not in environment for part in ("-u", name)]
    where = ["--git-dir", place] if is_bare(Path(place)) else ["-C", place]
    command = [*(["env", *unset] if unset else []), "git", "--no-pager", *FORCED, *where, *args]
    kept = None if limit is None else _Limited(limit)
    with nullcontext() if stdin is None else tempfile.TemporaryFile() as feed:
        if feed is not None and stdin is not None:
            feed.write(stdin)
            feed.seek(0)
        options: dict[str, Any] = {"istream": feed, "output_stream": kept, "pass_fds": held_descriptors()}
        code, out, err = _executed(place, command, environment, timeout, options)
    if err.startswith("Timeout: the command"):
        raise GitError(f"git {args[0]} in {place} took longer than {timeout:g} s and was stopped")
    return Result(code, os.fsdecode(out if kept is None else kept.content()), err)


def _executed(
    place: str, command: list[str], environment: Mapping[str, str], timeout: float, options: dict[str, Any]
) -> tuple[int, bytes, str]:
    try:
        from git.cmd import Git
        from git.exc import GitCommandNotFound
    except ImportError:
        # GitPython looks for the program when it is loaded, and says so at length.
        raise GitError("git is not installed, or not on the PATH; install git 2.38 or newer") from None
    try:
        ended = Git(place).execute(
            command,
            env=environment,
            with_extended_output=True,
            with_exceptions=False,
            stdout_as_string=False,
            strip_newline_in_stdout=False,
            kill_after_timeout=timeout,
            **options,
        )
    except GitCommandNotFound:
        raise GitError("git is not installed, or not on the PATH; install git 2.38 or newer") from None
    except OSError as error:
        raise GitError(f"git cannot be started in {place}: {error.strerror or error}") from error
    code, out, err = ended
    return int(code), out if isinstance(out, bytes) else b"", str(err)
