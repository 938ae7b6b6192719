"""The parser of one command: one line for a mistake, with the nearest thing that would have been right."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from orchestrator_tui.cli.commands import COCKPIT, COMMANDS
from orchestrator_tui.cli.faults import BAD_INPUT, nearest

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction["Parser"]

_UNKNOWN = re.compile(r"unrecognized arguments: (\S+)")


class Parser(argparse.ArgumentParser):
    """An argument parser that never abbreviates and says its mistakes in one line."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"allow_abbrev": False, **settings})

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, what would be near, and where to read on; exit 2."""
        unknown = _UNKNOWN.search(message)
        if unknown is not None:
            message = f"unknown argument {unknown[1]!r}{nearest(unknown[1], self._option_string_actions)}"
        sys.stderr.write(f"{self.prog}: {message}; try `{self.prog} --help`\n")
        raise SystemExit(BAD_INPUT)


def parse(name: str, register: Any, arguments: Sequence[str]) -> argparse.Namespace:
    """The arguments of the command ``name``, as its module's ``register`` declares them; exits on a mistake."""
    parser = command_parser(name, register)
    found, left = parser.parse_known_args(list(arguments))
    if left:
        parser.error(f"unrecognized arguments: {left[0]}")
    return found


def command_parser(name: str, register: Any) -> Parser:
    """The parser that a command's module registers."""
    commands = Parser(prog="orch-tui").add_subparsers(parser_class=Parser, prog="orch-tui")
    register(commands)
    parser: Parser = commands.choices[name]
    if name == COCKPIT:
        parser.prog = "orch-tui"
    return parser


def add_command(commands: Commands, name: str, summary: str = "", description: str = "") -> Parser:
    """Declare a command; its summary is the one of the table of commands."""
    summary = summary or COMMANDS[name][2]
    text = description or summary[0].upper() + summary[1:] + "."
    return commands.add_parser(name, help=summary, description=text)


def add_repository(parser: argparse.ArgumentParser) -> None:
    """``--repo DIR``: the repository whose journal is meant; the one of this directory by default."""
    parser.add_argument("--repo", metavar="DIR", default=".", help="a directory of the repository meant (this one)")


def add_json(parser: argparse.ArgumentParser) -> None:
    """``--json``: one stable object on stdout (docs/reference/json.md)."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")
