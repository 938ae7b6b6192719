"""Results of checks as files below the journal's directory: found by tree and command, forgotten when they are old."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator_tui.adapters.results import ResultFiles
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.run import KeptCheck

DAY = 86_400_000
NOW = Instant(1_776_754_800_000, 50_000_000_000, "boot-1")


def result(command: str = "make test", at: Instant = NOW) -> KeptCheck:
    return KeptCheck("tests", "pass", at, "list-1", command)


def test_a_result_is_found_again_by_tree_and_command(tmp_path: Path) -> None:
    """[004-150] By the age of the journal that it was recorded in, whatever the file's own is."""
    files = ResultFiles(tmp_path / "results")
    files.keep("tree", [result()], 7 * DAY)
    assert ResultFiles(tmp_path / "results").find("tree", "make test") == result()
    assert files.find("other tree", "make test") is None
    assert files.find("tree", "make lint") is None


def test_no_command_is_written_down(tmp_path: Path) -> None:
    files = ResultFiles(tmp_path)
    files.keep("tree", [result("TOKEN=hunter2 make test")], 7 * DAY)
    (path,) = tmp_path.glob("*.json")
    assert "hunter2" not in path.read_text("utf-8")


@pytest.mark.parametrize(("age", "stays"), [(7 * DAY - 1, True), (7 * DAY, False)])
def test_what_is_seven_days_old_is_forgotten(tmp_path: Path, age: int, stays: bool) -> None:
    """[004-150] At seven days, and not just below."""
    files = ResultFiles(tmp_path)
    files.keep("old", [result(at=NOW.plus(-age))], 7 * DAY)
    files.keep("new", [result()], 7 * DAY)
    assert (files.find("old", "make test") is not None) is stays
    assert files.find("new", "make test") is not None


@pytest.mark.parametrize(
    "damage",
    [
        "",
        "{",
        "[]",
        '{"version": 2}',
        "null",
        '{"version":1,"result":"pass","at":[1]}',
        '{"version":1,"result":"pass","at":[1e999,1,"b"]}',
        pytest.param("[" * 60_000, id="deep"),
    ],
)
def test_a_file_that_is_damaged_or_of_another_form_counts_as_none(tmp_path: Path, damage: str) -> None:
    files = ResultFiles(tmp_path)
    files.keep("tree", [result()], 7 * DAY)
    (path,) = tmp_path.glob("*.json")
    path.write_text(damage)
    assert files.find("tree", "make test") is None
    files.keep("tree", [result()], 7 * DAY)
    assert files.find("tree", "make test") == result()
