"""The workflows there are: built in, the person's own, and the repository's, later ones before earlier ones.

A repository's workflows count only from its main working tree: what stands in a worktree, an agent may have written
(reliability A-13). A name that is there twice is never shadowed silently: who wins is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.rules import AnswerRule
from orchestrator_tui.core.text import sanitise_line
from orchestrator_tui.core.workflow import Workflow
from orchestrator_tui.plan.answer_models import AnswersFile
from orchestrator_tui.plan.imports.auto_context import configured
from orchestrator_tui.plan.problems import ERROR, WARNING, Problem, Unreadable
from orchestrator_tui.plan.reading import read_model
from orchestrator_tui.plan.text import parse, read_text
from orchestrator_tui.plan.workflow_file import answer_rule, read_workflow
from orchestrator_tui.resources import workflows_directory

ANSWERS = "answers.yaml"
"""The file of the shared answer rules, in the folder of the built-in workflows."""

OWN_FOLDER = Path(".orch", "workflows")
"""Where a repository keeps workflows, below its main working tree."""

MAX_FILES = 200
"""Workflow files that are read of one folder."""


@frozen
class Catalogue:
    """All workflows by name, the file that each is from, and what is wrong with files that could not be used."""

    workflows: Mapping[str, Workflow] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    @property
    def broken(self) -> Mapping[str, str]:
        """The files that cannot be used, by the name of a workflow that they go by."""
        wrong = {Path(one.file).stem: one.file for one in self.problems if one.level == ERROR}
        return {name: file for name, file in wrong.items() if name not in self.workflows}


def load_workflows(
    repository: Path | None, config: Path | None, environment: Mapping[str, str] | None = None
) -> Catalogue:
    """Built-in workflows, those below ``config/workflows``, and those of the repository's main working tree.

    A file that cannot be used is a problem and stops nothing: another one of its name still counts.
    """
    problems: list[Problem] = []
    shared = _shared_answers(problems)
    workflows: dict[str, Workflow] = {}
    files: dict[str, str] = {}
    for folder, follow in _folders(repository, config, problems):
        for path in _files(folder, problems):
            found = _read(path, follow, shared, problems)
            if found is None:
                continue
            if found.name in workflows:
                text = f'"{found.name}" of this file is used, not the one of {files[found.name]}'
                problems.append(Problem(str(path), 1, "workflow", text, level=WARNING))
            workflows[found.name], files[found.name] = found, str(path)
    if repository is not None:
        workflows = {name: configured(one, repository, problems, environment) for name, one in workflows.items()}
    return Catalogue(workflows, files, tuple(problems))


def _folders(repository: Path | None, config: Path | None, problems: list[Problem]) -> list[tuple[Path, bool]]:
    found = [(workflows_directory(), False)]
    if config is not None:
        found.append((config / "workflows", True))
    if repository is None:
        return found
    own = repository / OWN_FOLDER
    if (repository / ".git").is_dir():
        found.append((own, False))
    elif own.is_dir():
        text = "is ignored: workflows count only from the main working tree"
        problems.append(Problem(str(own), 0, "", text, level=WARNING))
    return found


def _files(folder: Path, problems: list[Problem]) -> list[Path]:
    try:
        names = sorted(path.name for path in folder.iterdir() if path.name.endswith((".yaml", ".yml")))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        problems.append(Problem(str(folder), 0, "", f"cannot be read: {error.strerror}", level=WARNING))
        return []
    if len(names) > MAX_FILES:
        text = f"only the first {MAX_FILES} of {len(names)} files are read"
        problems.append(Problem(str(folder), 0, "", text, level=WARNING))
    built_in = folder == workflows_directory()
    return [folder / name for name in names[:MAX_FILES] if not (built_in and name == ANSWERS)]


def _read(path: Path, follow: bool, shared: tuple[AnswerRule, ...], problems: list[Problem]) -> Workflow | None:
    file = sanitise_line(str(path))
    try:
        workflow, found = read_workflow(parse(read_text(path, follow=follow)), file, shared)
    except Unreadable as error:
        problems.append(Problem(file, error.line, "", str(error)))
        return None
    problems.extend(found)
    return workflow


def _shared_answers(problems: list[Problem]) -> tuple[AnswerRule, ...]:
    path = workflows_directory() / ANSWERS
    try:
        model, found = read_model(AnswersFile, parse(read_text(path)), str(path))
    except Unreadable as error:
        problems.append(Problem(str(path), error.line, "", str(error)))
        return ()
    problems.extend(found)
    return () if model is None else tuple(answer_rule(one) for one in model.answers)
