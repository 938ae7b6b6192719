"""Real repositories for the tests: one is made once in a process, and copied."""

import atexit
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

BASE = {"README.md": "# cart\n", "cart/sum.py": "def total(prices):\n    return sum(prices)\n", "notes.md": "one\n"}


def run(tree: Path, *args: str, check: bool = True) -> str:
    """git as a person has it, with everything that their settings name."""
    ended = subprocess.run(
        ["git", "-C", str(tree), *args], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if check and ended.returncode != 0:
        raise AssertionError(f"git {args}: {ended.stderr}")
    return ended.stdout


def write(tree: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text, encoding="utf-8")


def commit(tree: Path, files: dict[str, str], message: str = "work") -> str:
    """Write the files, commit them, and return the id of the commit."""
    write(tree, files)
    run(tree, "add", "--all")
    run(tree, "commit", "--quiet", "--allow-empty", "--message", message)
    return head(tree)


def head(tree: Path, name: str = "HEAD") -> str:
    return run(tree, "rev-parse", "--verify", name).strip()


def repository(place: Path) -> Path:
    """A repository with one commit on ``main``, at ``place``."""
    shutil.copytree(_template(), place)
    return place


@cache
def _template() -> Path:
    folder = tempfile.mkdtemp(prefix="orch-git-")
    # It is kept for the whole process, so that no fixture can remove it.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    place = Path(folder) / "template"
    place.mkdir()
    run(place, "init", "--quiet", "--initial-branch=main", "--template=")
    run(place, "config", "user.name", "Ada")
    run(place, "config", "user.email", "ada@example.org")
    run(place, "config", "commit.gpgSign", "false")
    commit(place, BASE, "first")
    return place
