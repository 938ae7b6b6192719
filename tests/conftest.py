"""Every test runs in a world of its own: no home, state, colour setting or agent session of the machine leaks in."""

import gc
import os
from pathlib import Path

import pytest
from hypothesis import settings

# Examples may run on a loaded machine: a slow one is no failure. A found failure prints the blob that repeats it.
settings.register_profile("quick", max_examples=100, deadline=None, print_blob=True, database=None)
settings.register_profile("nightly", max_examples=5_000, deadline=None, print_blob=True, database=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

# Variables that would change what the programs under test see; those of git would aim it at another repository.
FOREIGN_PREFIXES = ("CLAUDE", "GIT_", "ORCH_", "XDG_")
FOREIGN_NAMES = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "TMUX", "TERM_PROGRAM", "TEXTUAL", "PYTHONWARNINGS")


MEMORY = Path("/dev/shm")
ROOM = 1024**3
"""Bytes of memory, many times what the files of all tests that run at once take."""


def pytest_configure(config: pytest.Config) -> None:
    """Keep the files of tests in memory where there is room: on a disk they mostly wait to be made durable."""
    if config.option.basetemp is None and MEMORY.is_dir():
        about = os.statvfs(MEMORY)
        if about.f_bavail * about.f_frsize >= ROOM:
            os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def pytest_collection_finish() -> None:
    """Look for garbage less often, and never among the tests themselves: it took a seventh of the screens' time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Two workers more than there are processors: many tests wait for a process."""
    return (os.cpu_count() or 1) + 2


@pytest.fixture(autouse=True)
def isolated_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the test an empty home and state directory, a fixed terminal, and a git without the user's settings."""
    for name in list(os.environ):
        if name.startswith(FOREIGN_PREFIXES) or name in FOREIGN_NAMES:
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("ORCH_HOME", str(tmp_path / "orch-home"))
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
