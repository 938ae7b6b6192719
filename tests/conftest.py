"""Every test runs in a world of its own: no home, state, colour setting or agent session of the machine leaks in."""

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
