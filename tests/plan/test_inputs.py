"""What a workflow must know before a batch starts: each input that is missing is an error with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator_tui.plan.check import check
from orchestrator_tui.plan.load import plan_from_tracks
from tests.plan.samples import FILES, checked, loaded, told

WHOLE = """\
title: Two letters
workflow: tracks
base: main
integration: letters
worktrees: ../trees
checks: {all: make test}
tracks:
  - {slug: billing, brief: round dates, files: [src/billing/dates.py]}
  - {slug: limits, brief: keep keys, files: [src/limits/keys.py]}
"""

MISSING = [
    (
        WHOLE.replace("checks: {all: make test}\n", ""),
        [
            "plan.yaml:1: checks: is missing: name the commands that hold for the whole repository; they run after "
            "each merge",
            "plan.yaml:7: tracks[0].checks: billing has no check: nothing but its reviewer tells whether it works",
            "plan.yaml:8: tracks[1].checks: limits has no check: nothing but its reviewer tells whether it works",
        ],
    ),
    (
        WHOLE.replace("checks: {all: make test}\n", "").replace("py]}", "py], checks: {own: make one}}"),
        [
            "plan.yaml:1: checks: is missing: name the commands that hold for the whole repository; they run after "
            "each merge",
        ],
    ),
    (
        WHOLE.replace(", files: [src/limits/keys.py]", ""),
        ["plan.yaml:9: tracks[1].files: limits declares no files"],
    ),
    (
        WHOLE.replace("integration: letters", "integration: main"),
        ["plan.yaml:4: integration: is the base branch; only an approved publish gate may touch that"],
    ),
]


@pytest.mark.parametrize(("content", "lines"), MISSING)
def test_a_missing_input_stops_the_start(content: str, lines: list[str], tmp_path: Path) -> None:
    """[000-004] [000-005] [000-006] [000-007]"""
    found = checked(tmp_path, content)
    assert [str(one).replace(f"{tmp_path}/", "") for one in found.problems if one.level == "error"] == lines
    assert not found.usable


def test_a_plan_that_says_everything_is_accepted_with_what_it_says(tmp_path: Path) -> None:
    """[000-001] [000-007] [000-008] [000-009]"""
    found = checked(tmp_path, WHOLE)
    assert (told(found, tmp_path), found.usable) == ([], True)
    plan = loaded(tmp_path, WHOLE)
    assert plan.plan is not None
    assert (plan.plan.base, plan.plan.integration) == ("main", "letters")
    assert plan.plan.worktrees.endswith("/trees")
    assert plan.workflows["tracks"].works[2].rounds == 2


def test_without_tracks_it_needs_a_sentence_to_divide(tmp_path: Path) -> None:
    """[000-002]"""
    nothing = "title: t\nworkflow: tracks\nbase: main\n"
    assert "describe: is missing" in str(checked(tmp_path, nothing).problems[0])
    assert checked(tmp_path, nothing + "describe: two letters\n").usable


def test_a_list_that_an_agent_divides_must_say_as_much(tmp_path: Path) -> None:
    """[000-004] [000-005]"""
    there = loaded(tmp_path, "title: t\nworkflow: tracks\nbase: main\ndescribe: two letters\n")
    assert there.plan is not None
    text = "tracks:\n  - {slug: a, brief: write, files: [a.txt], workflow: tracks}\n"
    found = check(plan_from_tracks(text, "out.yaml", there.plan, there.workflows), FILES)
    assert found is not None
    errors = [str(one) for one in found.problems if one.level == "error"]
    assert errors == ["out.yaml:2: tracks[0].checks: a has no check: nothing but its reviewer tells whether it works"]
    text = text.replace("workflow: tracks}", "workflow: tracks, checks: {own: test -s a.txt}}")
    found = check(plan_from_tracks(text, "out.yaml", there.plan, there.workflows), FILES)
    assert found is not None
    assert found.usable
