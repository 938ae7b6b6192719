"""Installing the CLI: once for all processes, and a reason in one line when it cannot be done (npm is a stand-in)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.claude_rig.install import CACHE_VARIABLE, ClaudeUnavailable, cache_directory, install

REPOSITORY = Path(__file__).parents[2]
CLI = "node_modules/@anthropic-ai/claude-code-here/claude"


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory on PATH, in front of the system's."""
    directory = tmp_path / "bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", f"{directory}:/usr/bin:/bin")
    return directory / "npm"


def pretend(npm: Path, body: str) -> None:
    npm.write_text(f'#!/bin/sh\necho "$@" >> "{npm.parent}/calls"\n{body}\n')
    npm.chmod(0o755)


def installing(version_said: str) -> str:
    return f"""
while [ "$1" != --prefix ]; do shift; done
mkdir -p "$2/{Path(CLI).parent}"
printf '#!/bin/sh\\necho {version_said}\\n' > "$2/{CLI}"
sleep 0.2
"""


def test_installing_finds_the_binary_and_the_second_time_asks_nobody(npm: Path, tmp_path: Path) -> None:
    pretend(npm, installing("1.2.3"))

    first = install("1.2.3", tmp_path / "cache")
    npm.unlink()

    assert install("1.2.3", tmp_path / "cache") == first
    assert first.path == tmp_path / "cache" / "1.2.3" / CLI
    assert first.command == (str(first.path),)


def test_processes_that_install_at_once_call_npm_once(
    npm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(npm, installing("1.2.3"))
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    program = "from tests.claude_rig.install import install; print(install('1.2.3').path)"

    command = [sys.executable, "-c", program]
    workers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY) for _ in range(3)]
    said = {worker.communicate(timeout=60)[0].strip() for worker in workers}

    assert said == {str(tmp_path / "cache" / "1.2.3" / CLI)}
    assert len((npm.parent / "calls").read_text().splitlines()) == 1


def test_a_system_without_npm_is_named(npm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(npm.parent))

    with pytest.raises(ClaudeUnavailable, match=r"^npm is not on PATH$"):
        install("1.2.3", tmp_path / "cache")


def test_the_reason_of_npm_is_passed_on_and_nothing_is_kept(npm: Path, tmp_path: Path) -> None:
    pretend(npm, 'echo "npm error code ENOTFOUND" >&2; echo "npm error network no route to the registry" >&2; exit 1')

    with pytest.raises(ClaudeUnavailable, match="code ENOTFOUND; network no route to the registry"):
        install("1.2.3", tmp_path / "cache")
    assert not (tmp_path / "cache" / "1.2.3").exists()


def test_a_cli_of_another_version_is_refused(npm: Path, tmp_path: Path) -> None:
    pretend(npm, installing("9.9.9"))

    with pytest.raises(ClaudeUnavailable, match=r"Claude Code 1\.2\.3 does not start: 9\.9\.9"):
        install("1.2.3", tmp_path / "cache")


def test_the_cache_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "named"))

    assert cache_directory() == tmp_path / "named"
