"""Plans as people write them in Markdown: the fixed headings of a session's plan, and tables of tracks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.plan.imports import plan_tables, wave_plan
from orchestrator_tui.plan.imports.registry import importer_for
from orchestrator_tui.plan.load import Loaded, load_plan
from tests.plan.samples import REPOSITORY, workflows

WAVES = """\
# Export of invoices

## Wave Plan (Session: feature, 5 waves, isolation: worktree)

### Wave 1: Discovery (1 agent, parallel, read-only)
- Agent 1: map exporters → none → every writer is named → Explore

### Wave 2: Impl-Core (2 agents, parallel)
- Agent 1: csv writer → src/csv.py, tests/test_csv.py → quotes are doubled → general-purpose
- **Agent 2**: endpoint -> `src/api/` -> an empty name is refused -> general-purpose
File scope overlap: none

### Wave 3: Impl-Polish (0 agents)

### Wave 4: Quality (1 agent, parallel)
- Agent 1: edges → tests/test_edges.py → an empty set → test-writer

### Agent Registry
| type | from |

### Execution Config
- **waves:** 5
- agents-per-wave: 4
- enforcement: strict
- max-turns: auto

### Docs Tasks (machine-readable)
```yaml
- id: readme
  audience: user
  target-pattern: README.md
  rationale: the export is new
  wave: 5
  status: planned
```
"""
TABLE = """\
# Rate limiting

| Track | Tasks | Files | Dependencies | Validation | State |
|-------|-------|-------|:-------------|------------|-------|
| schema | columns of limits | db/limits.sql | none | make db | merged |
| limiter | token bucket | src/limiter.py, `tests/test_limiter.py` | schema | pytest -q | pending |
| docs | say what it answers | docs/api.md | limiter, schema done | make docs<br>pytest -q | |
"""


def load(folder: Path, name: str, text: str) -> Loaded:
    path = folder / name
    path.write_text(text, "utf-8")
    return load_plan(path, REPOSITORY, workflows())


def told(problems: object) -> list[str]:
    return [str(one) for one in problems]  # type: ignore[attr-defined]


def test_the_plan_of_a_session_is_read_with_its_waves_and_its_execution_config(tmp_path: Path) -> None:
    """[004-22] [004-23] [004-99] What it says of the execution goes before the project's settings."""
    loaded = load(tmp_path, "plan.md", WAVES)
    assert told(loaded.problems) == []
    plan = loaded.plan
    assert plan is not None
    assert (plan.title, plan.workflow) == ("Export of invoices", "waves")
    session = plan.session
    assert (session.type, session.waves, session.agents, session.turns) == ("feature", 5, 4, 0)
    assert (session.isolation, session.enforcement) == ("worktree", "strict")
    assert [(one.slug, one.role, one.wave, one.scope.owned) for one in plan.tracks] == [
        ("map-exporters", "Discovery", 1, ()),
        ("csv-writer", "Impl-Core", 2, ("src/csv.py", "tests/test_csv.py")),
        ("endpoint", "Impl-Core", 2, ("src/api/",)),
        ("edges", "Quality", 4, ("tests/test_edges.py",)),
    ]
    assert plan.tracks[2].acceptance == ("an empty name is refused",)
    assert [(one.id, one.audience, one.pattern, one.wave) for one in session.docs] == [
        ("readme", "user", "README.md", 5)
    ]


