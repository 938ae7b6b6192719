"""Whether an action can run now, and if not, why not: what greys keys is what is told when they are pressed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from orchestrator_tui.core.commands import Cancel, Nudge, Snooze, Tell, Undo
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.gate_refusals import EDIT_ROLE
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch, Gate, GateState, State, Track
from orchestrator_tui.core.queries import gate_queue, under_way
from orchestrator_tui.core.refusal import MIN_SNOOZE_MS, refusal
from orchestrator_tui.ui.actions import ANSWERING, Action
from orchestrator_tui.ui.deciding import Card, option_with_role, rests
from orchestrator_tui.ui.present.card import option_at, page_count
from orchestrator_tui.ui.present.tool_input import has_input


@frozen
class Situation:
    """What the judgement of an action rests on.

    Attributes:
        state: the state that is shown.
        now: the moment of the judgement.
        card: what is on the card.
        gate: the gate on the card, or None.
        track: the selected track, or None.
        read_only: why nothing may be changed from here, or "".
        evidence: what can be looked up of a track: ``diff``, ``output``; ``pane`` where terminals can be gone to,
            ``connect`` where the agents' program can be connected, ``add`` where tracks can be added to a run,
            ``past`` where batches that are over can be replayed.
    """

    state: State
    now: Instant
    card: Card
    gate: Gate | None = None
    track: Track | None = None
    read_only: str = ""
    evidence: frozenset[str] = frozenset()


def why_not(action: Action, situation: Situation) -> str | None:
    """One line on why ``action`` cannot run now, or None when it can."""
    return _first_refusal(action.needs, situation)


def why_no_answer(situation: Situation) -> str | None:
    """One line on why the gate on the card cannot be answered now, or None when it can."""
    return _first_refusal(ANSWERING, situation)


def _first_refusal(needs: Iterable[str], situation: Situation) -> str | None:
    found = (CONDITIONS[need](situation) for need in needs)
    return next((reason for reason in found if reason is not None), None)


def undoable(situation: Situation) -> Undo | None:
    """The answer that ``u`` takes back: the card's, else the newest that has not left yet; None when there is none."""
    gate = situation.gate
    candidates = ([] if gate is None else [gate]) + list(under_way(situation.state))
    for one in candidates:
        command = Undo(one.batch, one.id)
        if refusal(situation.state, command, situation.now) is None:
            return command
    return None


def run_here(situation: Situation) -> Batch | None:
    """The run that the keys are about: that of the selected track, else of the gate on the card, else the only one."""
    batches = situation.state.batches
    for chosen in (situation.track, situation.gate):
        batch = None if chosen is None else batches.get(chosen.batch)
        if batch is not None and batch.run is not None:
            return batch
    runs = [batch for batch in batches.values() if batch.run is not None]
    return runs[0] if len(runs) == 1 else None


def _writable(situation: Situation) -> str | None:
    return situation.read_only or None


def _gate(situation: Situation) -> str | None:
    return "no gate is on the card" if situation.gate is None else None


def _gate_open(situation: Situation) -> str | None:
    gate = situation.gate
    if gate is None or gate.state is GateState.OPEN:
        return None
    if gate.decision is not None:
        return f"{gate.decision.by} already decided {gate.decision.label!r}"
    return f"the gate is {gate.state.replace('_', ' ')}"


def _rested(situation: Situation) -> str | None:
    if rests(situation.card, situation.now):
        return "the gate changed just now: keys rest for half a second"
    return None


def _option(number: int, situation: Situation) -> str | None:
    gate = situation.gate
    if gate is None or option_at(gate, situation.card.page, number) is not None:
        return None
    return f"there is no option {number} here"


def _options_before(situation: Situation) -> str | None:
    return "these are the first options" if situation.card.page == 0 else None


def _options_behind(situation: Situation) -> str | None:
    gate = situation.gate
    return "there are no more options" if gate is None or situation.card.page + 1 >= page_count(gate) else None


def _approving_option(situation: Situation) -> str | None:
    gate = situation.gate
    if gate is None or option_with_role(gate, "approve") is not None:
        return None
    return "no option of this gate approves: press its digit"


def _rejecting_option(situation: Situation) -> str | None:
    gate = situation.gate
    if gate is None or gate.question.free_text or option_with_role(gate, "reject", "cancel") is not None:
        return None
    return "no option of this gate rejects: press its digit"


def _editable(situation: Situation) -> str | None:
    gate = situation.gate
    if gate is None or option_with_role(gate, EDIT_ROLE) is not None:
        return None
    return "nothing of this question can be changed by hand: press a digit"


