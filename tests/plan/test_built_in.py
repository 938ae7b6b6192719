"""The workflows that ship: complete, at the values of their sources, and small enough for the journal."""

from __future__ import annotations

import json

import pytest

from orchestrator_tui.core.codec import from_data, to_data
from orchestrator_tui.core.model import Risk
from orchestrator_tui.core.rules import AnswerRule
from orchestrator_tui.core.workflow import AGENT, BATCH_GATE_ITEMS, TRACK_GATE_ITEMS, StageWork, Workflow
from orchestrator_tui.plan.catalogue import load_workflows
from orchestrator_tui.plan.paths import PLACEHOLDERS, leaves_worktree
from orchestrator_tui.runtime.rules import load_rules

BUILT_IN = load_workflows(None, None).workflows
PIPELINES = ("bug-to-pr", "prd-to-pr")


def work(workflow: str, stage: str) -> StageWork:
    found = BUILT_IN[workflow]
    return found.works[[one.name for one in found.ladder.stages].index(stage)]


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_it_is_the_same_after_the_journal(name: str) -> None:
    data = to_data(BUILT_IN[name])
    assert from_data(Workflow, json.loads(json.dumps(data))) == BUILT_IN[name]
    assert len(json.dumps(data)) < 60 * 1024


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_every_agent_is_told_what_to_do_and_has_a_model(name: str) -> None:
    found = BUILT_IN[name]
    for one in (*found.batch_works, *found.works):
        if one.runs == AGENT:
            assert len(one.prompt) > 200
            assert found.models[found.roles[one.role]]
            assert not any(leaves_worktree(artefact) for artefact in one.artefacts)
    assert len(found.ladder.stages) == len(found.works)
    assert all(one.catches and one.skip_risk for one in (*found.ladder.stages, *found.batch_ladder.stages))


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_nothing_is_filled_in_that_nobody_fills(name: str) -> None:
    found = BUILT_IN[name]
    texts = [one.prompt for one in (*found.works, *found.batch_works)]
    texts += [artefact for one in (*found.works, *found.batch_works) for artefact in one.artefacts]
    text = " ".join([*texts, found.autonomy, found.constraints, found.adherence])
    for placeholder in PLACEHOLDERS:
        text = text.replace(f"{{{placeholder}}}", "")
    assert "{" not in text
    assert "}" not in text


def test_the_eight_stages_have_their_exact_names_and_artefacts() -> None:
    """[002-131] [002-03]"""
    stages = {name: [(one.name, one.artefact) for one in BUILT_IN[name].ladder.stages] for name in PIPELINES}
    assert stages["prd-to-pr"] == [
        ("Generate PRD", ".taskmaster/docs/prd-{slug}.md"),
        ("Shape the Plan", "{spec}/plan.md"),
        ("Plan Refinement Counsel", "{spec}/counsel-log.md"),
        ("Multi-Agent Implementation", ""),
        ("Simplification Pass", ""),
        ("Create PR + Codex Review", "{spec}/pull-request.md"),
        ("Copilot Feedback Review", "{spec}/feedback.md"),
        ("Self-Healing Deploy", ""),
    ]
    assert stages["bug-to-pr"] == [
        ("Bug Triage & Reproduction", "{spec}/triage.md"),
        ("Root Cause Analysis", "{spec}/fix-plan.md"),
        ("Fix Strategy Counsel", "{spec}/counsel-log.md"),
        ("Targeted Implementation", ""),
        *stages["prd-to-pr"][4:],
    ]


