"""Fixtures that run the real Claude Code CLI. Where it cannot be installed, the suite fails by name: it never skips."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.claude_e2e.beside import Beside
from tests.claude_rig import MAIN_VERSION, OLDER_VERSION, ClaudeCli, ClaudeRig, ClaudeUnavailable, install


def _installed(version: str) -> ClaudeCli:
    try:
        return install(version)
    except ClaudeUnavailable as error:
        reason = str(error)
    pytest.fail(f"SUITE NOT RUN: e2e_claude with Claude Code {version}: {reason}", pytrace=False)


# Installing belongs to the session: it needs the person's own cache directory and npm settings, which every single test
# has taken away.
@pytest.fixture(scope="session")
def claude_cli() -> ClaudeCli:
    """The Claude Code that the project is made for."""
    return _installed(MAIN_VERSION)


@pytest.fixture(scope="session")
def older_claude_cli() -> ClaudeCli:
    """The newest Claude Code that npm picks under Node 20."""
    return _installed(OLDER_VERSION)


@pytest.fixture(scope="session", params=[MAIN_VERSION, OLDER_VERSION])
def each_claude_cli(request: pytest.FixtureRequest) -> ClaudeCli:
    """Every supported Claude Code in turn."""
    return _installed(request.param)


@pytest.fixture
def claude_rig(claude_cli: ClaudeCli, tmp_path: Path) -> Iterator[ClaudeRig]:
    """A rig of its own for one test."""
    with ClaudeRig(claude_cli, tmp_path / "rig") as rig:
        yield rig


@pytest.fixture
def older_claude_rig(older_claude_cli: ClaudeCli, tmp_path: Path) -> Iterator[ClaudeRig]:
    """The same with the older CLI; a test may use both."""
    with ClaudeRig(older_claude_cli, tmp_path / "older-rig") as rig:
        yield rig


@pytest.fixture
def each_claude_rig(each_claude_cli: ClaudeCli, tmp_path: Path) -> Iterator[ClaudeRig]:
    """A rig for one test that runs once with every supported CLI."""
    with ClaudeRig(each_claude_cli, tmp_path / "rig") as rig:
        yield rig


# One home, one connected Claude Code and one open cockpit serve all tests of a module: each test has sessions, scripts
# and questions of its own.
@pytest.fixture(scope="module")
def workplace(claude_cli: ClaudeCli, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Beside]:
    """The product beside the Claude Code that it is made for."""
    yield from _workplace(claude_cli, tmp_path_factory)


@pytest.fixture(scope="module")
def older_workplace(older_claude_cli: ClaudeCli, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Beside]:
    """The product beside the older one."""
    yield from _workplace(older_claude_cli, tmp_path_factory)


def _workplace(cli: ClaudeCli, directories: pytest.TempPathFactory) -> Iterator[Beside]:
    with ClaudeRig(cli, directories.mktemp("beside") / "rig") as rig, Beside(rig) as beside:
        beside.connect()
        beside.open_cockpit()
        yield beside


@pytest.fixture
def beside(workplace: Beside) -> Iterator[Beside]:
    """The module's workplace; every session that the test started has ended after it."""
    yield workplace
    workplace.rig.end_sessions()


@pytest.fixture
def beside_older(older_workplace: Beside) -> Iterator[Beside]:
    """The same with the older Claude Code."""
    yield older_workplace
    older_workplace.rig.end_sessions()
