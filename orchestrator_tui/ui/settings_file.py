"""Read the settings file: every fault becomes one line with file, line, key and the nearest word, none is fatal."""

from __future__ import annotations

import difflib
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from orchestrator_tui.core.limits import Limits
from orchestrator_tui.core.text import sanitise_line
from orchestrator_tui.ui.settings import Settings

MAX_BYTES = 256 * 1024
"""A settings file may not be longer (reliability S-5)."""

MINUTE = 60_000
SECOND = 1_000

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

LIMITS: dict[str, tuple[str, int, float, float]] = {
    "gate_stale_minutes": ("gate_stale_ms", MINUTE, 0.1, 240),
    "gate_repeat_minutes": ("gate_repeat_ms", MINUTE, 0.1, 240),
    "silent_minutes": ("silent_ms", MINUTE, 0.1, 240),
    "reply_minutes": ("reply_ms", MINUTE, 0.1, 60),
    "undo_seconds": ("undo_ms", SECOND, 0, 30),
}
"""Keys below ``limits``: the field of :class:`Limits`, its unit in milliseconds, the least and the most."""


class Unusable(ValueError):
    """A value or file that cannot be used; its message says why."""


@dataclass(slots=True)
class _Reader:
    path: Path
    problems: list[str] = field(default_factory=list)

    def complain(self, line: int, text: str) -> None:
        self.problems.append(f"{self.path}:{line}: {text}")

    def entries(self, node: yaml.Node, below: str, known: Iterable[str] | None) -> Iterator[tuple[str, yaml.Node]]:
        """Key and value node of each usable entry of a mapping; the others are complained about."""
        if not isinstance(node, yaml.MappingNode):
            self.complain(_line(node), f"{below or 'the file'} must hold `key: value` lines")
            return
        words = None if known is None else tuple(known)
        seen: set[str] = set()
        for key_node, value in node.value:
            key = sanitise_line(str(getattr(key_node, "value", "")), 80)
            if not isinstance(key_node, yaml.ScalarNode):
                self.complain(_line(key_node), "a key must be a word")
            elif key in seen:
                self.complain(_line(key_node), f'"{key}" is set twice; the first one counts')
            elif words is not None and key not in words:
                self.complain(_line(key_node), _unknown(key, below, words))
            else:
                seen.add(key)
                yield key, value

    def value(self, key: str, node: yaml.Node, convert: Callable[[yaml.ScalarNode], Any]) -> Any:
        """The converted value of a scalar, or None after complaining."""
        try:
            if not isinstance(node, yaml.ScalarNode):
                raise Unusable("must be a single value")
            return convert(node)
        except Unusable as error:
            self.complain(_line(node), f'"{key}" {error}')
            return None


def read(path: Path) -> tuple[Settings, tuple[str, ...]]:
    """The settings in ``path``, and one line for each thing in it that could not be used."""
    try:
        root = _compose(_text(path))
    except Unusable as error:
        return Settings(), (f"{path}: {error}",)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else 1
        return Settings(), (f"{path}:{line}: not YAML: {sanitise_line(error.problem or 'it cannot be read', 200)}",)
    except yaml.YAMLError as error:
        return Settings(), (f"{path}: not YAML: {sanitise_line(str(error), 200)}",)
    reader = _Reader(path)
    settings = Settings() if root is None else _settings(reader, root)
    return settings, tuple(reader.problems)


def _settings(reader: _Reader, root: yaml.Node) -> Settings:
    settings = Settings()
    for key, node in reader.entries(root, "", (*_SCALARS, "keymap", "limits")):
        if key == "keymap":
            settings = replace(settings, keymap=_keymap(reader, node))
        elif key == "limits":
            settings = replace(settings, limits=_limits(reader, node))
        elif (value := reader.value(key, node, _SCALARS[key])) is not None:
            settings = replace(settings, **{key: value})
    return settings


def _keymap(reader: _Reader, node: yaml.Node) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in reader.entries(node, "keymap", None):
        keys = _listed(value) if isinstance(value, yaml.SequenceNode) else reader.value(key, value, _word)
        if keys is not None:
            found[key] = keys
    return found


def _listed(node: yaml.SequenceNode) -> str:
    return " ".join(_word(one) for one in node.value if isinstance(one, yaml.ScalarNode))


def _limits(reader: _Reader, node: yaml.Node) -> Limits:
    changes: dict[str, int] = {}
    for key, value in reader.entries(node, "limits", LIMITS):
        name, unit, least, most = LIMITS[key]
        number = reader.value(key, value, partial(_number, least, most))
        if number is not None:
            changes[name] = round(number * unit)
    return replace(Limits(), **changes)


def _word(node: yaml.ScalarNode) -> str:
    # The text as written: a key may be `n` or `1`, which is nobody's truth value or number here.
    return str(node.value)


def _switch(node: yaml.ScalarNode) -> bool:
    value = _scalar(node)
    if not isinstance(value, bool):
        raise Unusable("must be true or false")
    return value


def _number(least: float, most: float, node: yaml.ScalarNode) -> float:
    value = _scalar(node)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise Unusable(f"must be a number from {least:g} to {most:g}")
    return float(value)


_SCALARS: dict[str, Callable[[yaml.ScalarNode], Any]] = {
    "theme": _word,
    "ascii": _switch,
    "mouse": _switch,
    "bell": _switch,
    "desktop_notices": _switch,
    "terminal_title": _switch,
}


def _scalar(node: yaml.ScalarNode) -> Any:
    try:
        return yaml.SafeLoader("").construct_object(node)
    except (ValueError, yaml.YAMLError) as error:
        raise Unusable(f"cannot be {node.value!r}") from error


def _unknown(key: str, below: str, words: tuple[str, ...]) -> str:
    nearest = difflib.get_close_matches(key, words, n=1)
    place = f" below {below}" if below else ""
    return f'there is no setting "{key}"{place}' + (f'; did you mean "{nearest[0]}"?' if nearest else "")


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _compose(text: str) -> yaml.Node | None:
    if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=_Loader)):
        raise Unusable("aliases (*name) are not accepted")
    return yaml.compose(text, Loader=_Loader)


def _text(path: Path) -> str:
    """The file's text; only a regular file of bounded size is read, without waiting for a writer (S-6)."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise Unusable(f"cannot be read: {error.strerror}") from error
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Unusable("is not a regular file")
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise Unusable(f"is longer than {MAX_BYTES // 1024} KiB")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unusable(f"is not UTF-8 at byte {error.start}") from error
