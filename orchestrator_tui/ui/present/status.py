"""The status line: the keys valid now on the left, what was decided and how far it can be trusted on the right."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.model import State
from orchestrator_tui.ui.present.cells import Line, Part, clean, line_width, spread
from orchestrator_tui.ui.present.glyphs import UNICODE, Glyphs


@frozen
class Hint:
    """One key and what it does now. ``action`` is the id that a click asks for; a disabled one is greyed."""

    key: str
    words: str
    action: str = ""
    enabled: bool = True


@frozen
class StatusView:
    """The status line in words. ``notice`` takes the place of the keys while it is told."""

    hints: tuple[Hint, ...]
    decided: str
    mode: str
    mode_glyph: str
    mode_token: str
    trust: str
    notice: str
    notice_token: str
    glyphs: Glyphs = UNICODE


def present_status(
    state: State,
    glyphs: Glyphs,
    *,
    mode: str = "live",
    hints: Sequence[Hint] = (),
    trust: str = "same user",
    notice: str = "",
    refused: bool = False,
    hosted: bool = True,
) -> StatusView:
    """The status line. ``notice`` is one line on what was just done or, when ``refused``, why it was not.

    ``hosted`` tells whether every run that goes on is kept by somebody: else what is shown is not live.
    """
    live = mode == "live"
    by_person = sum(batch.decided_by_person for batch in state.batches.values())
    by_rule = sum(batch.decided_by_rule for batch in state.batches.values())
    return StatusView(
        hints=tuple(hints),
        decided=f"{by_person + by_rule:,} decided" + (f", {by_rule:,} by rule" if by_rule else ""),
        mode=mode if hosted or not live else "no host",
        mode_glyph=glyphs.pending if not live else glyphs.working if hosted else glyphs.gate,
        mode_token="quiet" if not live else "track-done" if hosted else "gate",
        trust=f"trust: {trust}" if trust else "",
        notice=clean(notice, 400),
        notice_token="risk-failure" if refused else "strong",
        glyphs=glyphs,
    )


def status_line(view: StatusView, width: int) -> Line:
    """The status line; on the right first the trust goes, then the decisions; the keys go from the end."""
    left = _left(view, len(view.hints))
    for facts in ((view.decided, view.mode, view.trust), (view.decided, view.mode), (view.mode,)):
        right = _right(view, facts)
        if line_width(left) + line_width(right) + 2 <= width:
            break
    for count in reversed(range(len(view.hints))):
        if line_width(left) + line_width(right) <= width or view.notice:
            break
        left = _left(view, count)
    return spread(left, right, width, view.glyphs.ellipsis)


def _left(view: StatusView, count: int) -> Line:
    if view.notice:
        return (Part(" "), Part(view.notice, view.notice_token))
    parts: list[Part] = [Part(" ")]
    for place, hint in enumerate(view.hints[:count]):
        if place:
            parts.append(Part("  "))
        key, words = ("key", "quiet") if hint.enabled else ("quiet", "disabled")
        parts += [Part(hint.key, key, hint.action), Part(f" {hint.words}", words, hint.action)]
    return tuple(parts)


def _right(view: StatusView, facts: Sequence[str]) -> Line:
    parts: list[Part] = [Part("  ")]
    for fact in facts:
        if not fact:
            continue
        if fact == view.mode:
            parts.append(Part(f"{view.mode_glyph} ", view.mode_token))
        parts += [Part(fact, "quiet"), Part("  ")]
    return (*parts[:-1], Part(" "))
