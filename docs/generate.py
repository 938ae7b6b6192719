"""Write the reference pages that are derived from the program, or check with `--check` that none is out of date."""

import argparse
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import yaml

# As a script this file has only its own directory on the path.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from docs import coverage, mcp_tools
from docs.pages import events_page, keys_page, settings_page
from docs.plan_pages import plans_page, workflows_page
from docs.tables import TABLES
from orchestrator_tui.cli.arguments import command_parser
from orchestrator_tui.cli.commands import COCKPIT, COMMANDS
from orchestrator_tui.cli.dispatch import load
from orchestrator_tui.resources import themes_directory

DOCS = Path(__file__).resolve().parent
GENERATED = "<!-- Written by `make docs`; change docs/generate.py instead. -->"
_BEGIN = re.compile(r"<!-- table (?P<name>[a-z ]+), written by `make docs` -->")
_TABLE = re.compile(_BEGIN.pattern + r".*?<!-- end of (?P=name) -->", re.DOTALL)

TOKEN_MEANINGS = {
    "accent": "the one colour of selection and focus",
    "selection": "the ground under the selected row",
    "gate": "a question that waits",
    "gate-stale": "a question that has waited too long",
    "risk-production": "a decision about production",
    "risk-failure": "a decision about a failure",
    "track-running": "a track at work: plain text",
    "track-waiting": "a track with an open gate",
    "track-done": "a finished track",
    "track-failed": "a failed track",
    "track-unknown": "a track of which nothing is known for now",
    "age": "how long something has lasted",
    "quiet": "what is healthy, past or secondary",
}


def themes_page() -> str:
    """The tokens of the shipped themes, one row each."""
    themes = {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in sorted(themes_directory().glob("*.yaml"))}
    lines = [
        "# Themes",
        "",
        "Each theme is one YAML file: the fields of a Textual theme, and under `variables` the tokens of the cockpit.",
        "Colour never carries a meaning alone: a glyph and a word do.",
        "",
        f"| token | meaning | {' | '.join(themes)} |",
        "|---|---|" + "---|" * len(themes),
    ]
    for token, meaning in TOKEN_MEANINGS.items():
        colours = [f"`{theme.get(token) or theme['variables'][token]}`" for theme in themes.values()]
        lines.append(f"| `${token}` | {meaning} | {' | '.join(colours)} |")
    return "\n".join(lines) + "\n"


def cli_page() -> str:
    """Every command with its arguments, as their parsers declare them."""
    lines = [
        "# Command line",
        "",
        "Data goes to stdout, words to stderr. While a question is stale, every command that does not show it itself",
        "ends with one line about it on stderr. `--json` prints [one object that scripts may rely on](json.md).",
        "",
        "| exit code | meaning |",
        "|---|---|",
        "| 0 | done |",
        "| 1 | findings, or unfinished |",
        "| 2 | bad usage, or bad input |",
        "| 3 | refused |",
        "| 130, 141 | interrupted; the reader of stdout went away |",
    ]
    for name in (COCKPIT, *COMMANDS):
        module = load(COCKPIT if name == COCKPIT else COMMANDS[name][0])
        lines += command_section(command_parser(name, module.register))
    return "\n".join(lines) + "\n"


def command_section(parser: argparse.ArgumentParser) -> list[str]:
    """One command: how it is called, what it does, and its arguments in a table."""
    rows = [action for action in parser._actions if action.dest != "help"]
    usage = " ".join([parser.prog, *(_usage(action) for action in rows)])
    lines = ["", f"## `{parser.prog}`", "", f"`{usage}`", "", str(parser.description).replace("%%", "%")]
    if rows:
        lines += ["", "| argument | meaning |", "|---|---|"]
        lines += [f"| `{_spelling(action)}` | {_meaning(action)} |" for action in rows]
    return lines


def _spelling(action: argparse.Action) -> str:
    value = _value(action)
    return ", ".join(f"{name} {value}".strip() for name in action.option_strings) or value


def _usage(action: argparse.Action) -> str:
    spelling = f"{action.option_strings[-1]} {_value(action)}".strip() if action.option_strings else _value(action)
    return spelling if action.required else f"[{spelling}]"


def _value(action: argparse.Action) -> str:
    if action.nargs == 0:
        return ""
    return str(action.metavar or action.dest.upper())


def _meaning(action: argparse.Action) -> str:
    return str(action.help).replace("%%", "%").replace("|", "\\|")


PAGES: Mapping[str, Callable[[], str]] = {
    "reference/coverage.md": coverage.page,
    "reference/cli.md": cli_page,
    "reference/events.md": events_page,
    "reference/keys.md": keys_page,
    "reference/plans.md": plans_page,
    "reference/settings.md": settings_page,
    "reference/themes.md": themes_page,
    "reference/workflows.md": workflows_page,
}


ALL_TABLES: Mapping[str, Callable[[], str]] = {**TABLES, "mcp tools": mcp_tools.section}


def stale_pages(root: Path, pages: Mapping[str, Callable[[], str]] = PAGES) -> dict[Path, str]:
    """The pages below `root` that are missing or differ from what the program says, with the text they should have."""
    expected = {root / name: f"{GENERATED}\n\n{page()}" for name, page in pages.items()}
    return {
        path: text for path, text in expected.items() if not path.is_file() or path.read_text(encoding="utf-8") != text
    }


def stale_tables(root: Path, tables: Mapping[str, Callable[[], str]] = ALL_TABLES) -> dict[Path, str]:
    """The written pages below `root` with a table that differs from what the program says, with their right text.

    Raises:
        ValueError: a page names a table that there is none of, or never ends it.
    """
    pages = {path: path.read_text(encoding="utf-8") for path in sorted(root.rglob("*.md"))}
    right = {path: with_tables(text, path, tables) for path, text in pages.items()}
    return {path: text for path, text in right.items() if text != pages[path]}


def with_tables(text: str, path: Path, tables: Mapping[str, Callable[[], str]]) -> str:
    """`text` with every table between its marks as it should be."""
    begun = [mark["name"] for mark in _BEGIN.finditer(text)]
    for name in begun:
        if name not in tables or f"<!-- end of {name} -->" not in text:
            raise ValueError(f"{path}: there is no table {name!r}, or no line <!-- end of {name} --> behind it")

    def filled(mark: re.Match[str]) -> str:
        name = mark["name"]
        return f"<!-- table {name}, written by `make docs` -->\n\n{tables[name]()}\n\n<!-- end of {name} -->"

    return _TABLE.sub(filled, text)


def main(argv: Sequence[str]) -> int:
    """Write the stale pages; with `--check` only name them and return 1 when there are any."""
    if list(argv) not in ([], ["--check"]):
        sys.stderr.write("usage: docs/generate.py [--check]\n")
        return 2
    stale = {**stale_pages(DOCS), **stale_tables(DOCS)}
    for path, text in stale.items():
        if argv:
            sys.stderr.write(f"out of date: {path.relative_to(DOCS.parent)}; run `make docs`\n")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"wrote {path.relative_to(DOCS.parent)}\n")
    return 1 if argv and stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
