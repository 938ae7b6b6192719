"""The keys as a person has them: the registry's defaults, with the remaps of the settings laid over them.

Standard library only, as the registry is. A remap that cannot be honoured is left out and explained in one line;
the others still hold (DESIGN §5, "users remap by id").
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import field

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.ui.actions import ACTIONS, BY_ID, REPLAY, Action, key_name, keys_text

# Names that the terminal toolkit shortens, against Unicode's own.
_SHORTER = {
    "solidus": "slash",
    "reverse_solidus": "backslash",
    "commercial_at": "at",
    "hyphen_minus": "minus",
    "plus_sign": "plus",
    "low_line": "underscore",
}


@frozen
class Keymap:
    """Which keys run which action.

    Attributes:
        keys: the keys of every action, by its id.
        remapped: the ids whose keys are not the registry's own.
    """

    keys: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: {action.id: action.keys for action in ACTIONS},
    )
    remapped: frozenset[str] = frozenset()

    def toolkit(self) -> dict[str, str]:
        """The remaps in the form that the terminal toolkit takes: id to keys, separated by commas."""
        return {name: ",".join(self.keys[name]) for name in sorted(self.remapped)}

    def text(self, id: str, *, ascii_only: bool = False) -> str:
        """The keys of one action as a person reads them: ``j ↓``."""
        return keys_text(self.keys[id], ascii_only=ascii_only)

    def first(self, id: str, *, ascii_only: bool = False) -> str:
        """The first key of one action as a person reads it: ``Ctrl+P``."""
        return key_name(self.keys[id][0], ascii_only=ascii_only)


def normalise(key: str) -> str:
    """A key as the toolkit names it: ``question_mark`` for ``?``, ``ctrl+p`` for ``Ctrl+P``."""
    *modifiers, last = key.strip().split("+") if len(key.strip()) > 1 else [key.strip()]
    if len(last) == 1 and not last.isalnum():
        name = unicodedata.name(last, "").lower().replace("-", "_").replace(" ", "_")
        last = _SHORTER.get(name, name) or last
    elif len(last) > 1 or modifiers:
        last = last.lower()
    return "+".join([*(modifier.lower() for modifier in modifiers), last])


def resolve(remaps: Mapping[str, str], where: str = "keymap") -> tuple[Keymap, tuple[str, ...]]:
    """Lay ``remaps`` (id to keys, several separated by blanks or commas) over the registry's keys.

    Returns the keymap and one line for each remap that was left out, beginning with ``where``.
    """
    wanted: dict[str, tuple[str, ...]] = {}
    problems: list[str] = []
    for name, text in remaps.items():
        problem = _problem(name, text)
        if problem:
            problems.append(f"{where}: {problem}")
        else:
            wanted[name] = _split(text)
    clash = _clash(wanted)
    while clash is not None:
        name, other, key = clash
        kept = keys_text(BY_ID[name].keys)
        problems.append(f'{where}: "{key_name(key)}" cannot be both "{name}" and "{other}"; "{name}" keeps {kept}')
        del wanted[name]
        clash = _clash(wanted)
    keys = {action.id: wanted.get(action.id, action.keys) for action in ACTIONS}
    return Keymap(keys, frozenset(wanted)), tuple(problems)


def _split(text: str) -> tuple[str, ...]:
    stripped = text.strip()
    parts = [stripped] if len(stripped) == 1 else stripped.replace(",", " ").split()
    return tuple(dict.fromkeys(normalise(part) for part in parts))


def _problem(id: str, text: str) -> str:
    action = BY_ID.get(id)
    if action is None:
        nearest = difflib.get_close_matches(id, BY_ID, n=1)
        return f'there is no action "{id}"' + (f'; did you mean "{nearest[0]}"?' if nearest else "")
    keys = _split(text)
    if not keys:
        return f'"{id}" needs at least one key'
    if "escape" in keys and action.group == "Decide":
        return f'"{id}" cannot be Esc: Esc never answers'
    return ""


def _meet(first: Action, second: Action) -> bool:
    """Whether two actions can be live at once; the replay's keys are meant to go before the others."""
    if (REPLAY in first.scopes) != (REPLAY in second.scopes):
        return False
    return bool(first.scopes & second.scopes)


def _clash(wanted: Mapping[str, tuple[str, ...]]) -> tuple[str, str, str] | None:
    """A remapped action, the other action it meets, and the key they share; None when there is none."""
    for name in reversed(list(wanted)):
        for other in _others(name):
            shared = set(wanted[name]) & set(wanted.get(other.id, other.keys))
            if shared:
                return name, other.id, min(shared)
    return None


def _others(id: str) -> Iterable[Action]:
    return (action for action in ACTIONS if action.id != id and _meet(BY_ID[id], action))
