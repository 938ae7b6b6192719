"""Files in the person's own tree that git does not know and that a wave is about to make, too (seed 004).

They are looked at once before the first agent of a wave works: what is merged later would meet them.
"""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Batch, Option
from orchestrator_tui.core.plan import BATCH_TRACK
from orchestrator_tui.core.schedule.effects import LOOK_AT_TREE, begin, under_way
from orchestrator_tui.core.schedule.gates import ask, barring, chosen, gate_id, listed
from orchestrator_tui.core.schedule.readiness import planned_tracks
from orchestrator_tui.core.schedule.rules import batch_workflow, plan_of, run_of, work_of
from orchestrator_tui.core.scope import matches
from orchestrator_tui.core.text import plural

OK, WARN, BLOCK, OFF = "ok", "warn", "block", "off"
AGAIN, GO_ON = "again", "go_on"
_NAMED = 50


def due(batch: Batch, wave: int) -> list[Draft] | None:
    """What is due before the first agent of a wave works; [] while that is under way, None when it can begin."""
    if batch_workflow(batch).untracked == OFF:
        return None
    if under_way(batch, LOOK_AT_TREE):
        return []
    run = run_of(batch)
    looks = [one for one in run.untracked if one.wave == wave]
    if looks and looks[-1].decision != BLOCK:
        return None
    answer = chosen(batch, _gate(wave, len(looks)))
    if not looks or answer == AGAIN:
        return begin(batch, LOOK_AT_TREE, BATCH_TRACK, f"z-{run.begun}", wave=wave)
    if answer == GO_ON:
        return None
    return [] if barring(batch, batch.tracks[BATCH_TRACK]) else _ask(batch, wave, len(looks), looks[-1].files)


def seen(batch: Batch, wave: int, untracked: Sequence[str]) -> list[Draft]:
    """What a look at the person's tree amounts to, as its event, and as a signal where files overlap."""
    scopes = [work_of(one).planned.scope for one in planned_tracks(batch) if one.wave == wave]
    patterns = [pattern for one in scopes for pattern in (*one.owned, *one.allowed, *one.append_only)]
    files = tuple(one for one in untracked if any(matches(one, pattern) for pattern in patterns))[:_NAMED]
    decision = batch_workflow(batch).untracked if files else OK
    drafts = [Draft("untracked_seen", {"wave": wave, "decision": decision, "files": list(files)})]
    if files:
        lie = plural(len(files), "file that git does not know lies", "files that git does not know lie")
        text = f"{lie} where wave {wave} works: {', '.join(files[:3])}"
        told = {"signal": f"untracked-{wave}", "kind": "untracked_overlap", "track": BATCH_TRACK, "text": text}
        drafts.append(Draft("signal_raised", {**told, "evidence": list(files[:20])}))
    return drafts


def _gate(wave: int, looks: int) -> str:
    return gate_id("pre_flight", BATCH_TRACK, wave, looks)


def _ask(batch: Batch, wave: int, looks: int, files: tuple[str, ...]) -> list[Draft]:
    return ask(
        batch,
        _gate(wave, looks),
        "pre_flight",
        BATCH_TRACK,
        f"Files that git does not know lie where wave {wave} works. Begin it?",
        (
            Option(AGAIN, "I have committed or stashed them: look again", "approve"),
            Option(GO_ON, "begin: they may be in the way of what is merged"),
            Option("stop", "stop the batch", "cancel"),
        ),
        context=listed(files) + f"\nIn {plan_of(batch).repository}; nothing of it was touched.",
        recommend=AGAIN,
        confidence="medium",
        risk="check",
        subject={"wave": wave, "files": list(files)},
    )
