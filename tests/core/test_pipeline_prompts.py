"""What agents of the shipped pipelines are told: the sections A to H of seed 002, each with what it prescribes."""

from __future__ import annotations

import re

import pytest

from orchestrator_tui.core.prompt import dispatch_prompt
from tests.core.pipelines import BUG, BUILT_IN, PRD, Pipelines


def told(slug: str, stage: int = 1, skill: str = "") -> str:
    ledger = Pipelines()
    ledger.begin_at(slug, stage)
    return dispatch_prompt(ledger.batch, ledger.track(slug), skill=skill)


def section(text: str, letter: str) -> str:
    """One lettered section of a prompt."""
    return re.split(rf"\n## {letter}\. ", text)[1].split("\n## ")[0]


@pytest.mark.parametrize("slug", ["profile-sharing", "fix-auth-race"])
def test_the_eight_sections_are_all_there_in_their_order(slug: str) -> None:
    letters = re.findall(r"\n## ([A-H])\. ", f"\n{told(slug)}")
    assert letters == list("ABCDEFGH")


def test_a_says_who_it_is_and_that_no_stage_is_left_out() -> None:
    """[002-57]"""
    text = re.split(r"## A\. ", told("profile-sharing"))[1].split("\n## ")[0]
    assert "Your pipeline is prd-to-pr" in text
    assert "ALL 8 STAGES ARE MANDATORY" in text


@pytest.mark.parametrize(("slug", "workflow"), [("profile-sharing", PRD), ("fix-auth-race", BUG)])
def test_b_holds_the_whole_pipeline_and_the_skill_word_by_word(slug: str, workflow: str) -> None:
    """[002-58] [002-115]"""
    skill = "# The pipeline\n\nRun every stage.\nNever skip one."
    text = section(told(slug, skill=skill), "B")
    for line in skill.splitlines():
        assert line in text
    for rule in BUILT_IN[workflow].ladder.stages:
        assert f"{rule.index} {rule.name}" in text
    assert BUILT_IN[workflow].skill == workflow


def test_c_holds_the_work_item() -> None:
    """[002-59]"""
    assert "People can share their profile by a link." in section(told("profile-sharing"), "C")


def test_d_holds_the_detected_scope_and_sends_to_the_projects_own_words() -> None:
    """[002-43] [002-60]"""
    text = section(told("profile-sharing"), "D")
    assert "Detected scope: SCOPE_IOS, SCOPE_BACKEND" in text
    assert "Read CLAUDE.md" in text
    assert "build commands" in text


def test_e_demands_a_report_at_every_transition_and_says_how_to_ask() -> None:
    """[002-61] [002-07]"""
    text = section(told("fix-auth-race", 3), "E")
    assert "--stage 3 --name 'Fix Strategy Counsel' --status in_progress" in text
    assert "orch-agent report --stage 3 --status completed" in text
    assert "Then CONTINUE with other substeps" in text
    assert "do not stop and wait" in text


AUTO = (
    "APPROVED with no [ISSUE]",
    "with suggestions only",
    "up to 3 times",
    "Generate mode and print its prompt",
    "valid suggestions of Copilot: apply them",
    "no answer of it within 2 minutes: go on",
    "a deploy to dev",
)
FLAG = (
    "REQUIRES_REWORK and ROOT_CAUSE_REJECTED of counsel",
    "amendments that",
    "3 or more failures of the build in a row",
    "a suggestion that contradicts the requirements",
    "approval for staging",
    "approval for production",
    "any failure in production",
    "any error that these stages do not speak of",
)


@pytest.mark.parametrize("slug", ["profile-sharing", "fix-auth-race"])
def test_f_says_what_it_decides_itself_and_what_it_flags(slug: str) -> None:
    """[002-62] [002-63] [002-67] [002-68] [002-69] [002-70] [002-71]"""
    own, _, flagged = section(told(slug), "F").partition("You flag")
    for words in AUTO:
        assert words in own
    for words in FLAG:
        assert words in flagged
    assert ("another root cause than planned" in flagged) == (slug == "fix-auth-race")


def test_g_says_what_is_not_its_own_and_that_shared_files_only_grow() -> None:
    """[002-64]"""
    text = section(told("profile-sharing"), "G")
    assert "You do NOT own:\n- fix-auth-race (pending): src/auth/**, src/startup.cs" in text
    assert "only append, at the END" in text
    assert "Change nothing outside your own files" in text


def test_h_is_the_iron_law_with_its_recovery_and_its_red_flags() -> None:
    """[002-65] [002-66]"""
    text = section(told("fix-auth-race"), "H")
    assert "All 8 stages run, every time, in their order" in text
    for words in ("last reported stage", "read the artefacts in", "next substep that is not", "never a shortcut"):
        assert words in text
    for thought in ("too simple for counsel", "nothing to simplify", "review can be left out", "I know the root cause"):
        assert thought in text
