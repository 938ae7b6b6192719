"""``orch-tui keys``: every key of the cockpit as this person has it, from the one registry of actions."""

from __future__ import annotations

import os
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from orchestrator_tui.cli.arguments import add_command, add_json
from orchestrator_tui.cli.faults import DONE, UNFINISHED
from orchestrator_tui.cli.json_view import print_json
from orchestrator_tui.cli.tables import print_table, say
from orchestrator_tui.ui.actions import ACTIONS, GROUPS, SCOPES, Action
from orchestrator_tui.ui.keymap import Keymap, resolve
from orchestrator_tui.ui.settings import load, settings_file, wants_ascii

if TYPE_CHECKING:
    from orchestrator_tui.cli.arguments import Commands


def register(commands: Commands) -> None:
    """Declare the command and its arguments."""
    add_json(add_command(commands, "keys"))


def run(arguments: Namespace) -> int:
    """Print the keys; 1 when the settings hold something that cannot be used."""
    path = settings_file(os.environ)
    settings, problems = load(path)
    keymap, clashes = resolve(settings.keymap, f"{path}: keymap")
    actions = [action for group in GROUPS for action in ACTIONS if action.group == group]
    if arguments.json:
        print_json({"keys": [_view(action, keymap) for action in actions]})
    else:
        ascii_only = wants_ascii(settings, os.environ)
        rows = [
            [action.group, keymap.text(action.id, ascii_only=ascii_only), action.id, _where(action), action.tooltip]
            for action in actions
        ]
        print_table(("GROUP", "KEYS", "ACTION", "WHERE", "WHAT IT DOES"), rows)
        say(f"remap them below `keymap:` in {path}")
    for problem in (*problems, *clashes):
        say(problem)
    return UNFINISHED if problems or clashes else DONE


def _view(action: Action, keymap: Keymap) -> dict[str, Any]:
    return {
        "action": action.id,
        "keys": list(keymap.keys[action.id]),
        "default": list(action.keys),
        "remapped": action.id in keymap.remapped,
        "group": action.group,
        "scopes": [scope for scope in SCOPES if scope in action.scopes],
        "description": action.tooltip,
    }


def _where(action: Action) -> str:
    return ", ".join(SCOPES[scope] for scope in SCOPES if scope in action.scopes)
