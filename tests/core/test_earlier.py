"""Signs of earlier work: each threshold just below and just at its edge (seed 001, Detect existing context)."""

from __future__ import annotations

import pytest

from orchestrator_tui.core.earlier import Before, placed, signs
from orchestrator_tui.core.workflow import Earlier
from orchestrator_tui.plan.catalogue import load_workflows

RULES = Earlier(("wip-", "feat-"), 2, ("spec", "plan"))


def test_the_shipped_rules_are_those_of_the_seed() -> None:
    """[001-13] [001-14] [001-15]"""
    rules = load_workflows(None, None).workflows["chunks"].earlier
    assert rules == Earlier(("wip-", "feat-", "enhancement-", "chore-", "bug-"), 2, ("spec", "plan"))


@pytest.mark.parametrize(
    ("branch", "found"),
    [("wip-export", True), ("worktree-feat-export", True), ("main", False), ("wipe-out", False), ("", False)],
)
def test_a_branch_that_is_called_so_is_a_sign(branch: str, found: bool) -> None:
    """[001-13]"""
    assert bool(signs(Before(branch, "main"), RULES)) is found


@pytest.mark.parametrize(("commits", "found"), [(0, False), (1, False), (2, True), (3, True)])
def test_several_commits_since_the_default_branch_are_a_sign(commits: int, found: bool) -> None:
    """[001-15]"""
    before = Before("topic", "main", ("work",) * commits)
    assert bool(signs(before, RULES)) is found


def test_a_commit_that_speaks_of_spec_or_plan_is_a_sign() -> None:
    """[001-14]"""
    assert signs(Before("topic", "main", ("Agree on the plan for exports",)), RULES) == (
        "a commit: Agree on the plan for exports",
    )
    assert signs(Before("topic", "main", ("Special planets",)), RULES) == ()


def test_what_was_left_is_told_as_it_is_and_made_safe() -> None:
    """[001-11]"""
    assert signs(Before(left=("the file .orch/reports/b/build-args.json\x1b[31m",)), Earlier()) == (
        "the file .orch/reports/b/build-args.json\\x1b[31m",
    )


def test_without_a_sign_there_is_none() -> None:
    """[001-17]"""
    assert signs(Before("main", "main"), RULES) == ()


@pytest.mark.parametrize(
    ("branch", "base", "tree"),
    [
        ("main", "main", "batch"),
        ("wip-export", "wip-export", "none"),
        ("wip-export", "main", "batch"),
        ("", "", "batch"),
    ],
)
def test_from_a_branch_of_one_s_own_the_work_is_done_in_place(branch: str, base: str, tree: str) -> None:
    """[001-20]"""
    workflow = load_workflows(None, None).workflows["chunks"]
    assert placed(workflow, Before(branch, "main"), base).worktree == tree


def test_other_workflows_keep_their_trees() -> None:
    workflow = load_workflows(None, None).workflows["tracks"]
    assert placed(workflow, Before("topic", "main"), "topic") == workflow
