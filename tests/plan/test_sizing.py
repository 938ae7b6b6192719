"""What the check of a plan says of its size: remarks that change nothing of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator_tui.core.plan import Plan, PlannedTrack, Scope
from orchestrator_tui.core.session import Session
from orchestrator_tui.core.wave_roles import placed
from orchestrator_tui.core.workflow import Workflow
from orchestrator_tui.plan.check import check_plan
from orchestrator_tui.plan.checked import Checked
from orchestrator_tui.plan.problems import REMARK, Problem
from orchestrator_tui.plan.text import parse
from orchestrator_tui.plan.workflow_file import read_workflow
from tests.plan.samples import workflows

WAVES = workflows()["waves"]


def track(slug: str, *files: str, role: str = "Impl-Core", **more: object) -> PlannedTrack:
    scope = Scope(owned=files)
    return PlannedTrack(slug, slug, "work", "waves", "b", scope, role=role, **more)  # type: ignore[arg-type]


def looked_at(*tracks: PlannedTrack, workflow: Workflow = WAVES, tree: tuple[str, ...] = (), **said: object) -> Checked:
    plan = Plan("t", workflow.name, "main", "i", "/r", "/w", tracks, session=Session(**said))  # type: ignore[arg-type]
    plan = replace(plan, tracks=placed(plan, workflow.sessions))
    return check_plan(plan, {workflow.name: workflow}, tree)


def remarks(found: Checked, word: str = "") -> list[str]:
    return [one.message for one in found.problems if one.level == REMARK and word in one.message]


def test_a_plan_is_told_how_big_its_work_is_and_how_many_agents_that_means() -> None:
    """[004-151] [004-152]"""
    found = looked_at(track("a", "src/x/a.py"), track("look", role="Discovery"), issues=(1, 2, 3))
    assert remarks(found) == [
        "simple work: 1 point by 1 file, 1 directory, 3 issues; the agents of a feature session are then "
        "2-3 in Discovery (here 1), 3-4 in Impl-Core (here 1)"
    ]
    assert found.usable
    assert [one.slug for one in found.plan.tracks] == ["a", "look"]


@pytest.mark.parametrize(
    ("files", "issues", "level"),
    [(5, 3, "simple work: 1 point "), (6, 3, "moderate work: 2 points "), (15, 4, "moderate"), (16, 4, "complex")],
)
def test_files_that_are_there_and_files_that_are_to_be_made_count_alike(files: int, issues: int, level: str) -> None:
    """[004-151]"""
    half = files // 2
    tree = tuple(f"src/x/old{number}.py" for number in range(half))
    fresh = [f"src/x/new{number}.py" for number in range(files - half)]
    found = looked_at(track("a", "src/x/old*.py"), track("b", *fresh), tree=tree, issues=tuple(range(1, issues + 1)))
    (told,) = remarks(found, " work: ")
    assert told.startswith(level)
    assert f"by {files} files, 1 directory, {issues} issues" in told


def test_directories_of_documents_settings_and_scripts_are_not_counted() -> None:
    """[004-151]"""
    files = ("src/auth/a.py", "src/auth/deep/b.py", "docs/a/x.md", "config/y.yaml", "scripts/z/z.sh")
    (told,) = remarks(looked_at(track("a", *files), tree=files), " work: ")
    assert "5 files, 1 directory, 0 issues" in told


@pytest.mark.parametrize(
    ("file", "directories"),
    [
        ("docs/x.md", 1),
        ("config/x/y.toml", 1),
        ("scripts/x.sh", 1),
        ("docsy/x.md", 2),
        ("src/docs/x.md", 2),
    ],
)
def test_only_what_lies_below_a_directory_that_is_set_aside_is_not_counted(file: str, directories: int) -> None:
    """[004-151] Just beside one, or below a directory of that name elsewhere, it counts."""
    (told,) = remarks(looked_at(track("a", "src/x/a.py", file)), " work: ")
    assert f"2 files, {directories} director" in told


@pytest.mark.parametrize(("count", "crowded"), [(4, False), (5, True)])
def test_more_tracks_than_the_work_needs_are_told_with_two_that_could_be_one(count: int, crowded: bool) -> None:
    """[004-152] A simple feature has four agents that implement; the smallest that share a directory come first."""
    tracks = [track(f"t{number}", f"src/x/f{number}.py") for number in range(count - 1)]
    found = looked_at(*tracks, track("other", "lib/o.py"))
    text = "wave 2 has 5 tracks of Impl-Core, and simple work 3-4 agents: t0 and t1 are the smallest that share a "
    assert remarks(found, "wave 2 has") == ([text + "directory, and could be one"] if crowded else [])


def test_two_roles_of_one_wave_are_counted_apart() -> None:
    """[004-152] Whoever only reads is never one agent with whoever writes."""
    (told,) = remarks(looked_at(track("look", role="Discovery"), track("a", "src/a.py"), waves=3))
    assert told.endswith("2-3 in Discovery (here 1), 3-4 in Impl-Core (here 1)")


def test_a_session_of_one_wave_has_no_table() -> None:
    assert remarks(looked_at(track("a", "src/x/a.py"), type="housekeeping")) == []


@pytest.mark.parametrize(("files", "directories", "told"), [(6, 3, True), (5, 3, False), (6, 2, False)])
def test_a_track_that_is_too_wide_is_told_to_be_split_by_directory(files: int, directories: int, told: bool) -> None:
    """[004-153]"""
    named = [f"src/d{number % directories}/f{number}.py" for number in range(files)]
    found = looked_at(track("wide", *named))
    text = "wide changes 6 files in 3 directories: split it by directory (src/d0, src/d1, src/d2)"
    assert remarks(found, "split") == ([text] if told else [])
    assert len(found.plan.tracks) == 1


@pytest.mark.parametrize(("both", "told"), [(5, False), (6, True)])
def test_two_tracks_of_one_wave_that_share_most_files_are_told_to_be_one(both: int, told: bool) -> None:
    """[004-154]"""
    shared = [f"src/x/s{number}.py" for number in range(both)]
    a, b = ([*shared, *(f"src/x/{name}{number}.py" for number in range(10 - both))] for name in "ab")
    found = looked_at(track("a", *a, priority=1), track("b", *b))
    assert remarks(found, "share") == (["b and a share 60 % of their files: make them one track"] if told else [])
    assert len(found.plan.tracks) == 2
    assert remarks(looked_at(track("a", *a, priority=1), track("b", *b, role="Quality")), "share") == []


def test_a_workflow_that_sizes_no_work_says_nothing_of_it() -> None:
    tracks = workflows()["tracks"]
    found = looked_at(
        replace(track("a", *(f"d{number}/f.py" for number in range(9))), workflow="tracks"), workflow=tracks
    )
    assert remarks(found, "work") == remarks(found, "split") == []


def test_every_figure_is_shown_by_explain() -> None:
    """[004-151] [004-152] [004-153] [004-154] [004-155] [004-156]"""
    told = {one.key: one.value for one in looked_at(track("a", "a.py")).explain}
    assert told["sizing.files"] == "6, 16"
    assert told["sizing.directories"] == "2, 4"
    assert told["sizing.issues"] == "2, 4"
    assert told["sizing.levels"] == "simple: 0, moderate: 2, complex: 4"
    assert "feature simple: 2-3 / 3-4 / 2-3 / 2 / 1" in told["sizing.agents"]
    assert (told["sizing.split_files"], told["sizing.split_directories"]) == ("6", "3")
    assert told["sizing.merge_over"] == "50"
    assert (told["sessions.agents_least"], told["sessions.line"]) == ("2", "160")
    assert (told["sessions.docs_few"], told["sessions.docs_role"]) == ("1", "Finalization")


def wrong(rules: str) -> list[Problem]:
    head = "workflow: w\ntitle: t\nkind: k\nstages: [{name: Do, prompt: do}]\n"
    sessions = "sessions: {types: [feature], roles: [Build, Test]}\n"
    return list(read_workflow(parse(f"{head}{sessions}sizing:\n  levels: {{simple: 0}}\n  {rules}\n"), "w.yaml")[1])


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ("files: [16, 6]", "w.yaml:8: sizing.files: must rise: each number is larger than the one before"),
        ("issues: [0]", 'w.yaml:8: sizing.issues: "0" is no whole number from 1 to 1,000'),
        (
            "agents: {feature simpel: [1, 2]}",
            "w.yaml:8: sizing.agents.feature simpel: is no type with a level of `sizing.levels`; "
            'did you mean "feature simple"?',
        ),
        (
            "agents: {feature simple: [1]}",
            "w.yaml:8: sizing.agents.feature simple: has 1 for 2 roles",
        ),
        ("agents: {feature simple: [3-2, 1]}", '"3-2" is no number of agents; write 2 or 2-3'),
    ],
)
def test_rules_that_nobody_could_follow_are_refused(rules: str, told: str) -> None:
    (problem,) = wrong(rules)
    assert str(problem).endswith(told)
