"""Where the agents of a wave work, by their number and the session's type."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator_tui.core.codec import to_data
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.live_rules import Isolation
from orchestrator_tui.core.model import TrackState
from orchestrator_tui.core.schedule.guarding import wave_scope
from orchestrator_tui.core.schedule.isolation import resolved
from orchestrator_tui.core.session import GuardRules, Session
from tests.runtime.run.scene import WORKFLOW, Scene, track

RULES = Isolation(few=2, many=5, in_place=("housekeeping",))


@pytest.mark.parametrize(
    ("agents", "kind", "trees"),
    [
        (1, "deep", "batch"),
        (2, "feature", "batch"),
        (3, "housekeeping", "batch"),
        (4, "housekeeping", "batch"),
        (3, "feature", "track"),
        (4, "deep", "track"),
        (5, "housekeeping", "track"),
        (5, "feature", "track"),
    ],
)
def test_isolation_is_graduated(agents: int, kind: str, trees: str) -> None:
    """[004-115] Up to 2 none; 3 and 4 a worktree but for housekeeping; 5 and more worktree."""
    assert resolved(agents, kind, False, RULES)[0] == trees


def test_agents_that_share_files_have_a_tree_each_however_few_they_are() -> None:
    """[004-116] A high risk of collisions means a worktree."""
    assert resolved(1, "housekeeping", True, RULES)[0] == "track"


def test_a_small_wave_works_in_one_tree_and_says_why() -> None:
    scene = Scene(track("a"), track("b"), workflow=replace(WORKFLOW, isolation=RULES))
    scene.play()
    assert scene.run.isolation == {1: "batch"}
    assert {scene.track(slug).worktree for slug in "ab"} == {scene.run.integration_path}
    assert set(scene.states().values()) == {TrackState.MERGED}
    assert scene.merged_files()["b.txt"] == "b\nmore of b\n"


def test_a_larger_wave_has_a_worktree_each() -> None:
    scene = Scene(*(track(slug) for slug in "abc"), workflow=replace(WORKFLOW, isolation=RULES))
    scene.play()
    assert scene.run.isolation == {1: "track"}
    assert len({scene.track(slug).worktree for slug in "abc"}) == 3


def test_an_explicit_isolation_wins() -> None:
    """[004-116] An explicit isolation of the config goes before the rule."""
    scene = Scene(track("a"), workflow=replace(WORKFLOW, isolation=RULES))
    said = replace(scene.plan, tracks=(), session=Session(isolation="worktree"))
    scene.ledger.must(Draft("plan_recorded", {"plan": to_data(said)}))
    scene.play()
    assert scene.run.isolation == {}
    assert scene.track("a").worktree != scene.run.integration_path


def test_two_tracks_of_a_small_wave_that_share_files_are_apart() -> None:
    matrix = {"matrix": [{"a": "a", "b": "b", "consequence": "order"}]}
    scene = Scene(track("a"), track("b"), workflow=replace(WORKFLOW, isolation=RULES), checked=dict(matrix))
    scene.play()
    assert scene.run.isolation == {1: "track"}


def test_without_a_rule_nothing_is_recorded() -> None:
    scene = Scene(track("a"))
    scene.play()
    assert scene.run.isolation == {}


@pytest.mark.parametrize(
    ("tracks", "asked", "enforced"),
    [("a", "warn", "strict"), ("abc", "warn", "warn"), ("a", "off", "off"), ("abc", "strict", "strict")],
)
def test_in_a_shared_tree_a_warning_is_a_refusal(tracks: str, asked: str, enforced: str) -> None:
    """[004-117] Isolation none with enforcement warn becomes strict, unless it was switched off."""
    workflow = replace(WORKFLOW, isolation=replace(RULES, strict=True), guard=GuardRules(enforcement=asked))
    scene = Scene(*(track(slug) for slug in tracks), workflow=workflow)
    scene.world.settle()
    assert wave_scope(scene.ledger.batch, [scene.track("a")])["enforcement"] == enforced