def test_in_a_wave_of_two_roles_who_changes_nothing_is_of_the_one_that_looks() -> None:
    """[004-60]"""
    text = WAVES.replace("### Wave 2: Impl-Core (2", "### Wave 2: Discovery + Impl-Core (3").replace(
        "File scope", "- Agent 3: look → none → nothing is missed → Explore\nFile scope"
    )
    made = wave_plan.convert(text, "plan.md")
    assert made.content is not None
    assert [one["role"] for one in made.content["tracks"][1:4]] == ["Impl-Core", "Impl-Core", "Discovery"]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (
            "### Wave 2: Impl-Core",
            "### Wave two: Impl-Core",
            "plan.md:8: Wave two: Impl-Core (2 agents, parallel): must ",
        ),
        (
            "map exporters → none → every writer is named → Explore",
            "map exporters",
            "plan.md:6: Agent 1: must be `Agent 1: task → files → acc",
        ),
        ("### Execution Config", "### Execution Confg", 'is no section of a plan; did you mean "Execution Config"?'),
        ("enforcement: strict", "enforcement: strickt", 'did you mean "strict"?'),
        ("agents-per-wave: 4", "agent-per-wave: 4", 'did you mean "agents-per-wave"?'),
        ("(2 agents,", "(3 agents,", "plan.md:8: Wave 2: announces 3 and names 2"),
        ("- id: readme", "id: readme\n x", "plan.md:3"),
    ],
)
def test_what_is_wrong_with_the_plan_of_a_session_is_one_line(old: str, new: str, line: str) -> None:
    """[004-99]"""
    found = told(wave_plan.convert(WAVES.replace(old, new), "plan.md").problems)
    assert len(found) == 1
    assert line in found[0]


@pytest.mark.parametrize(
    ("files", "owned"),
    [
        ("app/[id]", ["app/[id]"]),
        ("[app/[id], src/x.py]", ["app/[id]", "src/x.py"]),
        ("`src/{a,b}.py`, `app/[id]/**`", ["src/{a,b}.py", "app/[id]/**"]),
        ("[src/*]", ["src/*"]),
        ("[none]", None),
    ],
)
def test_brackets_around_all_of_it_are_those_of_the_form(files: str, owned: list[str] | None) -> None:
    """[004-99] Others belong to the name of a file."""
    text = WAVES.replace("src/csv.py, tests/test_csv.py", files)
    made = wave_plan.convert(text, "plan.md").content
    assert made is not None
    assert made["tracks"][1].get("files") == owned


def test_a_table_of_tracks_is_a_plan_without_what_is_over(tmp_path: Path) -> None:
    """[000-029] [000-041]"""
    loaded = load(tmp_path, "plan.md", TABLE)
    assert told(loaded.problems) == []
    assert loaded.plan is not None
    assert (loaded.plan.title, loaded.plan.workflow) == ("Rate limiting", "tracks")
    limiter, docs = loaded.plan.tracks
    assert (limiter.slug, limiter.title, limiter.depends_on) == ("limiter", "token bucket", ())
    assert limiter.scope.owned == ("src/limiter.py", "tests/test_limiter.py")
    assert (docs.depends_on, [one.command for one in docs.checks]) == (("limiter",), ["make docs", "pytest -q"])
    assert loaded.lines["tracks[1].depends_on"] == 7


@pytest.mark.parametrize(
    ("heading", "above", "workflow"),
    [
        ("Track", "", "tracks"),
        ("Chunk", "", "chunks"),
        ("Task", "", "pool"),
        ("Task", "Workflow: waves", "waves"),
        ("Item", "**Workflow**: bug-to-pr", "bug-to-pr"),
    ],
)
def test_the_first_column_says_whose_plan_it_is(heading: str, above: str, workflow: str) -> None:
    made = plan_tables.convert(f"{above}\n\n| {heading} | Files |\n|---|---|\n| Add a form | a.py |\n", "plan.md")
    assert made.content is not None
    assert made.content["workflow"] == workflow
    assert [(one["slug"], one["title"]) for one in made.content["tracks"]] == [("add-a-form", "Add a form")]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (
            "| limiter, schema",
            "| limter, schema",
            'plan.md:7: Dependencies: docs waits for "limter", which no row is; did ',
        ),
        ("| docs |", "| limiter |", 'plan.md:7: Track: "limiter" is there already'),
        ("| docs |", "| |", "plan.md:7: Track: names nothing"),
        ("| Validation |", "| Validaton |", 'is no column of a plan; it is ignored; did you mean "validation"?'),
        ("| Track |", "| Item |", "plan.md:3: Item: does not say whose plan it is; write `Workflow: NAME` on a line"),
        ("pending", "merged", ""),
    ],
)
def test_what_is_wrong_with_a_table_is_one_line(old: str, new: str, line: str) -> None:
    found = told(plan_tables.convert(TABLE.replace(old, new), "plan.md").problems)
    assert [line in one for one in found] == ([True] if line else [])


