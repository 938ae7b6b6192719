"""Installing one exact version of the Claude Code CLI into a cache that all test processes share."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import platformdirs

MAIN_VERSION = "2.1.328"
OLDER_VERSION = "2.1.197"

CACHE_VARIABLE = "ORCH_CLAUDE_CACHE"
PACKAGE = "@anthropic-ai/claude-code"

INSTALL_TIMEOUT = 900.0
"""Seconds for one npm install (the native binary is 250 to 370 MB), and for waiting on another process's."""


class ClaudeUnavailable(Exception):
    """The CLI cannot be installed or does not start here; the text is the reason, in one line."""


@dataclass(frozen=True, slots=True)
class ClaudeCli:
    """One installed CLI: the native binary, or the `cli.js` of versions that were run by Node."""

    version: str
    path: Path

    @property
    def command(self) -> tuple[str, ...]:
        """The words that start it."""
        return ("node", str(self.path)) if self.path.suffix == ".js" else (str(self.path),)


def cache_directory() -> Path:
    """Where CLIs are kept: $ORCH_CLAUDE_CACHE, else the user's cache directory, else the temp directory."""
    if named := os.environ.get(CACHE_VARIABLE):
        return Path(named)
    preferred = platformdirs.user_cache_path("orch-tui") / "claude-code"
    try:
        preferred.mkdir(parents=True, exist_ok=True)
    except OSError:
        return Path(tempfile.gettempdir()) / "orch-tui-claude-code"
    return preferred


def install(version: str = MAIN_VERSION, cache: Path | None = None) -> ClaudeCli:
    """Install `version` once and return it; later calls, from any process, find it in the cache.

    Raises ClaudeUnavailable when npm is missing or fails, or when the installed CLI does not start.
    """
    cache = cache or cache_directory()
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ClaudeUnavailable(f"cannot create the cache {cache}: {error.strerror}") from error
    target = cache / version
    with _locked(cache / f"{version}.lock"):
        if not target.exists():
            _install_into(target, version)
    path = _find_cli(target)
    if path is None:
        raise ClaudeUnavailable(f"{PACKAGE}@{version} has no binary for this platform in {target}")
    return ClaudeCli(version, path)


def _install_into(target: Path, version: str) -> None:
    """Install beside `target` and rename, so that a killed install leaves nothing that looks finished."""
    npm = shutil.which("npm")
    if npm is None:
        raise ClaudeUnavailable("npm is not on PATH")
    partial = target.with_name(f"{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    # The platform's own package holds the binary, so the wrapper's install script is not needed.
    command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=1"]
    command += ["--prefix", str(partial), f"{PACKAGE}@{version}"]
    done = _run(command, INSTALL_TIMEOUT, dict(os.environ))
    if done.returncode != 0:
        raise ClaudeUnavailable(f"npm install {PACKAGE}@{version} failed: {_reason(done.stderr)}")
    path = _find_cli(partial)
    if path is None:
        raise ClaudeUnavailable(f"npm installed {PACKAGE}@{version} without a binary for this platform")
    path.chmod(0o755)
    _check_starts(ClaudeCli(version, path))
    partial.rename(target)


def _check_starts(cli: ClaudeCli) -> None:
    with tempfile.TemporaryDirectory() as home:
        environment = {"HOME": home, "PATH": os.environ.get("PATH", os.defpath), "DISABLE_AUTOUPDATER": "1"}
        done = _run([*cli.command, "--version"], 60.0, environment)
    if done.returncode != 0 or cli.version not in done.stdout:
        said = _reason(done.stderr or done.stdout)
        raise ClaudeUnavailable(f"the installed Claude Code {cli.version} does not start: {said}")


def _find_cli(directory: Path) -> Path | None:
    scope = directory / "node_modules" / PACKAGE.partition("/")[0]
    # npm may add both C library variants on Linux; the plain name sorts first and is the usual one.
    native = sorted(scope.glob("claude-code-*/claude"), key=lambda path: (len(path.parent.name), path.parent.name))
    script = scope / "claude-code" / "cli.js"
    return next(iter(native), script if script.exists() else None)


def _run(command: list[str], timeout: float, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            env=environment,
            timeout=timeout,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ClaudeUnavailable(f"{Path(command[0]).name}: {error}") from error


def _reason(text: str) -> str:
    """What npm or the CLI complained of, on one line."""
    lines = [line.removeprefix("npm error").strip() for line in text.splitlines() if not line.startswith("npm warn")]
    return "; ".join(line for line in lines if line)[:300] or "no reason given"


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the install lock; its holder may be downloading, so waiting is long but bounded."""
    with path.open("a") as handle:
        deadline = time.monotonic() + INSTALL_TIMEOUT
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise ClaudeUnavailable(f"another process holds {path} for too long") from None
                time.sleep(0.2)
        yield
