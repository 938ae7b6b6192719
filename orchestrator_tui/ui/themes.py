"""Themes: the shipped ones and a person's own, as the toolkit's theme objects (DESIGN §5, `themes/`).

The shipped files are plain enough to be read line by line, so that the first frame needs no YAML library. A
person's own files may use all of YAML; the library is then loaded for them. What a theme leaves out is derived
from its base colours, so that a theme of five lines works.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from textual.color import Color, ColorParseError
from textual.theme import Theme

from orchestrator_tui.core.text import sanitise_line
from orchestrator_tui.resources import themes_directory

DEFAULT = "dark"
"""The theme that needs no setting and takes the place of one that cannot be used."""

DERIVED: dict[str, str] = {
    "gate": "warning",
    "gate-stale": "warning",
    "risk-production": "error",
    "risk-failure": "error",
    "track-running": "foreground",
    "track-waiting": "warning",
    "track-done": "success",
    "track-failed": "error",
    "track-unknown": "secondary",
    "age": "foreground",
    "quiet": "foreground",
    "selection": "panel",
    "border": "accent",
    "border-blurred": "panel",
}
"""Our tokens, and the base colour that each takes when a theme does not name it."""

_COLOURS = (
    "primary",
    "secondary",
    "warning",
    "error",
    "success",
    "accent",
    "foreground",
    "background",
    "surface",
    "panel",
    "boost",
)
_SWITCHES = ("dark", "ansi")
_STYLES = frozenset({"bold", "dim", "italic", "none", "not", "reverse", "strike", "underline"})
_FADED = re.compile(r"\d{1,3}%")
_KNOWN = tuple(field.name for field in fields(Theme))
MAX_BYTES = 64 * 1024


class ThemeError(ValueError):
    """A theme that cannot be used; the message is one line with file and key."""


def names(own: Path | None = None) -> tuple[str, ...]:
    """The names of all themes, the shipped ones first; ``own`` is the directory of a person's own."""
    shipped = sorted(path.stem for path in themes_directory().glob("*.yaml"))
    extra = [] if own is None else sorted(path.stem for path in _yaml_files(own))
    return tuple(dict.fromkeys([*shipped, *extra]))


def load(name: str, own: Path | None = None) -> Theme:
    """The theme called ``name``; a person's own goes before a shipped one of the same name.

    Raises:
        ThemeError: there is none of that name, or its file cannot be used.
    """
    for path in () if own is None else _yaml_files(own):
        if path.stem == name:
            return _build(path, name, _read_yaml(path))
    if name in names():
        path = themes_directory() / f"{name}.yaml"
        return _build(path, name, _read_plain(path))
    known = names(own)
    nearest = difflib.get_close_matches(name, known, n=1)
    hint = f'did you mean "{nearest[0]}"?' if nearest else f"there are {', '.join(known)}"
    raise ThemeError(f'there is no theme "{sanitise_line(name, 80)}"; {hint}')


def _yaml_files(directory: Path) -> Iterator[Path]:
    # A file's name is drawn on the screen: one that is not plain text is not offered.
    if directory.is_dir():
        for path in sorted(directory.glob("*.yaml")):
            if sanitise_line(path.stem, 40) == path.stem:
                yield path


def _read_plain(path: Path) -> dict[str, Any]:
    """A shipped file: ``key: "value"`` lines, those below ``variables:`` indented."""
    data: dict[str, Any] = {"variables": {}}
    for line in path.read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(":")
        if line.startswith("#") or key == "variables":
            continue
        below = data["variables"] if line.startswith(" ") else data
        text = value.strip().strip('"')
        below[key.strip()] = text == "true" if value.strip() in ("true", "false") else text
    return data


def _read_yaml(path: Path) -> dict[Any, Any]:
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        if os.path.getsize(path) > MAX_BYTES:
            raise ThemeError(f"{path}: is longer than {MAX_BYTES // 1024} KiB")
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
    except (OSError, UnicodeDecodeError) as error:
        raise ThemeError(f"{path}: cannot be read: {sanitise_line(str(error), 200)}") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else 1
        raise ThemeError(f"{path}:{line}: not YAML: {sanitise_line(error.problem or '', 200)}") from error
    except yaml.YAMLError as error:
        raise ThemeError(f"{path}: not YAML: {sanitise_line(str(error), 200)}") from error
    if not isinstance(data, dict):
        raise ThemeError(f"{path}: a theme holds `key: value` lines")
    return data


def _build(path: Path, name: str, data: Mapping[Any, Any]) -> Theme:
    values: dict[str, Any] = {}
    for key, value in data.items():
        if not isinstance(key, str) or key not in _KNOWN:
            nearest = difflib.get_close_matches(str(key), _KNOWN, n=1)
            hint = f'; did you mean "{nearest[0]}"?' if nearest else ""
            raise ThemeError(f'{path}: there is no "{sanitise_line(str(key), 80)}" in a theme{hint}')
        values[key] = _checked(path, key, value)
    if "primary" not in values:
        raise ThemeError(f'{path}: "primary" is missing')
    # The file's name is the theme's: a copied file with its old name inside must not hide the original.
    theme = Theme(**{**values, "name": name})
    theme.variables = _variables(theme)
    return theme


def _checked(path: Path, key: str, value: Any) -> Any:
    if key in _COLOURS:
        return _colour(path, key, value)
    if key in _SWITCHES:
        if isinstance(value, bool):
            return value
        raise ThemeError(f'{path}: "{key}" must be true or false')
    if key == "variables":
        if not isinstance(value, dict):
            raise ThemeError(f'{path}: "variables" must hold `key: value` lines')
        return {str(name): _variable(path, str(name), one) for name, one in value.items()}
    if key == "name":
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ThemeError(f'{path}: "{key}" must be a number')
    return float(value)


def _variable(path: Path, name: str, value: Any) -> str:
    if name in DERIVED:
        return _colour(path, f"variables.{name}", value)
    if isinstance(value, str) and name.endswith("style") and set(value.split()) <= _STYLES:
        return value
    # The toolkit's own variables may be faded, as in "#81a1c1 35%"; anything else would break its style sheets.
    text, _, faded = value.partition(" ") if isinstance(value, str) else (value, "", "")
    if faded and not _FADED.fullmatch(faded):
        raise ThemeError(f'{path}: "variables.{sanitise_line(name, 80)}" has to end after its colour or in "35%"')
    return f"{_colour(path, f'variables.{name}', text)} {faded}".strip()


def _colour(path: Path, key: str, value: Any) -> str:
    try:
        if not isinstance(value, str):
            raise ColorParseError("not text")
        Color.parse(value)
    except ColorParseError as error:
        key = sanitise_line(key, 80)
        raise ThemeError(f'{path}: "{key}" is no colour; write "#rrggbb" in quotes, or a colour\'s name') from error
    return value


def _variables(theme: Theme) -> dict[str, str]:
    """The theme's variables, with each of our tokens that it left out."""
    generated = theme.to_color_system().generate()
    derived = {token: generated[base] for token, base in DERIVED.items()}
    return {**derived, **theme.variables}
