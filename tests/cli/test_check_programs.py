"""Checks whose program is not there are told with the plan, and nothing is told of what may well be there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator_tui.cli.check_programs import command_problems
from orchestrator_tui.core.plan import CheckCommand, Plan, PlannedTrack, Provision, Scope
from orchestrator_tui.plan.load import Loaded

TRACK = PlannedTrack("a", "a", "work", "small", scope=Scope(owned=("tools/new/**",)))


def told(folder: Path, command: str, **fields: object) -> list[str]:
    """What is said of a check of the plan, in line 3 of its file."""
    plan = Plan("t", "small", "main", "", str(folder), "", (TRACK,), checks=(CheckCommand("unit", command),))
    plan = replace(plan, **fields)  # type: ignore[arg-type]
    loaded = Loaded(plan, lines={"checks.unit": 3}, file="plan.yaml")
    return [str(one) for one in command_problems(loaded, plan, folder)]


@pytest.mark.parametrize(
    ("command", "program"),
    [
        ("/no/such/program --x", "/no/such/program"),
        ("no-such-program", "no-such-program"),
        ("CI=1 MORE='a b' no-such-program -q && true", "no-such-program"),
        ("./run-tests", "./run-tests"),
        ("tools/readme.md", "tools/readme.md"),
    ],
)
def test_a_program_that_is_not_there_is_named(tmp_path: Path, command: str, program: str) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools/readme.md").write_text("x")
    assert told(tmp_path, command) == [
        f"plan.yaml:3: checks.unit: there is no program `{program}` that can be run: every try would fail by it"
    ]
    assert told(tmp_path, command, provision=Provision(setup="make tools")) == []


@pytest.mark.parametrize(
    "command",
    [
        "true",
        "sh -c 'exit 1'",
        "cd src && no-such-program",
        "[ -e x ]",
        "$TOOL x",
        "(no-such-program)",
        "no-such-program; true",
        "'an open quote",
        "./made",
        "tools/new/check.sh --all",
        "",
    ],
)
def test_nothing_is_said_of_what_is_there_or_cannot_be_told(tmp_path: Path, command: str) -> None:
    made = tmp_path / "made"
    made.write_text("#!/bin/sh\n")
    made.chmod(0o755)
    assert told(tmp_path, command) == []


def test_a_check_of_a_track_alone_is_told_at_its_track(tmp_path: Path) -> None:
    own = replace(TRACK, checks=(CheckCommand("own", "no-such-program"), CheckCommand("unit", "true")))
    (line,) = told(tmp_path, "true", tracks=(own,))
    assert line.startswith("plan.yaml: tracks[0].checks.own: there is no program `no-such-program`")
