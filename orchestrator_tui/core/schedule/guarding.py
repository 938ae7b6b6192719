"""What guards the agents of a run: their scope as a scope file of seed 004, one for a wave and one for each of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from orchestrator_tui.core.model import Batch, Track
from orchestrator_tui.core.plan import Scope
from orchestrator_tui.core.schedule.paths import spec_folder
from orchestrator_tui.core.schedule.rules import batch_workflow, is_batch_track, stage_work, work_of, workflow_of
from orchestrator_tui.core.schedule.trees import is_integrated
from orchestrator_tui.core.session import GUARDS, OFF, STRICT, WARN
from orchestrator_tui.core.wave_roles import changes_files, roles_in

EVERYTHING = "**/*"
_WILDCARD = re.compile(r"[*?\[]")


def wave_scope(batch: Batch, tracks: Sequence[Track]) -> Mapping[str, Any]:
    """The scope file of these tracks of one wave: what any of them may change (seed 004)."""
    guard = batch_workflow(batch).guard
    allowed = [one for track in tracks for one in _allowed(batch, track)]
    return {
        "wave": max([1, *(one.wave for one in tracks)]),
        "role": roles_in([work_of(one).planned for one in tracks], batch_workflow(batch).sessions) or "all",
        "enforcement": enforced(batch, tracks),
        "allowedPaths": list(dict.fromkeys(allowed)),
        "blockedCommands": list(guard.blocked),
        "gates": {name: guard.gates.get(name, True) for name in GUARDS},
    }


def enforced(batch: Batch, tracks: Sequence[Track]) -> str:
    """How a guard enforces for these tracks: in a tree that they share its word alone is no barrier (seed 004)."""
    rules = batch_workflow(batch)
    asked = rules.guard.enforcement or OFF
    in_place = rules.isolation.strict and any(is_integrated(batch, one) for one in tracks)
    return STRICT if asked == WARN and in_place else asked


def attempt_scope(batch: Batch, track: Track, stage: int) -> Mapping[str, Any] | None:
    """The scope file of one attempt, or None where nothing guards it: its own paths alone, none where it only reads."""
    if is_batch_track(track) or batch_workflow(batch).guard.enforcement in ("", OFF):
        return None
    work = stage_work(batch, track, stage)
    made = dict(wave_scope(batch, (track,)))
    if not work.writes:
        made["allowedPaths"] = []
    elif work.artefacts:
        made["allowedPaths"] = [*made["allowedPaths"], f"{spec_folder(batch, track)}/"]
    return made


def _allowed(batch: Batch, track: Track) -> list[str]:
    planned = work_of(track).planned
    if not changes_files(planned, workflow_of(batch, track)):
        return []
    return scope_patterns(planned.scope)


def scope_patterns(scope: Scope) -> list[str]:
    """A scope in the patterns of a scope file; one that is not declared allows everything.

    Where those patterns cannot say as much (sets, ``?``) they allow more: the diff is judged by the scope itself.
    """
    if not scope.declared:
        return [EVERYTHING]
    return list(dict.fromkeys(_translated((*scope.owned, *scope.allowed, *scope.append_only))))


def _translated(patterns: Iterable[str]) -> Iterable[str]:
    for pattern in patterns:
        plain = re.sub(r"\[[^\]]*\]|\?", "*", pattern.strip("/"))
        if pattern.endswith("/"):
            yield f"{plain}/"
        elif "/" not in plain and _WILDCARD.search(plain):
            yield f"**/{plain}"
        elif plain.endswith("/**"):
            yield plain[:-2]
        else:
            yield plain
            if "." not in plain.rpartition("/")[2]:
                # It may be a directory: then it holds what is below it.
                yield f"{plain}/"
