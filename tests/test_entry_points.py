"""What each entry point really loads before its first answer, counted in a fresh interpreter."""

import os
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "orchestrator_tui"
OWN = "orchestrator_tui"
CLI = f"{OWN}.cli.main"
AGENT = f"{OWN}.agent.main"
HOOK = f"{OWN}.hook.main"
MCP = f"{OWN}.mcp_server.main"
CALLS = f"{OWN}.mcp_server.calls"
APP = f"{OWN}.ui.app"

LIST_MODULES = "\nimport sys\nsys.stderr.write('\\n\\0' + '\\0'.join(sys.modules))"
CALL_MAIN = """
from {module} import main
try:
    code = main({arguments!r})
except SystemExit as ending:
    code = ending.code
assert not code, code
"""


@dataclass(frozen=True)
class Start:
    """One way to start a program of ours, up to its first answer, and what that may load."""

    name: str
    module: str
    code: str
    without: tuple[str, ...]
    most: int
    """Modules at most, beyond the bare interpreter and `floor`."""
    floor: str = "pass"
    third_party: tuple[str, ...] = ()


def answer(module: str, *arguments: str) -> str:
    return CALL_MAIN.format(module=module, arguments=list(arguments))


INSTANT = ("argparse", "asyncio", "dataclasses", "inspect", "json", "pathlib", "sqlite3")
COCKPIT_THIRD_PARTY = (
    "linkify_it",
    "markdown_it",
    "mdurl",
    "platformdirs",
    "pygments",
    "rich",
    "textual",
    "typing_extensions",
)
STDLIB_ONLY = ("core", "journal", "agent", "hook")
"""The packages that promise to need nothing but the standard library."""
COMPOSE = f"""
from {OWN}.cli.cockpit import compose
from {OWN}.cli.journals import find_place
from {OWN}.core.model import Limits
compose(find_place("."), (), Limits())
import {APP}
"""
STARTS = (
    Start("orch-tui --version", CLI, answer(CLI, "--version"), INSTANT, 16),
    Start("orch-tui --help", CLI, answer(CLI, "--help"), INSTANT, 16),
    Start("orch-tui gates", CLI, answer(CLI, "gates", "--json"), ("asyncio", "subprocess", "textual", "yaml"), 155),
    Start("orch-agent --help", AGENT, answer(AGENT, "--help"), ("asyncio", "email", "unittest", "xml"), 160),
    Start("orch-hook", HOOK, f"import {HOOK}", ("asyncio", "email", "unittest", "xml"), 60, "import json, sqlite3"),
    Start("orch-mcp --help", MCP, answer(MCP, "--help"), INSTANT, 16),
    # All of it but the library, which alone costs several times as much.
    Start("orch-mcp without its library", CALLS, f"import {CALLS}", ("asyncio", "mcp", "pydantic", "textual"), 170),
    # Textual itself needs platformdirs; pydantic, yaml, watchfiles and git wait until after the first frame.
    Start("orch-tui in a repository", APP, COMPOSE, (), 185, "import textual.app", COCKPIT_THIRD_PARTY),
    Start("cockpit", APP, f"import {APP}", (), 160, "import textual.app", COCKPIT_THIRD_PARTY),
)


def exists(module: str) -> bool:
    path = ROOT / module.replace(".", "/")
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def modules_of(package: str) -> list[str]:
    """All modules of one of our packages."""
    parts = [path.relative_to(ROOT).with_suffix("").parts for path in (PACKAGE / package).rglob("*.py")]
    return sorted({".".join(each[:-1] if each[-1] == "__init__" else each) for each in parts})


def scripts() -> dict[str, str]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        declared: dict[str, str] = tomllib.load(file)["project"]["scripts"]
    return declared


def run(code: str) -> subprocess.CompletedProcess[str]:
    # -P: the interpreter must not find modules beside the test by accident.
    ended = subprocess.run(
        [sys.executable, "-P", "-c", code + LIST_MODULES],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stderr
    return ended


@cache
def bare_interpreter() -> frozenset[str]:
    """What is loaded before any line of ours: the interpreter's own start and what its site directory adds."""
    return frozenset(run("pass").stderr.rpartition("\n\0")[2].split("\0"))


def loaded_by(code: str) -> set[str]:
    return set(run(code).stderr.rpartition("\n\0")[2].split("\0")) - bare_interpreter()


def third_parties(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules} - sys.stdlib_module_names - {OWN}


@pytest.mark.parametrize("package", STDLIB_ONLY)
def test_no_module_of_it_loads_a_third_party(package: str) -> None:
    assert third_parties(loaded_by(f"import {', '.join(modules_of(package))}")) == set()


@pytest.mark.parametrize("start", [each for each in STARTS if exists(each.module)], ids=lambda start: start.name)
def test_a_start_loads_only_what_its_first_answer_needs(start: Start) -> None:
    modules = loaded_by(start.code)
    assert third_parties(modules) <= set(start.third_party)
    assert {name.partition(".")[0] for name in modules}.isdisjoint(start.without)
    beyond_the_floor = modules - loaded_by(start.floor)
    assert len(beyond_the_floor) <= start.most, sorted(beyond_the_floor)


def test_version_is_the_packages_own() -> None:
    printed = run(answer(CLI, "--version")).stdout
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)
    assert project["tool"]["hatch"]["version"]["path"] == f"{OWN}/__init__.py"
    assert f'__version__ = "{printed.split()[-1]}"' in (PACKAGE / "__init__.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("target", [each for each in scripts().values() if exists(each.partition(":")[0])])
def test_a_declared_command_can_be_called(target: str) -> None:
    module, _, function = target.partition(":")
    run(f"from {module} import {function}\nassert callable({function})")


def test_the_cockpits_command_is_declared_and_there() -> None:
    assert scripts()["orch-tui"] == f"{CLI}:main"
    assert exists(CLI)
