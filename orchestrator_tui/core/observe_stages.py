"""Stages as task files show them: what moved, what was jumped (DESIGN §4.1, seed 002 "all stages run")."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.facts import TaskFact
from orchestrator_tui.core.metadata import TaskMetadata
from orchestrator_tui.core.model import Signal, Stage, StageStatus, Track
from orchestrator_tui.core.normalise import asks
from orchestrator_tui.core.rules import Rules

JUMPED = "stage_jumped"
"""The kind of the signals that name the stages which a track did not run."""

_STATUSES = {
    "in_progress": StageStatus.RUNNING,
    "completed": StageStatus.DONE,
    "gate_blocked": StageStatus.GATE,
    "": StageStatus.RUNNING,
}


def rungs(meta: TaskMetadata, rules: Rules) -> list[tuple[int, str]]:
    """The rungs that a task stands on: its workflow's, else as many as it speaks of, with the one name it tells."""
    ladder = rules.ladders.get(meta.workflow)
    if ladder is not None:
        return [(rule.index, rule.name) for rule in ladder.stages]
    count = max(meta.stages or 0, meta.stage or 0)
    return [(index, meta.stage_name if index == meta.stage else "") for index in range(1, count + 1)]


def total(meta: TaskMetadata, rules: Rules) -> int:
    """How many stages the track has in all, or 0 where nobody says."""
    ladder = rules.ladders.get(meta.workflow)
    return len(ladder.stages) if ladder is not None else meta.stages or 0


def ladder_changes(track: Track, meta: TaskMetadata, rules: Rules) -> dict[str, Any]:
    """What a track learns of its ladder after its first sight: a task is made first, and told what it is later."""
    changes: dict[str, Any] = {}
    if meta.workflow and meta.workflow != track.workflow:
        changes["workflow"] = meta.workflow
    ladder = rules.ladders.get(meta.workflow)
    kind = ladder.kind if ladder else "work" if meta.staged else track.kind
    if not meta.kind and track.kind in ("task", "work") and kind != track.kind:
        changes["kind"] = kind
    names = {stage.index: stage.name for stage in track.stages}
    missing = [[index, name] for index, name in rungs(meta, rules) if index not in names or (name and not names[index])]
    if missing:
        changes["stages"] = missing
    return changes


def blocked(fact: TaskFact, meta: TaskMetadata) -> bool:
    """A block without a question: ``gate_blocked`` alone (DESIGN §4.1)."""
    return meta.stage_status == "gate_blocked" and not asks(fact.metadata)


def first_stages(slug: str, meta: TaskMetadata) -> list[Draft]:
    """The stages of a track at first sight: earlier ones count as done or skipped, nobody watched them."""
    return _skips(slug, meta.skipped) + _reached(slug, meta)


def stage_moves(track: Track, meta: TaskMetadata) -> list[Draft]:
    """What changed on the ladder since it was last seen, and the signal when stages were jumped."""
    drafts = _newly_skipped(track, meta)
    if not meta.stage:
        return drafts
    if not track.stages and not track.stage:
        # The first that is heard of its stages: where it stood before, nobody can tell.
        return drafts + _reached(track.slug, meta)
    status = _STATUSES[meta.stage_status]
    known = {stage.index: stage for stage in track.stages}
    if meta.stage > track.stage:
        drafts += _forward(track, meta, known)
    elif meta.stage < track.stage:
        drafts += [
            _stage(track.slug, index, StageStatus.PENDING)
            for index, stage in known.items()
            if meta.stage < index <= track.stage and stage.status is not StageStatus.PENDING
        ]
    stage = known.get(meta.stage)
    renamed = stage is not None and meta.stage_name not in ("", stage.name)
    if stage is None or stage.status is not status or renamed or meta.stage != track.stage:
        drafts.append(_stage(track.slug, meta.stage, status, meta.stage_name))
    return drafts


