"""Workflow files: ladders and answer rules as people write them, checked, and compiled for those without a YAML reader.

The compiled form (``workflows/compiled.json``) is what every entry point reads; a test keeps it equal to the YAML.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

RiskName = Literal["low", "unknown", "check", "staging", "failure", "destructive", "production"]
Line = Annotated[str, Field(max_length=200)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class StageFile(_Strict):
    """One stage as written in a workflow file."""

    name: Line
    artefact: Line = ""
    catches: Line = ""
    skip_risk: Line = ""
    risk: RiskName = "low"
    words: dict[str, RiskName] = {}


class WorkflowFile(_Strict):
    """A workflow file: a named ladder of stages."""

    workflow: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
    title: Line
    kind: Line
    stages: Annotated[list[StageFile], Field(min_length=1, max_length=64)]


class AnswerFile(_Strict):
    """One rule that may answer low-risk gates at opening."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
    confidence: list[Literal["high", "medium", "low"]]
    max_risk: Literal["low", "unknown", "check"] = "low"
    kinds: list[Line] = ["task"]
    workflows: list[Line] = []
    stages: list[int] = []


class AnswersFile(_Strict):
    """The answer rules of one folder."""

    answers: list[AnswerFile]


def compile_folder(folder: Path) -> str:
    """The workflows and answer rules of ``folder`` as one JSON text, sorted by file name.

    Raises:
        ValueError: a file is not what a workflow file must be; pydantic's message names the key.
    """
    workflows: list[dict[str, Any]] = []
    answers: list[dict[str, Any]] = []
    for path in sorted(folder.glob("*.yaml")):
        content = yaml.load(path.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        if path.name == "answers.yaml":
            answers += [one.model_dump() for one in AnswersFile.model_validate(content).answers]
        else:
            workflows.append(WorkflowFile.model_validate(content).model_dump())
    return json.dumps({"workflows": workflows, "answers": answers}, indent=1, ensure_ascii=False) + "\n"
