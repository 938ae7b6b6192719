"""Values of a workflow that its texts use by name: filled in when the file is read.

A text says ``{values.NAME}``. So every number of a prompt stands in one place of the file, with its meaning, and
``check --explain`` shows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from orchestrator_tui.core.workflow import Angle, StatedValue
from orchestrator_tui.plan.fields import NAMED_KEYS, Line, Part, Says
from orchestrator_tui.plan.problems import Problem, Wrong, nearest_of, shown
from orchestrator_tui.plan.text import Document

KEY = "values"
"""The key of a workflow file that holds them."""

_USE = re.compile(r"\{values\.([^{}\s]*)\}")


class ValueFile(Part):
    """One value that texts of the workflow use."""

    value: Line = Field(description="a number, a length of time or a few words, as the texts say it")
    meaning: Line = Field(description="what it bounds or decides")


def _complete(value: dict[str, ValueFile]) -> dict[str, ValueFile]:
    for name, one in value.items():
        if not one.value or not one.meaning:
            raise Wrong(f"{shown(name)} needs both a value and a meaning")
    return value


ValuesFile = Annotated[
    dict[str, ValueFile], NAMED_KEYS, AfterValidator(_complete), Says("mapping: name → `{value, meaning}`")
]


@dataclass(frozen=True, slots=True)
class Filled:
    """A content with its values filled in, what is wrong with its uses, and the names that are used."""

    content: Any
    problems: tuple[Problem, ...]
    used: frozenset[str]


def stated(values: Mapping[str, ValueFile]) -> tuple[StatedValue, ...]:
    """The values of a file as a workflow keeps them, in their order."""
    return tuple(StatedValue(name, one.value, one.meaning) for name, one in values.items())


def fill_document(document: Document, file: str) -> tuple[Document, tuple[Problem, ...]]:
    """A workflow file with its values filled in, and a line for each use of none and each value without a use.

    What has no proper ``values`` comes back as it is: that it is wrong is said where the keys are read.
    """
    content = document.content
    if not isinstance(content, dict):
        return document, ()
    known = _known(content.get(KEY, {}))
    if known is None:
        return document, ()
    rest = fill({key: one for key, one in content.items() if key != KEY}, known, "", document, file)
    problems = [*rest.problems]
    for name in known:
        if name not in rest.used:
            text = f"is used by no text of the workflow; write {{{KEY}.{name}}} where it is meant"
            problems.append(Problem(file, document.line(f"{KEY}.{name}"), f"{KEY}.{name}", text))
    made = {key: one if key == KEY else rest.content[key] for key, one in content.items()}
    return replace(document, content=made), tuple(problems)


def fill(content: Any, known: Mapping[str, str], place: str, document: Document, file: str) -> Filled:
    """The same content with ``{values.NAME}`` filled in in all of its texts; ``place`` is where it stands."""
    if isinstance(content, str):
        names = _USE.findall(content)
        line = document.line(place)
        problems = tuple(_unknown(file, line, place, one, known) for one in dict.fromkeys(names) if one not in known)
        return Filled(_USE.sub(lambda one: known.get(one[1], one[0]), content), problems, frozenset(names))
    if isinstance(content, Angle):
        inner = fill(content.prompt, known, f"{place}.prompt", document, file)
        return replace(inner, content=replace(content, prompt=inner.content))
    if isinstance(content, Mapping):
        parts = {
            key: fill(one, known, f"{place}.{key}" if place else str(key), document, file)
            for key, one in content.items()
        }
        return _together({key: one.content for key, one in parts.items()}, parts.values())
    if isinstance(content, list | tuple):
        listed = [fill(one, known, f"{place}[{number}]", document, file) for number, one in enumerate(content)]
        return _together(type(content)(one.content for one in listed), listed)
    return Filled(content, (), frozenset())


def _together(content: Any, parts: Iterable[Filled]) -> Filled:
    several: Sequence[Filled] = tuple(parts)
    return Filled(
        content,
        tuple(problem for one in several for problem in one.problems),
        frozenset(name for one in several for name in one.used),
    )


def _known(values: Any) -> dict[str, str] | None:
    """The text of each value, or None where the file's ``values`` are not what they must be."""
    if not isinstance(values, dict):
        return None
    found: dict[str, str] = {}
    for name, one in values.items():
        text = one.get("value") if isinstance(one, dict) else None
        if not isinstance(text, str):
            return None
        found[str(name)] = text.strip()
    return found


def _unknown(file: str, line: int, place: str, name: str, known: Mapping[str, str]) -> Problem:
    text = f"{shown(f'{{{KEY}.{name}}}')} names none of the workflow's `{KEY}`"
    near = nearest_of(name, known)
    return Problem(file, line, place, text, f"{{{KEY}.{near}}}" if near else "")