def ran_after_all(track: Track, signals: Iterable[Signal], stage: int) -> list[Draft]:
    """What is set right when a stage that was called jumped is heard of late: it did run before the one that is shown.

    ``signals`` are those that are raised now.
    """
    known = next((one for one in track.stages if one.index == stage), None)
    shown = known is not None and known.status is not StageStatus.PENDING
    found = [signal for signal in signals if stage in _jumped(signal, track)]
    if shown or stage >= track.stage or not found:
        return []
    done = _stage(track.slug, stage, StageStatus.DONE, "", "heard of late")
    drafts = [Draft(done.kind, {**done.payload, "late": True})]
    for signal in found:
        why = f"its agent did report stage {stage}; that was heard of late"
        drafts.append(Draft("signal_cleared", {"signal": signal.id, "why": why}))
        rest = tuple(one for one in _jumped(signal, track) if one != stage)
        if rest:
            drafts.append(_jump_signal(track, rest, signal.text.partition(": ")[2]))
    return drafts


def status_words(track: Track) -> str:
    """The status of the stage that the track is in, as a task's metadata says it; "" where that has no word for it."""
    now = next((one.status for one in track.stages if one.index == track.stage), StageStatus.PENDING)
    return next((word for word, status in _STATUSES.items() if status is now), "")


def _reached(slug: str, meta: TaskMetadata) -> list[Draft]:
    if not meta.stage:
        return []
    earlier = [index for index in range(1, meta.stage) if index not in meta.skipped]
    drafts = [_stage(slug, index, StageStatus.DONE, "", "before it was watched") for index in earlier]
    return [*drafts, _stage(slug, meta.stage, _STATUSES[meta.stage_status], meta.stage_name)]


def _newly_skipped(track: Track, meta: TaskMetadata) -> list[Draft]:
    newly = tuple(index for index in meta.skipped if index not in track.skipped_stages)
    if not newly:
        return []
    signal = _jump_signal(track, newly, "its agent says that a person allowed it; we know of none")
    return [*_skips(track.slug, newly), signal]


def _forward(track: Track, meta: TaskMetadata, known: dict[int, Stage]) -> list[Draft]:
    drafts: list[Draft] = []
    current = known.get(track.stage)
    if current is not None and current.status in (StageStatus.RUNNING, StageStatus.GATE):
        drafts.append(_stage(track.slug, track.stage, StageStatus.DONE))
    allowed = {*track.skipped_stages, *meta.skipped}
    jumped = tuple(index for index in range(track.stage + 1, meta.stage or 0) if index not in allowed)
    if jumped:
        drafts.append(_jump_signal(track, jumped, f"it went from stage {track.stage} to {meta.stage}"))
    return drafts


def _stage(slug: str, index: int, status: StageStatus, name: str = "", detail: str = "") -> Draft:
    payload: dict[str, object] = {"track": slug, "stage": index, "status": status.value, "observed": True}
    if name:
        payload["name"] = name
    if detail:
        payload["detail"] = detail
    return Draft("stage_changed", payload)


def _skips(slug: str, stages: tuple[int, ...]) -> list[Draft]:
    if not stages:
        return []
    return [Draft("stages_skipped", {"track": slug, "stages": list(stages), "by": "its agent"})]


def _jumped(signal: Signal, track: Track) -> tuple[int, ...]:
    """The stages of this track that a signal says were jumped, by its name."""
    if signal.kind != JUMPED or signal.track != track.slug:
        return ()
    listed = signal.id.removeprefix(_signal_id(track, ()))
    return tuple(int(one) for one in listed.split("-") if one.isdecimal())


def _signal_id(track: Track, stages: tuple[int, ...]) -> str:
    return f"stage-jumped-{track.slug}-" + "-".join(map(str, stages))


def _jump_signal(track: Track, stages: tuple[int, ...], why: str) -> Draft:
    listed = ", ".join(str(index) for index in stages)
    return Draft(
        "signal_raised",
        {
            "signal": _signal_id(track, stages),
            "kind": JUMPED,
            "track": track.slug,
            "text": f"{track.slug} did not run stage {listed}: {why}",
        },
    )
