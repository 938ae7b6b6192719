"""Misspelt names in braces are told where they stand, and braces that are meant are left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator_tui.plan.catalogue import load_workflows
from orchestrator_tui.plan.problems import WARNING
from orchestrator_tui.plan.text import parse
from orchestrator_tui.plan.workflow_file import read_workflow
from tests.plan.samples import loaded

FILE = """\
workflow: mine
title: One stage
kind: work
stages:
  - name: Do
    artefacts: ["{spce}/a.md"]
    prompt: |
      Work on {slug}.
      Then on {slgu}, and {slgu} again.
    angles:
      - {key: one, prompt: "Read {Titel}."}
breaker:
  narrow: {spiral: "Leave {fiel} alone, {slug} too."}
"""


def told(text: str) -> list[str]:
    workflow, problems = read_workflow(parse(text), "mine.yaml")
    assert workflow is not None
    assert {one.level for one in problems} <= {WARNING}
    return [str(one) for one in problems]


def test_a_misspelt_name_is_told_once_with_its_line_and_what_was_meant() -> None:
    assert told(FILE) == [
        'mine.yaml:6: stages[0].artefacts[0]: "{spce}" is filled in by nothing; did you mean "{spec}"?',
        'mine.yaml:7: stages[0].prompt: "{slgu}" is filled in by nothing; did you mean "{slug}"?',
        'mine.yaml:11: stages[0].angles[0].prompt: "{Titel}" is filled in by nothing; did you mean "{title}"?',
        'mine.yaml:13: breaker.narrow.spiral: "{fiel}" is filled in by nothing; did you mean "{file}"?',
    ]


@pytest.mark.parametrize(
    "meant",
    ['{"slgu": 1}', "${slgu}", "{{slgu}}", "{slgu.name}", "{ slgu }", "{file}", "{name}", "{}", "{slug}{plan}", "{s}"],
)
def test_braces_that_are_meant_are_left_alone(meant: str) -> None:
    assert told(FILE.split("    artefacts", maxsplit=1)[0] + f"    prompt: |\n      Write {meant} there.\n") == []


def test_what_ships_misspells_nothing() -> None:
    assert load_workflows(None, None).problems == ()


def test_a_plan_that_changes_a_prompt_is_told_too(tmp_path: Path) -> None:
    plan = """
    title: One
    workflow: small
    agent: {runner: scripted}
    rules: {stages: {Do: {prompt: "Do {slgu}."}}}
    tracks: [{slug: a, files: [README.md]}]
    """
    found = [one for one in loaded(tmp_path, plan).problems if one.key.startswith("rules")]
    assert [(one.line, one.key, one.nearest, one.level) for one in found] == [
        (4, "rules.stages.Do.prompt", "{slug}", WARNING)
    ]
