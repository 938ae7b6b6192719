"""From a document to a model: every fault becomes one problem with line, key and nearest match."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from orchestrator_tui.plan.fields import Part
from orchestrator_tui.plan.problems import Problem, Wrong, nearest_of, some_of
from orchestrator_tui.plan.text import Document

M = TypeVar("M", bound=Part)

MAX_PROBLEMS = 100
"""More faults than that are not told of one file."""


def read_model(model: type[M], document: Document, file: str) -> tuple[M | None, tuple[Problem, ...]]:
    """The model that a document describes, or None and what is wrong with it, in the order of the file."""
    if not isinstance(document.content, dict):
        return None, (Problem(file, document.line(""), "", "must hold `key: value` lines"),)
    try:
        return model.model_validate(document.content), ()
    except ValidationError as error:
        found = [_problem(model, document, file, one) for one in error.errors(include_url=False)]
        # A misspelt key is not missing, too.
        meant = {(_beside(one.key), one.nearest) for one in found if one.nearest}
        found = [one for one in found if one.message != _MISSING or _parted(one.key) not in meant]
        found.sort(key=lambda one: one.line)
        rest = len(found) - MAX_PROBLEMS
        more = [Problem(file, 0, "", f"{rest} more faults")] if rest > 0 else []
        return None, (*dict.fromkeys(found[:MAX_PROBLEMS]), *more)


def place_of(location: tuple[int | str, ...]) -> str:
    """A place as people write it: ``tracks[4].files[0]``."""
    place = ""
    for part in location:
        place += f"[{part}]" if isinstance(part, int) else f".{part}" if place else part
    return place


def key_of(document: Document, place: str) -> str:
    """The key that a place belongs to, as far as the file has it: entries of a list are named by their list."""
    while place and place not in document.lines:
        place = place[: max(place.rfind("."), place.rfind("["), 0)]
    return place


def _problem(model: type[Part], document: Document, file: str, error: Mapping[str, Any]) -> Problem:
    location = tuple(part for part in error["loc"] if part != "[key]")
    kind, place = error["type"], place_of(location)
    line = document.line(place)
    if kind == "missing":
        return Problem(file, document.line(place_of(location[:-1])), place, _MISSING)
    if kind == "extra_forbidden":
        known = _keys(_model_at(model, location[:-1]))
        meant = nearest_of(str(location[-1]), known)
        listed = "" if meant else f"; there are {some_of(known)}"
        return Problem(file, line, place, f"there is no such key{listed}", meant)
    key = _without_entry(key_of(document, place))
    wrong = error.get("ctx", {}).get("error")
    if isinstance(wrong, Wrong):
        return Problem(file, line, key, str(wrong), wrong.nearest)
    return Problem(file, line, key, _MESSAGES.get(kind, str(error["msg"])) if error["input"] is not None else _EMPTY)


def _without_entry(place: str) -> str:
    """An entry of a list of texts is shown as its list; tracks and stages are named by their number."""
    return place if _NUMBERED.fullmatch(place) else _ENTRY.sub("", place)


_ENTRY = re.compile(r"\[\d+\]$")
_NUMBERED = re.compile(r"(?:tracks|stages|batch_stages|answers)\[\d+\]")


def _beside(place: str) -> str:
    return place.rpartition(".")[0]


def _parted(place: str) -> tuple[str, str]:
    before, _, key = place.rpartition(".")
    return before, key


_MISSING = "is missing"
_EMPTY = "has no value; give it one, or leave the key out"
_MESSAGES = {
    "list_type": "must be a list",
    "dict_type": "must hold `key: value` lines",
    "model_type": "must hold `key: value` lines",
    "string_type": "must be a text",
    "too_short": "is empty",
}


def _keys(model: type[BaseModel] | None) -> tuple[str, ...]:
    fields = {} if model is None else model.model_fields
    return tuple(one.alias or name for name, one in fields.items())


def _model_at(model: type[BaseModel], location: tuple[int | str, ...]) -> type[BaseModel] | None:
    """The model of what stands at a place."""
    kind: Any = model
    for part in location:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            names = {one.alias or name: name for name, one in kind.model_fields.items()}
            kind = kind.model_fields[names[str(part)]].annotation if part in names else None
        else:
            kind = _inner(kind)
        kind = _bare(kind)
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _bare(kind: Any) -> Any:
    """A kind without its annotations and without None."""
    while typing.get_origin(kind) is typing.Annotated:
        kind = typing.get_args(kind)[0]
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return _bare(next(one for one in typing.get_args(kind) if one is not type(None)))
    return kind


def _inner(kind: Any) -> Any:
    """What a list or mapping holds."""
    arguments = typing.get_args(kind)
    return arguments[-1] if arguments else None
