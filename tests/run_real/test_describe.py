"""Batches that start from a sentence, on a real repository: stages find the tracks, and a person approves those."""

from __future__ import annotations

import json

import pytest

from tests.run_real.ground import WORKFLOW, Ground, quoted

DIVIDING = WORKFLOW.replace(
    "stages:\n",
    "batch_stages:\n"
    "  - {name: Scout, role: scout, prompt: look around, commits: false}\n"
    "  - {name: Divide, role: planner, prompt: divide, artefacts: ['{plan}'], commits: false}\n"
    "stages:\n",
    1,
)


def _list(after: str) -> str:
    a = {"slug": "a", "title": "Letter a", "brief": "write a", "files": ["a.txt"]}
    b = {"slug": "b", "title": "Letter b", "brief": "write b", "files": ["b.txt"], "depends_on": [after]}
    # JSON is YAML.
    return json.dumps({"tracks": [a, b]})


def test_a_sentence_becomes_tracks_that_are_merged_in_their_order(ground: Ground) -> None:
    """The first list makes no tracks: it is sent back with its problem, and nothing is dispatched from it."""
    ground.begin({"a.txt": "a\n", "b.txt": "b\n"}, DIVIDING)
    lists = [ground.root / f"{name}.yaml" for name in ("wrong", "good")]
    for path, after in zip(lists, "ba", strict=True):
        path.write_text(_list(after), "utf-8")
    wrong, good = map(quoted, lists)
    ground.act("batch-1", "cat > $ground/told-1\n")
    ground.act(
        "batch-2",
        f"cat > $ground/told-2; mkdir -p $ORCH_SPEC; noted once && cp {good} $ORCH_SPEC/tracks.yaml && return\n"
        f"note once; cp {wrong} $ORCH_SPEC/tracks.yaml\n",
    )
    ground.act("b-1", 'cat a.txt > b.txt; save "write b"\n')
    ended = ground.run(ground.plan([], describe="write two letters"))
    assert ground.batch().merged == ("a", "b"), ended.err
    assert ground.file("b.txt") == "more of a\n"
    assert "write two letters" in (ground.root / "told-1").read_text("utf-8")
    assert "depends on itself" in (ground.root / "told-2").read_text("utf-8")
    asked = [one.question.question for one in ground.batch().gates.values() if one.question.kind == "spend"]
    assert [one.split("'")[0] for one in asked] == ["Start the stages that find the tracks of ", "Start 2 tracks of "]
    first = next(event.seq for event in ground.events("attempt_started") if event.payload["track"] != "batch")
    (approved,) = [one.seq for one in ground.events("gate_decided") if one.payload["gate"] == "spend-batch-2"]
    assert approved < first
    assert not ground.processes()


@pytest.mark.parametrize(
    ("workflow", "words"),
    [
        ("tarcks", "there is no workflow 'tarcks'; did you mean \"tracks\"?"),
        ("plain", "plain does not divide work into tracks by itself"),
    ],
)
def test_a_sentence_for_a_workflow_that_finds_no_tracks_makes_nothing(
    ground: Ground, workflow: str, words: str
) -> None:
    ground.begin()
    refs = ground.git("for-each-ref")
    ended = ground.orch("run", "--describe", "write two letters", "--workflow", workflow, "--headless", "--yes")
    assert ended.code == 2
    (line,) = ended.err.splitlines()
    assert words in line
    assert ground.runs() == 0
    assert ground.git("for-each-ref") == refs
