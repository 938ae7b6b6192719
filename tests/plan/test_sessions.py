"""A plan as a session: whose word counts, the gate before everything, and what no session can be."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator_tui.core.plan import Plan
from orchestrator_tui.core.workflow import Workflow
from orchestrator_tui.plan.check import check
from orchestrator_tui.plan.load import Loaded
from orchestrator_tui.plan.sessions import settle
from tests.plan.samples import loaded

HEAD = "title: t\nworkflow: waves\n"
ONE = "tracks: [{slug: a, files: [a.py], brief: do a}]\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that is set up for sessions."""
    folder = tmp_path / "project"
    (folder / ".orchestrator").mkdir(parents=True)
    (folder / ".orchestrator" / "bootstrap.lock").write_text("version: 1\n")
    return folder


def settled(tmp_path: Path, project: Path, plan: str = HEAD + ONE, config: str = "", focus: str = "") -> Loaded:
    if config:
        (project / "CLAUDE.md").write_text(f"## Session Config\n{config}")
    return settle(loaded(tmp_path, plan), project, focus)


def parts(found: Loaded) -> tuple[Plan, Workflow]:
    assert found.plan is not None
    return found.plan, found.workflows["waves"]


def told(found: Loaded) -> list[str]:
    return [f"{one.level}: {one}" for one in found.problems]


def test_without_settings_those_of_the_workflow_hold(tmp_path: Path, project: Path) -> None:
    """[004-16] [004-17] [004-18] [004-19] [004-20] [004-21] [004-24]"""
    plan, workflow = parts(settled(tmp_path, project))
    assert plan.session.persistence
    assert plan.session.pencil == ""
    assert plan.session.turns == 0
    assert workflow.guard.enforcement == "warn"
    assert workflow.concurrency == 6
    assert workflow.worktree == "track"
    assert workflow.exports == ("state-md", "wave-scope", "session-metrics", "session-close")


def test_the_project_says_it_and_the_plan_goes_before_it(tmp_path: Path, project: Path) -> None:
    """[004-22] [004-24]"""
    config = "enforcement: off\nisolation: none\nagents-per-wave: 4\nwaves: 4\nmax-turns: 9\n"
    plan, workflow = parts(settled(tmp_path, project, config=config))
    assert (workflow.guard.enforcement, workflow.concurrency, workflow.worktree) == ("off", 4, "batch")
    assert (plan.session.waves, plan.session.turns) == (4, 9)
    assert plan.session.sources["enforcement"] == "CLAUDE.md"
    own = "session: {enforcement: strict, isolation: worktree, agents: 3, waves: 3, turns: 5}\n"
    plan, workflow = parts(settled(tmp_path, project, HEAD + own + ONE, config))
    assert (workflow.guard.enforcement, workflow.concurrency, workflow.worktree) == ("strict", 3, "track")
    assert (plan.session.waves, plan.session.turns) == (3, 5)
    assert plan.session.sources["enforcement"] == "the plan"


def test_agents_may_differ_by_the_type_of_the_session(tmp_path: Path, project: Path) -> None:
    """[004-19]"""
    config = "agents-per-wave: 6 (deep: 18)\n"
    assert parts(settled(tmp_path, project, config=config))[1].concurrency == 6
    deep = HEAD + "session: {type: deep}\n" + ONE
    assert parts(settled(tmp_path, project, deep, config))[1].concurrency == 18


def test_persistence_and_pencil_are_the_projects_alone(tmp_path: Path, project: Path) -> None:
    """[004-23] [004-38] [004-26] A plan has no key for either; without persistence no state file is written."""
    plan, workflow = parts(settled(tmp_path, project, config="persistence: false\npencil: shop.pen\n"))
    assert not plan.session.persistence
    assert plan.session.pencil == "shop.pen"
    assert workflow.exports == ()
    refused = loaded(tmp_path, HEAD + "session: {persistence: true}\n" + ONE)
    assert "session.persistence: there is no such key" in str(refused.problems[0])


def test_the_bootstrap_gate_is_closed_without_its_file_and_nothing_passes_by(tmp_path: Path, project: Path) -> None:
    """[004-07] [004-08] [004-09]"""
    assert told(settled(tmp_path, project)) == []
    (project / ".orchestrator" / "bootstrap.lock").unlink()
    found = settled(tmp_path, project, HEAD + "session: {enforcement: off}\n" + ONE)
    assert told(found) == [
        "error: .orchestrator/bootstrap.lock: is missing: the bootstrap gate is CLOSED, "
        "and nothing starts before the project is set up; its set-up writes this file, or you do when all is ready: "
        "mkdir -p .orchestrator && touch .orchestrator/bootstrap.lock"
    ]
    assert not found.usable


