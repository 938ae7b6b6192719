"""``orch-tui connect claude``: put our hooks, MCP server, rules and skill into Claude Code's settings (DESIGN §4.4)."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from orchestrator_tui.adapters.connection.plan import Change
from orchestrator_tui.adapters.connection.targets import PROJECT, USER
from orchestrator_tui.cli.arguments import add_command, add_json, add_repository
from orchestrator_tui.cli.changes_view import json_view, view_lines
from orchestrator_tui.cli.claude_files import WORDS, ClaudeFiles
from orchestrator_tui.cli.faults import DONE, UNFINISHED, BadInput
from orchestrator_tui.cli.journals import find_place
from orchestrator_tui.cli.json_view import print_json
from orchestrator_tui.cli.tables import say, tell

if TYPE_CHECKING:
    from orchestrator_tui.cli.arguments import Commands, Parser

PROGRAMS = ("claude",)
"""What can be connected."""


def register(commands: Commands) -> None:
    """Declare the command and its arguments."""
    add_scope(add_command(commands, "connect"))


def add_scope(parser: Parser) -> None:
    """The arguments of ``connect`` and ``disconnect``."""
    parser.add_argument("program", metavar="claude", choices=PROGRAMS, help="the program: Claude Code")
    scope = parser.add_mutually_exclusive_group()
    scope.add_argument(
        "--user", dest="scope", action="store_const", const=USER, default=USER, help=f"for {WORDS[USER]} (default)"
    )
    scope.add_argument("--project", dest="scope", action="store_const", const=PROJECT, help=f"for {WORDS[PROJECT]}")
    parser.add_argument("--dry-run", action="store_true", help="show what would change, and change nothing")
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask, for scripts")
    add_repository(parser)
    add_json(parser)


def run(arguments: Namespace) -> int:
    """Show what will change, ask, and change it; 1 when the person does not want it."""
    files = ClaudeFiles(find_place(arguments.repo), arguments.scope, os.environ)
    changes = files.connecting()
    remarks = files.remarks(changes)
    changing = any(change.changes for change in changes)
    if not arguments.json:
        _show(files, changes, remarks)
    done = changing and not arguments.dry_run and agreed(arguments, changes)
    if done or (not changing and not arguments.dry_run):
        # Without a change, too: the repository is watched from then on.
        files.connect(changes)
    consequences = files.consequences() if not arguments.dry_run and (done or not changing) else ()
    if arguments.json:
        print_json(outcome(arguments, changes, done, (*remarks, *consequences)))
    elif done:
        tell(f"Connected. `orch-tui disconnect claude{_flag(arguments.scope)}` takes it back, to the byte.")
    for line in () if arguments.json else consequences:
        tell(f"  {line}")
    return DONE if done or not changing or arguments.dry_run else UNFINISHED


def agreed(arguments: Namespace, changes: Sequence[Change]) -> bool:
    """Whether the person wants it: asked at the terminal, or told by ``--yes``.

    Raises:
        BadInput: nobody can be asked.
    """
    if arguments.yes:
        return True
    if not sys.stdin.isatty():
        raise BadInput("nobody can be asked here: add --yes to change it, or --dry-run to see what would change")
    count = sum(change.changes for change in changes)
    sys.stderr.write(f"Change {'this file' if count == 1 else f'these {count} files'}? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() in ("y", "yes"):
        return True
    say("nothing was changed")
    return False


def outcome(arguments: Namespace, changes: Sequence[Change], done: bool, remarks: Sequence[str]) -> dict[str, Any]:
    """What ``--json`` prints."""
    return {
        "program": arguments.program,
        "scope": arguments.scope,
        "dry_run": arguments.dry_run,
        "changed": done,
        "files": [json_view(change) for change in changes],
        "remarks": list(remarks),
    }


def _show(files: ClaudeFiles, changes: Sequence[Change], remarks: Sequence[str]) -> None:
    if any(change.changes for change in changes):
        tell(f"Connects Claude Code for {WORDS[files.scope]}.")
        tell("")
        for line in view_lines(changes, "+"):
            tell(line)
    else:
        tell(f"Claude Code is connected for {WORDS[files.scope]}; there is nothing to change.")
    for remark in remarks:
        tell(f"! {remark}")


def _flag(scope: str) -> str:
    return " --project" if scope == PROJECT else ""
