"""STATE.md read back: what a session left unfinished is a plan, and a bad file is told in one line each."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator_tui.core.exports.state_md import state_md_files
from orchestrator_tui.plan.imports.registry import importer_for
from orchestrator_tui.plan.imports.state_md import convert
from orchestrator_tui.plan.load import load_plan
from tests.core.exports.wave_story import Story
from tests.plan.samples import REPOSITORY, workflows

SEED = """---
schema-version: 1
session-type: feature
branch: feat/export
issues: [41, 44]
started_at: 2026-04-21T09:00:00+02:00
status: active
current-wave: 2
total-waves: 5
session-start-ref: 4f2c1aa
---
## Current Wave
Wave 3 — Impl-Polish (3 agents)
## Wave History
### Wave 1 — Discovery
- Agent "map exporters": done — 0 files — two writers found
### Wave 2 — Impl-Core
- Agent "csv writer": partial — src/csv.py — quoting left → issue #52
## Deviations
- [2026-04-21T09:40:12+02:00] Wave 3: +1 agent, unfinished quoting from wave 2
"""


def test_the_seeds_example_is_resumed_by_what_is_not_done() -> None:
    """[004-44] [004-49] An active session has crashed: that is said, and only its unfinished work is a track."""
    made = convert(SEED, "STATE.md")
    assert [str(one) for one in made.problems] == [
        "STATE.md:7: status: is active: that session ended without a close; what it left unfinished is resumed"
    ]
    assert made.content == {
        "title": "Resume the session on feat/export",
        "workflow": "waves",
        "base": "feat/export",
        "session": {"type": "feature", "waves": "5", "issues": ["41", "44"]},
        "tracks": [
            {
                "slug": "csv-writer",
                "title": "csv writer",
                "brief": "csv writer\n\nThe last session left this partial: quoting left → issue #52",
                "role": "Impl-Core",
                "files": ["src/csv.py"],
            }
        ],
    }


def test_it_is_a_plan_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "STATE.md"
    path.write_text(SEED)
    found = load_plan(path, REPOSITORY, workflows(), branch="main")
    assert found.usable
    assert found.plan is not None
    assert (found.plan.base, found.plan.session.issues) == ("feat/export", (41, 44))
    assert [one.slug for one in found.plan.tracks] == ["csv-writer"]


def test_what_we_write_we_read(tmp_path: Path) -> None:
    """[004-44] [004-94] The hash of what was carried over comes along, so that it is the same piece of work."""
    story = Story()
    story.closes()
    (document,) = state_md_files(story.batch, story.now)
    assert importer_for(Path("STATE.md"), document.content) is not None
    made = convert(document.content, "STATE.md")
    assert made.content is not None
    assert made.problems == ()
    assert [one["slug"] for one in made.content["tracks"]] == ["csv-writer", "csv-quoting"]
    assert "<!-- task-hash: 0f4cb8c5 -->" in made.content["tracks"][0]["brief"]


def test_a_missing_list_of_documents_means_none_and_planned_ones_come_along() -> None:
    """[004-56]"""
    made = convert(SEED, "STATE.md").content
    assert made is not None
    assert "docs" not in made["session"]
    tasks = (
        "docs-tasks:\n"
        "  - {id: guide, audience: user, target-pattern: docs/g.md, rationale: new, wave: 5, status: planned}\n"
        "  - {id: adr, audience: dev, target-pattern: docs/a.md, rationale: why, wave: 5, status: ok}\n"
    )
    made = convert(SEED.replace("total-waves: 5\n", f"total-waves: 5\n{tasks}"), "STATE.md").content
    assert made is not None
    assert made["session"]["docs"] == [
        {"id": "guide", "audience": "user", "pattern": "docs/g.md", "rationale": "new", "wave": "5"}
    ]
    empty = convert(SEED.replace("total-waves: 5\n", "total-waves: 5\ndocs-tasks: []\n"), "STATE.md").content
    assert empty == convert(SEED, "STATE.md").content


def test_issues_that_are_no_list_are_told_and_left_out() -> None:
    made = convert(SEED.replace("issues: [41, 44]", "issues: forty"), "STATE.md")
    assert made.content is not None
    assert "issues" not in made.content["session"]
    assert 'STATE.md:5: issues: "forty" is no list of numbers; write [41, 44]; it is ignored' in [
        str(one) for one in made.problems
    ]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("session-type: feature", "session-type: featur", 'STATE.md:3: session-type: "featur" is none of '),
        ("status: active", "status: aktive", 'did you mean "active"?'),
        ("schema-version: 1", "schema-version: 9", 'STATE.md:2: schema-version: "9" is not 1'),
        ("current-wave: 2", "current-wave: two", 'STATE.md:8: current-wave: "two" is no whole number'),
        ("branch: feat/export\n", "", "branch: is missing"),
        ("issues: [41, 44]", "issues: [41", "STATE.md:"),
    ],
)
def test_a_bad_file_is_told_in_one_line(old: str, new: str, told: str) -> None:
    made = convert(SEED.replace(old, new), "STATE.md")
    assert made.content is None
    assert len(made.problems) == 1
    assert told in str(made.problems[0])


def test_a_key_that_nobody_knows_is_told_and_ignored() -> None:
    made = convert(SEED.replace("branch: feat", "brunch: x\nbranch: feat"), "STATE.md")
    assert made.content is not None
    assert str(made.problems[0]) == ('STATE.md:4: brunch: there is no such key; it is ignored; did you mean "branch"?')


def test_a_finished_session_leaves_nothing_to_go_on_with() -> None:
    made = convert(SEED.replace(": partial", ": done").replace("active", "completed"), "STATE.md")
    assert made.content is None
    assert "leaves nothing unfinished" in str(made.problems[0])


def test_what_a_later_wave_has_taken_over_is_resumed_once() -> None:
    """[004-139] Its last line counts; before the later wave has begun that is its own."""
    moved = SEED.replace(" → issue #52", " → wave 3")
    made = convert(moved, "STATE.md")
    assert made.content is not None
    assert [one["brief"].endswith("left this partial: quoting left") for one in made.content["tracks"]] == [True]
    later = '### Wave 3 — Impl-Core\n- Agent "csv writer": done — src/csv.py\n## Deviations'
    again = convert(moved.replace("## Deviations", later), "STATE.md")
    assert (again.content, str(again.problems[-1])) == (
        None,
        "STATE.md:7: status: leaves nothing unfinished: there is nothing to go on with",
    )


def test_a_comma_within_a_pattern_parts_no_files() -> None:
    """[004-49] Half of ``src/{csv,tsv}.py`` would be a file that nobody owns."""
    made = convert(SEED.replace("— src/csv.py —", "— src/{csv,tsv}.py, `docs/a, b.md` and 2 more —"), "STATE.md")
    assert made.content is not None
    assert made.content["tracks"][0]["files"] == ["src/{csv,tsv}.py", "docs/a, b.md"]
