"""Values that texts of a workflow use by name: filled in word for word, shown, and none unknown or unused."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator_tui.plan.catalogue import load_workflows
from orchestrator_tui.plan.explain import thresholds
from orchestrator_tui.plan.load import load_plan
from orchestrator_tui.plan.text import parse
from orchestrator_tui.plan.workflow_file import read_workflow
from tests.plan.samples import REPOSITORY, told, workflow_of, write_plan

BUILT_IN = load_workflows(None, None).workflows

FILE = """\
workflow: mine
title: One stage
kind: work
values:
  wait: {value: 2 minutes, meaning: how long it waits}
stages:
  - name: Do
    prompt: |
      Wait {values.wait} for {slug}.
      After {values.wait}, go on.
autonomy: You may wait {values.wait}.
"""

SAID = {
    "prd-to-pr": (
        "Wait at most 2 minutes for comments that are not there yet, then go on.",
        "no answer of it within 2 minutes: go on",
        'at least\nthree "why?" questions about the plan with their answers',
    ),
    "bug-to-pr": (
        "Wait at most 2 minutes for comments that are not there yet, then go on.",
        "no answer of it within 2 minutes: go on",
        'at least\nthree "why?" questions with their answers',
        'ask for what is missing, at most twice; then say "unable to reproduce"',
        "More than about eight files is a\nsign of a wrong cause",
    ),
    "pool": (
        "A task is S (under 15\nminutes), M (15 to 45) or L (longer; better cut in two)",
        "the tests notice at least 80 % of the mutants in what is critical, 60 % elsewhere",
        "You have three tries at what fails",
        "(its server has a minute)",
        "at four sizes: mobile 375x667, tablet 768x1024, desktop 1280x800, wide 1920x1080. Keep",
        "visual regressions (more than\n1 % of the pixels differ from a baseline that is there)",
    ),
}


@pytest.mark.parametrize("name", sorted(SAID))
def test_the_prompts_that_ship_say_their_values_word_for_word(name: str) -> None:
    """An agent is told each number as the workflow states it: the mutation score [003-133] and all others."""
    found = BUILT_IN[name]
    texts = "\n".join([*(one.prompt for one in (*found.batch_works, *found.works)), found.autonomy])
    assert [said for said in SAID[name] if said not in texts] == []
    assert "{values." not in texts


def test_the_values_that_ship_are_shown_with_their_meaning() -> None:
    shown = {
        (one.workflow, one.key.removeprefix("values.")): one.value
        for one in thresholds(BUILT_IN.values())
        if one.key.startswith("values.") and one.meaning
    }
    assert shown == {
        ("bug-to-pr", "copilot_wait"): "2 minutes",
        ("bug-to-pr", "whys"): "three",
        ("bug-to-pr", "reproduction_rounds"): "twice",
        ("bug-to-pr", "many_files"): "eight",
        ("prd-to-pr", "copilot_wait"): "2 minutes",
        ("prd-to-pr", "whys"): "three",
        ("pool", "small_below"): "15",
        ("pool", "medium_to"): "45",
        ("pool", "debugging"): "three",
        ("pool", "mutation"): "80 % of the mutants in what is critical, 60 % elsewhere",
        ("pool", "server_wait"): "a minute",
        ("pool", "viewports"): "mobile 375x667, tablet 768x1024, desktop 1280x800, wide 1920x1080",
        ("pool", "pixels"): "1 %",
    }


def test_a_value_is_filled_in_wherever_it_is_used_and_nothing_else_is() -> None:
    found = workflow_of(FILE)
    assert found.works[0].prompt == "Wait 2 minutes for {slug}.\nAfter 2 minutes, go on."
    assert found.autonomy == "You may wait 2 minutes."
    changed = workflow_of(FILE.replace("value: 2 minutes", "value: 90s"))
    assert changed.works[0].prompt == "Wait 90s for {slug}.\nAfter 90s, go on."


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        (
            "may wait {values.wait}",
            "may wait {values.wiat}",
            'mine.yaml:11: autonomy: "{values.wiat}" names none of the workflow\'s `values`; '
            'did you mean "{values.wait}"?',
        ),
        (
            "After {values.wait}, go",
            "After {values.zzz}, go",
            'mine.yaml:8: stages[0].prompt: "{values.zzz}" names none of the workflow\'s `values`',
        ),
        (
            "how long it waits}\n",
            "how long it waits}\n  rest: {value: 3, meaning: what rests}\n",
            "mine.yaml:6: values.rest: is used by no text of the workflow; write {values.rest} where it is meant",
        ),
        (
            ", meaning: how long it waits",
            "",
            "mine.yaml:5: values.wait.meaning: is missing",
        ),
        (
            "meaning: how long it waits",
            'meaning: ""',
            'mine.yaml:4: values: "wait" needs both a value and a meaning',
        ),
        ("{value: 2 minutes,", "{valeu: 2 minutes,", 'did you mean "value"?'),
    ],
)
def test_what_is_wrong_with_a_value_is_one_line_with_its_place(before: str, after: str, line: str) -> None:
    assert before in FILE
    found, problems = read_workflow(parse(FILE.replace(before, after)), "mine.yaml")
    assert found is None
    assert any(line in str(one) for one in problems), [str(one) for one in problems]
    assert not line.startswith("mine") or [str(one) for one in problems] == [line]


def test_a_plan_that_writes_a_prompt_anew_may_use_the_values_of_its_workflow(tmp_path: Path) -> None:
    plan = "title: t\nworkflow: mine\nrules:\n  stages:\n    Do: {prompt: 'Wait {values.wait} or {values.wat}.'}\n"
    known = {"mine": workflow_of(FILE)}
    loaded = load_plan(write_plan(tmp_path, plan + "tracks: [{slug: a, brief: x}]\n"), REPOSITORY, known)
    assert told(loaded, tmp_path) == [
        'plan.yaml:5: rules.stages.Do.prompt: "{values.wat}" names none of the workflow\'s `values`; '
        'did you mean "{values.wait}"?'
    ]
    right = write_plan(tmp_path, plan.replace(" or {values.wat}", "") + "tracks: [{slug: a, brief: x}]\n")
    assert load_plan(right, REPOSITORY, known).workflows["mine"].works[0].prompt == "Wait 2 minutes."
