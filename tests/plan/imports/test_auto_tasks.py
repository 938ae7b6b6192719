"""Lists of features and tasks of seed 003 as plans: what is not done, with the command that verifies each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestrator_tui.plan.imports.auto_tasks import convert
from orchestrator_tui.plan.imports.registry import importer_for
from orchestrator_tui.plan.load import load_plan
from tests.plan.samples import REPOSITORY, workflows

FEATURES = """\
features:
  - id: login-form
    description: A person logs in with mail and password
    status: failing
    verification_command: npm test -- login
    expected_output: 3 passed
    evidence_required: true
    can_be_removed: false
  - {id: menu, description: The menu, status: passing, verification_command: npm test -- menu}
  - {id: theme, description: Themes, status: skipped}
"""
TASKS = {
    "tasks": [
        {"id": "task-1", "name": "Model", "status": "done", "files": ["src/model.py"], "complexity": "S"},
        {
            "id": "task-2",
            "name": "API",
            "description": "Routes of the model",
            "files": ["src/api.py"],
            "dependencies": ["task-1"],
            "verification_command": "make test",
            "status": "pending",
        },
        {"id": "task-3", "name": "Page", "files": ["src/page.py"], "dependencies": ["task-2"]},
    ]
}


def test_features_that_do_not_pass_are_the_tracks() -> None:
    """[003-126] Each is verified by its own command."""
    made = convert(FEATURES, "features-1.yaml")
    assert made.problems == ()
    assert made.content is not None
    assert made.content["tracks"] == [
        {
            "slug": "login-form",
            "title": "A person logs in with mail and password",
            "brief": "A person logs in with mail and password",
            "checks": {"verify": "npm test -- login"},
            "acceptance": ["npm test -- login gives: 3 passed"],
        }
    ]


def test_tasks_that_are_not_done_are_the_tracks_in_their_order(tmp_path: Path) -> None:
    """[003-127] What they depend on comes first; what is done is no dependency any more."""
    path = tmp_path / "auto-execution" / "tasks.json"
    path.parent.mkdir()
    path.write_text(json.dumps(TASKS))
    found = load_plan(path, REPOSITORY, workflows(), branch="main")
    assert found.plan is not None
    assert [str(one) for one in found.problems if one.level == "error"] == []
    tracks = {one.slug: one for one in found.plan.tracks}
    assert {slug: one.depends_on for slug, one in tracks.items()} == {"task-2": (), "task-3": ("task-2",)}
    assert tracks["task-2"].scope.owned == ("src/api.py",)
    assert [(one.name, one.command) for one in tracks["task-2"].checks] == [("verify", "make test")]


@pytest.mark.parametrize(
    ("name", "text", "known"),
    [
        ("features-20260127.yaml", FEATURES, True),
        ("mine.yaml", FEATURES, True),
        ("auto-execution/tasks.json", "[]", True),
        ("tasks.json", '{"tasks": []}', False),
        ("plan.yaml", "title: x\nworkflow: pool\ntracks: []\n", False),
    ],
)
def test_which_files_are_such_lists(name: str, text: str, known: bool) -> None:
    found = importer_for(Path(name), text)
    assert (found is not None and found.convert is convert) is known


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("features: [", "list.yaml:"),
        ("title: x\n", "list.yaml:1: holds no list of features or tasks"),
        ("features:\n  - {id: a, status: passing}\n", "list.yaml:1: features: everything is done"),
        ("features:\n  - {status: failing}\n", "list.yaml:2: features[0].id: is missing: the entry is left out"),
        (
            "features:\n  - {id: a, status: pasing}\n",
            'list.yaml:2: features[0].status: "pasing" is no status of features',
        ),
        ("features:\n  - {status: failing}\n", "list.yaml:1: features: no entry is left to run"),
        ("features: []\n", "list.yaml:1: features: no entry is left to run"),
        ("- {id: a}\n- {id: b, dependencies: a}\n", "list.yaml:2: [1].dependencies: must be a list"),
        ("- {id: a, files: a.py}\n", "list.yaml:1: [0].files: must be a list"),
        ("- id: a\n  verification_command: [make]\n", "list.yaml:2: [0].verification_command: must be a text"),
        ("- {id: a, status: pendin}\n", '"pendin" is no status of tasks; did you mean "pending"?'),
    ],
)
def test_what_is_wrong_is_one_line_with_its_place(text: str, line: str) -> None:
    assert any(line in str(one) for one in convert(text, "list.yaml").problems)


def test_a_name_of_nothing_but_space_is_none() -> None:
    made = convert('- {id: a, name: " ", description: "\\nSay it"}\n', "list.yaml")
    assert made.content is not None
    assert [(one["title"], one["brief"]) for one in made.content["tracks"]] == [("Say it", "Say it")]