@pytest.mark.parametrize(
    ("name", "stage"), [("prd-to-pr", "Plan Refinement Counsel"), ("bug-to-pr", "Fix Strategy Counsel")]
)
def test_counsel_leads_back_to_the_second_stage_once_so_that_there_are_two_iterations(name: str, stage: str) -> None:
    """[002-133] [002-135]"""
    counsel = work(name, stage)
    assert (counsel.back_to, counsel.rounds) == (2, 1)
    assert counsel.form["Iteration"] == "1 of 2 (max) | 2 of 2 (max)"
    assert [one for one in counsel.form if one.startswith("Reviewer")] == ["Reviewer A", "Reviewer B", "Reviewer C"]
    assert counsel.verdicts == {"APPROVED": "done", "REQUIRES_REWORK": "rework", "ROOT_CAUSE_REJECTED": "blocked"}


@pytest.mark.parametrize(
    ("name", "stage"), [("prd-to-pr", "Multi-Agent Implementation"), ("bug-to-pr", "Targeted Implementation")]
)
def test_a_build_is_tried_three_times_with_all_checks(name: str, stage: str) -> None:
    build = work(name, stage)
    assert (build.attempts, build.bump_at, build.checks) == (3, 3, ("*",))
    assert "after 3 failures in a row" in build.prompt.lower()


def test_another_root_cause_leads_back_to_the_analysis() -> None:
    """[002-133]"""
    build = work("bug-to-pr", "Targeted Implementation")
    assert (build.back_to, build.verdicts["DIFFERENT_ROOT_CAUSE"]) == (2, "rework")


@pytest.mark.parametrize("name", PIPELINES)
def test_a_simplification_that_breaks_is_reverted_and_narrower(name: str) -> None:
    """[002-141]"""
    told = work(name, "Simplification Pass")
    assert "If they break, revert that commit and try a narrower one" in told.prompt
    assert told.checks == ("*",)


@pytest.mark.parametrize("name", PIPELINES)
def test_the_thresholds_of_seed_002(name: str) -> None:
    """[002-138]"""
    found = BUILT_IN[name]
    assert (found.clocks.stale_ms, found.clocks.repeat_ms) == (300_000, 300_000)
    assert found.stall.checks * found.stall.interval_ms == 600_000
    assert found.stall.reply_ms == 120_000
    assert found.concurrency == 3
    assert found.budget.cost_usd == 20
    assert found.merging.first == ("bug",)
    deploy = work(name, "Self-Healing Deploy")
    assert (deploy.runs, deploy.after_merge, deploy.attempts) == ("deploy", True, 1), (
        "a failed deploy is a person's at once"
    )
    assert BUILT_IN[name].ladder.stages[7].words["production"] is Risk.PRODUCTION
    review = work(name, "Create PR + Codex Review")
    assert (review.role, review.reviews, review.back_to) == ("reviewer", True, 4)
    assert "2 minutes" in work(name, "Copilot Feedback Review").prompt


def test_the_thresholds_of_seed_000() -> None:
    """[000-009] [000-035] [000-043] [000-047]"""
    found = BUILT_IN["tracks"]
    assert (found.concurrency, found.resends, found.stall.checks, found.stall.rescues) == (2, 2, 3, 1)
    assert found.stall.lower_concurrency
    assert (found.convergence.exchanges, found.convergence.growth) == (1, 3)
    assert found.budget.attempts > 0
    assert [one.name for one in found.batch_ladder.stages] == ["Scout", "Divide"]
    assert found.batch_works[1].artefacts == ("{plan}",)
    assert "Skip reason" in found.batch_works[0].prompt
    assert (found.batch_works[0].narrow, len(found.batch_works[0].form)) == (1, 9)
    assert found.models[found.roles["scout"]] == "haiku"
    assert found.models[found.roles["implementer"]] == found.models[found.roles["reviewer"]] == "opus"
    review = work("tracks", "Review")
    assert (review.back_to, review.rounds, review.reviews, review.writes) == (1, 2, True, False)
    assert work("tracks", "Validate").checks == ("*",)
    assert (set(found.track_gate), set(found.batch_gate)) == (
        set(TRACK_GATE_ITEMS) - {"changes"},
        set(BATCH_GATE_ITEMS),
    )


