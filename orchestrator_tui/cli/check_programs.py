"""Commands of a plan whose program is not on this machine: said before agents are sent again for what none can mend."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from orchestrator_tui.core.plan import Plan
from orchestrator_tui.core.scope import expand
from orchestrator_tui.core.text import sanitise_line
from orchestrator_tui.plan.load import Loaded
from orchestrator_tui.plan.problems import WARNING, Problem

_OWN_WORDS = frozenset(
    "! . : [ alias break case cd command continue do done echo eval exec exit export false fi for if in kill printf "
    "pwd read return set shift source test then times trap true type ulimit umask unset until wait while { }".split()
)
"""What the shell does itself."""

_SIGNS = re.compile(r"[$`*?\[\](){}<>|&;~]")
"""What the shell reads otherwise than it is written: of such a word nobody can say what it names."""

_SETTING = re.compile(r"[A-Za-z_]\w*=")


def command_problems(loaded: Loaded, plan: Plan, repository: Path) -> tuple[Problem, ...]:
    """Checks that name a program which is not there; no error, since a track or a set-up may bring it."""
    if plan.provision.setup:
        return ()
    found = []
    for place, command in _commands(plan):
        program = _first_word(command)
        if program and not _is_there(program, plan, repository, os.environ):
            text = f"there is no program `{sanitise_line(program, 120)}` that can be run: every try would fail by it"
            line = loaded.lines.get(place, 0) or loaded.lines.get("checks", 0)
            found.append(Problem(loaded.file, line, place, text, level=WARNING))
    return tuple(found)


def _commands(plan: Plan) -> Iterator[tuple[str, str]]:
    for one in plan.checks:
        yield f"checks.{one.name}", one.command
    for place, track in enumerate(plan.tracks):
        for one in track.checks:
            if one not in plan.checks:
                yield f"tracks[{place}].checks.{one.name}", one.command


def _first_word(command: str) -> str:
    """The program that a command begins with; "" where that cannot be told, or where the shell is it."""
    try:
        words = shlex.split(command)
    except ValueError:
        return ""
    word = next((one for one in words if _SETTING.match(one) is None), "")
    return "" if word in _OWN_WORDS or _SIGNS.search(word) else word


def _is_there(program: str, plan: Plan, repository: Path, source: Mapping[str, str]) -> bool:
    if "/" not in program:
        return shutil.which(program, path=source.get("PATH") or os.defpath) is not None
    path = repository / program
    if path.is_file() and os.access(path, os.X_OK):
        return True
    # A track may be there to make it, or to make it one that can be run.
    name = program.removeprefix("./")
    return any(expand((*one.scope.owned, *one.scope.allowed), (name,)) or not one.scope.declared for one in plan.tracks)
