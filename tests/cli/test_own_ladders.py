"""Ladders of one's own judge batches that are only watched, too, and everybody knows them who reads no YAML."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from orchestrator_tui.cli.cockpit import compose
from orchestrator_tui.cli.own_ladders import learned_rules
from orchestrator_tui.core.limits import Limits
from orchestrator_tui.core.model import Risk
from orchestrator_tui.runtime.rules import OWN_LADDERS, load_rules
from tests.cli.scene import Scene, eventually
from tests.cli.test_cockpit import running

MINE = """workflow: mine
title: My way
kind: chore
stages:
  - {name: Look, prompt: look}
  - {name: Ship, prompt: ship, risk: production}
"""


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    made = Scene(tmp_path)
    made.place.directory.mkdir(parents=True, exist_ok=True)
    return made


def write(scene: Scene, text: str = MINE, name: str = "mine.yaml") -> Path:
    folder = scene.repository / ".orch" / "workflows"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text)
    return path


def test_a_watched_task_is_shown_and_judged_by_the_ladder_that_it_names(scene: Scene) -> None:
    write(scene)
    scene.ask(1, "fix", "Now?", stage=2, workflow="mine")
    session, _ = compose(scene.place, (str(scene.tasks),), Limits())
    with running(session):
        eventually(lambda: bool(session.snapshot().state.batches), "watched")
        batch = session.snapshot().state.batches[scene.batch_id]
        (track,) = batch.tracks.values()
        assert (track.kind, [one.name for one in track.stages]) == ("chore", ["Look", "Counsel"])
        assert [gate.risk for gate in batch.gates.values()] == [Risk.PRODUCTION]


def test_who_reads_no_yaml_knows_them_from_beside_the_journal(scene: Scene) -> None:
    path = write(scene)
    assert "mine" not in load_rules(scene.place.directory).ladders
    assert learned_rules(scene.place).ladders["mine"].stages[1].risk is Risk.PRODUCTION
    assert load_rules(scene.place.directory).ladders["mine"].title == "My way"
    assert "mine" not in load_rules().ladders
    path.write_text(MINE.replace("My way", "Another way"))
    assert learned_rules(scene.place).ladders["mine"].title == "Another way"
    path.unlink()
    assert "mine" not in learned_rules(scene.place).ladders


def test_only_what_has_changed_is_read_again(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    assert learned_rules(scene.place) is load_rules()
    assert not (scene.place.directory / OWN_LADDERS).exists(), "who has none of their own gets no file"
    write(scene)
    learned_rules(scene.place)
    monkeypatch.setitem(sys.modules, "orchestrator_tui.plan.catalogue", None)
    assert "mine" in learned_rules(scene.place).ladders


def test_one_that_goes_by_a_shipped_name_goes_before_it_and_the_others_are_not_kept_twice(scene: Scene) -> None:
    write(scene, MINE.replace("workflow: mine", "workflow: tracks"))
    assert learned_rules(scene.place).ladders["tracks"].title == "My way"
    kept = json.loads((scene.place.directory / OWN_LADDERS).read_text())["workflows"]
    assert [one["workflow"] for one in kept] == ["tracks"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"workflows": 1}', '{"workflows": [{"workflow": "x"}]}', "\0"])
def test_a_file_that_is_none_of_ours_is_as_none(scene: Scene, text: str) -> None:
    (scene.place.directory / OWN_LADDERS).write_text(text)
    assert load_rules(scene.place.directory) is load_rules()
    os.remove(scene.place.directory / OWN_LADDERS)
    assert load_rules(scene.place.directory) is load_rules()
