"""``orch-tui doctor``: what is watched, what is missing, and the exact fix (DESIGN §2.1)."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from orchestrator_tui.cli.arguments import add_command, add_json, add_repository
from orchestrator_tui.cli.faults import DONE, UNFINISHED
from orchestrator_tui.cli.journals import existing_directory, find_place
from orchestrator_tui.cli.json_view import print_json
from orchestrator_tui.cli.tables import signs, tell

if TYPE_CHECKING:
    from orchestrator_tui.cli.arguments import Commands
    from orchestrator_tui.cli.finding import Finding


def register(commands: Commands) -> None:
    """Declare the command and its arguments."""
    parser = add_command(commands, "doctor")
    parser.add_argument(
        "--tasks", action="append", metavar="DIR", default=[], help="a task list to look at too; may be repeated"
    )
    add_repository(parser)
    add_json(parser)


def run(arguments: Namespace) -> int:
    """Examine; 1 when something keeps orch-tui from working, 0 when there are only remarks."""
    from orchestrator_tui.cli.examination import examine

    place = find_place(arguments.repo)
    findings = examine(place, tuple(existing_directory(one) for one in arguments.tasks))
    bad = any(finding.level == "problem" for finding in findings)
    if arguments.json:
        views = [
            {"about": one.about, "level": one.level, "text": one.text, "fix": one.fix, "data": dict(one.data)}
            for one in findings
        ]
        print_json({"healthy": not bad, "findings": views})
    else:
        for finding in findings:
            _print(finding)
    return UNFINISHED if bad else DONE


def _print(finding: Finding) -> None:
    glyphs = signs()
    sign = {"ok": glyphs.done, "remark": glyphs.bullet, "problem": glyphs.failed}[finding.level]
    tell(f"{sign} {finding.about:<12}{finding.text}")
    if finding.fix:
        tell(f"  {'':<12}{glyphs.running} {finding.fix}")