def test_the_prompts_of_tracks_say_what_their_source_says() -> None:
    """[000-013] [000-032] [000-043] [000-053] [000-054] [000-063] [000-064] [000-067]"""
    implement, review = work("tracks", "Implement").prompt, work("tracks", "Review").prompt
    for words in ("in its own files, and nothing beyond", "Tests first", "Reuse what the repository has", "validation"):
        assert words in implement
    for words in ("files changed, tests added or updated, validation performed", "uncertain or blocks you"):
        assert words in implement
    for words in ("only the listed issues", "no restart and no invitation to broaden the scope", "DISAGREE"):
        assert words in implement
    for words in ("You know nothing else of it", "Only substantive issues", "No style", "a missing test", "boundary"):
        assert words in review
    scout = BUILT_IN["tracks"].batch_works[0]
    assert "Facts only, no conclusions, no verdicts" in scout.prompt
    assert all(f"{name}:" in scout.prompt for name in scout.form)


@pytest.mark.parametrize("name", PIPELINES)
def test_the_dispatch_texts_say_what_is_whose(name: str) -> None:
    found = BUILT_IN[name]
    for words in ("APPROVED", "3 times", "Generate mode", "2 minutes", "deploy to dev"):
        assert words in found.autonomy.partition("You flag")[0]
    for words in ("REQUIRES_REWORK", "ROOT_CAUSE_REJECTED", "3 or more failures", "staging", "production"):
        assert words in found.autonomy.partition("You flag")[2]
    assert "END of the file" in found.constraints
    assert "All 8 stages run" in found.adherence


# --- the confidence table ---------------------------------------------------------------------------------------

TABLE = {
    "counsel-approved": ("answer", {"high"}, {3}, 0),
    "rework-technical-only": ("answer", {"high", "medium"}, {3}, 0),
    "rework-changes-requirements": ("person", None, {3}, 0),
    "root-cause-rejected": ("person", None, {3}, 0),
    "build-failure-clear": ("answer", {"high"}, {4}, 3),
    "build-failure-ambiguous": ("answer", {"medium"}, {4}, 1),
    "build-failed-three-times": ("person", None, {4}, 0),
    "codex-timeout": ("answer", {"high"}, {6}, 0),
    "copilot-straightforward": ("answer", {"high"}, {7}, 0),
    "copilot-changes-scope": ("person", None, {7}, 0),
    "dev-deploy": ("answer", {"high"}, {8}, 0),
    "staging-deploy": ("recommend", None, {8}, 0),
    "production-deploy": ("person", None, {8}, 0),
    "production-failure": ("person", None, set(), 0),
    "dev-environment": ("answer", {"high"}, set(), 0),
    "staging-environment": ("recommend", None, set(), 0),
    "production-environment": ("person", None, set(), 0),
    "confident-low-risk": ("answer", {"high", "medium"}, set(), 0),
}
ANYBODY = {"high", "medium", "low", ""}


def test_the_confidence_table_is_the_one_of_the_source() -> None:
    """[002-67] [002-02] [002-13] [002-14]"""
    found = {
        one.id: (one.action, None if one.confidence == ANYBODY else set(one.confidence), set(one.stages), one.uses)
        for one in load_rules().answers
    }
    assert found == TABLE


def test_every_workflow_carries_the_table_in_the_same_order() -> None:
    for name in BUILT_IN:
        assert BUILT_IN[name].answers == load_rules().answers


def test_what_a_rule_answers_is_of_low_risk_and_has_a_situation() -> None:
    def said(rule: AnswerRule) -> bool:
        return bool(rule.title) and (rule.action != "answer" or rule.max_risk is Risk.LOW)

    assert all(said(rule) for rule in load_rules().answers)


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_the_order_of_tiers_outlives_the_journal(name: str) -> None:
    found = BUILT_IN[name]
    assert found.tiers == tuple(found.models)
    back = from_data(Workflow, json.loads(json.dumps(to_data(found), sort_keys=True)))
    assert back.tiers == found.tiers
