"""The signs of the screens, each one cell wide, in Unicode and in ASCII (DESIGN §5 "Glyphs")."""

from __future__ import annotations

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.model import StageStatus


@frozen
class Glyphs:
    """One set of signs. Every sign is one cell wide; none carries a meaning that a word beside it does not."""

    working: str
    asking: str
    pending: str
    done: str
    running: str
    gate: str
    failed: str
    unknown: str
    skipped: str
    cursor: str
    caret: str
    recommended: str
    bullet: str
    marked: str
    minus: str
    ellipsis: str
    track: str
    serialised: str
    appended: str
    queued: str


UNICODE = Glyphs(
    working="●",
    asking="◐",
    pending="○",
    done="✓",
    running="→",
    gate="⚠",
    failed="✗",
    unknown="?",
    skipped="–",
    cursor="▌",
    caret="▁",
    recommended="◂",
    bullet="·",
    marked="●",
    minus="−",
    ellipsis="…",
    track="━",
    serialised="‖",
    appended="≡",
    queued="⇅",
)

ASCII = Glyphs(
    working="*",
    asking="%",
    pending=".",
    done="+",
    running=">",
    gate="!",
    failed="x",
    unknown="?",
    skipped="-",
    cursor="|",
    caret="_",
    recommended="<",
    bullet="-",
    marked="*",
    minus="-",
    ellipsis="~",
    track="=",
    serialised="#",
    appended="=",
    queued="d",
)

STAGE_TOKENS = {
    StageStatus.PENDING: "quiet",
    StageStatus.RUNNING: "track-running",
    StageStatus.GATE: "track-waiting",
    StageStatus.DONE: "track-done",
    StageStatus.SKIPPED: "quiet",
    StageStatus.FAILED: "track-failed",
}
"""The theme token of each stage status."""


def stage_glyph(status: StageStatus, glyphs: Glyphs) -> str:
    """The sign of a stage status."""
    return str(getattr(glyphs, _STAGE_GLYPHS[status]))


_STAGE_GLYPHS = {
    StageStatus.PENDING: "pending",
    StageStatus.RUNNING: "running",
    StageStatus.GATE: "gate",
    StageStatus.DONE: "done",
    StageStatus.SKIPPED: "skipped",
    StageStatus.FAILED: "failed",
}
