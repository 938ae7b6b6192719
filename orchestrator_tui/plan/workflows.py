"""Workflow files compiled for those without a YAML reader: ladders and answer rules as one JSON text.

The compiled form (``workflows/compiled.json``) is what every entry point reads that must start fast; it holds what
gates are judged by, not how stages are done. A test keeps it equal to the YAML.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from orchestrator_tui.core.rules import AnswerRule, Ladder, StageRule
from orchestrator_tui.plan.answer_models import AnswersFile
from orchestrator_tui.plan.catalogue import ANSWERS
from orchestrator_tui.plan.problems import Problem, Unreadable
from orchestrator_tui.plan.reading import read_model
from orchestrator_tui.plan.text import Document, parse, read_text
from orchestrator_tui.plan.workflow_file import answer_rule, read_workflow


def compile_folder(folder: Path) -> str:
    """The workflows and answer rules of ``folder`` as one JSON text, sorted by file name.

    Rules of a workflow file come before the shared ones, as they do in a run.

    Raises:
        ValueError: a file is not what a workflow file must be; the text names file, line and key.
    """
    workflows: list[dict[str, Any]] = []
    own: list[dict[str, Any]] = []
    shared: list[dict[str, Any]] = []
    for path in sorted(folder.glob("*.yaml")):
        document = _document(path)
        if path.name == ANSWERS:
            answers, problems = read_model(AnswersFile, document, path.name)
            _refuse(problems)
            shared += [_answer(answer_rule(one)) for one in answers.answers] if answers is not None else []
            continue
        workflow, problems = read_workflow(document, path.name)
        _refuse(problems)
        if workflow is not None:
            workflows.append(compiled_ladder(workflow.ladder))
            own += [_answer(one) for one in workflow.answers]
    return json.dumps({"workflows": workflows, "answers": own + shared}, indent=1, ensure_ascii=False) + "\n"


def compiled_ladder(ladder: Ladder) -> dict[str, Any]:
    """A ladder in the form that ``runtime.rules`` reads."""
    stages = [_stage(one) for one in ladder.stages]
    return {"workflow": ladder.workflow, "title": ladder.title, "kind": ladder.kind, "stages": stages}


def _document(path: Path) -> Document:
    try:
        return parse(read_text(path))
    except Unreadable as error:
        raise ValueError(str(Problem(path.name, error.line, "", str(error)))) from error


def _refuse(problems: tuple[Problem, ...]) -> None:
    if problems:
        raise ValueError("\n".join(str(one) for one in problems))


def _stage(rule: StageRule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "artefact": rule.artefact,
        "catches": rule.catches,
        "skip_risk": rule.skip_risk,
        "risk": rule.risk.name.lower(),
        "words": {word: risk.name.lower() for word, risk in rule.words.items()},
    }


def _answer(rule: AnswerRule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "title": rule.title,
        "action": rule.action,
        "confidence": sorted(rule.confidence),
        "max_risk": rule.max_risk.name.lower(),
        "kinds": sorted(rule.kinds),
        "workflows": sorted(rule.workflows),
        "stages": sorted(rule.stages),
        "words": list(rule.words),
        "instruction": rule.instruction,
        "uses": rule.uses,
    }
