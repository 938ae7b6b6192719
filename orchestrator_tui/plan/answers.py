"""Answers from a file, for demos and runs without a person: gate patterns → options (DESIGN §4.4).

A gate that no pattern fits waits for a person; a production gate is never answered from a file.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from orchestrator_tui.core.commands import Decide
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.model import Gate
from orchestrator_tui.core.normalise import pick
from orchestrator_tui.core.queries import wants_confirmation

MAX_BYTES = 256 * 1024

MOST_ASKED = 3
"""A question that comes back after so many answers from a file waits for a person: nobody looks, and tries cost."""

MOST_ALIKE = 9
"""So many questions of one kind about one stage of a track are answered from a file; the next one waits."""


class AnswersError(Exception):
    """A file that is not one of answers; the text names file and key."""


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    gate: str
    option: str
    reason: str = ""


@frozen
class Answer:
    """One pattern: a regular expression on ``track/stage question``, the option to take, and why."""

    pattern: re.Pattern[str]
    option: str
    reason: str


def load_answers(path: Path) -> tuple[Answer, ...]:
    """The answers of a YAML file: a list of ``gate``, ``option`` and ``reason``, the first that fits counts.

    Raises:
        AnswersError: it is not such a file; the text is one line with file and key.
    """
    try:
        data = path.read_bytes()[: MAX_BYTES + 1]
        if len(data) > MAX_BYTES:
            raise AnswersError(f"{path}: larger than 256 KiB")
        content = yaml.safe_load(data)
    except OSError as error:
        raise AnswersError(f"{path}: {error.strerror}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise AnswersError(f"{path}{line}: not YAML: {getattr(error, 'problem', error)}") from error
    if not isinstance(content, list):
        raise AnswersError(f"{path}: a list of answers is expected, each with gate and option")
    return tuple(_answer(path, place, one) for place, one in enumerate(content, start=1))


def _answer(path: Path, place: int, content: object) -> Answer:
    try:
        read = _Answer.model_validate(content)
        return Answer(re.compile(read.gate), read.option, read.reason)
    except ValidationError as error:
        # A mistyped key is told before the key that is missing because of it.
        first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
        key = ".".join(str(part) for part in first["loc"]) or "answer"
        if first["type"] != "extra_forbidden":
            raise AnswersError(f"{path}: answer {place}: {key}: {first['msg'].lower()}") from error
        near = difflib.get_close_matches(key, _Answer.model_fields, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise AnswersError(f"{path}: answer {place}: there is no key {key!r}{hint}") from error
    except re.error as error:
        raise AnswersError(f"{path}: answer {place}: gate: not a pattern: {error}") from error


def command_for(gate: Gate, answers: Sequence[Answer]) -> Decide | None:
    """The command that answers a gate by the first answer whose pattern and option fit, or None."""
    text = f"{gate.track}/{gate.question.stage} {gate.question.question}"
    for answer in answers:
        if not answer.pattern.search(text):
            continue
        option = pick(gate.question.options, answer.option)
        if option is None:
            continue
        return Decide(
            gate.batch,
            gate.id,
            gate.revision,
            gate.digest,
            options=(option,),
            reason=answer.reason or "answered from a file",
            confirm=gate.track if wants_confirmation(gate) == "slug" else wants_confirmation(gate),
            origin="answers",
        )
    return None


def answer_all(
    queue: Callable[[], Sequence[Gate]], answers: Sequence[Answer], dispatch: Callable[[Decide], None], asked: set[str]
) -> None:
    """Answer the gates of the queue that were not tried yet; ``asked`` remembers those that were, by revision.

    What comes back again and again is left to a person: a file would send an agent on for ever.
    """
    for gate in queue():
        kind = f"{gate.batch} {gate.track}/{gate.question.stage} {gate.question.kind} "
        key = f"{kind}{gate.id} {gate.revision}"
        if key in asked or _comes_back(kind, gate, asked):
            continue
        command = command_for(gate, answers)
        if command is not None:
            asked.add(key)
            dispatch(command)


def _comes_back(kind: str, gate: Gate, asked: Collection[str]) -> bool:
    alike = [one for one in asked if one.startswith(kind)]
    same = [one for one in alike if one.startswith(f"{kind}{gate.id} ")]
    return len(same) >= MOST_ASKED or len(alike) >= MOST_ALIKE