def test_a_bad_setting_is_told_and_in_a_strict_session_keeps_it_from_starting(tmp_path: Path, project: Path) -> None:
    """[004-25]"""
    found = settled(tmp_path, project, config="waves: lots\n")
    assert told(found) == ['warning: CLAUDE.md:2: waves: "lots" is no whole number from 1 to 64; it is ignored']
    assert found.usable
    found = settled(tmp_path, project, config="enforcement: strict\nwaves: lots\n")
    assert told(found) == ['error: CLAUDE.md:3: waves: "lots" is no whole number from 1 to 64; it is ignored']
    assert not found.usable


@pytest.mark.parametrize(("count", "refused"), [(3, False), (4, True)])
def test_a_wave_with_more_tracks_than_it_may_have_is_refused(
    tmp_path: Path, project: Path, count: int, refused: bool
) -> None:
    """[004-66] Just at the number, and just above."""
    tracks = "".join(f"  - {{slug: t{one}, files: [t{one}.py], brief: b}}\n" for one in range(count))
    found = settled(tmp_path, project, HEAD + "session: {agents: 3}\ntracks:\n" + tracks)
    text = "wave 2 has 4 tracks, more than the 3 agents a wave may have: revise the plan"
    assert [one.message for one in found.problems] == ([text] if refused else [])


def test_every_threshold_of_a_session_is_shown_before_it_starts(tmp_path: Path, project: Path) -> None:
    """[004-05]"""
    found = check(settled(tmp_path, project), ())
    assert found is not None
    told = {one.key: one.value for one in found.explain}
    for name, value in {
        "concurrency": "6",
        "sessions.waves": "5",
        "sessions.least": "3",
        "sessions.single": "housekeeping",
        "sessions.agents_least": "2",
        "sessions.line": "160",
        "guard.enforcement": "warn",
        "breaker.turns": "housekeeping: 8, feature: 15, deep: 25",
        "breaker.repeats": "3",
        "breaker.edits": "3",
        "breaker.spirals": "2",
        "isolation.few": "2",
        "isolation.many": "5",
        "isolation.in_place": "housekeeping",
        "between.more": "2",
        "between.fewer": "2",
        "between.quick": "3m",
        "grounding.files": "3",
        "baseline.keep": "7d",
        "baseline.files": "50",
        "sureness.least": "50",
        "sureness.enough": "80",
        "stage 2 Implement: attempts": "2",
    }.items():
        assert told[name] == value


def test_a_task_without_files_is_refused_unless_it_only_reads(tmp_path: Path, project: Path) -> None:
    """[004-74]"""
    tracks = "tracks:\n  - {slug: a, brief: b}\n  - {slug: look, brief: b, role: Discovery}\n"

    def wrong(plan: str) -> list[str]:
        found = check(settled(tmp_path, project, plan), ())
        assert found is not None
        return [one.key for one in found.problems if one.level == "error"]

    assert wrong(HEAD + tracks) == ["tracks[0].files"]
    assert wrong(HEAD + "session: {type: housekeeping}\n" + tracks) == []


def test_discovery_runs_beside_others_without_declaring_files(tmp_path: Path, project: Path) -> None:
    """[004-67] What only reads is in nobody's way."""
    tracks = "tracks:\n" + "".join(f"  - {{slug: d{one}, brief: b, role: Discovery}}\n" for one in range(3))
    found = check(settled(tmp_path, project, HEAD + tracks), ())
    assert found is not None
    assert [one.tracks for one in found.waves] == [("d0", "d1", "d2")]
    assert [one.why for one in found.readiness] == ["", "", ""]


@pytest.mark.parametrize(
    ("said", "told_"),
    [
        ("session: {type: fature}\n", 'session.type: "fature" is none of housekeeping, feature, deep'),
        ("session: {waves: 2}\n", "session.waves: 2 waves are fewer than the 3 that a session is cut into"),
        ("session: {platform: emacs}\n", 'session.platform: "emacs" has no state directory'),
    ],
)
def test_what_no_session_can_be_is_refused(tmp_path: Path, project: Path, said: str, told_: str) -> None:
    found = settled(tmp_path, project, HEAD + said + ONE)
    assert told_ in str(found.problems[0])
    assert not found.usable


def test_a_role_that_there_is_not_is_refused_with_the_nearest(tmp_path: Path, project: Path) -> None:
    """[004-59]"""
    found = settled(tmp_path, project, HEAD + "tracks: [{slug: a, files: [a], brief: b, role: Impl-Cor}]\n")
    assert str(found.problems[0]).endswith('did you mean "Impl-Core"?')


