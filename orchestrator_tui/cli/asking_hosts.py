"""Asking the process that runs a batch for something, and waiting a moment for what becomes of it (DESIGN §3)."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import ExitStack
from typing import Any

from orchestrator_tui.adapters.actor import system_actor
from orchestrator_tui.adapters.clock import SystemClock
from orchestrator_tui.cli.authority import Authority
from orchestrator_tui.cli.faults import DONE, UNFINISHED, BadInput, Refusal
from orchestrator_tui.cli.journals import find_batch
from orchestrator_tui.cli.tables import say, tell
from orchestrator_tui.core.instant import elapsed_ms
from orchestrator_tui.core.model import Batch, State
from orchestrator_tui.journal.port import BatchHead
from orchestrator_tui.journal.sqlite import SqliteJournal

PATIENCE_S = 10.0
"""How long a host has to take a request up until the command ends without its answer."""

_LOOK_S = 1.0
_REFUSED = "refused: "


def run_batch(state: State, wanted: str | None, heads: Iterable[BatchHead]) -> Batch:
    """The run that is meant: the one of this name, else the only one that has not ended.

    Raises:
        BadInput: none or several are meant.
    """
    if wanted is not None:
        return state.batches[find_batch(heads, wanted)]
    going = [batch for batch in state.batches.values() if batch.run is not None and batch.ended_at is None]
    if len(going) == 1:
        return going[0]
    if going:
        raise BadInput(f"several batches run, name one with --batch: {', '.join(sorted(one.id for one in going)[:5])}")
    raise BadInput("no batch runs here; `orch-tui list` shows those that have ended")


def check_authority(batch: Batch) -> None:
    """Refuse who belongs to this very batch (DESIGN §4.2, Authority).

    Raises:
        Refusal: it is one of its agents.
    """
    refused = Authority(os.environ).refusal(batch)
    if refused is not None:
        raise Refusal(refused)


def ask_host(
    journal: SqliteJournal, batch: Batch, kind: str, payload: dict[str, Any], said: str, patience_s: float = PATIENCE_S
) -> int:
    """Leave a request for whoever runs the batch, wait for its outcome, and say ``said`` when it was done.

    Raises:
        Refusal: nobody runs the batch, or its host refuses.
    """
    waits = request(journal, batch, kind, payload, patience_s)
    if waits:
        say(waits)
        return UNFINISHED
    tell(said)
    return DONE


def request(journal: SqliteJournal, batch: Batch, kind: str, payload: dict[str, Any], patience_s: float) -> str:
    """Leave a request for whoever runs the batch: "" when it was done, or who has not taken it up yet.

    Raises:
        Refusal: nobody runs the batch, or its host refuses.
    """
    holder = journal.holder(batch.id)
    if holder is None:
        raise Refusal(f"nobody runs this batch; `orch-tui run --resume {batch.id}` goes on with it")
    actor = system_actor(os.environ)
    number = journal.insert_request(batch.id, kind, payload, SystemClock().now(), actor.name)
    outcome = _outcome(journal, batch.id, number, patience_s)
    if outcome is None:
        return f"asked, but the {holder} has not taken it up yet; it will when it goes on"
    if outcome.startswith(_REFUSED):
        raise Refusal(outcome.removeprefix(_REFUSED))
    if outcome != "done":
        raise Refusal(f"the {holder.text} cannot carry it out: {outcome}")
    return ""


def _outcome(journal: SqliteJournal, batch: str, request: int, patience_s: float) -> str | None:
    """What became of a request, or None when nobody took it up in time."""
    clock = SystemClock()
    begun = clock.now()
    with ExitStack() as stack:
        waiter = stack.enter_context(journal.waiter(what="command"))
        while True:
            for event in journal.events_of(batch, "request_taken"):
                if event.payload["request"] == request:
                    return str(event.payload.get("outcome", "done"))
            left = patience_s - elapsed_ms(begun, clock.now()) / 1000
            if left <= 0:
                return None
            waiter.wait(min(left, _LOOK_S))
