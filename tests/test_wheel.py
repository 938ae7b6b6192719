"""The wheel carries all that the program needs, and works installed elsewhere."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from orchestrator_tui import __version__
from orchestrator_tui.resources import sample_plans_directory, themes_directory, workflows_directory

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = {
    "_themes": themes_directory(),
    "_sample_plans": sample_plans_directory(),
    "workflows": workflows_directory(),
}
LIST_RESOURCES = """
import json
from orchestrator_tui import resources
places = resources.themes_directory(), resources.sample_plans_directory(), resources.workflows_directory()
files = {place.name: {file.name: file.read_text("utf-8") for file in place.glob("*.yaml")} for place in places}
print(json.dumps(files))
"""


def run(*command: str | Path, cwd: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    ended = subprocess.run(
        command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def build(directory: Path) -> Path:
    # The build tool is among the development tools, so that building needs no network.
    run(
        *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"),
        *("--wheel-dir", directory, ROOT),
        cwd=directory,
    )
    (wheel,) = directory.glob("*.whl")
    return wheel


def test_the_wheel_works_elsewhere(tmp_path: Path) -> None:
    wheel = build(tmp_path)
    venv = tmp_path / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", venv, cwd=tmp_path)
    install = ("pip", "--python", venv / "bin" / "python", "install", "--quiet", "--no-deps", wheel)
    run(sys.executable, "-m", *install, cwd=tmp_path)

    assert run(venv / "bin" / "orch-tui", "--version", cwd=tmp_path) == f"orch-tui {__version__}\n"
    found = json.loads(run(venv / "bin" / "python", "-I", "-c", LIST_RESOURCES, cwd=tmp_path))
    assert found == {
        name: {file.name: file.read_text(encoding="utf-8") for file in place.glob("*.yaml")}
        for name, place in SHIPPED.items()
    }
    assert found["_themes"]
    assert found["_sample_plans"]


def test_the_wheel_holds_the_package_and_nothing_else(tmp_path: Path) -> None:
    with zipfile.ZipFile(build(tmp_path)) as archive:
        names = archive.namelist()
    assert {name.split("/")[0] for name in names} == {"orchestrator_tui", f"orch_tui-{__version__}.dist-info"}
    modules = {str(path.relative_to(ROOT)) for path in (ROOT / "orchestrator_tui").rglob("*.py")}
    assert modules <= set(names)
    assert "orchestrator_tui/py.typed" in names
    assert "orchestrator_tui/skill/SKILL.md" in names
    assert f"orch_tui-{__version__}.dist-info/licenses/LICENSE" in names


@pytest.mark.slow
def test_the_wheel_installs_with_its_dependencies(tmp_path: Path) -> None:
    wheel = build(tmp_path)
    venv = tmp_path / "venv"
    run(sys.executable, "-m", "venv", venv, cwd=tmp_path)
    python = venv / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel, cwd=tmp_path)
    run(python, "-m", "pip", "check", "--disable-pip-version-check", cwd=tmp_path)
    run(python, "-I", "-c", "import git, platformdirs, pydantic, textual.app, watchfiles, yaml", cwd=tmp_path)
    for command in ("orch-tui", "orch-agent", "orch-hook"):
        assert (venv / "bin" / command).is_file()
    assert run(venv / "bin" / "orch-tui", "--version", cwd=tmp_path) == f"orch-tui {__version__}\n"