def test_housekeeping_is_one_wave_one_after_the_other_and_unguarded(tmp_path: Path, project: Path) -> None:
    """[004-87] [004-88] [004-89]"""
    plan = HEAD + "session: {type: housekeeping, enforcement: strict, agents: 5}\n" + ONE
    settled_plan, workflow = parts(settled(tmp_path, project, plan))
    assert (workflow.concurrency, workflow.guard.enforcement) == (1, "off")
    assert [(one.role, one.wave) for one in settled_plan.tracks] == [("housekeeping", 1)]


def test_the_focus_of_the_command_goes_before_the_plans(tmp_path: Path, project: Path) -> None:
    """[004-34]"""
    plan = HEAD + "session: {focus: the plan's}\n" + ONE
    assert parts(settled(tmp_path, project, plan))[0].session.focus == "the plan's"
    assert parts(settled(tmp_path, project, plan, focus="mine"))[0].session.focus == "mine"


def test_documents_are_planned_only_where_the_project_has_switched_them_on(tmp_path: Path, project: Path) -> None:
    """[004-50]"""
    plan = HEAD + "session: {docs: [{id: d, pattern: docs/d.md}]}\n" + ONE
    on = "docs-orchestrator:\n  enabled: true\n"
    assert [one.id for one in parts(settled(tmp_path, project, plan, on))[0].session.docs] == ["d"]
    for off in (on.replace("true", "false"), "waves: 5\n"):
        assert parts(settled(tmp_path, project, plan, off))[0].session.docs == ()


def test_a_workflow_without_sessions_is_left_as_it_is(tmp_path: Path) -> None:
    before = loaded(tmp_path, "title: t\nworkflow: small\ntracks: [{slug: a, files: [a], brief: b}]\n")
    after = settle(before, tmp_path)
    assert after.problems == before.problems
    assert after.plan is not None
    assert before.plan is not None
    assert after.plan.tracks == before.plan.tracks
    assert after.workflows["small"] == before.workflows["small"]


@pytest.mark.parametrize(
    ("config", "files"),
    [
        ("", 3),
        ("grounding-injection-max-files: 1\n", 1),
        ("grounding-injection-max-files: 0\n", 0),
        ("persistence: false\n", 0),
    ],
)
def test_how_many_files_an_agent_is_shown_is_the_projects(
    tmp_path: Path, project: Path, config: str, files: int
) -> None:
    """[004-149] 3 without a word, 0 disables it, and without persistence nothing is shown."""
    _, workflow = parts(settled(tmp_path, project, config=config))
    assert workflow.grounding.files == files


@pytest.mark.parametrize(
    ("named", "design", "warned"),
    [
        ("designs/shop.pen", "designs/shop.pen", False),
        ("designs/shop.pen2", "", True),
        ("designs", "", True),
        ("../outside.pen", "", True),
        ("null", "", False),
    ],
)
def test_the_design_file_of_the_project_is_what_stages_compare_with(
    tmp_path: Path, project: Path, named: str, design: str, warned: bool
) -> None:
    """[004-133] [004-21] A file of the repository; one that is not there is told, and the review is skipped."""
    (project / "designs").mkdir()
    (project / "designs" / "shop.pen").write_text("{}")
    (project.parent / "outside.pen").write_text("{}")
    found = settled(tmp_path, project, config=f"pencil: {named}\n")
    assert parts(found)[1].design == design
    assert any("design reviews are skipped" in one for one in told(found)) is warned
    assert found.usable


@pytest.mark.parametrize(("agents", "refused"), [(1, True), (2, False)])
def test_a_wave_cannot_be_held_to_fewer_agents_than_the_least(
    tmp_path: Path, project: Path, agents: int, refused: bool
) -> None:
    """[004-155] Just below two, and at it: a plan is refused, a setting of the project is told and counts as unsaid."""
    found = settled(tmp_path, project, HEAD + f"session: {{agents: {agents}}}\n" + ONE)
    text = "session.agents: 1 agent is fewer than the 2 that a wave can be held to"
    assert [str(one).endswith(text) for one in found.problems] == [True] * refused
    assert found.usable is not refused
    config = settled(tmp_path, project, config=f"agents-per-wave: 6 (feature: {agents})\n")
    assert parts(config)[1].concurrency == (6 if refused else agents)
    told_ = ['warning: CLAUDE.md:2: agents-per-wave: "1" is no whole number from 2 to 64; it is ignored']
    assert told(config) == (told_ if refused else [])
