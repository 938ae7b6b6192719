"""The arguments of one call, held against the table of tools; every fault is one line with the nearest that is right.

The caller is a model: it reads the line and calls again. So the line says what was wrong, and how it is right.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator_tui.core.text import sanitise_line
from orchestrator_tui.mcp_server.tools import TEXT, TEXTS, WHOLE, WHOLES, Parameter, Tool

Arguments = dict[str, Any]


class Mistake(Exception):
    """The call cannot be carried out as it is; the text is one line for the model."""


def checked(tool: Tool, given: Mapping[str, Any]) -> Arguments:
    """The arguments of a call of ``tool`` that were given; nulls and empty optional texts count as not given.

    Raises:
        Mistake: one is unknown, missing, of another kind, or beyond its bounds.
    """
    known = {one.name: one for one in tool.parameters}
    for name in given:
        if name not in known:
            takes = f"it takes {', '.join(known)}" if known else "it takes none"
            raise Mistake(f"{tool.name}: there is no argument {quoted(name)}{nearest(name, list(known))}; {takes}")
    found: Arguments = {}
    for name, parameter in known.items():
        value = given.get(name)
        if value is None or (value == "" and not parameter.required):
            if parameter.required:
                raise Mistake(f"{tool.name}: {name} is missing: {parameter.help}{_of(parameter)}")
            continue
        found[name] = _value(f"{tool.name}: {name}", value, parameter)
    return found


def nearest(word: str, known: list[str]) -> str:
    """``; did you mean …?`` for the nearest of ``known``, or "" when none is near."""
    import difflib  # Only for those who mistyped.

    found = difflib.get_close_matches(word[:200], known, n=1, cutoff=0.5)
    return f"; did you mean {sanitise_line(found[0], 80)}?" if found else ""


def quoted(text: str, limit: int = 80) -> str:
    """Text from outside as it can stand in such a line."""
    return f"'{sanitise_line(text, limit)}'"


def _value(where: str, value: Any, parameter: Parameter) -> Any:
    if parameter.kind in (TEXTS, WHOLES):
        if not isinstance(value, list):
            raise Mistake(f"{where} is a list of {parameter.kind}, not {_kind(value)}")
        if len(value) > parameter.most:
            raise Mistake(f"{where} has {len(value)} items, more than the {parameter.most} allowed")
        item = parameter._replace(kind=TEXT if parameter.kind == TEXTS else WHOLE, required=True)
        return [_value(f"{where}[{place}]", one, item) for place, one in enumerate(value)]
    return _whole(where, value, parameter) if parameter.kind == WHOLE else _text(where, value, parameter)


def _whole(where: str, value: Any, parameter: Parameter) -> int:
    # Models write 3.0 and "3" for 3: what can only mean one number is taken for it.
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Mistake(f"{where} is a whole number, not {_kind(value)}")
    if not parameter.least <= value <= parameter.limit:
        raise Mistake(f"{where} must be from {parameter.least} to {parameter.limit:,}")
    return value


def _text(where: str, value: Any, parameter: Parameter) -> str:
    if not isinstance(value, str):
        raise Mistake(f"{where} is a text, not {_kind(value)}")
    if len(value) > parameter.limit:
        raise Mistake(f"{where} has {len(value):,} characters, more than the {parameter.limit:,} allowed")
    if parameter.required and not value.strip():
        raise Mistake(f"{where} is empty: {parameter.help}")
    if not parameter.choices:
        return value
    if value not in parameter.choices:
        raise Mistake(f"{where} {quoted(value)} is unknown{nearest(value, list(parameter.choices))}{_of(parameter)}")
    return value


def _of(parameter: Parameter) -> str:
    return f"; one of {', '.join(parameter.choices)}" if parameter.choices else ""


def _kind(value: Any) -> str:
    names = {bool: "true or false", str: "a text", int: "a number", float: "a number", list: "a list"}
    return names.get(type(value), "an object")
