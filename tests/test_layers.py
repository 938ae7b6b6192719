"""The layers of DESIGN §3: who may import whom, read from every import statement, deferred ones included."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "orchestrator_tui"
MODULES = sorted((ROOT / PACKAGE).rglob("*.py"))
COMPUTED = "<computed>"


@dataclass(frozen=True)
class Layer:
    """What the modules below one package may import beside the standard library and themselves."""

    own: tuple[str, ...] = ()
    third_party: tuple[str, ...] = ()
    pure: bool = False


ANY_THIRD_PARTY = ("git", "mcp", "platformdirs", "pydantic", "pydantic_core", "rich", "textual", "watchfiles", "yaml")
WITHOUT_SCREEN = tuple(sorted(set(ANY_THIRD_PARTY) - {"rich", "textual"}))
EVERY_LAYER = tuple("adapters agent cli core demo hook journal mcp_server plan resources runtime ui".split())

# Keyed by the path below the package; the longest key that matches a module is its layer.
LAYERS = {
    "": Layer(),
    "resources": Layer(),
    "core": Layer(pure=True),
    "plan": Layer(own=("core", "resources"), third_party=("pydantic", "pydantic_core", "yaml")),
    "journal": Layer(own=("core",)),
    "runtime": Layer(own=("core", "journal", "plan")),
    "adapters": Layer(own=("core", "runtime.ports", "runtime.run_world", "runtime.world"), third_party=WITHOUT_SCREEN),
    "ui": Layer(own=("core", "resources", "runtime.ports"), third_party=("rich", "textual", "yaml")),
    "ui.present": Layer(own=("core",), pure=True),
    # Stand-alone commands that must start fast: standard library only, adapters of the standard library included.
    "agent": Layer(own=("adapters", "core", "journal", "runtime")),
    "hook": Layer(own=("adapters", "core", "journal", "runtime")),
    # Only what speaks the protocol loads its library: everything else here could serve another client tomorrow.
    "mcp_server": Layer(own=("adapters", "core", "journal", "runtime")),
    "mcp_server.main": Layer(own=("mcp_server",), third_party=("anyio",)),
    "mcp_server.server": Layer(own=("core", "mcp_server"), third_party=("anyio", "mcp")),
    "mcp_server.wire": Layer(third_party=("anyio", "mcp")),
    "cli": Layer(own=EVERY_LAYER, third_party=ANY_THIRD_PARTY),
    "demo": Layer(own=EVERY_LAYER, third_party=ANY_THIRD_PARTY),
}

# The standard library without clock, chance, input, output or the process around it.
PURE_STDLIB = frozenset(
    "__future__ abc base64 binascii bisect collections contextlib copy dataclasses datetime decimal difflib enum "
    "fnmatch fractions functools graphlib hashlib heapq html itertools json keyword math numbers operator pathlib re "
    "shlex statistics string struct sys textwrap types typing unicodedata zlib".split()
)
# Of these modules only the named parts are pure.
PURE_PARTS = {"pathlib": {"PurePath", "PurePosixPath", "PureWindowsPath"}, "sys": {"intern"}}
CLOCK_METHODS = frozenset({"now", "today", "utcnow"})
IMPURE_BUILTINS = frozenset({"__import__", "breakpoint", "eval", "exec", "input", "open", "print"})


@dataclass(frozen=True)
class Import:
    """One imported module, with the name taken from it, if any."""

    line: int
    module: str
    name: str | None = None


def dotted(path: Path) -> str:
    """A module's path below the package: `ui.present.gates`; empty for the package itself."""
    parts = path.relative_to(ROOT / PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def layer_name(module: str) -> str | None:
    matches = [key for key in LAYERS if key and (module == key or module.startswith(key + "."))]
    return max(matches, key=len) if matches else ("" if module == "" else None)


def imports(tree: ast.Module, package: str) -> Iterator[Import]:
    """Every import of a module of `package` (a dotted path from the top), wherever it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(node.lineno, alias.name)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            source = ".".join([*parents, *([node.module] if node.module else [])])
            for alias in node.names:
                yield Import(node.lineno, source, alias.name)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in (
            "import_module",
            "__import__",
        ):
            argument = node.args[0] if node.args else None
            literal = argument.value if isinstance(argument, ast.Constant) else None
            yield Import(node.lineno, literal if isinstance(literal, str) else COMPUTED)


def target(found: Import) -> str:
    """The module of this project that an import reaches, below the package; empty for the package itself."""
    below = found.module.partition(".")[2]
    if found.name is None:
        return below
    deeper = f"{below}.{found.name}" if below else found.name
    path = ROOT / PACKAGE / deeper.replace(".", "/")
    return deeper if path.is_dir() or path.with_suffix(".py").is_file() else below


def complaint(found: Import, module: str) -> str | None:
    """Why this module must not import that, or None."""
    home = layer_name(module)
    if home is None:
        return "belongs to no layer; give its package a row in LAYERS"
    layer = LAYERS[home]
    top = found.module.partition(".")[0]
    if found.module == COMPUTED:
        return None if home == "cli" else "imports a module under a computed name"
    if top == PACKAGE:
        reached = target(found)
        allowed = any(reached == name or reached.startswith(name + ".") for name in (home, *layer.own) if name)
        return None if allowed or not reached else f"imports {reached} of this project"
    if top not in sys.stdlib_module_names:
        return None if top in layer.third_party else f"imports the third-party module {top}"
    if not layer.pure:
        return None
    if top not in PURE_STDLIB:
        return f"imports {top}, which is not among the pure modules of the standard library"
    if top in PURE_PARTS and found.name not in PURE_PARTS[top]:
        return f"takes {found.name or 'all'} from {top}, not only {', '.join(sorted(PURE_PARTS[top]))}"
    return None


def impurities(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Calls through which a pure module would reach the clock, the terminal or a file without an import."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name) and node.func.id in IMPURE_BUILTINS:
            yield node.lineno, f"calls {node.func.id}()"
        elif isinstance(node.func, ast.Attribute):
            owner = ast.unparse(node.func.value).rpartition(".")[2]
            if owner in ("datetime", "date") and node.func.attr in CLOCK_METHODS:
                yield node.lineno, f"asks the clock: {owner}.{node.func.attr}()"


def violations(source: str, module: str, package: str) -> list[str]:
    """Everything in the source of `module` that its layer forbids, one line each."""
    tree = ast.parse(source)
    found = [(each.line, why) for each in imports(tree, package) if (why := complaint(each, module)) is not None]
    home = layer_name(module)
    if home is not None and LAYERS[home].pure:
        found += impurities(tree)
    return [f"line {line}: {module or PACKAGE} {why}" for line, why in sorted(found)]


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_a_module_keeps_to_its_layer(path: Path) -> None:
    package = ".".join(path.parent.relative_to(ROOT).parts)
    assert violations(path.read_text(encoding="utf-8"), dotted(path), package) == []


def test_only_one_module_uses_gitpython() -> None:
    users = [
        dotted(path)
        for path in MODULES
        if any(each.module.split(".")[0] == "git" for each in imports(ast.parse(path.read_text("utf-8")), PACKAGE))
    ]
    assert len(users) <= 1, users


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("core.state", "import time"),
        ("core.state", "def late():\n    from os import path"),
        (
            "core.state",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from orchestrator_tui.plan import model",
        ),
        ("core.state", "from pathlib import Path"),
        ("core.state", "import pathlib"),
        ("core.state", "import datetime\nat = datetime.datetime.now()"),
        ("core.state", "from datetime import datetime\nat = datetime.now(tz=None)"),
        ("core.state", "def late():\n    return open('x')"),
        ("core.state", "import orchestrator_tui.journal"),
        ("core.state", "from ..journal import port"),
        ("core.state", "import pydantic"),
        ("core.state", "import importlib"),
        ("core.state", "import random, uuid"),
        ("plan.load", "import textual"),
        ("journal.store", "import pydantic"),
        ("journal.store", "from orchestrator_tui import runtime"),
        ("runtime.engine", "from orchestrator_tui.adapters import clock"),
        ("runtime.engine", "import importlib\nimportlib.import_module('orchestrator_tui.ui')"),
        ("runtime.engine", "import importlib\nname = 'x'\nimportlib.import_module(name)"),
        ("adapters.tasks", "from orchestrator_tui.runtime import engine_that_is_no_port"),
        ("adapters.tasks", "import textual"),
        ("ui.app", "from orchestrator_tui.journal import port"),
        ("ui.app", "import pydantic"),
        ("ui.present.gates", "from textual.content import Content"),
        ("ui.present.gates", "from orchestrator_tui.ui import themes"),
        ("ui.present.gates", "from time import monotonic"),
        ("hook.main", "import yaml"),
        ("hook.main", "from orchestrator_tui.cli import main"),
        ("unheard_of.main", "import json"),
    ],
)
def test_a_breach_is_noticed(module: str, source: str) -> None:
    package = f"{PACKAGE}.{module}".rpartition(".")[0]
    assert violations(source, module, package) != []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("core.state", "from __future__ import annotations\nimport re\nfrom pathlib import PurePosixPath"),
        ("core.state", "from datetime import UTC, datetime\nat = datetime.fromtimestamp(0, UTC)"),
        ("core.state", "from sys import intern"),
        ("core.state", "from . import events\nfrom orchestrator_tui.core.events import Event"),
        ("journal.store", "import os, sqlite3, time\nfrom orchestrator_tui.core import canonical"),
        ("plan.load", "import yaml\nfrom orchestrator_tui.resources import workflows_directory"),
        (
            "adapters.tasks",
            "from orchestrator_tui.runtime import ports, world\nfrom orchestrator_tui.runtime.ports import Clock",
        ),
        ("ui.app", "from textual.app import App\nfrom orchestrator_tui.ui.present import gates"),
        ("cli.run", "from orchestrator_tui import __version__\nfrom orchestrator_tui.ui import app"),
    ],
)
def test_what_a_layer_needs_is_allowed(module: str, source: str) -> None:
    package = f"{PACKAGE}.{module}".rpartition(".")[0]
    assert violations(source, module, package) == []
