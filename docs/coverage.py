"""The coverage list: what the source systems prescribe, joined with the tests that show it.

One file a system, one row a sentence. ``built`` rows are shown by the tests whose docstrings name the row in brackets;
``ruled against`` rows say why; ``later`` rows name the capability that they wait for.
"""

import ast
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
_MARK = re.compile(r"\[(\d{3}-\d{2,3})\]")


def rows() -> list[dict[str, Any]]:
    """The rows of all systems, in their order."""
    found: list[dict[str, Any]] = []
    for path in sorted((ROOT / "docs" / "coverage").glob("seed-*.yaml")):
        found += [dict(row) for row in yaml.safe_load(path.read_text("utf-8"))]
    return found


def shown_by() -> Mapping[str, list[str]]:
    """Row id → the tests whose docstring names it in brackets, as ``file::test``."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test"):
                for row in _MARK.findall(ast.get_docstring(node) or ""):
                    found.setdefault(row, []).append(f"{path.relative_to(ROOT)}::{node.name}")
    return found


def page() -> str:
    """docs/reference/coverage.md."""
    tests = shown_by()
    lines = [
        "# Coverage of the source systems",
        "",
        "One row a sentence: *built* with the tests that show it, *later* with the capability that it waits for,",
        "or *ruled against* with the reason.",
        "Rows are data in `docs/coverage/`; tests name rows in their docstrings.",
        "",
        "| row | prescription | status | shown by, or why |",
        "|---|---|---|---|",
    ]
    for row in rows():
        shown = "<br>".join(f"`{test}`" for test in tests.get(row["id"], [])[:4]) or row.get("why", "")
        says = row["says"].replace("|", "/")
        lines.append(f"| {row['id']} | {says} | {row['status']} | {shown} |")
    return "\n".join(lines) + "\n"
