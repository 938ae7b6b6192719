"""``orch-tui convert FILE [-o PLAN]``: what a file of another system stands for, as a plan of ours."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from orchestrator_tui.adapters.tasks.atomic import replace_file
from orchestrator_tui.cli.arguments import add_command
from orchestrator_tui.cli.faults import DONE, BadInput, Fault
from orchestrator_tui.cli.journals import existing_file
from orchestrator_tui.cli.tables import say
from orchestrator_tui.core.text import sanitise, sanitise_line
from orchestrator_tui.plan.imports.registry import IMPORTERS, importer_for
from orchestrator_tui.plan.problems import Problem, Unreadable
from orchestrator_tui.plan.text import read_text

if TYPE_CHECKING:
    from orchestrator_tui.cli.arguments import Commands

_WIDTH = 110
_MOST = 1 << 20
_MODE = 0o644


def register(commands: Commands) -> None:
    """Declare the command and its arguments."""
    parser = add_command(commands, "convert")
    parser.add_argument(
        "file", metavar="FILE", help="a file of another system: build args, STATE.md, progress, plan tables …"
    )
    parser.add_argument("-o", "--output", metavar="PLAN", help="write the plan there; a file that is there is kept")


def run(arguments: Namespace) -> int:
    """Print the plan, or write it.

    Raises:
        BadInput: nothing here reads the file, or what it says is no plan; each problem is one line.
    """
    path = existing_file(arguments.file)
    plan, source = converted(path)
    text = as_plan(plan, f"From {source} in {path.name}.")
    if arguments.output is None:
        sys.stdout.write(sanitise(text, _MOST))
        return DONE
    target = Path(arguments.output)
    if target.exists():
        raise BadInput(f"{target} is there already: name another file, or remove it")
    try:
        replace_file(os.path.abspath(target), text.encode(), _MODE, lambda: None)
    except OSError as error:
        raise Fault(f"cannot write {target}: {error.strerror or error}") from error
    say(f"wrote {target}; see what it would do: orch-tui check {target}")
    return DONE


def converted(path: Path) -> tuple[Mapping[str, Any], str]:
    """The plan that a file stands for, in the words of a plan file, and what kind of file it is.

    Raises:
        BadInput: nothing here reads it, or it cannot be a plan.
    """
    file = sanitise_line(str(path))
    try:
        text = read_text(path)
    except Unreadable as error:
        raise BadInput(str(Problem(file, error.line, "", str(error)))) from error
    importer = importer_for(path, text)
    if importer is None:
        known = ", ".join(one.name for one in IMPORTERS)
        raise BadInput(f"{file}: is no file of a system known here; known are {known}. A plan of ours needs no change")
    imported = importer.convert(text, file)
    if imported.content is None:
        for problem in imported.problems[1:]:
            say(str(problem))
        raise BadInput(str(imported.problems[0]))
    for problem in imported.problems:
        say(str(problem))
    return imported.content, importer.name


class _Plain(yaml.SafeDumper):
    """Writes texts as people write them in plans: no quotation marks that no reader needs, long ones as blocks."""

    def ignore_aliases(self, data: Any) -> bool:
        """Plans know no aliases."""
        return True


_Plain.yaml_implicit_resolvers = {}
_Plain.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None),
)


def as_plan(content: Mapping[str, Any], words: str) -> str:
    """The plan as YAML, with its origin in a comment."""
    body = yaml.dump(dict(content), Dumper=_Plain, allow_unicode=True, sort_keys=False, width=_WIDTH)
    return f"# {sanitise_line(words)}\n{body}"
