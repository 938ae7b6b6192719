"""Workflow files are data: checked when compiled, and the compiled form never drifts from them."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator_tui.core.model import Risk
from orchestrator_tui.plan.workflows import compile_folder
from orchestrator_tui.runtime.rules import COMPILED, WORKFLOWS, load_rules


def test_the_compiled_rules_are_those_of_the_files() -> None:
    assert COMPILED.read_text("utf-8") == compile_folder(WORKFLOWS)


def test_every_built_in_ladder_has_its_stages() -> None:
    ladders = load_rules().ladders
    stages = {"pool": 3, "bug-to-pr": 8, "chunks": 2, "prd-to-pr": 8, "tracks": 3, "waves": 8}
    assert {name: len(ladder.stages) for name, ladder in ladders.items()} == stages
    assert ladders["bug-to-pr"].stages[2].name == "Fix Strategy Counsel"
    assert ladders["prd-to-pr"].stages[7].words["production"] is Risk.PRODUCTION


def test_no_shipped_rule_may_answer_more_than_low_risk() -> None:
    assert all(rule.max_risk is Risk.LOW for rule in load_rules().answers if rule.action == "answer")


def test_an_unknown_key_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("workflow: mine\ntitle: t\nkind: k\nstages:\n  - {name: a, artifact: x}\n")
    with pytest.raises(ValueError, match=r'^mine.yaml:5: stages\[0\].artifact: .*did you mean "artefacts"'):
        compile_folder(tmp_path)
