"""Build args of seed 001 take the place of a plan; what is wrong with them is one line each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.plan.catalogue import load_workflows
from orchestrator_tui.plan.imports.build_args import BUILD_ARGS, convert
from orchestrator_tui.plan.imports.registry import importer_for
from orchestrator_tui.plan.load import Loaded, load_plan
from orchestrator_tui.plan.problems import WARNING

GOLDEN = Path(__file__).parents[2] / "core" / "exports" / "golden" / "chunks" / "build-args.json"


def args(**changes: Any) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(GOLDEN.read_text("utf-8"))
    return {**content, **changes}


def problems(content: object) -> list[str]:
    return [str(one) for one in convert(json.dumps(content, indent=1), "args.json").problems]


def loaded(folder: Path, content: object) -> Loaded:
    path = folder / "build-args.json"
    path.write_text(json.dumps(content, indent=1), "utf-8")
    return load_plan(path, folder, load_workflows(folder, folder / "none").workflows, branch="main")


def test_the_seed_s_own_example_is_a_plan(tmp_path: Path) -> None:
    """[001-68] [001-69] [001-70] [001-71]"""
    found = loaded(tmp_path, args())
    assert found.problems == ()
    assert found.plan is not None
    plan = found.plan
    assert (plan.title, plan.describe, plan.outline) == (
        "CSV export for invoices",
        "CSV export for invoices",
        "## Plan\n1. writer …",
    )
    assert plan.tests_required is True
    first, second, third = plan.tracks
    assert (first.slug, first.title, first.scope.owned, first.tier, first.wave) == (
        "c1",
        "csv writer",
        ("src/csv.py",),
        "sonnet",
        1,
    )
    assert (first.tests, first.test_scope, first.deep_review) == (True, "quoting, empty set", False)
    assert (second.tier, second.deep_review, second.wave) == ("opus", True, 2)
    assert third.depends_on == ("c2",)


def test_who_names_no_dependencies_depends_on_all_earlier_waves(tmp_path: Path) -> None:
    """[001-61] [001-91]"""
    waves: list[list[dict[str, Any]]] = [
        [{"id": "c1"}, {"id": "c2"}],
        [{"id": "c3"}],
        [{"id": "c4"}, {"id": "c5", "dependsOn": []}],
    ]
    content = args(waves=[[{"scope": "one", "files": [one["id"]], **one} for one in wave] for wave in waves])
    found = loaded(tmp_path, content)
    assert found.plan is not None
    assert {one.slug: one.depends_on for one in found.plan.tracks} == {
        "c1": (),
        "c2": (),
        "c3": ("c1", "c2"),
        "c4": ("c1", "c2", "c3"),
        "c5": (),
    }


def test_an_unknown_tier_counts_as_the_usual_one() -> None:
    """[001-92]"""
    made = convert(json.dumps(args(waves=[[{"id": "c1", "scope": "x", "model": "sonet"}]])), "args.json")
    assert made.content is not None
    assert made.content["tracks"][0]["tier"] == "sonnet"
    (problem,) = made.problems
    assert (problem.level, problem.key, problem.nearest) == (WARNING, "waves[0][0].model", "sonnet")


BAD: dict[str, tuple[object, str]] = {
    "text": ("{...}", "args.json:1: must be an object with waves of chunks"),
    "no waves": (args(waves=[]), "args.json:5: waves: must be a list of waves, each a list of chunks, and not empty"),
    "empty wave": (args(waves=[[]]), "args.json:6: waves[0]: must be a list of chunks, and not empty"),
    "no chunk": (args(waves=[["c1"]]), "args.json:7: waves[0][0]: must be an object"),
    "no id": (args(waves=[[{"scope": "x"}]]), "args.json:7: waves[0][0].id: is missing"),
    "twice": (args(waves=[[{"id": "c"}], [{"id": "c"}]]), 'waves[1][0].id: "c" is there already: ids are unique'),
    "key": (
        args(waves=[[{"id": "c", "tets": True}]]),
        'args.json:9: waves[0][0].tets: is no key of build args; did you mean "tests"?',
    ),
    "top key": (
        {**args(), "testRequired": True},
        'testRequired: is no key of build args; did you mean "testsRequired"',
    ),
    "dependency": (
        args(waves=[[{"id": "c1"}], [{"id": "c2", "dependsOn": ["c11"]}]]),
        'waves[1][0].dependsOn: there is no chunk "c11"; did you mean "c1"?',
    ),
    "switch": (
        {**args(), "testsRequired": "maybe"},
        'testsRequired: "maybe" is neither true nor false',
    ),
    "yes": (
        {**args(), "testsRequired": "yes"},
        'testsRequired: "yes" is neither true nor false; did you mean "true"?',
    ),
    "no value": ({**args(), "testsRequired": None}, "testsRequired: has no value; give it one, or leave the key out"),
    "a number": (
        args(waves=[[{"id": "c", "opusReview": 1}]]),
        'args.json:9: waves[0][0].opusReview: "1" is neither true nor false',
    ),
    "no words": (args(description=""), "args.json:2: description: must be a text"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_one_line(name: str) -> None:
    content, line = BAD[name]
    found = problems(content)
    assert any(line in one for one in found), found
    assert all("\n" not in one for one in found)


def test_what_is_no_json_says_where() -> None:
    made = convert('{\n "waves": [\n  oops]}', "args.json")
    assert [str(one) for one in made.problems] == ["args.json:3: is no JSON"]


def test_a_plan_of_our_own_is_not_taken_for_one() -> None:
    assert importer_for(Path("plan.yaml"), "title: x\nworkflow: chunks\n") is not BUILD_ARGS
    assert importer_for(Path("plan.json"), '{"title": "x", "workflow": "tracks", "tracks": []}') is not BUILD_ARGS
    assert importer_for(Path("anything.json"), GOLDEN.read_text("utf-8")) is BUILD_ARGS
