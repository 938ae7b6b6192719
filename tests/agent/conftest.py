"""The scene that the tests of orch-agent play in."""

from pathlib import Path

import pytest

from tests.agent.scene import Scene


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


@pytest.fixture
def as_agent(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls of orch-agent in this process are those of the scene's agent."""
    for name, value in scene.environment().items():
        if name.startswith("ORCH_"):
            monkeypatch.setenv(name, value)
