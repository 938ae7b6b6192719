"""Verdict words are found on a line of their own, whatever agents put around them, and nowhere else."""

from __future__ import annotations

import pytest

from orchestrator_tui.adapters.runners.verdicts import last_verdict, verdict_of

WORDS = frozenset({"APPROVED", "REQUIRES_REWORK", "READY_FOR_QA", "READY WITH NOTES"})


@pytest.mark.parametrize(
    "line",
    [
        "APPROVED",
        "  APPROVED  ",
        "**APPROVED**",
        "`APPROVED`",
        "VERDICT: APPROVED",
        "**VERDICT:** APPROVED",
        "**Verdict: APPROVED**",
        "Final verdict: `APPROVED`.",
        "## APPROVED",
        "> APPROVED",
        "- **APPROVED**",
    ],
)
def test_the_word_alone_is_a_verdict(line: str) -> None:
    assert verdict_of(line, WORDS) == "APPROVED"


@pytest.mark.parametrize(
    "line",
    [
        "not APPROVED",
        "APPROVED with changes",
        "approved",
        "I say APPROVED",
        "NOT_APPROVED",
        "APPROVED|REQUIRES_REWORK",
        "APPROVED or REQUIRES_REWORK?",
        "",
        "VERDICT:",
        "APPROVED" + " " * 500,
    ],
)
def test_a_line_with_more_is_none(line: str) -> None:
    assert verdict_of(line, WORDS) == ""


def test_words_with_underscores_and_blanks_are_kept_whole() -> None:
    assert verdict_of("__REQUIRES_REWORK__", WORDS) == "REQUIRES_REWORK"
    assert verdict_of("**READY WITH NOTES**", WORDS) == "READY WITH NOTES"


def test_the_last_one_counts() -> None:
    assert last_verdict("APPROVED\nbut then\n**REQUIRES_REWORK**\nsee above", WORDS) == "REQUIRES_REWORK"
    assert last_verdict("nothing", WORDS) == ""
    assert last_verdict("APPROVED", frozenset()) == ""
