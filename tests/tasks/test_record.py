"""What a subject says about its track, and what of a record is safe to draw."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_tui.adapters.tasks.record import SubjectFacts, TaskRecord, parse_subject
from orchestrator_tui.core.text import is_clean
from tests.hostile_text import ALL_PAYLOADS


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        (
            "[WF-3] fix-auth-race (bug-to-pr) — Stage 3/8: Fix Strategy Counsel",
            SubjectFacts(3, "fix-auth-race", "bug-to-pr", 3, 8, "Fix Strategy Counsel"),
        ),
        (
            "[WF-1] user-profile-sharing — Stage 5/8: Build",
            SubjectFacts(1, "user-profile-sharing", None, 5, 8, "Build"),
        ),
        ("[WF-1] slug-1 (prd-to-pr) — Stage 0/8", SubjectFacts(1, "slug-1", "prd-to-pr", 0, 8)),
        ("[WF-12] a - Stage 2/8: Plan", SubjectFacts(12, "a", None, 2, 8, "Plan")),
        ("[WF-12] a-b - Stage 2/8: Plan", SubjectFacts(12, "a-b", None, 2, 8, "Plan")),
        ("[WF-12] a-b -- Stage 2/8", SubjectFacts(12, "a-b", None, 2, 8)),
        ("[WF-2] slug (prd-to-pr) – Stage 4 / 8 — Implement", SubjectFacts(2, "slug", "prd-to-pr", 4, 8, "Implement")),
        ("[WF-2] slug—Stage 4/8:Build & Test", SubjectFacts(2, "slug", None, 4, 8, "Build & Test")),
        ("  [wf-2]  slug  (x y)  —  stage 4/8 : n  ", SubjectFacts(2, "slug", "x y", 4, 8, "n")),
        ("[WF-2] slug (tracks)", SubjectFacts(2, "slug", "tracks")),
        ("[WF-2] slug", SubjectFacts(2, "slug")),
        ("[WF-2] slug — Stage 4", SubjectFacts(2, "slug", None, 4)),
        ("[WF-2] slug — Stage 9/8: beyond", SubjectFacts(2, "slug", None, 9, 8, "beyond")),
        ("[WF-2] größe — Stage 1/8: a: b — c", SubjectFacts(2, "größe", None, 1, 8, "a: b — c")),
        ("[WF-2] slug — Stage 4/8: a\x1b[2Jb\nc", SubjectFacts(2, "slug", None, 4, 8, "a\\x1b[2Jb c")),
        ("[WF-2] slug — Stage 4/8: ", SubjectFacts(2, "slug", None, 4, 8)),
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
    facts = parse_subject(subject)
    if facts is not None:
        assert is_clean(facts.slug)
        assert facts.stage_name is None or is_clean(facts.stage_name)
        assert facts.pipeline is None or is_clean(facts.pipeline)


@given(st.integers(0, 999), st.from_regex(r"[a-z][a-z0-9-]{0,40}", fullmatch=True), st.integers(0, 20))
def test_the_written_form_is_read_back(number: int, slug: str, stage: int) -> None:
    facts = parse_subject(f"[WF-{number}] {slug} (prd-to-pr) — Stage {stage}/8: Name")
    assert facts == SubjectFacts(number, slug, "prd-to-pr", stage, 8, "Name")


def test_a_long_subject_costs_nothing() -> None:
    assert parse_subject("[WF-1] " + "a-" * 100_000) is None
    assert parse_subject("[WF-1] a" + " (" * 100_000) is None
    assert parse_subject("[WF-1] a — Stage 1/8: " + "x" * 1000) is not None


@pytest.mark.parametrize("payload", ALL_PAYLOADS)
def test_shown_forms_are_clean_and_raw_ones_are_raw(payload: str) -> None:
    record = TaskRecord(
        payload, "/lists/x", "1", payload, payload, payload, payload, metadata={"decisionOptions": [payload]}
    )
    shown = [
        record.shown_list,
        record.shown_subject,
        record.shown_description,
        record.shown_active_form,
        record.shown_owner,
    ]
    assert all(is_clean(text) for text in shown)
    assert record.subject == payload
    assert record.metadata["decisionOptions"] == [payload]


def test_shown_forms_are_cut_with_a_count() -> None:
    record = TaskRecord("list", "/lists/list", "1", subject="x" * 600, description="y" * 70_000)
    assert len(record.shown_subject) == 500
    assert record.shown_subject.endswith("…[+107]")
    assert len(record.shown_description) == 65_536


def test_order_is_by_number() -> None:
    records = [TaskRecord("l", "/l", task_id) for task_id in ("10", "9", "note", "1")]
    assert [record.task_id for record in sorted(records, key=lambda record: record.order)] == ["1", "9", "10", "note"]
    assert records[0].path == "/l/10.json"
