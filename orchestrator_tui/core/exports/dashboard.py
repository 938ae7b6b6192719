"""The dashboard of pipelines as a file, running and final (seed 002)."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator_tui.core.exports.document import TEXT, Document
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch
from orchestrator_tui.core.report.dashboard import Heading, dashboard
from orchestrator_tui.core.report.summary import batch_summary

HEADING = Heading("Workflow Orchestrator", "Active Pipeline", "Active Pipelines")
"""The title as its users know it."""


def dashboard_files(batch: Batch, now: Instant) -> Sequence[Document]:
    """``dashboard.txt``."""
    return (Document("dashboard.txt", TEXT, dashboard(batch_summary(batch, now), HEADING) + "\n"),)
