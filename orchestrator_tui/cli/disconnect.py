"""``orch-tui disconnect claude``: take everything of ours out of Claude Code's settings again (DESIGN §4.4)."""

from __future__ import annotations

import os
from argparse import Namespace
from typing import TYPE_CHECKING

from orchestrator_tui.cli.arguments import add_command
from orchestrator_tui.cli.changes_view import view_lines
from orchestrator_tui.cli.claude_files import WORDS, ClaudeFiles
from orchestrator_tui.cli.connect import add_scope, agreed, outcome
from orchestrator_tui.cli.faults import DONE, UNFINISHED
from orchestrator_tui.cli.journals import find_place
from orchestrator_tui.cli.json_view import print_json
from orchestrator_tui.cli.tables import tell
from orchestrator_tui.core.text import sanitise_line

if TYPE_CHECKING:
    from orchestrator_tui.cli.arguments import Commands


def register(commands: Commands) -> None:
    """Declare the command and its arguments."""
    add_scope(add_command(commands, "disconnect"))


def run(arguments: Namespace) -> int:
    """Show what will go, ask, and take it out; 1 when the person does not want it."""
    files = ClaudeFiles(find_place(arguments.repo), arguments.scope, os.environ)
    changes = files.parting()
    remarks = tuple(sanitise_line(f"{one.target.path}: {line}", 400) for one in changes for line in one.left)
    changing = any(change.changes for change in changes)
    if not changing:
        remarks += files.elsewhere()
    if not arguments.json:
        said = "Disconnects Claude Code for" if changing else "There is nothing of ours to remove for"
        tell(f"{said} {WORDS[files.scope]}.")
        for line in view_lines(changes, "-"):
            tell(line)
        for remark in remarks:
            tell(f"! {remark}")
    done = changing and not arguments.dry_run and agreed(arguments, changes)
    if done:
        files.disconnect(changes)
    if arguments.json:
        print_json(outcome(arguments, changes, done, remarks))
    elif done:
        tell("Disconnected. Running sessions stop calling us with their next tool call.")
    return DONE if done or not changing or arguments.dry_run else UNFINISHED
