"""Whether a repository has tests: each signal alone is enough, and what only looks like one is none."""

from __future__ import annotations

import pytest

from orchestrator_tui.plan.test_infrastructure import has_tests


def found(**files: str) -> bool:
    named = {name.replace("__slash__", "/"): text for name, text in files.items()}
    return has_tests(named, lambda name: named[name])


@pytest.mark.parametrize("name", ["test/a.py", "tests/a/b.rb", "__tests__/x.js"])
def test_a_test_folder_is_a_signal(name: str) -> None:
    """[001-46] [001-50]"""
    assert has_tests([name, "src/a.py"], lambda _: "")


@pytest.mark.parametrize("name", ["a_test.go", "pkg/a_test.py", "src/a_test.rs", "web/a.test.tsx", "web/a.test.js"])
def test_a_test_file_is_a_signal(name: str) -> None:
    """[001-47] [001-50]"""
    assert has_tests([name], lambda _: "")


def test_a_workflow_that_runs_tests_is_a_signal() -> None:
    """[001-48] [001-50]"""
    assert found(**{".github/workflows/ci.yml": "run: make test\n"})
    assert not found(**{".github/workflows/pages.yml": "run: make pages\n"})


@pytest.mark.parametrize(
    ("manifest", "text", "tests"),
    [
        ("package.json", '{"scripts": {"test": "jest"}}', True),
        ("package.json", '{"scripts": {"check": "tsc"}}', True),
        ("package.json", '{"scripts": {"build": "tsc"}}', False),
        ("package.json", "[]", False),
        ("package.json", "{", False),
        ("pyproject.toml", "[tool.pytest.ini_options]\n", True),
        ("pyproject.toml", "[project]\nname = 'x'\n", False),
        ("pyproject.toml", "= broken", False),
        ("Cargo.toml", "[dev-dependencies]\nproptest = '1'\n", True),
        ("Cargo.toml", "[package]\nname = 'x'\n", False),
        ("go.mod", "module x\n", False),
    ],
)
def test_a_manifest_with_a_test_or_check_script_is_a_signal(manifest: str, text: str, tests: bool) -> None:
    """[001-49] [001-50]"""
    assert found(**{manifest: text}) is tests


def test_without_any_signal_there_are_none() -> None:
    """[001-50]"""
    assert not has_tests(["src/latest.py", "docs/testing.md", "contests/a.py", "tests"], lambda _: "")
