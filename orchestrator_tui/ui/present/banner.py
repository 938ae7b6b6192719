"""The banner: the one thing that needs a person most, on every screen (seed 002, "surface after five minutes")."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.memo import of_newest
from orchestrator_tui.core.model import NOBODY, Liveness, Risk, State, Track
from orchestrator_tui.core.queries import (
    GateKey,
    TrackKey,
    all_shown,
    gate_age_ms,
    gate_queue,
    open_signals,
    stale_gates,
    standing,
)
from orchestrator_tui.core.text import plural
from orchestrator_tui.core.tracks_shown import track_of
from orchestrator_tui.ui.present.ages import duration
from orchestrator_tui.ui.present.cells import Line, Part, cell_width, clean, line_width, spread
from orchestrator_tui.ui.present.glyphs import Glyphs
from orchestrator_tui.ui.present.words import batch_title


@frozen
class BannerView:
    """The banner in words.

    Attributes:
        kind: ``problem``, ``newer``, ``stale``, ``spoof``, ``undelivered``, ``silent``, ``run``, ``held`` or ``quiet``.
        glyph: the sign before it, or "".
        text: what is said.
        short: the same for a narrow screen.
        note: what stands at the right end.
        token: the theme token of the text.
        target: the gate or track it speaks of, or None; a click goes there.
    """

    kind: str
    glyph: str
    text: str
    short: str
    note: str
    token: str
    target: GateKey | TrackKey | None


@frozen
class _Scene:
    state: State
    now: Instant
    glyphs: Glyphs
    problem: str
    held_by: Mapping[str, str]
    watching: str


def present_banner(
    state: State,
    now: Instant,
    glyphs: Glyphs,
    *,
    problem: str = "",
    held_by: Mapping[str, str] | None = None,
    watching: str = "",
) -> BannerView:
    """The banner: the first of its kinds that has something to say, in the order of :data:`_KINDS`."""
    scene = _Scene(state, now, glyphs, problem, held_by or {}, watching)
    found = (kind(scene) for kind in _KINDS)
    return next(view for view in found if view is not None)


def banner_line(view: BannerView, width: int) -> Line:
    """The banner in one line; the short words are taken when the long ones do not fit."""
    right: Line = (Part("  "), Part(view.note, "quiet"), Part(" ")) if view.note else ()
    sign = Part(f" {view.glyph} " if view.glyph else " ", view.token)
    room = width - cell_width(sign.text)
    text = view.text if cell_width(view.text) + line_width(right) <= room else view.short
    if cell_width(text) + line_width(right) > room:
        right = ()
    return spread((sign, Part(text, view.token)), right, width)


def _problem(scene: _Scene) -> BannerView | None:
    if not scene.problem:
        return None
    text = clean(scene.problem, 300)
    return BannerView("problem", scene.glyphs.failed, text, text, "", "risk-production strong", None)


def _newer(scene: _Scene) -> BannerView | None:
    for batch in scene.state.batches.values():
        if batch.newer:
            text = f"read-only: {batch_title(batch)} was written by a newer version ({clean(batch.newer, 60)})"
            return BannerView("newer", scene.glyphs.gate, text, text, "", "gate", None)
    return None


_FOR_WHAT = {Risk.PRODUCTION: " for a production decision", Risk.DESTRUCTIVE: " for a destructive one"}
_FOR_SHORT = {Risk.PRODUCTION: " for production"}


def _stale(scene: _Scene) -> BannerView | None:
    gates = stale_gates(scene.state, scene.now)
    if not gates:
        return None
    gate = gates[0]
    slug = clean(track_of(scene.state.batches[gate.batch], gate), 60)
    waited = f"{slug} has waited {duration(gate_age_ms(gate, scene.now))}"
    more = f", {len(gates) - 1} more too" if len(gates) > 1 else ""
    return BannerView(
        kind="stale",
        glyph=scene.glyphs.gate,
        text=f"{waited}{_FOR_WHAT.get(gate.risk, ' for a decision')}{more}. Press w",
        short=f"{waited}{_FOR_SHORT.get(gate.risk, '')}. Press w",
        note=_ENDED if _alone(scene) else f"level {max(1, gate.stale_level)}",
        token="gate-stale strong",
        target=GateKey(gate.batch, gate.id),
    )


def _spoof(scene: _Scene) -> BannerView | None:
    for signal in open_signals(scene.state):
        if signal.kind != "spoof_suspected":
            continue
        track = clean(signal.track, 60)
        told = clean(signal.text, 200) or "an answer appeared that nobody here gave"
        text = told if told.startswith(track) else f"{track}: {told}"
        target = next((b.id for b in scene.state.batches.values() if signal.id in b.signals), "")
        return BannerView(
            "spoof",
            scene.glyphs.gate,
            text,
            text,
            "not our answer",
            "risk-failure strong",
            TrackKey(target, signal.track),
        )
    return None


def _undelivered(scene: _Scene) -> BannerView | None:
    gates = [gate for gate in gate_queue(scene.state) if gate.undelivered]
    if not gates:
        return None
    track = clean(gates[0].track, 60)
    more = f", {len(gates) - 1} more too" if len(gates) > 1 else ""
    return BannerView(
        kind="undelivered",
        glyph=scene.glyphs.failed,
        text=f"the answer to {track} did not reach its agent{more}. Press w",
        short=f"{track}: answer not delivered. Press w",
        note="",
        token="risk-failure strong",
        target=GateKey(gates[0].batch, gates[0].id),
    )


def _silent(scene: _Scene) -> BannerView | None:
    lost = _lost(scene.state)
    if not lost:
        return None
    track = lost[0]
    since = track.reported_at or track.added_at
    quiet = "" if since is None else f" for {duration(elapsed_ms(since, scene.now))}"
    slug = clean(track.slug, 60)
    what = f"the agent of {slug} is gone" if track.liveness is Liveness.GONE else f"{slug} has said nothing{quiet}"
    text = what + (f", {plural(len(lost) - 1, 'other')} too" if len(lost) > 1 else "")
    return BannerView(
        "silent", scene.glyphs.unknown, text, text, "", "track-unknown", TrackKey(track.batch, track.slug)
    )


@of_newest
def _lost(state: State) -> tuple[Track, ...]:
    going_on = {batch.id for batch in state.batches.values() if batch.ended_at is None}
    return tuple(track for track in all_shown(state) if track.batch in going_on and _is_silent(track))


def _is_silent(track: Track) -> bool:
    return standing(track) == "unknown" and track.liveness is not Liveness.WORKING_NOT_REPORTING


def _run(scene: _Scene) -> BannerView | None:
    """A run that goes on only when its person says so; where a question of its own waits, that tells it."""
    for batch in scene.state.batches.values():
        run = batch.run
        if run is None or batch.ended_at is not None:
            continue
        # Loaded here: what a run is made of waits until there is one.
        from orchestrator_tui.core.run import HANDED_OVER

        if run.pausing:
            text = f"{batch_title(batch)} is paused: nothing new begins. B goes on with it"
            return BannerView("run", "", text, "the batch is paused. B goes on with it", "", "gate", None)
        if run.phase == HANDED_OVER:
            text = f"{batch_title(batch)}: the session is complete. Go on: orch-tui run --resume {batch.id}"
            return BannerView("run", "", text, f"go on: orch-tui run --resume {batch.id}", "", "gate", None)
        if run.phase == "awaiting_user" and not any(gate.batch == batch.id for gate in gate_queue(scene.state)):
            rules = run.workflows.get(run.plan.workflow)
            if rules is not None and rules.commits_nothing:
                text = f"{batch_title(batch)} is done, and uncommitted: it is yours to finish"
                return BannerView("run", "", text, "all is done, and uncommitted", "", "gate", None)
            text = f"{batch_title(batch)} is done. Nothing goes onto {clean(run.plan.base, 60)} until you say so: M"
            return BannerView("run", "", text, "all is done. M brings it onto its base", "", "gate", None)
    return None


_ENDED = "its host has ended: orch-tui attach"


def _alone(scene: _Scene) -> list[str]:
    """The runs that nobody keeps."""
    return [one for one, holder in scene.held_by.items() if holder == NOBODY and one in scene.state.batches]


def _orphaned(scene: _Scene) -> BannerView | None:
    for batch in _alone(scene):
        short = f"stands still: orch-tui attach {batch}"
        text = f"{batch_title(scene.state.batches[batch])} stands still: its host has ended. orch-tui attach {batch}"
        return BannerView("held", "", f"{text} goes on with it", short, "", "gate", None)
    return None


def _held(scene: _Scene) -> BannerView | None:
    holders = [holder for batch, holder in scene.held_by.items() if batch in scene.state.batches and holder]
    if not holders:
        return None
    text = f"{clean(holders[0], 120)} keeps this batch; you can decide its gates here"
    return BannerView("held", "", text, text, "", "quiet", None)


def _quiet(scene: _Scene) -> BannerView | None:
    batches = scene.state.batches.values()
    # Nobody waits for task files where all that is shown are runs: they are followed by the journal.
    watching = "" if batches and all(one.run is not None for one in batches) else clean(scene.watching, 200)
    text = f"task files: {watching}" if watching else ""
    return BannerView("quiet", "", text, text, "", "quiet", None)


_KINDS: tuple[Callable[[_Scene], BannerView | None], ...] = (
    _problem,
    _newer,
    _stale,
    _spoof,
    _orphaned,
    _undelivered,
    _silent,
    _run,
    _held,
    _quiet,
)
