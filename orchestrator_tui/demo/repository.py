"""The demo's repository, made with git: a small program with its tests, a plan for three agents, and their scripts."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import yaml

from orchestrator_tui.demo.script import SCRIPTS

PROGRAM = Path(__file__).resolve().parent / "program.yaml"
PLAN = "plan.yaml"
AGENTS = "agents"
"""The folder of the scripts, beside the plan that names it."""

_PYTHON = "{python}"

# The demo's git must not run what the machine's configuration names (reliability G-5), and needs no identity of it.
_GIT = ("git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "gc.auto=0")
_IDENTITY = {
    "GIT_AUTHOR_NAME": "orch-tui demo",
    "GIT_AUTHOR_EMAIL": "demo@localhost",
    "GIT_COMMITTER_NAME": "orch-tui demo",
    "GIT_COMMITTER_EMAIL": "demo@localhost",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
}


class DemoError(Exception):
    """The demo cannot go on; the text is one line for a person."""


def git_environment(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment in which the demo runs git: without the caller's GIT_* variables."""
    kept = {key: value for key, value in environ.items() if not key.startswith("GIT_")}
    return {**kept, **_IDENTITY}


def git(directory: Path, *arguments: str) -> str:
    """Run git in ``directory`` and return what it prints.

    Raises:
        DemoError: git is missing or fails; its last line says why.
    """
    try:
        done = subprocess.run(
            [*_GIT, *arguments], cwd=directory, env=git_environment(), capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise DemoError("git is not installed") from error
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise DemoError(f"git {arguments[0]} failed: {last}")
    return done.stdout


def make_repository(directory: Path) -> Path:
    """Make the program's repository in ``directory/shop`` with one commit on ``main``."""
    repository = directory / "shop"
    if repository.exists():
        raise DemoError(f"{repository} is there already; choose another --dir or remove it")
    for name, content in yaml.safe_load(PROGRAM.read_text("utf-8")).items():
        path = repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content.replace(_PYTHON, shlex.quote(sys.executable)), "utf-8")
    (repository / AGENTS).mkdir()
    for script in sorted(SCRIPTS.glob("*.yaml")):
        shutil.copyfile(script, repository / AGENTS / script.name)
    (repository / ".gitignore").write_text("__pycache__/\n", "utf-8")
    git(repository, "init", "--quiet", "--initial-branch=main")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", "A small shop, and the plan for it")
    return repository
