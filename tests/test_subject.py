"""Subjects of workflow tasks: what they say is understood however they are typed, and no text breaks the reading."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_tui.core.subject import SubjectFacts, parse_subject
from orchestrator_tui.core.text import is_clean
from tests.hostile_text import ALL_PAYLOADS


def facts(
    number: int, slug: str, pipeline: str = "", stage: int | None = None, stages: int | None = None, name: str = ""
) -> SubjectFacts:
    return SubjectFacts(number, slug, pipeline, stage, stages, name)


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        (
            "[WF-3] fix-auth-race (bug-to-pr) — Stage 3/8: Fix Strategy Counsel",
            facts(3, "fix-auth-race", "bug-to-pr", 3, 8, "Fix Strategy Counsel"),
        ),
        (
            "[WF-1] user-profile-sharing — Stage 5/8: Build",
            facts(1, "user-profile-sharing", "", 5, 8, "Build"),
        ),
        ("[WF-1] slug-1 (prd-to-pr) — Stage 0/8", facts(1, "slug-1", "prd-to-pr", 0, 8)),
        ("[WF-12] a - Stage 2/8: Plan", facts(12, "a", "", 2, 8, "Plan")),
        ("[WF-12] a-b - Stage 2/8: Plan", facts(12, "a-b", "", 2, 8, "Plan")),
        ("[WF-12] a-b -- Stage 2/8", facts(12, "a-b", "", 2, 8)),
        ("[WF-2] slug (prd-to-pr) – Stage 4 / 8 — Implement", facts(2, "slug", "prd-to-pr", 4, 8, "Implement")),
        ("[WF-2] slug—Stage 4/8:Build & Test", facts(2, "slug", "", 4, 8, "Build & Test")),
        ("  [wf-2]  slug  (x y)  —  stage 4/8 : n  ", facts(2, "slug", "x y", 4, 8, "n")),
        ("[WF-2] slug (tracks)", facts(2, "slug", "tracks")),
        ("[WF-2] slug", facts(2, "slug")),
        ("[WF-2] slug — Stage 4", facts(2, "slug", "", 4)),
        ("[WF-2] slug — Stage 9/8: beyond", facts(2, "slug", "", 9, 8, "beyond")),
        ("[WF-2] größe — Stage 1/8: a: b — c", facts(2, "größe", "", 1, 8, "a: b — c")),
        ("[WF-2] slug — Stage 4/8: a\x1b[2Jb\nc", facts(2, "slug", "", 4, 8, "a\x1b[2Jb\nc")),
        ("[WF-2] slug — Stage 4/8: ", facts(2, "slug", "", 4, 8)),
        ("Orchestrator: Monitor all pipelines", None),
        ("conflict-matrix", None),
        ("[WF-x] slug — Stage 1/8", None),
        ("[WF-1] several words and no stage", None),
        ("[WF-1]", None),
        ("[WF-1] sl\x1bug — Stage 1/8", None),
        ("about [WF-1] slug — Stage 1/8", None),
        ("", None),
    ],
)
def test_subjects(subject: str, expected: SubjectFacts | None) -> None:
    """[002-05]"""
    assert parse_subject(subject) == expected


@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                ["[WF-", "1", "]", " ", "slug", "-", "—", "Stage ", "3", "/8", ":", "(", ")", "\n", *ALL_PAYLOADS]
            ),
            st.text(max_size=5),
        ),
        max_size=30,
    ).map("".join)
)
def test_no_subject_breaks_it(subject: str) -> None:
    found = parse_subject(subject)
    if found is not None:
        assert is_clean(found.slug)
        assert is_clean(found.pipeline)


@given(st.integers(0, 999), st.from_regex(r"[a-z][a-z0-9-]{0,40}", fullmatch=True), st.integers(0, 20))
def test_the_written_form_is_read_back(number: int, slug: str, stage: int) -> None:
    found = parse_subject(f"[WF-{number}] {slug} (prd-to-pr) — Stage {stage}/8: Name")
    assert found == facts(number, slug, "prd-to-pr", stage, 8, "Name")


def test_a_long_subject_costs_nothing() -> None:
    assert parse_subject("[WF-1] " + "a-" * 100_000) is None
    assert parse_subject("[WF-1] a" + " (" * 100_000) is None
    assert parse_subject("[WF-1] a — Stage 1/8: " + "x" * 1000) is not None