def row(*cells: str) -> dict[str, Any]:
    """What is made of one row that is not over, beside one that is."""
    headings = "| Track | Files | Dependencies | Validation | State |\n|---|---|---|---|---|\n"
    made = plan_tables.convert(f"{headings}| old | o.py | | | done |\n| {' | '.join(cells)} |\n", "plan.md")
    assert made.content is not None, told(made.problems)
    (track,) = made.content["tracks"]
    return {**track, "checks": [made.content["checks"][one] for one in track.get("checks", ())]}


@pytest.mark.parametrize(
    ("cell", "files"),
    [
        ("*.md", ["*.md"]),
        ("**/*.py, docs/**", ["**/*.py", "docs/**"]),
        ("`src/*`, `docs/**`", ["src/*", "docs/**"]),
        ("**src/a.py**; *b.py*", ["src/a.py", "b.py"]),
        ("`src/{a,b}.py`", ["src/{a,b}.py"]),
        ("**/src/**", ["**/src/**"]),
        ("a.py<br>b.py,c.py", ["a.py", "b.py", "c.py"]),
    ],
)
def test_the_stars_of_a_pattern_are_no_marks_of_bold_text(cell: str, files: list[str]) -> None:
    """Scopes of other files would be owned, and those that are meant be outside of them."""
    assert row("a", cell, "", "", "")["files"] == files


@pytest.mark.parametrize(
    ("cell", "commands"),
    [
        ("`ruff check --select E,F`", ["ruff check --select E,F"]),
        ("ruff check --select E,F, make", ["ruff check --select E,F", "make"]),
        ("ls {a, b}, make", ["ls {a, b}", "make"]),
        ("`cd api; make`, `make docs`", ["cd api; make", "make docs"]),
        ("make; pytest -q", ["make", "pytest -q"]),
    ],
)
def test_a_command_is_run_as_it_is_written(cell: str, commands: list[str]) -> None:
    """Half of one would be run otherwise, and its other half, too."""
    assert row("a", "a.py", "", cell, "")["checks"] == commands


def test_what_is_said_to_be_over_and_is_no_row_is_not_waited_for() -> None:
    assert row("**a**", "a.py", "infra merged, `old`, schema (done)", "", "")["depends_on"] == []


@pytest.mark.parametrize(("state", "left"), [("✅ Done", 1), ("merged (4f2a)", 1), ("not done", 2), ("", 2)])
def test_a_state_is_over_by_its_first_word(state: str, left: int) -> None:
    text = f"| Track | Files | State |\n|---|---|---|\n| a | a.py | |\n| b | b.py | {state} |\n"
    made = plan_tables.convert(text, "plan.md").content
    assert made is not None
    assert len(made["tracks"]) == left


def test_a_table_of_which_every_row_is_over_says_so() -> None:
    text = "| Track | Files | State |\n|---|---|---|\n| a | a.py | done |\n"
    made = plan_tables.convert(text, "plan.md")
    assert (made.content, told(made.problems)) == (
        None,
        ["plan.md:1: Track: every row is over: there is nothing to do"],
    )


@pytest.mark.parametrize(
    "text", ["| Track | Branch |\n|---|---|\n| a | b |\n", "# Notes\n", "| Track | Files |\n| a | b |\n"]
)
def test_another_text_is_no_plan(text: str) -> None:
    assert importer_for(Path("notes.md"), text) is None
