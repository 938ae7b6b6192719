"""The section on scripted agents, written from the models of their scripts."""

from __future__ import annotations

import types
import typing
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from docs.tables import table
from orchestrator_tui.demo import script

_MODELS = (
    *(script.Script, script.Step, script.Report, script.Write, script.Replace, script.Check, script.Finding),
    *(script.Ask, script.Change, script.Tells),
)
_WORDS = {str: "text", int: "number", float: "number", bool: "`true` or `false`", list: "list", dict: "mapping"}


def scripted_section() -> str:
    """A script, its steps, and what each step takes."""
    how = _said(script).partition("\n\n")[2]
    parts = [
        "## A scripted agent",
        "With `agent: {runner: scripted, scripts: FOLDER}` each track is played by `FOLDER/TRACK.yaml`: a real process"
        "\nthat writes, commits and asks as an agent does, without a model. The folders beside the sample plans are"
        f"\nexamples.\n\n{how}",
    ]
    parts += [_model(one) for one in _MODELS]
    return "\n\n".join(parts)


def _model(model: type[BaseModel]) -> str:
    # A model may name one that stands below it.
    model.model_rebuild(force=True)
    rows = [
        (
            f"`{name}`" + (" (required)" if field.is_required() else ""),
            _takes(field.annotation),
            _default(field.default),
        )
        for name, field in model.model_fields.items()
    ]
    return f"### `{model.__name__.lower()}`\n\n{_said(model)}\n\n" + table(("key", "takes", "without it"), rows)


def _said(thing: Any) -> str:
    lines = (line.strip() for line in (thing.__doc__ or "").replace("``", "`").strip().splitlines())
    return "\n".join(lines)


def _takes(kind: Any) -> str:
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return _takes(inner[0])
    if origin in (types.UnionType, typing.Union):
        return _takes(next(one for one in inner if one is not type(None)))
    if origin is typing.Literal:
        return ", ".join(f"`{one}`" for one in inner)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return f"[`{kind.__name__.lower()}`](#{kind.__name__.lower()})"
    if origin is list and isinstance(inner[0], type) and issubclass(inner[0], BaseModel):
        return f"list of {_takes(inner[0])}"
    return _WORDS[origin or kind]


def _default(value: Any) -> str:
    return f"`{value}`" if value not in (None, "", [], {}, PydanticUndefined) else ""
