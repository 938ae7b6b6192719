"""``## Session Config``: read as its users write it; what cannot be used is told in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator_tui.plan.session_config import SessionConfig, read_session_config

FILES = ("CLAUDE.md", "AGENTS.md")
WHOLE = """# Shop

persistence: false

## Session Config

- **persistence:** true
- **enforcement:** strict
- **isolation:** worktree
- **agents-per-wave:** 6 (deep: 18)
- **waves:** 4
- **max-turns:** auto
- **pencil:** design/shop.pen
- **special:** "speak softly"
docs-orchestrator:
  enabled: true
  audiences: [user]
enforcement-gates: { path-guard: true, command-guard: false }

## Other

- **enforcement:** off
"""


def read(folder: Path, text: str, name: str = "CLAUDE.md") -> SessionConfig:
    (folder / name).write_text(text)
    return read_session_config(folder, FILES, agents_least=2)


def test_every_setting_is_read_from_its_section_alone(tmp_path: Path) -> None:
    """[004-15] [004-16] [004-18] [004-19] [004-21]"""
    found = read(tmp_path, WHOLE)
    assert found == SessionConfig(
        file="CLAUDE.md",
        persistence=True,
        enforcement="strict",
        isolation="worktree",
        agents={"": 6, "deep": 18},
        waves=4,
        turns=0,
        pencil="design/shop.pen",
        docs=True,
        guards={"path-guard": True, "command-guard": False},
        problems=found.problems,
    )
    assert [str(one) for one in found.problems] == [
        "CLAUDE.md:17: docs-orchestrator.audiences: is no setting of a session; it is ignored"
        '; did you mean "docs-orchestrator.enabled"?'
    ]


@pytest.mark.parametrize(
    "line",
    ["persistence: false", "- persistence: false", "* **persistence**: `false`", "- **persistence:** false  # never"],
)
def test_a_setting_is_read_however_it_is_dressed(tmp_path: Path, line: str) -> None:
    assert read(tmp_path, f"## Session Config\n{line}\n").persistence is False


def test_the_first_file_that_has_the_section_counts(tmp_path: Path) -> None:
    """[004-15]"""
    (tmp_path / "CLAUDE.md").write_text("# nothing of it here\n")
    found = read(tmp_path, "## Session Config\nwaves: 3\n", "AGENTS.md")
    assert (found.file, found.waves) == ("AGENTS.md", 3)
    assert read(tmp_path, "## Session Config\nwaves: 6\n").waves == 6


def test_without_a_section_nothing_is_said(tmp_path: Path) -> None:
    assert read_session_config(tmp_path, FILES) == SessionConfig()
    assert read(tmp_path, "waves: 3\n") == SessionConfig()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("enforcement: strickt", '"strickt" is none of strict, warn, off; it is ignored; did you mean "strict"?'),
        ("persistence: no", '"no" is neither true nor false; it is ignored; did you mean "false"?'),
        ("agents-per-wave: many", '"many" is no number of agents; write 6 or 6 (deep: 18); it is ignored'),
        ("agents-per-wave: 1", '"1" is no whole number from 2 to 64; it is ignored'),
        ("max-turns: 0", '"0" is no whole number from 1 to 1,000; it is ignored'),
        ("enforcment: strict", 'is no setting of a session; it is ignored; did you mean "enforcement"?'),
        ("enforcement-gates: {path-guard: maybe}", '"maybe" is neither true nor false; it is ignored'),
    ],
)
def test_what_cannot_be_used_is_told_in_one_line(tmp_path: Path, line: str, told: str) -> None:
    """[004-25]"""
    found = read(tmp_path, f"## Session Config\n\n{line}\nwaves: 4\n")
    (problem,) = found.problems
    assert str(problem) == f"CLAUDE.md:3: {line.partition(':')[0]}{problem.key[len(line.partition(':')[0]) :]}: {told}"
    assert problem.level == "warning"
    assert found.waves == 4


def test_settings_of_other_things_are_left_alone(tmp_path: Path) -> None:
    text = "## Session Config\n- **vcs:** gitlab\n- **mirror:** github\n- **issue-limit:** 50\n"
    assert read(tmp_path, text).problems == ()
