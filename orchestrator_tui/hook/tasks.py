"""Task gates: what an agent writes into its task opens one, and bars the way on until it is answered (DESIGN §4.1).

Claude Code has written the task file when its PostToolUse hook runs, so the file is what counts, judged by the same
rules as whoever watches it would (``core.observe_gates``): both make the same gate of it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from orchestrator_tui.adapters.tasks.fact import to_fact
from orchestrator_tui.adapters.tasks.reader import read_task
from orchestrator_tui.core.event import GATE_KINDS, Draft
from orchestrator_tui.core.facts import TaskFact
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.metadata import TaskMetadata, read_metadata
from orchestrator_tui.core.model import Batch, Gate
from orchestrator_tui.core.naming import task_source
from orchestrator_tui.core.normalise import asks, digest, is_gate_of_task, task_gate_id, task_question
from orchestrator_tui.core.observe_gates import TASK_FILE, task_gate
from orchestrator_tui.core.stage_said import STAGE_SAID, payload, said_in
from orchestrator_tui.hook import owed
from orchestrator_tui.hook.visit import ROUTE, Visit
from orchestrator_tui.runtime.rules import load_rules


@frozen
class Asked:
    """A task whose agent has just asked: its gate, and whether it wants to be held until that is decided."""

    gate: Gate
    hold: bool


def written(visit: Visit) -> Asked | None:
    """Record what the task file says of its gates after this call wrote it; the gate that the call asked, or None."""
    fact = _read(visit, _written_task(visit))
    if fact is None:
        return None
    _tell_stage(visit, fact)
    meta = read_metadata(fact)
    question = task_question(fact.metadata, meta.stage)
    said = visit.tool_input.get("metadata")
    said = said if isinstance(said, dict) else {}
    # What this call says nothing of is as it was; the gate is, too.
    tells = {"needsDecision", "stage", "stageStatus"} & said.keys() or {"status", "subject"} & visit.tool_input.keys()
    if question is None and not tells:
        return None
    if question is not None:
        visit.open_batch()
    slug = _track(visit, fact, meta)
    batch = Batch(visit.batch, "", "watch", "running", gates=_gates_of(visit, fact, meta))
    for draft in task_gate(
        batch, slug, fact, meta, visit.door.rules(load_rules(visit.journal.directory)), visit.clock.now()
    ):
        if draft.kind in GATE_KINDS:
            visit.journal.change_gate(visit.batch, _by_hook(draft, visit), visit.clock.now(), ROUTE)
    if question is None:
        return None
    gate = _standing(visit, fact, meta)
    if gate is None:
        return None
    asked_now = asks(said)
    gate = visit.door.join(gate, visit.caller.address if asked_now or not gate.asker else gate.asker)
    return Asked(gate, meta.hold) if asked_now else None


def beyond(visit: Visit) -> tuple[Gate, ...]:
    """The gates that bar what this update would do: report a later stage, or complete the task.

    Those without an answer that holds come first.
    """
    fact = _read(visit, visit.tool_input.get("taskId"))
    if fact is None:
        return ()
    after = _updated(fact, visit.tool_input)
    completes, stage = after.status == "completed", read_metadata(after).stage
    barring = [
        gate
        for gate in _living(visit, fact)
        if _stands(gate, fact) and (completes or (stage is not None and stage > (gate.question.stage or 0)))
    ]
    now = visit.clock.now()
    return tuple(sorted(barring, key=lambda gate: not owed.to_wait_for(gate, now)))


def completing(visit: Visit) -> Gate | None:
    """The undecided gate of the task that is about to be completed, or None."""
    fact = _read(visit, visit.call.get("task_id"))
    if fact is None:
        return None
    now = visit.clock.now()
    undecided = (gate for gate in _living(visit, fact) if _stands(gate, fact) and owed.to_wait_for(gate, now))
    return next(undecided, None)


# --- the task ----------------------------------------------------------------------------------------------


def _written_task(visit: Visit) -> Any:
    """The id of the task that this call wrote, or None when it wrote none."""
    response = visit.call.get("tool_response")
    if not isinstance(response, dict):
        return None
    if visit.tool == "TaskUpdate":
        return visit.tool_input.get("taskId") if response.get("success") is not False else None
    task = response.get("task")
    return task.get("id") if isinstance(task, dict) else None


def _read(visit: Visit, task_id: Any) -> TaskFact | None:
    if not isinstance(task_id, str) or not task_id or "/" in task_id or "\0" in task_id:
        return None
    record = read_task(os.path.join(visit.caller.own_list, f"{task_id}.json"))
    if record is None or record.problem:
        return None
    fact = to_fact(record)
    if visit.caller.run is None:
        return fact
    # The batch of a run has tasks of its own; the same number of a session's list is another task.
    name = f"{visit.caller.session[:8]}.{fact.task_id}"
    return replace(fact, task_id=name, source=task_source(name))


def _updated(fact: TaskFact, update: Mapping[str, Any]) -> TaskFact:
    """The task as this update would leave it: metadata is merged, and null deletes (reference claude-code §2.2)."""
    said = update.get("metadata")
    merged = {**fact.metadata, **(said if isinstance(said, dict) else {})}
    subject, status = (update.get(key) for key in ("subject", "status"))
    return replace(
        fact,
        subject=subject if isinstance(subject, str) else fact.subject,
        status=status if isinstance(status, str) else fact.status,
        metadata={key: value for key, value in merged.items() if value is not None},
    )


def _tell_stage(visit: Visit, fact: TaskFact) -> None:
    """Leave word of the stage that this call reported: its next one may overwrite that before anybody looks.

    In a run it is the engine that moves stages.
    """
    if visit.caller.run is not None:
        return
    metadata = visit.tool_input.get("metadata")
    reported = {"stage", "stageStatus", "skippedStages"} & (metadata.keys() if isinstance(metadata, dict) else set())
    said = said_in(fact) if reported or "subject" in visit.tool_input else None
    if said is not None and visit.tool == "TaskUpdate" and visit.has_batch:
        visit.journal.insert_request(visit.batch, STAGE_SAID, payload(said), visit.clock.now(), ROUTE)


def _track(visit: Visit, fact: TaskFact, meta: TaskMetadata) -> str:
    """The slug by which the batch knows the task's track: who watches may have had to tell two apart."""
    if visit.caller.run is not None:
        return visit.caller.track
    return visit.door.slug_of(fact.source) or meta.slug


