"""Cards of tracks as a plan: the seed's own card, what depends on what, and what is told of a card that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator_tui.core.exports.track_report import track_card_files
from orchestrator_tui.plan.imports.registry import importer_for
from orchestrator_tui.plan.imports.track_cards import convert
from orchestrator_tui.plan.load import load_plan
from tests.core.builders import START
from tests.core.exports.test_tracks_files import revising
from tests.plan.samples import REPOSITORY, workflows

SEED = """\
Track: api-validation
Tasks: task-12, task-14
Files: src/api/validators.js, test/api/validators.test.js
Dependencies: task-11 done
Validation: npm test -- test/api/validators.test.js
Work surface: git worktree ../wt-api-validation
State: active
"""
SECOND = """
Track: api-docs
Tasks: task-15
Files: docs/api.md
Dependencies: task-14
Validation: make docs, npm test -- test/api/validators.test.js
Work surface: git worktree ../wt-api-docs
State: serialized
"""


def test_the_card_of_the_seed_is_a_plan(tmp_path: Path) -> None:
    """[000-002] [000-029] [000-040] [000-041]"""
    path = tmp_path / "tracks.md"
    path.write_text(f"# Tracks\n\n{SEED}{SECOND}")
    loaded = load_plan(path, REPOSITORY, workflows())
    assert [str(one) for one in loaded.problems] == []
    assert loaded.plan is not None
    first, second = loaded.plan.tracks
    assert (first.slug, first.tasks, first.depends_on) == ("api-validation", ("task-12", "task-14"), ())
    assert first.scope.owned == ("src/api/validators.js", "test/api/validators.test.js")
    assert [one.command for one in first.checks] == ["npm test -- test/api/validators.test.js"]
    assert (second.slug, second.depends_on, first.workflow) == ("api-docs", ("api-validation",), "tracks")
    assert [one.command for one in loaded.plan.checks] == ["npm test -- test/api/validators.test.js", "make docs"]


def test_what_is_merged_is_left_out_and_said() -> None:
    """[000-029]"""
    found = convert(SEED.replace("active", "merged") + SECOND, "tracks.md")
    assert found.content is not None
    assert [one["slug"] for one in found.content["tracks"]] == ["api-docs"]
    assert [str(one) for one in found.problems] == ["tracks.md:1: State: api-validation is merged: it is left out"]


def test_the_cards_that_we_write_are_cards_that_we_read() -> None:
    """[000-041]"""
    (document,) = track_card_files(revising().batch, START)
    assert importer_for(Path("tracks.md"), document.content) is not None
    found = convert(document.content, "tracks.md")
    assert found.content is not None
    assert [(one["slug"], one["depends_on"]) for one in found.content["tracks"]] == [
        ("limiter", []),
        ("docs", ["limiter"]),
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            SEED.replace("task-11 done", "task-11"),
            'tracks.md:4: Dependencies: "task-11" is not done, and no card does it: finish it first',
        ),
        (SEED.replace("State: active", "State: activ"), 'did you mean "active"?'),
        (SEED.replace("api-validation\nTasks", "///\nTasks"), "tracks.md:1: Track: names no track"),
        (SEED.replace("active", "merged"), "tracks.md:1: State: every track is merged or abandoned"),
    ],
)
def test_a_card_that_is_wrong_is_told_in_one_line(text: str, line: str) -> None:
    """[000-029]"""
    found = convert(text, "tracks.md")
    assert found.content is None
    assert line in str(found.problems[-1])


@pytest.mark.parametrize("text", ["title: t\nworkflow: tracks\n", "Track: one\nNothing else\n", ""])
def test_no_other_file_is_taken_for_cards(text: str) -> None:
    assert importer_for(Path("plan.yaml"), text) is None


@pytest.mark.parametrize(
    ("key", "said", "meant"),
    [
        ("files", "Files: src/{a,b}.js, src/{c,{d,e}}.js", ["src/{a,b}.js", "src/{c,{d,e}}.js"]),
        ("files", "Files: src/[a,b].js, `docs/a, b.md`", ["src/[a,b].js", "docs/a, b.md"]),
        ("files", "Files: src/{a, b.js", ["src/{a", "b.js"]),
    ],
)
def test_a_comma_within_a_pattern_parts_no_files(key: str, said: str, meant: list[str]) -> None:
    """[000-029] Half of ``src/{a,b}.js`` would be a file that nobody owns."""
    found = convert(SEED.replace("Files: src/api/validators.js, test/api/validators.test.js", said), "tracks.md")
    assert found.content is not None
    assert found.content["tracks"][0][key] == meant


@pytest.mark.parametrize(
    ("said", "commands"),
    [
        ("ruff check --select E,F, make", ["ruff check --select E,F", "make"]),
        ("`npm test -- a, b`, make", ["npm test -- a, b", "make"]),
        ("cd web; make", ["cd web; make"]),
        ("echo `a, b`; ls {a, b}", ["echo `a, b`; ls {a, b}"]),
        ("not declared", []),
    ],
)
def test_a_command_of_a_card_is_run_as_it_is_written(said: str, commands: list[str]) -> None:
    found = convert(SEED.replace("npm test -- test/api/validators.test.js", said), "tracks.md")
    assert found.content is not None
    assert list(found.content["checks"].values()) == commands
