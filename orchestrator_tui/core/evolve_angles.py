"""Stages that several agents do at once: what the end of one of them makes of the stage (seed 001, exploration)."""

from __future__ import annotations

from dataclasses import replace

from orchestrator_tui.core.run import StageRun


def angle_of(attempt: str, run: StageRun) -> str:
    """The angle that an attempt of the stage at hand was about, or ""."""
    return next((part for part in run.parts if attempt.endswith(f"-{part}")), "")


def angle_ended(run: StageRun, attempt: str, outcome: str) -> StageRun:
    """The stage after one of its agents has ended: it is done when all are."""
    parts = {**run.parts, angle_of(attempt, run): outcome}
    worst = next((one for one in parts.values() if one not in ("", "done")), "done")
    return replace(run, parts=parts, claim=worst, verdict="")
