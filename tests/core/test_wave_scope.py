"""``wave-scope.json``: its form, its match rules and its verdicts, each as the seed words it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from orchestrator_tui.core.wave_scope import (
    FALLBACK,
    WaveScope,
    blocked_by,
    faults,
    is_allowed,
    read_scope,
    refusal_of_command,
    refusal_of_path,
    warnings,
)

GOOD: dict[str, Any] = {
    "wave": 2,
    "role": "Impl-Core",
    "enforcement": "strict",
    "allowedPaths": ["src/csv.py", "src/api/", "tests/csv/**/*.py"],
    "blockedCommands": ["rm -rf", "git push --force", "git reset --hard"],
    "gates": {"path-guard": True, "command-guard": True},
}


def test_the_seeds_example_is_a_scope_file() -> None:
    """[004-75]"""
    assert faults(GOOD) == ()
    assert warnings(GOOD) == ()
    scope = read_scope(json.dumps(GOOD))
    assert (scope.wave, scope.role, scope.enforcement) == (2, "Impl-Core", "strict")
    assert scope.allowed == ("src/csv.py", "src/api/", "tests/csv/**/*.py")


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("wave", "2", "wave: must be a whole number from 1"),
        ("wave", 0, "wave: must be a whole number from 1"),
        ("wave", True, "wave: must be a whole number from 1"),
        ("role", " ", "role: is empty"),
        ("enforcement", "hard", "enforcement: is none of strict, warn, off"),
        ("allowedPaths", "src/", "allowedPaths: is missing or no array"),
        ("allowedPaths", [""], "allowedPaths[0]: must be a text that is not empty"),
        ("allowedPaths", ["a", "/etc"], "allowedPaths[1]: /etc is an absolute path"),
        ("allowedPaths", ["src/../../x"], "allowedPaths[0]: src/../../x leaves the repository"),
        ("blockedCommands", None, "blockedCommands: is missing or no array"),
        ("gates", {"path-guard": "yes"}, "gates.path-guard: must be true or false"),
        ("gates", [], "gates: must be an object"),
    ],
)
def test_what_is_wrong_with_a_scope_file_is_said(key: str, value: Any, told: str) -> None:
    """[004-76]"""
    assert faults({**GOOD, key: value}) == (told,)


@pytest.mark.parametrize("wide", ["*", "**/*"])
def test_a_scope_of_everything_is_warned_of(wide: str) -> None:
    """[004-76]"""
    assert warnings({**GOOD, "allowedPaths": ["src/", wide]}) == (f"allowedPaths: {wide} allows every file",)


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("src/", "src/a.py", True),
        ("src/", "src/a/b/c.py", True),
        ("src/", "src", False),
        ("src/", "lib/src/a.py", False),
        ("src/", "srcs/a.py", False),
        ("**/a.py", "a.py", True),
        ("**/a.py", "x/a.py", True),
        ("**/a.py", "x/y/a.py", True),
        ("**/a.py", "x/ba.py", False),
        ("tests/**/*.py", "tests/a.py", True),
        ("tests/**/*.py", "tests/x/y/a.py", True),
        ("tests/**/*.py", "tests/x/y/a.txt", False),
        ("src/**", "src/a/b", True),
        ("src/a**z", "src/a/b/z", True),
        ("src/*.py", "src/a.py", True),
        ("src/*.py", "src/x/a.py", False),
        ("src/csv.py", "src/csv.py", True),
        ("src/csv.py", "src/csvxpy", False),
        ("src/csv.py", "SRC/csv.py", False),
        ("src/csv.py", "x/src/csv.py", False),
        ("src/csv.py", "src/csv.py.bak", False),
        ("a+b(c).py", "a+b(c).py", True),
    ],
)
def test_a_path_fits_by_the_seeds_rules(pattern: str, path: str, fits: bool) -> None:
    """[004-78]"""
    assert is_allowed(path, [pattern]) is fits


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("rm -rf build", "rm -rf"),
        ("cd x && rm -rf build", "rm -rf"),
        ("(rm -rf x)", "rm -rf"),
        ("echo `rm -rf x`", "rm -rf"),
        ("sh -c 'rm -rf x'", "rm -rf"),
        ("true;rm -rf x", "rm -rf"),
        ("rm -rfx", ""),
        ("farm -rf x", ""),
        ("RM -RF x", ""),
        ("git push --force-with-lease", ""),
        ("git push --force", "git push --force"),
    ],
)
def test_a_command_is_blocked_between_shell_boundaries(command: str, found: str) -> None:
    """[004-82]"""
    assert blocked_by(command, ("rm -rf", "git push --force")) == found


@pytest.mark.parametrize("command", FALLBACK)
def test_an_empty_list_blocks_what_is_always_dangerous(command: str) -> None:
    """[004-82]"""
    assert blocked_by(command, ()) == command
    assert blocked_by(command, ("something else",)) == ""


def test_what_cannot_be_read_is_strict_with_an_empty_list() -> None:
    """[004-81]"""
    for text in ("", "{", "[]", "null", json.dumps({**GOOD, "wave": 0})):
        assert read_scope(text) == WaveScope()
    assert refusal_of_path(WaveScope(), "a.py").startswith("scope-denied: a.py is outside of the scope")


def test_a_file_that_names_no_enforcement_is_strict() -> None:
    """[004-17] Vocabulary J: upstream's documents said warn, its code strict."""
    data = {key: value for key, value in GOOD.items() if key != "enforcement"}
    assert read_scope(json.dumps(data)).enforcement == "strict"
    assert read_scope(json.dumps(data)).allowed == ("src/csv.py", "src/api/", "tests/csv/**/*.py")
    assert read_scope(json.dumps({**GOOD, "enforcement": "warn"})).enforcement == "warn"


def test_guards_that_are_not_named_are_on() -> None:
    """[004-83]"""
    scope = WaveScope(1, "Quality", "strict", ("src/",))
    assert refusal_of_path(scope, "lib/a.py")
    assert refusal_of_command(scope, "rm -rf /")
    off = WaveScope(1, "Quality", "strict", ("src/",), (), {"path-guard": False, "command-guard": False})
    assert refusal_of_path(off, "lib/a.py") == ""
    assert refusal_of_command(off, "rm -rf /") == ""


def test_a_refusal_says_the_rule_and_what_is_allowed() -> None:
    """[004-04]"""
    scope = read_scope(json.dumps(GOOD))
    assert refusal_of_path(scope, "lib/a.py") == (
        "scope-denied: lib/a.py is outside of the scope of wave 2 (Impl-Core); "
        "it may change: src/csv.py, src/api/, tests/csv/**/*.py"
    )
    assert refusal_of_command(scope, "rm -rf x") == "command-blocked: 'rm -rf' is blocked in wave 2 (Impl-Core)"
    assert refusal_of_path(scope, None) == "scope-denied: the file lies outside of the repository"
