"""`add`: tracks of another plan file join a batch under way, checked beside those that are there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator_tui.cli.adder import adder
from orchestrator_tui.cli.journals import find_place
from orchestrator_tui.core.plan import Scope
from orchestrator_tui.core.session import SessionRules
from tests.adapters.git.repositories import head, repository
from tests.cli.run_scene import answered, asked, kinds, run_of, store
from tests.cli.scene import Scene
from tests.core.run_builders import PLAN, WORKFLOW, RunLedger

GOOD = """\
title: More
workflow: build-and-review
tracks:
  - slug: metrics
    title: Count what is limited
    brief: Count it.
    owned: ["src/metrics/**"]
    acceptance: [it is counted]
"""


@pytest.fixture
def batch(tmp_path: Path) -> Scene:
    scene = Scene(tmp_path)
    scene.repository = repository(tmp_path / "real")
    scene.place = find_place(str(scene.repository))
    plan = replace(PLAN, repository=str(scene.repository), base_sha=head(scene.repository))
    ledger = RunLedger(plan=plan)
    ledger.phase("running")
    store(scene, ledger)
    return scene


def add(scene: Scene, text: str) -> tuple[int, str, str, list[str]]:
    path = scene.repository.parent / "more.yaml"
    path.write_text(text, encoding="utf-8")
    before = run_of(scene).seq
    ended = asked(scene, "add", str(path), "--to", "list-1")
    return ended.code, ended.out, ended.err, list(kinds(scene, before))


def test_new_tracks_join_and_conflicts_are_looked_for_again(batch: Scene) -> None:
    """[002-116]"""
    code, out, err, recorded = add(batch, GOOD)
    assert (code, err) == (0, ""), err
    assert "added to Rate limiting batch: metrics" in out
    assert recorded == ["track_added", "track_planned", "plan_checked"]
    now = run_of(batch)
    assert now.run is not None
    assert "metrics" in now.tracks
    assert any("metrics" in wave["tracks"] for wave in now.run.checked["waves"])


def test_tracks_that_a_batch_has_are_not_judged_again(tmp_path: Path) -> None:
    """[002-117] A track that the batch made itself owns what the one before it owned: nobody could add any more."""
    scene = Scene(tmp_path)
    scene.repository = repository(tmp_path / "real")
    scene.place = find_place(str(scene.repository))
    scope = Scope(owned=("README.md",))
    tracks = tuple(replace(PLAN.tracks[0], slug=slug, scope=scope, depends_on=()) for slug in ("a", "a-2"))
    plan = replace(PLAN, repository=str(scene.repository), base_sha=head(scene.repository), tracks=tracks)
    ledger = RunLedger(plan=plan)
    ledger.phase("running")
    store(scene, ledger)
    code, _, err, _ = add(scene, GOOD)
    assert (code, err) == (0, ""), err


def test_the_key_of_the_cockpit_adds_what_the_command_adds(batch: Scene) -> None:
    path = batch.repository.parent / "more.yaml"
    add_by_key = adder(batch.place)
    path.write_text(GOOD.replace("src/metrics", "/src/metrics"), encoding="utf-8")
    with pytest.raises(OSError, match=r"more.yaml:\d+: tracks\[0\].owned"):
        add_by_key("list-1", str(path))
    with pytest.raises(OSError, match=r"mroe\.yaml"):
        add_by_key("list-1", str(path.with_name("mroe.yaml")))
    path.write_text(GOOD, encoding="utf-8")
    with pytest.raises(OSError, match="nobody runs this batch"):
        add_by_key("list-1", str(path))
    before = run_of(batch).seq
    assert answered(batch, lambda: add_by_key("list-1", str(path))) == "added to Rate limiting batch: metrics"
    assert list(kinds(batch, before)) == ["track_added", "track_planned", "plan_checked"]


@pytest.mark.parametrize(("role", "wave"), [("", 2), ("Quality", 3), ("Discovery", 1)])
def test_a_track_joins_a_session_in_the_wave_of_its_role(tmp_path: Path, role: str, wave: int) -> None:
    scene = Scene(tmp_path)
    scene.repository = repository(tmp_path / "real")
    scene.place = find_place(str(scene.repository))
    maps = {"3": ("Discovery", "Impl-Core", "Quality")}
    rules = SessionRules(roles=maps["3"], maps=maps, waves=3, least=3, role="Impl-Core")
    plan = replace(PLAN, repository=str(scene.repository), base_sha=head(scene.repository))
    ledger = RunLedger(plan=plan, workflow=replace(WORKFLOW, sessions=rules, waves="barrier"))
    ledger.phase("running")
    store(scene, ledger)
    code, _, err, _ = add(scene, GOOD + (f"    role: {role}\n" if role else ""))
    assert (code, err) == (0, ""), err
    track = run_of(scene).tracks["metrics"]
    assert track.work is not None
    assert (track.wave, track.work.planned.role) == (wave, role or "Impl-Core")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (GOOD.replace("metrics\n", "limiter\n"), "has a track 'limiter' already"),
        (GOOD.replace("workflow: build-and-review", "workflow: build-and-revue"), 'did you mean "build-and-review"?'),
        (GOOD.replace("brief", "breif"), 'did you mean "brief"?'),
        (GOOD.partition("tracks:")[0], "names no tracks"),
        ("title: [", "more.yaml"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_added(batch: Scene, text: str, told: str) -> None:
    code, out, err, recorded = add(batch, text)
    assert code == 2
    assert told in out + err
    assert recorded == []


def test_a_batch_that_does_not_run_takes_nothing(scene: Scene) -> None:
    scene.task(1, "fix-auth", {"stage": 3})
    scene.watch()
    path = scene.repository / "more.yaml"
    path.write_text(GOOD)
    assert "no batch runs here" in scene.run("add", str(path)).err
    assert "only watched" in scene.run("add", str(path), "--to", scene.batch_id).err
    assert "there is no file" in scene.run("add", "none.yaml").err
