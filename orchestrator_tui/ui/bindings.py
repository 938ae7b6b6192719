"""The toolkit's bindings, made from the registry and the person's keymap."""

from __future__ import annotations

from collections.abc import Iterable

from textual.binding import Binding, BindingsMap

from orchestrator_tui.ui.actions import REPLAY, Action, in_scope
from orchestrator_tui.ui.keymap import Keymap

_OF_THE_APP = frozenset({"palette"})
"""Bound once, on the app: the toolkit looks for this one there."""


def live_actions(scopes: Iterable[str]) -> tuple[Action, ...]:
    """The actions of several scopes that hold at once."""
    return tuple(dict.fromkeys(action for scope in scopes for action in in_scope(scope)))


def by_key(scopes: Iterable[str], keymap: Keymap) -> dict[str, Action]:
    """What each key runs where ``scopes`` hold at once: an action of the replay goes before any other."""
    found: dict[str, Action] = {}
    for action in live_actions(scopes):
        for key in keymap.keys[action.id]:
            if key not in found or REPLAY in action.scopes:
                found[key] = action
    return found


def bindings(scopes: Iterable[str], keymap: Keymap) -> BindingsMap:
    """The bindings of a screen where ``scopes`` hold at once; each runs ``action_run`` with its action's id."""
    return BindingsMap(
        Binding(key, f"run('{action.id}')", action.label, show=False, tooltip=action.tooltip, id=action.id)
        for key, action in by_key(scopes, keymap).items()
        if action.id not in _OF_THE_APP
    )
