"""``orch-tui locate``: where everything of ours, and everything that we read, is on this machine."""

from __future__ import annotations

import os
from argparse import Namespace
from typing import TYPE_CHECKING

from orchestrator_tui.adapters.claude_home import config_directory as claude_directory
from orchestrator_tui.cli.arguments import add_command, add_json, add_repository
from orchestrator_tui.cli.faults import DONE
from orchestrator_tui.cli.journals import find_place
from orchestrator_tui.cli.json_view import print_json
from orchestrator_tui.cli.tables import print_table
from orchestrator_tui.journal.connection import DATABASE
from orchestrator_tui.ui.settings import config_directory, settings_file

if TYPE_CHECKING:
    from orchestrator_tui.cli.arguments import Commands


def register(commands: Commands) -> None:
    """Declare the command and its arguments."""
    parser = add_command(commands, "locate")
    add_repository(parser)
    add_json(parser)


def run(arguments: Namespace) -> int:
    """Print the places; those that do not exist yet are told apart."""
    place = find_place(arguments.repo)
    claude = claude_directory(os.environ)
    paths = {
        "repository": place.repository,
        "state": place.home,
        "journal": place.directory / DATABASE,
        "settings": settings_file(os.environ),
        "themes": config_directory(os.environ) / "themes",
        "claude": claude,
        "tasks": claude / "tasks",
    }
    if arguments.json:
        print_json({name: str(path) for name, path in paths.items()})
    else:
        rows = [[name, "" if path.exists() else "not there", str(path)] for name, path in paths.items()]
        print_table(("WHAT", "", "WHERE"), rows)
    return DONE
