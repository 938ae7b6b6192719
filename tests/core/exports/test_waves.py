"""The files of sessions in waves, as their users know them: STATE.md, wave-scope.json, metrics, report, carry-over."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator_tui.cli.exporting import as_text
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.exports.document import GONE, Document, Export
from orchestrator_tui.core.exports.registry import EXPORTS
from orchestrator_tui.core.plan import AgentChoice
from orchestrator_tui.core.report.carry_over import carry_over, next_plan
from orchestrator_tui.core.session import GuardRules
from orchestrator_tui.core.wave_scope import faults
from orchestrator_tui.plan.load import load_plan
from tests.core.exports.wave_story import DOCS, PLAN, WAVES, Story, with_docs
from tests.plan.samples import REPOSITORY, workflows

GOLDEN = Path(__file__).with_name("golden") / "waves"


def documents(export: Export, story: Story) -> dict[str, Document]:
    return {one.path: one for one in export(story.batch, story.now)}


def text(name: str, path: str, story: Story) -> str:
    return as_text(documents(EXPORTS[name], story)[path])


def golden(name: str) -> str:
    return (GOLDEN / name).read_text("utf-8")


def test_the_state_file_before_the_first_wave() -> None:
    """[004-39] [004-40] [004-41] [004-35]"""
    assert text("state-md", ".claude/STATE.md", Story()) == golden("STATE-initial.md")


def test_the_state_file_while_the_third_wave_works() -> None:
    """[004-45] [004-46]"""
    story = Story()
    story.third_wave_begins()
    assert text("state-md", ".claude/STATE.md", story) == golden("STATE-wave-3.md")


def test_the_state_file_of_a_closed_session_is_completed() -> None:
    """[004-48] [004-94]"""
    story = Story()
    story.closes()
    told = text("state-md", ".claude/STATE.md", story)
    assert "status: completed\ncurrent-wave: 5\n" in told
    assert '- Agent "csv writer": partial — src/csv.py — quoting left → carried over as 0f4cb8c5\n' in told


def test_a_session_that_waits_for_its_person_is_paused() -> None:
    story = Story()
    story.must(Draft("batch_paused", {"how": "drain", "by": "ann"}))
    assert "status: paused\n" in text("state-md", ".claude/STATE.md", story)


@pytest.mark.parametrize(
    ("agent", "directory"),
    [
        (AgentChoice(), ".claude"),
        (AgentChoice("command", ("/usr/bin/codex", "exec")), ".codex"),
        (AgentChoice("command", ("cursor-agent",)), ".cursor"),
        (AgentChoice("command", ("other",)), ".claude"),
    ],
)
def test_the_state_directory_is_that_of_the_platform(agent: AgentChoice, directory: str) -> None:
    """[004-42]"""
    assert list(documents(EXPORTS["state-md"], Story(plan=replace(PLAN, agent=agent)))) == [f"{directory}/STATE.md"]


def test_the_plan_may_name_the_platform() -> None:
    """[004-42]"""
    plan = replace(PLAN, session=replace(PLAN.session, platform="cursor"))
    assert list(documents(EXPORTS["state-md"], Story(plan=plan))) == [".cursor/STATE.md"]


def test_planned_documents_stand_in_the_head() -> None:
    """[004-50] [004-52] [004-53] [004-57] Two documents are a part of Impl-Polish."""
    assert text("state-md", ".claude/STATE.md", Story(plan=with_docs())) == golden("STATE-docs.md")


def test_without_documents_the_key_is_left_out() -> None:
    """[004-50] [004-51]"""
    assert "docs-tasks" not in text("state-md", ".claude/STATE.md", Story())


def test_a_single_document_goes_with_the_finalization() -> None:
    """[004-57] Just below the two that are a slot of their own."""
    plan = replace(PLAN, session=replace(PLAN.session, docs=DOCS[:1]))
    assert "    wave: 5\n" in text("state-md", ".claude/STATE.md", Story(plan=plan))


@pytest.mark.parametrize(("few", "wave"), [(1, 3), (2, 5)])
def test_how_many_documents_go_with_the_finalization_is_the_workflows(few: int, wave: int) -> None:
    """[004-57] Of two documents: just above one, and at two."""
    assert WAVES.sessions.docs_few == 1
    workflow = replace(WAVES, sessions=replace(WAVES.sessions, docs_few=few))
    assert (
        text("state-md", ".claude/STATE.md", Story(plan=with_docs(), workflow=workflow)).count(f"wave: {wave}\n") == 2
    )


@pytest.mark.parametrize(("length", "kept"), [(159, 159), (160, 160), (161, 160)])
def test_what_an_agent_says_stays_within_a_line_of_the_state_file(length: int, kept: int) -> None:
    """[004-156] Just below 160 characters, at them, and above."""
    assert WAVES.sessions.line == 160
    story = Story()
    story.ships("map-exporters", 1, "x" * length)
    (line,) = [one for one in text("state-md", ".claude/STATE.md", story).splitlines() if "xxx" in one]
    said = line.rpartition(" — ")[2]
    assert len(said) == kept
    assert ("…" in said) is (length > 160)


def test_documents_stay_planned_until_the_session_is_closed() -> None:
    """[004-54] [004-55]"""
    docs = (replace(DOCS[0], pattern="src/csv.py"), replace(DOCS[0], id="log", pattern="CHANGELOG.md"), DOCS[1])
    plan = replace(PLAN, session=replace(PLAN.session, docs=docs))
    story = Story(plan=plan)
    story.third_wave_begins()
    told = text("state-md", ".claude/STATE.md", story)
    assert told.count("    status: planned\n") == 3
    story = Story(plan=plan)
    story.closes()
    told = text("state-md", ".claude/STATE.md", story)
    assert [line.strip() for line in told.splitlines() if line.startswith("    status:")] == [
        "status: partial",
        "status: ok",
        "status: gap",
    ]


def test_the_scope_file_of_a_wave_is_the_union_of_its_agents_files() -> None:
    """[004-06] [004-75] [004-77]"""
    strict = replace(WAVES, guard=replace(WAVES.guard, enforcement="strict"))
    story = Story(workflow=strict)
    story.ships("map-exporters", 1, "two writers found")
    assert text("wave-scope", ".claude/wave-scope.json", story) == golden("wave-scope.json")


def test_the_scope_of_discovery_is_empty_and_every_scope_file_is_one() -> None:
    """[004-67] [004-76]"""
    scope = json.loads(text("wave-scope", ".claude/wave-scope.json", Story()))
    assert (scope["role"], scope["allowedPaths"]) == ("Discovery", [])
    assert faults(scope) == ()


def test_the_scope_file_is_gone_after_the_last_wave() -> None:
    """[004-77]"""
    story = Story()
    story.closes()
    (document,) = documents(EXPORTS["wave-scope"], story).values()
    assert (document.path, document.form) == (".claude/wave-scope.json", GONE)


def test_housekeeping_has_a_state_file_and_no_scope_file() -> None:
    """[004-87] [004-89]"""
    plan = replace(PLAN, session=replace(PLAN.session, type="housekeeping"))
    story = Story(plan=plan, workflow=replace(WAVES, guard=GuardRules("off")))
    assert documents(EXPORTS["wave-scope"], story) == {}
    told = text("state-md", ".claude/STATE.md", story)
    assert "session-type: housekeeping\n" in told
    assert "total-waves: 1\n" in told


def test_the_line_of_a_closed_session() -> None:
    """[004-27] [004-28] [004-29] [004-30] [004-31] [004-32]"""
    story = Story()
    story.closes()
    assert text("session-metrics", ".orchestrator/metrics/sessions.jsonl", story) == golden("sessions.jsonl")


def test_a_session_that_is_not_closed_has_no_line() -> None:
    """[004-30]"""
    story = Story()
    story.third_wave_begins()
    assert documents(EXPORTS["session-metrics"], story) == {}


def test_what_stagnates_is_an_event_and_counted() -> None:
    """[004-33] [004-113] [004-114] A line is short enough to be appended in one write."""
    story = Story()
    story.ships("map-exporters", 1, "two writers found")
    story.tree("csv-writer")
    story.move("csv-writer", "preparing")
    story.move("csv-writer", "running")
    story.enter("csv-writer", 2)
    attempt = story.begin("csv-writer")
    tripped = {"track": "csv-writer", "attempt": attempt, "stage": 2}
    error = {"pattern": "error_echo", "times": 3, "action": "noticed", "file": "src/csv.py"}
    story.must(Draft("breaker_tripped", {**tripped, **error, "error_class": "scope-denied"}))
    story.must(Draft("breaker_tripped", {**tripped, "pattern": "turn_repeat", "times": 4, "action": "stopped"}))
    told = text("session-metrics", ".orchestrator/metrics/events.jsonl", story)
    assert told == golden("events.jsonl")
    assert all(len(line) < 4096 for line in told.splitlines())
    story.end("csv-writer", "stopped")
    story.move("csv-writer", "abandoned", "it goes in circles")
    story.phase("stopped")
    (row,) = documents(EXPORTS["session-metrics"], story)[".orchestrator/metrics/sessions.jsonl"].content
    assert row["agent_summary"] == {"complete": 1, "partial": 0, "failed": 0, "spiral": 1}
    assert row["stagnation_events"] == {
        "total": 2,
        "by_pattern": {"error-echo": 1, "turn-key-repetition": 1},
        "by_error_class": {"scope-denied": 1},
        "files": ["src/csv.py"],
    }


def test_the_report_of_a_session_tells_every_wave_and_the_close() -> None:
    """[004-64] [004-92] [004-93] [004-96] [004-148]"""
    story = Story()
    story.closes()
    assert text("session-close", "session-report.md", story) == golden("session-report.md")


def test_the_report_grows_with_every_wave() -> None:
    """[004-148]"""
    story = Story()
    assert documents(EXPORTS["session-close"], story) == {}
    story.two_waves()
    told = text("session-close", "session-report.md", story)
    assert told.startswith("## Wave 1 (Discovery) Complete ✓\n- map-exporters: done — two writers found\n")
    assert "## Wave 2 (Impl-Core) Complete ✓" in told
    assert "Session Summary" not in told


def test_what_is_left_over_is_a_plan_that_can_be_run(tmp_path: Path) -> None:
    """[004-94]"""
    story = Story()
    story.closes()
    path = tmp_path / "carry-over.yaml"
    path.write_text(text("session-close", "carry-over.yaml", story))
    found = load_plan(path, REPOSITORY, workflows(), branch="main")
    assert found.problems == ()
    assert found.plan is not None
    assert [(one.slug, one.title, one.role) for one in found.plan.tracks] == [
        ("csv-writer", "[Carryover] csv writer", "Impl-Core"),
        ("quoting", "[Carryover] csv quoting", "Impl-Polish"),
    ]


def test_the_same_work_is_carried_over_once_however_often() -> None:
    """[004-94] Its hash stays, though its title and its brief have grown."""
    story = Story()
    story.closes()
    first = {one.hash for one in carry_over(story.batch)}
    again = next_plan(story.batch)
    assert again is not None
    one, other = PLAN.tracks[1], again["tracks"][0]
    carried = replace(one, title=other["title"], brief=other["brief"])
    twin = replace(one, slug="twin")
    plan = replace(PLAN, tracks=(carried, twin))
    second = Story(plan=plan)
    for slug in ("csv-writer", "twin"):
        second.move(slug, "abandoned", "no time")
    second.phase("stopped")
    assert [one.hash for one in carry_over(second.batch)] == ["0f4cb8c5"]
    assert "0f4cb8c5" in first


def test_nothing_is_carried_over_before_the_end() -> None:
    story = Story()
    story.two_waves()
    assert carry_over(story.batch) == ()
    assert next_plan(story.batch) is None


def test_a_commit_that_reads_like_a_number_is_quoted() -> None:
    story = Story(plan=replace(PLAN, base_sha="2238866" + "0" * 33))
    assert 'session-start-ref: "2238866"\n' in text("state-md", ".claude/STATE.md", story)


def test_the_checks_at_the_start_of_a_session_are_a_line_of_their_own() -> None:
    """[004-150] baseline-results.jsonl: session_id, session_start_ref, captured_at, dependency_hash, results."""
    story = Story()
    assert ".orchestrator/metrics/baseline-results.jsonl" not in documents(EXPORTS["session-metrics"], story)
    earlier = [story.now.wall_ms - 60_000, 0, "boot-0"]
    kept = [{"name": "tests", "result": "pass", "at": earlier, "batch": "list-0"}]
    story.must(Draft("baseline_seen", {"sha": "4f2c1aa", "tree": "7ee", "dependencies": "d1ce", "kept": kept}))
    ran = {"track": "batch", "name": "baseline: typecheck", "result": "fail", "run": "baseline"}
    story.must(Draft("check_recorded", ran))
    assert text("session-metrics", ".orchestrator/metrics/baseline-results.jsonl", story) == (
        '{"session_id":"feat-export-2026-04-21-0700","session_start_ref":"4f2c1aa",'
        '"captured_at":"2026-04-21T06:59:00Z","dependency_hash":"d1ce",'
        '"results":{"tests":{"status":"pass"},"typecheck":{"status":"fail"}}}\n'
    )


def test_what_agents_were_shown_is_an_event_each_and_counted_in_the_line() -> None:
    """[004-149] grounding_injected of events.jsonl; grounding_injections: count, files, total_lines."""
    story = Story()
    files = {"files": ["src/csv.py", "src/quote.py"], "lines": [40, 2]}
    shown = {"track": "csv-writer", "attempt": "a-csv-writer-2-1-1", **files, "capped": True}
    story.must(Draft("grounding_injected", shown))
    first, second = text("session-metrics", ".orchestrator/metrics/events.jsonl", story).splitlines()
    assert first == (
        '{"event":"grounding_injected","timestamp":"2026-04-21T07:00:00Z","session":"feat-export-2026-04-21-0700",'
        '"wave":2,"agent":"csv-writer","file":"src/csv.py","lines":40,"grounding_capped":true}'
    )
    assert json.loads(second)["file"] == "src/quote.py"
    story.closes()
    (row,) = documents(EXPORTS["session-metrics"], story)[".orchestrator/metrics/sessions.jsonl"].content
    assert row["grounding_injections"] == {"count": 2, "files": ["src/csv.py", "src/quote.py"], "total_lines": 42}


def test_the_report_of_a_wave_says_how_it_meets_the_design() -> None:
    """[004-133] `Design: MINOR DRIFT — …` in the report of its wave; without a design not a word of it."""
    story = Story(workflow=replace(WAVES, design="designs/app.pen"))
    story.ships("map-exporters", 1, "two writers found")
    story.does("csv-writer", 2, "done", "quoted", "src/csv.py")
    compare = next(place for place, one in enumerate(WAVES.works, start=1) if one.against)
    story.enter("csv-writer", compare)
    story.begin("csv-writer")
    story.end("csv-writer", verdict="MINOR_DRIFT", summary="three columns, not two")
    for to in ("approved", "merging"):
        story.move("csv-writer", to)
    story.merge("csv-writer")
    story.ships("api", 2, "route and its tests", "src/api/export.py")
    told = text("session-close", "session-report.md", story)
    assert "\nDesign: MINOR DRIFT — csv-writer: three columns, not two\n" in told
    assert told.count("Design:") == 1
