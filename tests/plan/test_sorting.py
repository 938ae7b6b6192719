"""Sorting work items: the workflow of a track by its words, the areas by its files; what a plan says itself stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator_tui.core.plan import PlannedTrack
from orchestrator_tui.plan.problems import WARNING
from tests.plan.samples import loaded

PLAN = """
title: Release
workflow: {workflow}
checks: {{unit: make test}}
tracks:
  - slug: {slug}
    title: {title}
    brief: do it
    files: [{files}]
    {more}
"""


def track(
    folder: Path, slug: str, title: str, files: str = "lib/a.py", more: str = "", workflow: str = "prd-to-pr"
) -> tuple[PlannedTrack, list[str]]:
    """The one track of a plan, and what was remarked."""
    text = PLAN.format(slug=slug, title=title, files=files, more=more, workflow=workflow)
    found = loaded(folder, text)
    assert found.plan is not None, found.problems
    assert set(found.workflows) >= {found.plan.tracks[0].workflow}
    return found.plan.tracks[0], [one.message for one in found.problems if one.level == WARNING]


@pytest.mark.parametrize(
    ("slug", "title", "workflow", "kind"),
    [
        ("profile-sharing", "Add user profile sharing", "prd-to-pr", "feature"),
        ("fix-auth-race", "Auth token race condition", "bug-to-pr", "bug"),
        ("auth", "Crash on a cold start", "bug-to-pr", "bug"),
        ("prefix", "Crashing waves as a theme", "prd-to-pr", "feature"),
    ],
)
def test_a_track_takes_the_pipeline_that_its_words_mean_and_that_is_said(
    slug: str, title: str, workflow: str, kind: str, tmp_path: Path
) -> None:
    """[002-42] [002-130]"""
    found, remarks = track(tmp_path, slug, title)
    assert (found.workflow, found.kind) == (workflow, kind)
    said = f"{slug} is taken for bug-to-pr by its words; write `workflow:` to say which it is"
    assert remarks == ([said] if kind == "bug" else [])


@pytest.mark.parametrize("more", ["workflow: prd-to-pr", "kind: feature", "kind: bug"])
def test_what_a_plan_says_stands(more: str, tmp_path: Path) -> None:
    found, remarks = track(tmp_path, "fix-auth-race", "Crash", more=more)
    assert (found.workflow, remarks) == ("prd-to-pr", [])


def test_a_workflow_without_such_words_sorts_nothing(tmp_path: Path) -> None:
    assert track(tmp_path, "fix-auth-race", "Crash", workflow="small")[0].workflow == "small"


@pytest.mark.parametrize(
    ("files", "areas"),
    [
        ("ios/App/**", ("SCOPE_IOS",)),
        ("lib/view.swift, backend/**", ("SCOPE_IOS", "SCOPE_BACKEND")),
        ("deploy/main.tf", ("SCOPE_GCP_INFRA",)),
        ("lib/**", ()),
    ],
)
def test_the_scope_is_detected_by_the_files(files: str, areas: tuple[str, ...], tmp_path: Path) -> None:
    """[002-43]"""
    assert track(tmp_path, "a", "A", files)[0].areas == areas
    assert track(tmp_path, "a", "A", files, "areas: [web]")[0].areas == ("web",)
