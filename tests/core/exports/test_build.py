"""Build args and build result in the shape that the users of seed 001 know, against files written by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator_tui.cli.exporting import as_text
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.exports.build_args import build_args, build_args_files
from orchestrator_tui.core.exports.build_result import build_result, build_result_files
from orchestrator_tui.core.schedule.opening import planned
from tests.core.builders import START, Ledger
from tests.core.exports.build_story import PLAN, REVIEW, WORKFLOW, begun, entered, found, moved, played

GOLDEN = Path(__file__).parent / "golden" / "chunks"


def test_build_args_are_the_chunks_in_their_waves() -> None:
    """[001-68] [001-69] [001-70] [001-51] [001-52] [001-53] [001-54] [001-108]"""
    (document,) = build_args_files(begun().batch, START)
    assert as_text(document) == (GOLDEN / "build-args.json").read_text("utf-8")


def test_without_chunks_there_are_no_build_args() -> None:
    ledger = Ledger()
    ledger.must(*planned(replace(PLAN, tracks=()), {"build": WORKFLOW}, {}))
    assert build_args_files(ledger.batch, START) == ()
    assert build_result_files(ledger.batch, START) == ()


def test_who_names_no_tier_gets_that_of_its_role() -> None:
    """[001-55]"""
    assert build_args(begun().batch)["waves"][0][0]["model"] == "sonnet"


def test_the_build_result_tells_what_became_of_each_chunk() -> None:
    """[001-83] [001-84] [001-85] [001-86] [001-87] [001-89] [001-90] [001-92]"""
    (document,) = build_result_files(played().batch, START)
    assert as_text(document) == (GOLDEN / "build-result.json").read_text("utf-8")


def test_a_blocker_that_stands_is_the_cap_that_was_hit() -> None:
    ledger = played()
    found(ledger, "c1", "blocker", "quotes are lost again", file="src/csv.py")
    result = build_result(ledger.batch)
    assert result["hitReviewCap"] is True
    assert result["unresolvedBlockers"] == [
        {"chunkId": "c1", "severity": "blocker", "title": "quotes are lost again", "file": "src/csv.py"}
    ]


def test_a_chunk_without_findings_is_clean() -> None:
    """[001-88]"""
    ledger = played()
    for finding in ledger.track("c1").findings:
        ledger.must(Draft("finding_closed", {"track": "c1", "finding": finding.id, "state": "fixed"}))
    result = build_result(ledger.batch)
    assert (result["clean"], result["concerns"], result["nits"]) == (["c1"], [], [])


@pytest.mark.parametrize(("rounds", "iterations"), [(0, 0), (1, 1), (2, 2)])
def test_iterations_are_the_rounds_of_the_chunk_that_went_back_most(rounds: int, iterations: int) -> None:
    ledger = begun()
    moved(ledger, "c1", "preparing", "running")
    entered(ledger, "c1", 1)
    for _ in range(rounds):
        entered(ledger, "c1", 1, from_stage=REVIEW)
    assert build_result(ledger.batch)["iterations"] == iterations
