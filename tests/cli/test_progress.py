"""A run without a screen: each event is a line, and each question says how it is answered from elsewhere."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from orchestrator_tui.cli.progress import Progress
from tests.core.run_builders import RunLedger

WAY = "answer in another terminal: orch-tui decide"


def told(run: RunLedger, capsys: pytest.CaptureFixture[str], answered: Collection[str] = ()) -> str:
    Progress(quiet=False, answered=answered).tell(run.batch)
    return capsys.readouterr().err


def test_a_question_says_how_it_is_answered(capsys: pytest.CaptureFixture[str]) -> None:
    run = RunLedger()
    run.ask("limiter", "g", stage=2)
    run.ask("docs", "why", options=[])
    lines = told(run, capsys).splitlines()
    assert f"{WAY} limiter/2 ship | fix | no" in lines
    assert f"{WAY} why --text TEXT" in lines


@pytest.mark.parametrize("answered", [("*",), ("task",)])
def test_what_is_answered_here_or_by_a_rule_is_asked_of_nobody(
    capsys: pytest.CaptureFixture[str], answered: Collection[str]
) -> None:
    run = RunLedger()
    run.ask("limiter")
    assert WAY not in told(run, capsys, answered)
    run.answer()
    assert WAY not in told(run, capsys)


def test_what_is_of_the_whole_run_names_no_track(capsys: pytest.CaptureFixture[str]) -> None:
    run = RunLedger()
    assert "opened: Rate limiting batch" in told(run, capsys)
    assert " : " not in told(run, capsys)