# --- its gates ---------------------------------------------------------------------------------------------


def _living(visit: Visit, fact: TaskFact) -> list[Gate]:
    return [gate for gate in visit.gates() if gate.source == fact.source or is_gate_of_task(gate.id, fact.task_id)]


def _stands(gate: Gate, fact: TaskFact) -> bool:
    """Whether the gate still bars its task: what was asked in the file may have been taken down there just now."""
    if gate.question.kind != "task":
        return True
    question = task_question(fact.metadata, gate.question.stage)
    return question is not None and digest(question) == gate.digest


def _gates_of(visit: Visit, fact: TaskFact, meta: TaskMetadata) -> dict[str, Gate]:
    """The gates of one task: living ones, and those of its stages so far that have ended."""
    found = {gate.id: gate for gate in _living(visit, fact)}
    for stage in range((meta.stage or 0) + 1):
        gate_id = task_gate_id(fact.task_id, stage)
        ended = None if gate_id in found else visit.journal.gate(visit.batch, gate_id)
        if ended is not None:
            found[gate_id] = ended
    return found


def _standing(visit: Visit, fact: TaskFact, meta: TaskMetadata) -> Gate | None:
    """The living gate that asks what the file asks now: that of its stage, or an earlier one that is carried on."""
    question = task_question(fact.metadata, meta.stage)
    own = task_gate_id(fact.task_id, meta.stage)
    same = [
        gate
        for gate in _living(visit, fact)
        if question is not None and digest(replace(question, stage=gate.question.stage)) == gate.digest
    ]
    return next((gate for gate in same if gate.id == own), same[0] if same else None)


def _by_hook(draft: Draft, visit: Visit) -> Draft:
    """A gate that is opened here can be answered through us, and it is known who asks."""
    if draft.kind != "gate_opened":
        return draft
    # Nobody but its session writes or watches the list of an agent of a run.
    routes = [ROUTE, TASK_FILE] if visit.caller.run is None else [ROUTE]
    return Draft(draft.kind, {**draft.payload, "routes": routes, "asker": visit.caller.address})
