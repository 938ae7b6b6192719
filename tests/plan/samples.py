"""Plan and workflow files for tests, and what comes of them."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

from orchestrator_tui.core.workflow import Workflow
from orchestrator_tui.plan.catalogue import load_workflows
from orchestrator_tui.plan.check import check
from orchestrator_tui.plan.checked import Checked
from orchestrator_tui.plan.load import Loaded, load_plan
from orchestrator_tui.plan.text import parse
from orchestrator_tui.plan.workflow_file import read_workflow

FILES = (
    "README.md",
    "CHANGELOG.md",
    "src/billing/dates.py",
    "src/billing/totals.py",
    "src/limits/keys.py",
    "src/limits/rates.py",
    "src/limits/store.py",
    "src/limits/view.py",
    "src/signup/form.py",
    "tests/billing/test_dates.py",
)
"""The files of the repository that the plans of these tests are for."""

REPOSITORY = Path("/home/me/shop")

SMALL = """
workflow: small
title: One stage
kind: work
models: {low: m1, high: m2}
roles: {implementer: low}
stages:
  - {name: Do, prompt: do it}
"""


def workflows() -> dict[str, Workflow]:
    """The workflows that ship, and a small one."""
    return {**load_workflows(None, None).workflows, "small": workflow_of(SMALL)}


def workflow_of(content: str) -> Workflow:
    """The workflow in a text that holds one."""
    workflow, problems = read_workflow(parse(content), "mine.yaml")
    assert workflow is not None, [str(one) for one in problems]
    return workflow


def write_plan(folder: Path, content: str) -> Path:
    """A plan file called ``plan.yaml``; its first line is the first of ``content``."""
    path = folder / "plan.yaml"
    path.write_text(textwrap.dedent(content).lstrip("\n"))
    return path


def loaded(folder: Path, content: str, branch: str = "main") -> Loaded:
    """A plan read from a file."""
    return load_plan(write_plan(folder, content), REPOSITORY, workflows(), branch=branch)


def checked(folder: Path, content: str, files: Sequence[str] = FILES) -> Checked:
    """A plan read from a file and checked against some files."""
    found = check(loaded(folder, content), files)
    assert found is not None
    return found


def told(found: Loaded | Checked, folder: Path) -> list[str]:
    """The problems of a plan, one line each, without the folder."""
    return [str(one).replace(f"{folder}/", "") for one in found.problems]
