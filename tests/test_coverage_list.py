"""The coverage list keeps its word: built rows have tests, other rows have reasons, and tests name no unknown row."""

from __future__ import annotations

from docs.coverage import rows, shown_by


def test_every_built_row_is_shown_by_a_test() -> None:
    tests = shown_by()
    missing = [row["id"] for row in rows() if row["status"] == "built" and not tests.get(row["id"])]
    assert missing == []


def test_every_other_row_says_why() -> None:
    assert [row["id"] for row in rows() if row["status"] != "built" and not row.get("why")] == []
    assert {row["status"] for row in rows()} <= {"built", "later", "ruled against"}


def test_tests_name_only_rows_that_exist() -> None:
    assert set(shown_by()) <= {row["id"] for row in rows()}
