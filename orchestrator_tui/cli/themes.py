"""``orch-tui themes``: the themes there are, shipped and of one's own, and which one is set."""

from __future__ import annotations

import os
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator_tui.cli.arguments import add_command, add_json
from orchestrator_tui.cli.faults import DONE, UNFINISHED
from orchestrator_tui.cli.json_view import print_json
from orchestrator_tui.cli.tables import print_table, say
from orchestrator_tui.resources import themes_directory
from orchestrator_tui.ui.settings import config_directory, load, settings_file

if TYPE_CHECKING:
    from orchestrator_tui.cli.arguments import Commands


def register(commands: Commands) -> None:
    """Declare the command and its arguments."""
    add_json(add_command(commands, "themes"))


def run(arguments: Namespace) -> int:
    """Print the themes; 1 when the settings or a theme cannot be used."""
    from orchestrator_tui.ui import themes

    own = config_directory(os.environ) / "themes"
    settings, found = load(settings_file(os.environ))
    problems = list(found)
    rows = []
    for name in themes.names(own):
        try:
            theme = themes.load(name, own)
        except themes.ThemeError as error:
            problems.append(str(error))
            continue
        rows.append((name, theme.dark, name == settings.theme, _path(name, own)))
    if settings.theme not in [row[0] for row in rows]:
        problems.append(f'the theme "{settings.theme}" of the settings cannot be used; "{themes.DEFAULT}" is shown')
    if arguments.json:
        keys = ("name", "dark", "chosen", "path")
        print_json({"themes": [dict(zip(keys, row, strict=True)) for row in rows]})
    else:
        shown = [
            [name, "dark" if dark else "light", "yes" if chosen else "", path] for name, dark, chosen, path in rows
        ]
        print_table(("THEME", "GROUND", "CHOSEN", "FILE"), shown)
        say(f"choose one by `theme: NAME` in {settings_file(os.environ)}; your own go into {own}")
    for problem in problems:
        say(problem)
    return UNFINISHED if problems else DONE


def _path(name: str, own: Path) -> str:
    of_ones_own = own / f"{name}.yaml"
    return str(of_ones_own if of_ones_own.is_file() else themes_directory() / f"{name}.yaml")
