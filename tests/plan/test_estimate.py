"""What a batch may cost, which models it uses, and who says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator_tui.core.plan import AgentChoice, Plan, PlannedTrack
from orchestrator_tui.plan.checked import Estimate, ModelChoice, Wave
from orchestrator_tui.plan.estimate import estimate_of
from orchestrator_tui.plan.models_chain import ProjectModels, choose_models, read_project_models, roles_of
from orchestrator_tui.plan.prices import load_prices
from tests.plan.samples import checked, loaded, workflow_of, workflows

PRICES = load_prices()
LADDER = """
workflow: ladder
title: Two stages
kind: work
models: {fast: haiku, deep: opus}
roles: {implementer: fast, reviewer: deep}
budget: {BUDGET}
stages:
  - {name: Do, prompt: do, attempts: 2}
  - {name: Look, prompt: look, role: reviewer, reviews: true, attempts: 1, back_to: Do, rounds: 1,
     verdicts: {NO: rework, YES: done}}
  - {name: Ship, runs: deploy, after_merge: true}
"""


def estimate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tracks: int = 1, more: str = "", budget: str = "", track: str = ""
) -> Estimate:
    from tests.plan import samples

    ladder = workflow_of(LADDER.replace("BUDGET", budget))
    monkeypatch.setattr(samples, "workflows", lambda: {**workflows(), "ladder": ladder})
    listed = "".join(f"  - {{slug: t{number}, brief: x, files: [f{number}]{track}}}\n" for number in range(tracks))
    return checked(tmp_path, f"title: t\nworkflow: ladder\nchecks: {{unit: make}}\n{more}tracks:\n{listed}").estimate


HAIKU, OPUS = PRICES.attempt("haiku", ""), PRICES.attempt("opus", "")


def test_each_stage_once_and_each_that_can_be_repeated_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = estimate(tmp_path, monkeypatch, tracks=2)
    assert (found.attempts, found.reviews, found.agents) == (4, 2, 2)
    assert found.usd_low == found.usd_uncut == round(2 * (HAIKU + OPUS), 2)
    assert found.usd_high == round(2 * (2 * HAIKU + 2 * OPUS), 2)
    assert found.usd == round((found.usd_low + found.usd_high) / 2, 2)
    assert found.by_model == {"haiku": 2, "opus": 2}
    assert (found.as_of, found.assumption) == (PRICES.as_of, PRICES.assumption)


def test_the_maximum_is_attempts_by_rounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = estimate(tmp_path, monkeypatch)
    assert found.attempts_max == 2 * (1 + 1) + 1 * (1 + 1)
    assert found.usd_max == round(4 * HAIKU + 2 * OPUS, 2)


@pytest.mark.parametrize(("tracks", "resolve", "each"), [(1, 1, 6), (2, 1, 7), (2, 0, 6), (3, 2, 8)])
def test_the_maximum_holds_the_tries_at_conflicts(
    tracks: int, resolve: int, each: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are attempts that cost what others do; a track that is alone conflicts with nobody."""
    told = f"budget: {{BUDGET}}\nmerging: {{resolve: {resolve}}}"
    monkeypatch.setattr("tests.plan.test_estimate.LADDER", LADDER.replace("budget: {BUDGET}", told))
    found = estimate(tmp_path, monkeypatch, tracks=tracks)
    assert (found.attempts, found.attempts_max) == (2 * tracks, each * tracks)
    assert found.usd_max == round(tracks * ((each - 2) * HAIKU + 2 * OPUS), 2)


