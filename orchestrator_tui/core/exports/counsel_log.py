"""The logs of counsels, each as its pipeline's counsel wrote it in the form that its workflow prescribes (seed 002)."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator_tui.core.exports.document import TEXT, Document
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch
from orchestrator_tui.core.report.scrub import Scrubber
from orchestrator_tui.core.schedule.judging import form_path
from orchestrator_tui.core.schedule.readiness import planned_tracks
from orchestrator_tui.core.schedule.rules import stages_of, work_of

VERDICT = "Final Verdict"
"""The field by which the form of a counsel's log is known."""


def counsel_log_files(batch: Batch, now: Instant) -> Sequence[Document]:
    """``counsel/<slug>.md`` of every pipeline whose counsel has written its log."""
    scrub, found = Scrubber(batch), []
    for track in planned_tracks(batch) if batch.run is not None else ():
        for _, work in stages_of(batch, track):
            text = work_of(track).texts.get(form_path(batch, track, work), "") if VERDICT in work.form else ""
            if text:
                found.append(Document(f"counsel/{track.slug}.md", TEXT, scrub.text(text).rstrip("\n") + "\n"))
    return found
