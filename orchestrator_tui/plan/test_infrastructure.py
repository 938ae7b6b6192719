"""Whether a repository has tests that new work must join, by its tracked files (seed 001, Divide)."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterable

FOLDERS = frozenset({"test", "tests", "__tests__"})
"""Folders at the top that hold tests."""

TEST_FILE = re.compile(r"_test\.(go|py|rs)$|\.test\.(ts|tsx|js|jsx)$")
"""Names of test files by convention, anywhere."""

MANIFESTS = ("package.json", "Cargo.toml", "pyproject.toml", "go.mod")
WORKFLOWS = ".github/workflows/"
SCRIPTS = frozenset({"test", "tests", "check"})

_RUNS_TESTS = re.compile(r"\b(tests?|pytest|tox|jest|vitest|check)\b")
_MOST = 64
"""Files of one kind that are read; a repository has few of them."""


def has_tests(files: Iterable[str], read: Callable[[str], str]) -> bool:
    """Whether any signal of tests is there: folders, files, workflows that run them, or scripts of a manifest.

    Args:
        files: the tracked files, from the top of the repository.
        read: the text of one of them; "" where it cannot be read.
    """
    names = tuple(files)
    if any(name.partition("/")[0] in FOLDERS and "/" in name for name in names):
        return True
    if any(TEST_FILE.search(name) for name in names):
        return True
    workflows = [one for one in names if one.startswith(WORKFLOWS)][:_MOST]
    if any(_RUNS_TESTS.search(read(one)) for one in workflows):
        return True
    return any(_has_script(one, read(one)) for one in MANIFESTS if one in names)


def _has_script(manifest: str, text: str) -> bool:
    """Whether a manifest names a script that tests or checks."""
    if manifest == "package.json":
        try:
            content = json.loads(text)
        except ValueError:
            return False
        scripts = content.get("scripts") if isinstance(content, dict) else None
        return isinstance(scripts, dict) and bool(SCRIPTS & scripts.keys())
    if manifest == "go.mod":
        # Its tests need no script: they are files, and were looked for.
        return False
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    if manifest == "Cargo.toml":
        return "dev-dependencies" in content or "test" in content
    tools = content.get("tool", {})
    return isinstance(tools, dict) and bool({"pytest", "tox"} & tools.keys())