@pytest.mark.parametrize(
    ("more", "budget", "usd_max", "attempts_max"),
    [
        ("limits: {cost_usd: 2}\n", "", 2.0, 14),
        ("limits: {track_cost_usd: 1.5}\n", "", 3.0, 14),
        ("", "cost_usd: 1.25", 2.5, 14),
        ("", "attempts: 4", round(2 * (5 * HAIKU + 2 * OPUS), 2), 8),
    ],
)
def test_budgets_cut_the_maximum(
    more: str, budget: str, usd_max: float, attempts_max: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = estimate(tmp_path, monkeypatch, tracks=2, more=more, budget=budget)
    assert (found.usd_max, found.attempts_max) == (usd_max, attempts_max)
    assert found.usd_low <= found.usd <= found.usd_high <= usd_max


def test_the_tier_of_a_track_is_its_implementers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = estimate(tmp_path, monkeypatch, track=", tier: deep")
    assert found.by_model == {"opus": 2}


def test_the_tier_of_a_track_counts_for_every_stage_but_its_reviews(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the engine chooses the model: a stage of another role that is no review is on the track's tier, too."""
    monkeypatch.setattr("tests.plan.test_estimate.LADDER", LADDER.replace("prompt: do,", "prompt: do, role: scout,"))
    assert estimate(tmp_path, monkeypatch, track=", tier: deep").by_model == {"opus": 2}
    assert estimate(tmp_path, monkeypatch, track=", tier: fast").by_model == {"haiku": 1, "opus": 1}


@pytest.mark.parametrize(("bump_at", "haiku", "opus"), [(0, 4, 2), (2, 2, 4), (3, 4, 2)])
def test_the_maximum_takes_the_higher_tier_from_the_try_on_that_the_stage_names(
    bump_at: int, haiku: int, opus: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """[001-74] A second try by a dearer model would cost more than what is said to be the most."""
    ladder = LADDER.replace("prompt: do,", f"prompt: do, bump_at: {bump_at},")
    monkeypatch.setattr("tests.plan.test_estimate.LADDER", ladder)
    assert estimate(tmp_path, monkeypatch).usd_max == round(haiku * HAIKU + opus * OPUS, 2)


def test_nobody_divides_where_there_are_tracks(tmp_path: Path) -> None:
    plan = "title: t\nworkflow: tracks\nchecks: {unit: make}\n"
    assert checked(tmp_path, plan + "describe: x\n").estimate.by_model == {"haiku": 1, "opus": 1}
    with_tracks = checked(tmp_path, plan + "tracks: [{slug: a, brief: x}]\n").estimate
    assert with_tracks.by_model == {"haiku": 1, "opus": 2}


SOME = """
workflow: ladder
title: Stages that are not for every track
kind: work
models: {fast: haiku, deep: opus}
roles: {implementer: fast, reviewer: deep}
sessions: {types: [feature], type: feature, roles: [Core, Quality], maps: {"2": [Core, Quality]}, waves: 2}
waves: barrier
batch_stages:
  - {name: Explore, prompt: explore, undivided: true}
  - {name: Together, prompt: judge, role: reviewer, reviews: true, over_tracks: true, attempts: 1}
stages:
  - {name: Do, prompt: do, attempts: 1}
  - {name: Look, prompt: look, role: reviewer, reviews: true, attempts: 1, of_roles: [Quality]}
  - {name: Compare, prompt: compare, role: reviewer, reviews: true, attempts: 1, of_roles: [Core], against: design,
     back_to: Do, rounds: 2, verdicts: {NO: rework, YES: done}}
"""


@pytest.mark.parametrize(
    ("role", "design", "marked", "attempts", "most"),
    [
        ("Core", "", False, 1, 1),
        ("Core", "ui.pen", False, 2, 6),
        ("Quality", "", False, 2, 2),
        ("Quality", "ui.pen", False, 2, 2),
        ("Quality", "", True, 3, 3),
    ],
)
def test_a_stage_that_no_track_will_enter_counts_nothing(
    role: str, design: str, marked: bool, attempts: int, most: int, tmp_path: Path
) -> None:
    """Stages for other roles, for a design that none is named of, for marked tracks, and for tracks yet unknown."""
    workflow = replace(workflow_of(SOME), design=design)
    track = PlannedTrack("a", "A", "work", "ladder", role=role, deep_review=marked)
    plan = replace(plan_of(tmp_path), workflow="ladder", tracks=(track,))
    found = estimate_of(plan, {"ladder": workflow}, (), ProjectModels({}))
    assert (found.attempts, found.attempts_max) == (attempts, most)


ANGLES = """
workflow: ladder
title: Seen from three sides
kind: work
models: {fast: haiku, deep: opus}
roles: {implementer: fast, scout: fast}
batch_stages:
  - name: Explore
    prompt: look
    role: scout
    undivided: true
    attempts: 2
    angles: [{key: a, prompt: x}, {key: b, prompt: x, tier: deep}, {key: c, prompt: x}]
stages: [{name: Do, prompt: do, attempts: 1}]
"""


def test_each_angle_of_a_stage_is_an_attempt_of_its_own(tmp_path: Path) -> None:
    plan = replace(plan_of(tmp_path), workflow="ladder", tracks=())
    found = estimate_of(plan, {"ladder": workflow_of(ANGLES)}, (), ProjectModels({}))
    assert (found.attempts, found.attempts_max, found.agents) == (3, 6, 3)
    assert found.by_model == {"haiku": 2, "opus": 1}
    assert found.usd_low == round(2 * HAIKU + OPUS, 2)
    assert found.usd_max == round(2 * (2 * HAIKU + OPUS), 2)


def test_angles_of_tracks_side_by_side_are_all_at_work_at_once(tmp_path: Path) -> None:
    ladder = ANGLES.replace("batch_stages", "stages").replace("    undivided: true\n", "")
    rules = {"ladder": workflow_of(ladder[: ladder.index("stages: [{name")])}
    tracks = tuple(PlannedTrack(slug, slug, "work", "ladder") for slug in "abc")
    plan, waves = replace(plan_of(tmp_path), workflow="ladder", tracks=tracks), (Wave(1, ("a", "b", "c")),)
    assert estimate_of(plan, rules, waves, ProjectModels({})).agents == 9
    bound = replace(plan, limits=replace(plan.limits, agents=2))
    assert estimate_of(bound, rules, waves, ProjectModels({})).agents == 6


def test_what_explores_for_tracks_counts_while_there_are_none(tmp_path: Path) -> None:
    plan = replace(plan_of(tmp_path), workflow="ladder", tracks=())
    found = estimate_of(plan, {"ladder": workflow_of(SOME)}, (), ProjectModels({}))
    assert found.attempts == 2


def plan_of(folder: Path) -> Plan:
    """A plan of the small workflow."""
    plan = loaded(folder, "title: t\nworkflow: small\ntracks: [{slug: a, brief: x}]\n").plan
    assert plan is not None
    return plan


def test_scripted_agents_cost_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = estimate(tmp_path, monkeypatch, more="agent: {runner: scripted, scripts: s}\n")
    assert (found.usd, found.usd_max, found.by_model) == (0.0, 0.0, {"scripted": 2})


def test_prices_go_by_the_model_then_by_the_tier() -> None:
    assert PRICES.attempt("claude-opus-5-5", "fast") == PRICES.families["opus"]
    assert PRICES.attempt("my-model", "fast") == PRICES.tiers["fast"]
    assert PRICES.attempt("", "") == PRICES.unknown


# --- seed 000's chain -----------------------------------------------------------------------------------------

TRACKS = workflows()["tracks"]


def test_each_role_falls_back_for_itself_alone() -> None:
    """[000-024] [000-027]"""
    agent = AgentChoice(models={"implementer": "by-plan"})
    project = ProjectModels({"implementer": "by-project", "reviewer": "by-project"}, ".claude/models.yaml")
    found = choose_models(TRACKS, agent, project, {"reviewer": "confirmed", "scout": "confirmed"})
    assert roles_of(TRACKS) == ("scout", "planner", "implementer", "reviewer")
    assert found["implementer"] == ModelChoice("by-plan", "deep", "the plan")
    assert found["reviewer"] == ModelChoice("by-project", "deep", ".claude/models.yaml")
    assert found["scout"] == ModelChoice("confirmed", "fast", "confirmed before")
    assert found["planner"] == ModelChoice("opus", "deep", "workflow tracks")


def test_a_role_that_nobody_names_takes_what_its_agent_takes() -> None:
    bare = workflow_of("workflow: x\ntitle: t\nkind: k\nstages:\n  - {name: Do, prompt: do}\n")
    assert choose_models(bare, AgentChoice(), ProjectModels({})) == {
        "implementer": ModelChoice("", "", "the agent's own default")
    }


@pytest.mark.parametrize(
    ("agent", "folder"),
    [
        (AgentChoice(), ".claude"),
        (AgentChoice(runner="command", command=("/usr/bin/copilot", "-p")), ".copilot"),
        (AgentChoice(runner="command", command=("my-agent",)), ".claude"),
    ],
)
def test_the_project_file_of_the_runtime_counts(agent: AgentChoice, folder: str, tmp_path: Path) -> None:
    """[000-022] [000-023]"""
    for name in (".claude", ".copilot"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "models.yaml").write_text(f"implementer: of{name}\nscout: ''\nnested: [a]\n")
    found = read_project_models(tmp_path, agent)
    assert (found.models, found.file) == ({"implementer": f"of{folder}"}, f"{folder}/models.yaml")
    assert [str(one) for one in found.problems] == [
        f"{folder}/models.yaml:2: scout: is no model; it is ignored",
        f"{folder}/models.yaml:3: nested: is no model; it is ignored",
    ]


def test_no_project_file_is_no_problem(tmp_path: Path) -> None:
    assert read_project_models(tmp_path, AgentChoice()) == ProjectModels({})


@pytest.mark.parametrize("content", ["a: [", "- a\n", "&a b: c\n"])
def test_a_project_file_that_cannot_be_used_is_ignored_and_said(content: str, tmp_path: Path) -> None:
    (tmp_path / ".claude").mkdir()
    (tmp_path / ".claude" / "models.yaml").write_text(content)
    found = read_project_models(tmp_path, AgentChoice())
    assert found.models == {}
    assert [one.level for one in found.problems] == ["warning"]
    assert str(found.problems[0]).endswith("; it is ignored")


def test_a_role_that_is_nearly_one_is_told_with_the_nearest(tmp_path: Path) -> None:
    """[000-023] [000-027] A key that nobody reads would look as if it counted."""
    (tmp_path / ".claude").mkdir()
    (tmp_path / ".claude" / "models.yaml").write_text("implementor: opus\nstructured-check: haiku\nmine: sonnet\n")
    found = read_project_models(tmp_path, AgentChoice())
    assert [str(one) for one in found.problems] == [
        ".claude/models.yaml:1: implementor: is no role that is known here; it counts for a role of that name alone; "
        'did you mean "implementer"?'
    ]
    assert found.models["mine"] == "sonnet"


def test_a_role_of_a_workflow_of_ones_own_is_no_slip(tmp_path: Path) -> None:
    """[000-023] Near a shipped one as it is: it counts, and another name that is near it is told."""
    (tmp_path / ".claude").mkdir()
    (tmp_path / ".claude" / "models.yaml").write_text("reviewers: opus\nscoutt: haiku\ngardner: haiku\n")
    mine = replace(workflows()["tracks"], roles={"reviewers": "deep", "gardener": "fast"})
    found = read_project_models(tmp_path, AgentChoice(), (mine,))
    assert [(one.key, one.nearest) for one in found.problems] == [("scoutt", "scout"), ("gardner", "gardener")]