def _undoable(situation: Situation) -> str | None:
    if undoable(situation) is not None:
        return None
    gate = situation.gate
    told = None if gate is None else refusal(situation.state, Undo(gate.batch, gate.id), situation.now)
    return told or "there is no answer to take back"


def _snoozable(situation: Situation) -> str | None:
    gate = situation.gate
    if gate is None:
        return None
    return refusal(situation.state, Snooze(gate.batch, gate.id, MIN_SNOOZE_MS), situation.now)


def _dismissable(situation: Situation) -> str | None:
    gate = situation.gate
    if gate is None:
        return None
    return refusal(situation.state, Cancel(gate.batch, gate.id, "no answer"), situation.now)


def _track(situation: Situation) -> str | None:
    return "no track is selected" if situation.track is None else None


def _tellable(situation: Situation) -> str | None:
    track = situation.track
    return None if track is None else refusal(situation.state, Tell(track.batch, track.slug, "?"), situation.now)


def _nudgeable(situation: Situation) -> str | None:
    track = situation.track
    return None if track is None else refusal(situation.state, Nudge(track.batch, track.slug), situation.now)


def _evidence(kind: str, situation: Situation) -> str | None:
    return None if kind in situation.evidence else f"there is no {kind} to look at here"


def _diff(situation: Situation) -> str | None:
    """A tool call's input can be read wherever its gate can; a track's changes have to be looked up."""
    if situation.gate is not None and has_input(situation.gate.question):
        return None
    return _track(situation) or _evidence("diff", situation)


def _pane(situation: Situation) -> str | None:
    if "pane" not in situation.evidence:
        return "no terminal can be gone to from here"
    track = situation.track
    if track is None or (track.agent is not None and track.agent.pane):
        return None
    return f"the agent of {track.slug} sits in no terminal that is known (it must run in tmux)"


def _connectable(situation: Situation) -> str | None:
    return None if "connect" in situation.evidence else "nothing can be connected from here"


def _past(situation: Situation) -> str | None:
    if "past" in situation.evidence:
        return None
    if situation.state.batches and not situation.read_only:
        return "not while a batch is shown here: orch-tui replay BATCH"
    return "no batch is kept here that could be replayed"


def _run(situation: Situation) -> str | None:
    return None if run_here(situation) is not None else "orch-tui runs nothing here: it only watches"


def _of_run(action: str, situation: Situation) -> str | None:
    """Whether a run takes what an action asks of it; judged only where there is a run."""
    batch = run_here(situation)
    if batch is None:
        return None
    from orchestrator_tui.ui.run_commands import run_command

    command = run_command(action, batch, situation.track)
    return None if command is None else refusal(situation.state, command, situation.now)


def _addable(situation: Situation) -> str | None:
    batch = run_here(situation)
    if batch is not None and batch.ended_at is not None:
        return "the batch has ended: nothing can be added to it"
    return None if "add" in situation.evidence else "from here only by orch-tui add PLAN, in its repository"


def _something(situation: Situation) -> str | None:
    return "nothing is selected" if situation.gate is None and situation.track is None else None


def _waiting(situation: Situation) -> str | None:
    return None if gate_queue(situation.state) else "no gate waits"


CONDITIONS: Mapping[str, Callable[[Situation], str | None]] = {
    "writable": _writable,
    "gate": _gate,
    "gate_open": _gate_open,
    "rested": _rested,
    **{f"option_{number}": partial(_option, number) for number in range(1, 10)},
    "options_before": _options_before,
    "options_behind": _options_behind,
    "approving_option": _approving_option,
    "rejecting_option": _rejecting_option,
    "editable": _editable,
    "undoable": _undoable,
    "snoozable": _snoozable,
    "dismissable": _dismissable,
    "track": _track,
    "tellable": _tellable,
    "nudgeable": _nudgeable,
    "diff": _diff,
    "output": partial(_evidence, "output"),
    "pane": _pane,
    "connectable": _connectable,
    "past": _past,
    "run": _run,
    "pausable": partial(_of_run, "pause"),
    "retriable": partial(_of_run, "retry"),
    "rescuable": partial(_of_run, "rescue"),
    "skippable": partial(_of_run, "skip"),
    "stoppable": partial(_of_run, "stop"),
    "batch_pausable": partial(_of_run, "pause-batch"),
    "batch_pausable_now": partial(_of_run, "pause-now"),
    "batch_stoppable": partial(_of_run, "stop-batch"),
    "addable": _addable,
    "publishable": partial(_of_run, "publish"),
    "something": _something,
    "waiting": _waiting,
}
"""What an action may need, by the name that the registry uses; each answers with one line or None."""
