"""Signs that work of a batch's kind was begun before: branch, commits, and what earlier runs have left (seed 001)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.text import plural, sanitise_line
from orchestrator_tui.core.workflow import Earlier, Workflow

_OURS = "worktree-"
"""What a branch of a worktree of Claude Code begins with, before its own name."""


@frozen
class Before:
    """What was there when a batch began.

    Attributes:
        branch: the branch that is checked out; ``default`` the default one, "" where there is none.
        subjects: of the commits since the default branch, the newest first.
        left: what earlier runs have left, in words: files of theirs, worktrees with work in them.
    """

    branch: str = ""
    default: str = ""
    subjects: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


def placed(workflow: Workflow, before: Before, base: str) -> Workflow:
    """The workflow as a batch follows it: begun on a branch of one's own, some are worked on in place (seed 001)."""
    own = bool(before.branch and before.default and before.branch != before.default and before.branch == base)
    return replace(workflow, worktree="none") if own and workflow.in_place_on_branch else workflow


def signs(before: Before, rules: Earlier) -> tuple[str, ...]:
    """Every sign of earlier work, one line each; none where a batch begins afresh."""
    found = []
    name = before.branch.removeprefix(_OURS)
    if before.branch and before.branch != before.default and name.startswith(tuple(rules.prefixes) or ("\0",)):
        found.append(f"the branch {sanitise_line(before.branch, 120)}")
    if rules.commits and len(before.subjects) >= rules.commits:
        found.append(f"{plural(len(before.subjects), 'commit')} since {sanitise_line(before.default, 120)}")
    found += [f"a commit: {sanitise_line(one, 120)}" for one in _speaking(before.subjects, rules.words)]
    return (*found, *(sanitise_line(one, 300) for one in before.left))


def _speaking(subjects: Iterable[str], words: Iterable[str]) -> list[str]:
    patterns = [re.compile(rf"\b{re.escape(word)}\b", re.IGNORECASE) for word in words]
    return [one for one in subjects if any(pattern.search(one) for pattern in patterns)]
