"""Verdict words are found on a line of their own, whatever agents put around them, and nowhere else."""

from __future__ import annotations

import pytest

from orchestrator_tui.adapters.runners.plain import PlainFollower
from orchestrator_tui.adapters.runners.verdicts import last_verdict, said_beside, verdict_of

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


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("STATUS: partial — csv writer | REMAINING: quoting", "csv writer | REMAINING: quoting"),
        ("**STATUS:** failed - the interface is missing", "the interface is missing"),
        ("STATUS: partial", ""),
        ("partial", ""),
        ("STATUS: nearly — there", ""),
    ],
)
def test_what_stands_beside_the_word_of_a_status_is_kept(line: str, said: str) -> None:
    """[004-72] [004-139] What remains is for the next one, and only that line says it."""
    words = frozenset({"done", "partial", "failed"})
    assert said_beside(line, words) == said


def test_it_is_the_summary_of_its_attempt() -> None:
    """[004-72]"""
    follower = PlainFollower(frozenset({"done", "partial"}))
    follower.feed(b"looking\nSTATUS: partial \xe2\x80\x94 csv writer | REMAINING: quoting\n")
    end = follower.end(0, "", b"")
    assert (end.verdict, end.summary) == ("partial", "csv writer | REMAINING: quoting")
