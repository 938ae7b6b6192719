"""What `orch-tui` starts of itself loads nothing of the directory that it stands in."""

from __future__ import annotations

import subprocess
from pathlib import Path

from orchestrator_tui.cli.itself import ORCH_TUI
from tests.cli.scene import Scene, environment


def test_modules_of_the_repository_are_not_loaded(scene: Scene, tmp_path: Path) -> None:
    """A repository may have a `json.py` of its own: it would be run by the host, or bring it down."""
    for name in ("json", "sqlite3", "yaml", "orchestrator_tui"):
        (scene.repository / f"{name}.py").write_text("open('was-loaded', 'w')\nraise SystemExit(99)\n")
    ended = subprocess.run(
        [*ORCH_TUI, "list"], cwd=scene.repository, env=environment(), capture_output=True, timeout=30, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert not (scene.repository / "was-loaded").exists()
