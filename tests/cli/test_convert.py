"""``orch-tui convert``: a foreign file becomes a plan that says the same; what is none says so in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator_tui.cli.dispatch import dispatch
from orchestrator_tui.plan.catalogue import load_workflows
from orchestrator_tui.plan.load import load_plan
from tests.cli.scene import Ended


def converting(capsys: pytest.CaptureFixture[str], *arguments: str) -> Ended:
    """Run the command in this process."""
    code = dispatch(["convert", *arguments])
    said = capsys.readouterr()
    return Ended(code, said.out, said.err)


GOLDEN = Path(__file__).parents[1] / "core" / "exports" / "golden" / "chunks" / "build-args.json"


def test_the_plan_says_what_the_foreign_file_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "plan.yaml"
    ended = converting(capsys, str(GOLDEN), "-o", str(target))
    assert (ended.code, ended.out) == (0, "")
    assert "orch-tui check" in ended.err
    workflows = load_workflows(tmp_path, tmp_path / "none").workflows
    ours, theirs = (load_plan(path, tmp_path, workflows, branch="main").plan for path in (target, GOLDEN))
    assert ours is not None
    assert theirs is not None
    assert ours.tracks == theirs.tracks
    assert (ours.title, ours.outline, ours.tests_required) == (theirs.title, theirs.outline, theirs.tests_required)


def test_it_is_printed_for_reading(capsys: pytest.CaptureFixture[str]) -> None:
    ended = converting(capsys, str(GOLDEN))
    assert ended.code == 0
    assert ended.out.startswith("# From build args in build-args.json.\ntitle: CSV export for invoices\n")
    assert "tests_required: true\n" in ended.out
    assert "outline: |-\n  ## Plan\n" in ended.out


def test_a_file_that_is_there_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "plan.yaml"
    target.write_text("mine", "utf-8")
    ended = converting(capsys, str(GOLDEN), "-o", str(target))
    assert ended.code == 2
    assert "is there already" in ended.err
    assert target.read_text("utf-8") == "mine"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("title: ours\nworkflow: tracks\n", "is no file of a system known here"),
        ('{"description": "x", "waves": 3}', "waves: must be a list of waves"),
        ("\0", "is no file of a system known here"),
    ],
)
def test_what_is_none_says_so_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, words: str
) -> None:
    path = tmp_path / "foreign.json"
    path.write_text(text, "utf-8")
    ended = converting(capsys, str(path))
    assert (ended.code, ended.out) == (2, "")
    assert words in ended.err.splitlines()[-1]
    assert "Traceback" not in ended.err
